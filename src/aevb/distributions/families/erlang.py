"""The Erlang distribution."""

from typing import Any

import torch
from torch import Size, Tensor
from torch.distributions import constraints

from aevb.checks import whole_number
from aevb.distributions.families.half_line import Gamma


class Erlang(Gamma):
    """The Gamma distribution with a whole number as its shape: z = -1/rate Σᵢ log uᵢ, with `shape` uniform numbers uᵢ.

    A sum of exponentials, each by its inverse CDF (Kingma & Welling 2014, section 2.4, point 1), and so with exact
    derivatives; torch's Gamma has implicit ones. Its KL divergences are the Gamma's.
    """

    arg_constraints = {"rate": constraints.positive}  # noqa: RUF012

    def __init__(self, rate: Tensor | float, shape: int = 1, validate_args: bool | None = None) -> None:
        self.shape = whole_number("shape", shape)
        rate = torch.as_tensor(rate)
        super().__init__(torch.full_like(rate, shape), rate, validate_args)

    def rsample(self, sample_shape: Any = Size(), generator: torch.Generator | None = None) -> Tensor:  # noqa: B008
        shape = (*self._extended_shape(Size(sample_shape)), self.shape)
        each = torch.empty(shape, dtype=self.rate.dtype, device=self.rate.device).exponential_(generator=generator)
        # In logarithms, since the derivative of a quotient divides by the square of a rate that may be small.
        z = (each.sum(-1).log() - self.rate.log()).exp()
        return z.clamp(min=torch.finfo(z.dtype).tiny)

    def expand(self, batch_shape: Any, _instance: Any = None) -> "Erlang":
        return Erlang(self.rate.expand(batch_shape), self.shape, self._validate_args)
