"""Several copies of one model that differ in their seeds, trained at once."""

from collections.abc import Sequence
from copy import deepcopy

import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state

from aevb.models.batched_noise import BatchedNoise
from aevb.models.image_model import ImageModel


class SeedEnsemble(ImageModel):
    """n models that differ in their weights, their noise and the order of their images, each trained as if alone.

    Their parameters and buffers are stacked: a weight (out, in) becomes (n, out, in). The loss to minimise is Σᵢ lossᵢ,
    so that copy i has its own gradient, and an optimiser that treats each number by itself (all of conf/optimizer do)
    gives it the steps that it would take alone. `alone` is one copy by itself.

    A GPU computes all at once, with torch.vmap: as many operations for any n, some 1.5 times those of one model. On a
    CPU vmap takes longer than one after another, which is what is done there.

    models: of one architecture; the first one's modules are taken, and hold the stacked tensors.
    """

    def __init__(self, models: Sequence[ImageModel]) -> None:
        model = models[0]
        super().__init__(model.image_shape, model.units, pixel_range=model.pixel_range)
        self.term_names = model.term_names
        self.select_by, self.select_mode = model.select_by, model.select_mode
        self.n = len(models)
        parameters, buffers = stack_module_state(list(models))
        self.model = model
        for name, tensor in parameters.items():
            _put(model, name, nn.Parameter(tensor.detach(), tensor.requires_grad))
        for name, tensor in buffers.items():
            _put(model, name, tensor)

    @property
    def for_figures(self) -> ImageModel:
        return self.alone(0)

    def terms(self, x: Tensor) -> dict[str, Tensor]:
        """The terms of each copy, (n, B) each.

        x: the same images for all, (B, C, H, W), or each copy's own, (B, n, C, H, W).
        """
        return self.one_after_another(x) if x.device.type == "cpu" else self.all_at_once(x)

    def all_at_once(self, x: Tensor) -> dict[str, Tensor]:
        """The terms of each copy, by vmap: (n, B) each."""

        def terms(tensors: dict[str, Tensor], x: Tensor, zero: Tensor) -> dict[str, Tensor]:
            with BatchedNoise(zero):
                return self._terms_with(tensors, x)

        in_dims = (0, self._copy_dim(x), 0)
        zeros = torch.zeros(self.n, device=x.device)
        return torch.vmap(terms, in_dims, randomness="different")(self._tensors(), x, zeros)

    def one_after_another(self, x: Tensor) -> dict[str, Tensor]:
        """The terms of each copy, by a loop: (n, B) each."""
        apart = {name: tensor.unbind() for name, tensor in self._tensors().items()}
        own = [x] * self.n if self._copy_dim(x) is None else x.unbind(1)
        each = [self._terms_with({name: apart[name][i] for name in apart}, own[i]) for i in range(self.n)]
        return {name: torch.stack([terms[name] for terms in each]) for name in self.term_names}

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """The terms with the tensors that functional_call has put into `model`."""
        return self.model.terms(x)

    def alone(self, i: int) -> ImageModel:
        """Copy i as a model of its own, with tensors of its own."""
        single = deepcopy(self.model)
        for name, parameter in self.model.named_parameters():
            _put(single, name, nn.Parameter(parameter[i].detach().clone(), parameter.requires_grad))
        for name, buffer in self.model.named_buffers():
            _put(single, name, buffer[i].clone())
        return single

    def encode(self, x: Tensor) -> Tensor:
        return self.for_figures.encode(x)

    def decode(self, z: Tensor) -> Tensor:
        return self.for_figures.decode(z)

    def begin_training(self, num_images: int) -> None:
        self.model.begin_training(num_images)

    def at_epoch(self, epoch: float) -> None:
        self.model.at_epoch(epoch)

    def _terms_with(self, tensors: dict[str, Tensor], x: Tensor) -> dict[str, Tensor]:
        # A module may have two names, and tie_weights would not put its tensors back.
        terms: dict[str, Tensor] = functional_call(self, tensors, (x,), tie_weights=False)
        return terms

    def _copy_dim(self, x: Tensor) -> int | None:
        """Which dimension of x tells the copies apart; None if all have the same images."""
        return 1 if x.ndim > 1 + len(self.image_shape) else None

    def _tensors(self) -> dict[str, Tensor]:
        """All parameters and buffers by the names that they have here, (n, ...) each."""
        named = {**dict(self.model.named_parameters()), **dict(self.model.named_buffers())}
        return {f"model.{name}": tensor for name, tensor in named.items()}


def _put(model: nn.Module, name: str, tensor: Tensor) -> None:
    """Replace the parameter or buffer of this name."""
    owner, _, own_name = name.rpartition(".")
    setattr(model.get_submodule(owner), own_name, tensor)
