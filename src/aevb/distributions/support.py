"""Supports, and the check that a posterior's lies within its prior's."""

from math import inf
from typing import Any, NamedTuple

from torch import Tensor
from torch.distributions import Distribution, constraints

from aevb.distributions.marginal_family import marginal_family


class Support(NamedTuple):
    """Where each dimension lies, from low to high; on a simplex they also sum to 1."""

    low: float
    high: float
    simplex: bool

    def __str__(self) -> str:
        if self.simplex:
            return "the simplex"
        return "all real numbers" if (self.low, self.high) == (-inf, inf) else f"({self.low:g}, {self.high:g})"


class ShapeMismatch(ValueError):
    """The posterior and the prior are of z of different sizes."""


class SupportMismatch(ValueError):
    """The posterior has mass where the prior has none; `posterior` and `prior` say where each lives."""

    def __init__(self, message: str, posterior: Support, prior: Support) -> None:
        super().__init__(message)
        self.posterior = posterior
        self.prior = prior


def check_support(posterior: Distribution, prior: Distribution) -> None:
    """Raise ShapeMismatch or SupportMismatch unless q(z|x), whatever its parameters, lies in the prior's support.

    Outside of it log p(z) would be -∞, or whatever the prior's formula happens to give there.
    """
    if posterior.event_shape != prior.event_shape:
        raise ShapeMismatch(
            f"the posterior is of z with shape {tuple(posterior.event_shape)} and the prior of z with shape "
            f"{tuple(prior.event_shape)}"
        )
    if support_of(prior).simplex and prior.event_shape[0] < 2:
        raise ShapeMismatch("on the simplex a single dimension is always 1: expected at least 2 latent dimensions")
    q, p = support_of(posterior, whatever_the_parameters=True), support_of(prior)
    if not (q.simplex == p.simplex and p.low <= q.low and q.high <= p.high):
        q_name, p_name = type(marginal_family(posterior)).__name__, type(marginal_family(prior)).__name__
        raise SupportMismatch(f"the posterior, {q_name}, lives on {q}, and the prior, {p_name}, on {p}", q, p)


def support_of(distribution: Distribution, whatever_the_parameters: bool = False) -> Support:
    """The support; with `whatever_the_parameters`, the union over all of the family."""
    constraint = elementary_support(distribution)
    low, high = (_bound(getattr(constraint, name, end)) for name, end in (("lower_bound", -inf), ("upper_bound", inf)))
    moving = isinstance(getattr(constraint, "lower_bound", None), Tensor)
    if whatever_the_parameters and moving:
        # A location moves an interval along the whole line; without one, as for Pareto's, it moves above 0.
        located = "loc" in marginal_family(distribution).arg_constraints
        low, high = (-inf, inf) if located else (0.0, inf)
    return Support(low, high, isinstance(constraint, type(constraints.simplex)))


def elementary_support(distribution: Distribution) -> Any:
    """The constraint on a single z, where dimensions of the same kind are joined to one."""
    constraint: Any = distribution.support
    while hasattr(constraint, "base_constraint"):  # torch has no common class for these
        constraint = constraint.base_constraint
    return constraint


def _bound(value: Tensor | float) -> float:
    """A bound as a number; of several dimensions the first, since a prior has the same for all."""
    return float(value.detach().flatten()[0]) if isinstance(value, Tensor) else float(value)
