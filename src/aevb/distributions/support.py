"""Whether a posterior stays where its prior has mass."""

from math import inf
from typing import Any, NamedTuple

from torch import Tensor
from torch.distributions import Distribution, constraints

from aevb.distributions.marginal_family import factor

ALTERNATIVES = {  # by where the prior or the posterior lives
    (-inf, inf): "standard_normal, laplace or mixture",
    (0.0, inf): "gamma, weibull, log_normal or exponential",
    (0.0, 1.0): "beta or kumaraswamy",
}


class Support(NamedTuple):
    """Where each dimension lies, from low to high; on a simplex they also sum to 1."""

    low: float
    high: float
    simplex: bool

    def __str__(self) -> str:
        if self.simplex:
            return "the simplex"
        return "all real numbers" if (self.low, self.high) == (-inf, inf) else f"({self.low:g}, {self.high:g})"


def check_support(posterior: Distribution, prior: Distribution) -> None:
    """Raise ValueError unless q(z|x) has the prior's event shape and, whatever its parameters, lies in its support.

    Outside of it log p(z) would be -∞, or whatever the prior's formula happens to give there.
    """
    if posterior.event_shape != prior.event_shape:
        raise ValueError(
            f"the posterior is of z with shape {tuple(posterior.event_shape)} and the prior of z with shape "
            f"{tuple(prior.event_shape)}: set latent_dim, which both follow"
        )
    if support_of(prior).simplex and prior.event_shape[0] < 2:
        raise ValueError("on the simplex a single dimension is always 1: set latent_dim to at least 2")
    q, p = support_of(posterior, whatever_the_parameters=True), support_of(prior)
    if q.simplex == p.simplex and p.low <= q.low and q.high <= p.high:
        return
    if q.simplex or p.simplex:
        posteriors, priors = "dirichlet or logistic_normal", "dirichlet"
        advice = f"posterior={posteriors} go with prior={priors}, and no others do"
    else:
        advice = f"choose a posterior there, such as {ALTERNATIVES.get((p.low, p.high), 'one on that interval')}"
    q_name, p_name = type(factor(posterior)).__name__, type(factor(prior)).__name__
    raise ValueError(
        f"the posterior, {q_name}, lives on {q}, and the prior, {p_name}, on {p}: {advice}, or a prior on {q}"
    )


def support_of(distribution: Distribution, whatever_the_parameters: bool = False) -> Support:
    """The support; with `whatever_the_parameters`, the union over all of the family."""
    constraint: Any = distribution.support
    while hasattr(constraint, "base_constraint"):
        constraint = constraint.base_constraint
    low, high = (_bound(getattr(constraint, name, end)) for name, end in (("lower_bound", -inf), ("upper_bound", inf)))
    moving = isinstance(getattr(constraint, "lower_bound", None), Tensor)
    if whatever_the_parameters and moving:
        # A location moves an interval along the whole line; without one, as for Pareto's, a scale moves it above 0.
        located = "loc" in factor(distribution).arg_constraints
        low, high = (-inf, inf) if located else (0.0, high)
    return Support(low, high, isinstance(constraint, type(constraints.simplex)))


def _bound(value: Tensor | float) -> float:
    """A bound as a number; of several dimensions the first, since a prior has the same for all."""
    return float(value.detach().flatten()[0]) if isinstance(value, Tensor) else float(value)
