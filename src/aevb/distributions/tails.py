"""The check that a posterior's tails are not too heavy for its prior."""

from torch.distributions import Cauchy, Distribution, MixtureSameFamily

from aevb.distributions.marginal_family import marginal_family


class InfiniteKL(ValueError):
    """KL(q ‖ p) is infinite, though any sample of it is a number."""


def check_tails(posterior: Distribution, prior: Distribution) -> None:
    """Raise InfiniteKL for a Cauchy q(z|x), which has no mean, and a p(z) with lighter tails: E_q[-log p(z)] = ∞.

    -log p(z) grows as log |z| for a Cauchy prior, as |z| or faster for all others here. The other posteriors have a
    variance, by the lower bounds of their parameters.
    """
    if _is_cauchy(posterior) and not _is_cauchy(prior):
        family = type(marginal_family(prior)).__name__
        raise InfiniteKL(
            f"the posterior, Cauchy, has tails so heavy that KL(q ‖ p) to the prior, {family}, is infinite"
        )


def _is_cauchy(distribution: Distribution) -> bool:
    family = marginal_family(distribution)
    if isinstance(family, MixtureSameFamily):
        return _is_cauchy(family.component_distribution)
    return isinstance(family, Cauchy)
