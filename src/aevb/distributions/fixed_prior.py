"""A prior of any family, with nothing to learn."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor
from torch.distributions import Distribution, Independent

from aevb.checks import whole_number
from aevb.distributions.prior import Prior


class FixedPrior(Prior):
    """p(z) = ∏ⱼ family(zⱼ; parameters), the same in every dimension; a family of vectors is not multiplied.

    family: a class like those of torch.distributions.
    parameters: its parameters by name, a number each.

    Shapes: event shape (latent_dim,).
    """

    def __init__(self, latent_dim: int, family: Callable[..., Distribution], parameters: Mapping[str, float]) -> None:
        super().__init__()
        whole_number("latent_dim", latent_dim)
        self.family = family
        self.names = tuple(parameters)
        for name, value in parameters.items():
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise ValueError(f"prior.parameters.{name}={value!r}: expected a number")
            # Buffers, so that the prior follows the model to its device and precision.
            self.register_buffer(name, torch.full((latent_dim,), float(value)), persistent=False)
        try:
            self.family(**self._parameters_of_p(), validate_args=True)
        except ValueError:
            given = ", ".join(f"{name}={value}" for name, value in parameters.items())
            raise ValueError(f"prior.parameters: there is no such distribution with {given}") from None

    def forward(self) -> Distribution:
        p = self.family(**self._parameters_of_p())
        return p if p.event_shape else Independent(p, 1)

    def _parameters_of_p(self) -> dict[str, Tensor]:
        return {name: self.get_buffer(name) for name in self.names}
