"""Several copies of one model, trained at once."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state

from aevb.models.batched_noise import OwnNoise
from aevb.train.check_seeds import check_trainer, check_vmap
from aevb.train.module import ImageModel


class Replicas(ImageModel):
    """n models that differ in their weights, their noise and the order of their images, each trained as if alone.

    Their parameters and buffers are stacked: a weight (out, in) becomes (n, out, in). The loss is Σᵢ lossᵢ, so that
    replica i has its own gradient, and an optimiser that treats each number by itself (all of conf/optimizer do) gives
    it the steps that it would take alone. What is logged is the mean over replicas; `replica` is one by itself.

    A GPU computes all at once, with torch.vmap: as many operations for any n, some 1.5 times those of one model. On a
    CPU vmap takes longer than one after another, which is what is done there.

    models: of one architecture; the first one's modules are taken, and hold the stacked tensors.
    """

    def __init__(self, models: Sequence[ImageModel]) -> None:
        model = models[0]
        self.term_names = model.term_names  # type: ignore[misc]
        super().__init__(model.encoder, model.loss, model.make_optimizer, model.make_scheduler)
        del self.encoder, self.loss  # they are parts of `model`, and have one name
        self.model = model
        self.n = len(models)
        self.monitor, self.monitor_mode = model.monitor, model.monitor_mode
        parameters, buffers = stack_module_state(list(models))
        for name, tensor in parameters.items():
            _put(model, name, nn.Parameter(tensor.detach(), tensor.requires_grad))
        for name, tensor in buffers.items():
            _put(model, name, tensor)

    @property
    def image_shape(self) -> tuple[int, ...]:
        return self.model.image_shape

    @property
    def units(self) -> dict[str, str]:
        return self.model.units

    @property
    def pictured(self) -> ImageModel:
        return self.replica(0)

    def terms(self, x: Tensor) -> dict[str, Tensor]:
        """The mean over replicas of each term, (B,); the gradient of `loss` is that of the sum.

        x: the same images for all, (B, C, H, W), or each replica's own, (B, n, C, H, W).
        """
        each = self.all_at_once(x) if self.device.type != "cpu" else self.one_after_another(x)
        means = {name: term.mean(0) for name, term in each.items()}
        loss = means["loss"]
        return {**means, "loss": loss + (self.n - 1) * (loss - loss.detach())}

    def all_at_once(self, x: Tensor) -> dict[str, Tensor]:
        """The terms of each replica, by vmap: (n, B) each."""

        def terms(tensors: dict[str, Tensor], x: Tensor, zero: Tensor) -> dict[str, Tensor]:
            with OwnNoise(zero):
                return self._terms_with(tensors, x)

        in_dims = (0, self._replica_dim(x), 0)
        zeros = torch.zeros(self.n, device=x.device)
        return torch.vmap(terms, in_dims, randomness="different")(self._tensors(), x, zeros)

    def one_after_another(self, x: Tensor) -> dict[str, Tensor]:
        """The terms of each replica, by a loop: (n, B) each."""
        apart = {name: tensor.unbind() for name, tensor in self._tensors().items()}
        own = [x] * self.n if self._replica_dim(x) is None else x.unbind(1)
        each = [self._terms_with({name: apart[name][i] for name in apart}, own[i]) for i in range(self.n)]
        return {name: torch.stack([terms[name] for terms in each]) for name in self.term_names}

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """The terms with the tensors that functional_call has put into `model`."""
        return self.model.terms(x)

    def replica(self, i: int) -> ImageModel:
        """Replica i as a model of its own, with copies of its tensors."""
        alone = deepcopy(self.model)
        for name, parameter in self.model.named_parameters():
            _put(alone, name, nn.Parameter(parameter[i].detach().clone(), parameter.requires_grad))
        for name, buffer in self.model.named_buffers():
            _put(alone, name, buffer[i].clone())
        return alone

    def encode(self, x: Tensor) -> Tensor:
        return self.pictured.encode(x)

    def decode(self, z: Tensor) -> Tensor:
        return self.pictured.decode(z)

    def on_fit_start(self) -> None:
        self.model.on_fit_start()
        check_trainer(self.trainer, self.n)
        if self.device.type != "cpu":
            check_vmap(self)

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        self.model.on_train_batch_start(batch, batch_idx)

    def _terms_with(self, tensors: dict[str, Tensor], x: Tensor) -> dict[str, Tensor]:
        # A module may have two names (the encoder in VQPrior), and tie_weights would not put its tensors back.
        terms: dict[str, Tensor] = functional_call(self, tensors, (x,), tie_weights=False)
        return terms

    def _replica_dim(self, x: Tensor) -> int | None:
        """Which dimension of x tells the replicas apart; None if all have the same images."""
        return 1 if x.ndim > 1 + len(self.image_shape) else None

    def _tensors(self) -> dict[str, Tensor]:
        """All parameters and buffers by the names that they have here, (n, ...) each."""
        named = {**dict(self.model.named_parameters()), **dict(self.model.named_buffers())}
        return {f"model.{name}": tensor for name, tensor in named.items()}


def _put(model: nn.Module, name: str, tensor: Tensor) -> None:
    """Replace the parameter or buffer of this name."""
    owner, _, own_name = name.rpartition(".")
    setattr(model.get_submodule(owner), own_name, tensor)
