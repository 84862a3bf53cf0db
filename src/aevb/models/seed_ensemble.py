"""Several copies of one model that differ in their seeds, trained at once."""

from collections.abc import Mapping, Sequence
from copy import deepcopy

import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state

from aevb.models.batched_noise import BatchedNoise
from aevb.models.image_model import ImageModel
from aevb.models.noise_streams import NoiseStreams


class SeedEnsemble(ImageModel):
    """n models that differ in their weights, their noise and the order of their images, each trained as if alone.

    Their parameters and buffers are stacked: a weight (out, in) becomes (n, out, in). The loss to minimise is Σᵢ lossᵢ,
    so that copy i has its own gradient, and an optimiser that treats each number by itself (all of conf/optimizer do)
    gives it the steps that it would take alone. `alone` is one copy by itself.

    A GPU computes all at once, with torch.vmap: as many operations for any n, some 1.5 times those of one model. On a
    CPU vmap takes longer than one after another, which is what is done there. Then each copy draws from its own one of
    `streams`, and is to the last bit the model that it would be alone. On a GPU one stream serves all: what each draws
    is independent of the others and has the same distribution as alone, but is not the same.

    models: of one architecture; the first one's modules are taken, and hold the stacked tensors.

    An optimiser is given what `to_optimise` returns.
    """

    def __init__(self, models: Sequence[ImageModel]) -> None:
        model = models[0]
        super().__init__(model.image_shape, model.units, pixel_range=model.pixel_range)
        self.term_names = model.term_names
        self.not_printed = model.not_printed
        self.select_by, self.select_mode = model.select_by, model.select_mode
        self.num_codes = model.num_codes
        self.n = len(models)
        self.streams = NoiseStreams()
        self.leaves: list[dict[str, nn.Parameter]] = []  # of each copy, by name: see `to_optimise`
        parameters, buffers = stack_module_state(list(models))
        self.model = model
        for name, tensor in parameters.items():
            _put(model, name, nn.Parameter(tensor.detach(), tensor.requires_grad))
        for name, tensor in buffers.items():
            _put(model, name, tensor)

    @property
    def for_figures(self) -> ImageModel:
        return self.alone(0)

    def to_optimise(self) -> list[nn.Parameter]:
        """What an optimiser is to train on the device where the model is, and will stay.

        On a GPU these are the stacked parameters. On a CPU they are those of each copy, in the same memory: a fused
        optimiser rounds otherwise at the end of a tensor, and each copy's has to end where it does alone.
        """
        stacked = [parameter for parameter in self.model.parameters() if parameter.requires_grad]
        self.leaves = []
        if stacked[0].device.type != "cpu":
            return stacked
        named = self._stacked_parameters()
        self.leaves = [{name: _leaf(parameter, i) for name, parameter in named.items()} for i in range(self.n)]
        return [leaf for leaves in self.leaves for leaf in leaves.values() if leaf.requires_grad]

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
        for name in self.leaves[0] if self.leaves else ():
            apart[name] = tuple(leaves[name] for leaves in self.leaves)
        own = [x] * self.n if self._copy_dim(x) is None else x.unbind(1)
        turns = self.streams.in_turn(self.n)
        each = [self._terms_with({name: apart[name][i] for name in apart}, own[i]) for i in turns]
        return {name: torch.stack([terms[name] for terms in each]) for name in each[0]}

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

    def weights_of(self, i: int) -> dict[str, Tensor]:
        """A copy of the state that copy i would save by itself."""
        return {name: tensor[i].detach().clone() for name, tensor in self.model.state_dict().items()}

    @torch.no_grad()
    def put_weights(self, i: int, weights: Mapping[str, Tensor]) -> None:
        """Put what `weights_of` gave back into copy i."""
        for name, tensor in self.model.state_dict().items():
            tensor[i].copy_(weights[name])

    def encode(self, x: Tensor) -> Tensor:
        return self.for_figures.encode(x)

    def decode(self, z: Tensor) -> Tensor:
        return self.for_figures.decode(z)

    def epoch_terms(self, means: Mapping[str, Tensor], num_images: Tensor) -> dict[str, Tensor]:
        return self.model.epoch_terms(means, num_images)

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
        buffers = {f"model.{name}": buffer for name, buffer in self.model.named_buffers()}
        return {**self._stacked_parameters(), **buffers}

    def _stacked_parameters(self) -> dict[str, nn.Parameter]:
        return {f"model.{name}": parameter for name, parameter in self.model.named_parameters()}


def _leaf(parameter: nn.Parameter, i: int) -> nn.Parameter:
    """Copy i of a stacked parameter, in its memory, with a gradient of its own."""
    return nn.Parameter(parameter.detach()[i], parameter.requires_grad)


def _put(model: nn.Module, name: str, tensor: Tensor) -> None:
    """Replace the parameter or buffer of this name."""
    owner, _, own_name = name.rpartition(".")
    setattr(model.get_submodule(owner), own_name, tensor)
