"""A posterior of any family whose parameters are free of each other."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from torch import Tensor, nn
from torch.distributions import Distribution, Independent, constraints, transform_to

from aevb.checks import number_from, whole_number
from aevb.distributions.bounded import bounded
from aevb.distributions.posterior import Posterior


class AmortizedPosterior(Posterior):
    """q(z|x) = ∏ⱼ family(zⱼ; λⱼ(x)), where each parameter is a linear function of the features, mapped to its range.

    Kingma & Welling 2014, section 2.4. The ranges are the family's `arg_constraints`: a real parameter is the linear
    output r itself, a positive one exp(r), or `at_least` + exp(r). In all that is not real, r is `bounded`: unchanged
    up to 10, and never above 15 in size. A family of vectors, such as the Dirichlet's, is not multiplied.

    family: a class like those of torch.distributions, reparameterised; parameters that a partial fixes are not learned.
    at_least: lower bounds of positive parameters, for families whose moments exist only above one.
    logarithms: real parameters that are exponentiated by the family itself, and so are `bounded` too.

    Shapes: (B, in_features) -> batch shape (B,), event shape (latent_dim,).
    """

    def __init__(
        self,
        in_features: int,
        latent_dim: int,
        family: Callable[..., Distribution],
        at_least: Mapping[str, float] | None = None,
        logarithms: Sequence[str] = (),
    ) -> None:
        cls: Any = family.func if isinstance(family, partial) else family
        fixed = family.keywords if isinstance(family, partial) else {}
        ranges = {name: range_ for name, range_ in cls.arg_constraints.items() if name not in fixed}
        for name, bound in (at_least or {}).items():
            if name not in ranges:
                raise ValueError(f"at_least.{name}: expected one of {', '.join(ranges)}")
            ranges[name] = constraints.greater_than(number_from(f"at_least.{name}", bound, 0))
        for name in logarithms:
            if name not in ranges:
                raise ValueError(f"logarithms={list(logarithms)}: expected some of {', '.join(ranges)}")
        super().__init__(nn.Linear(in_features, len(ranges) * whole_number("latent_dim", latent_dim)))
        self.family = family
        self.free = {name for name, range_ in ranges.items() if range_ is constraints.real} - set(logarithms)
        self.to_range = {name: transform_to(range_) for name, range_ in ranges.items()}

    def distribution(self, raw: Tensor) -> Distribution:
        parameters = {
            name: to_range(part if name in self.free else bounded(part))
            for (name, to_range), part in zip(self.to_range.items(), raw.chunk(len(self.to_range), dim=-1), strict=True)
        }  # (B, D) each
        q = self.family(**parameters)
        return q if q.event_shape else Independent(q, 1)
