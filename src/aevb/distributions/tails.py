"""The check that a posterior's tails are not too heavy for its prior."""

from math import inf

from torch.distributions import Cauchy, Distribution, Gamma, Laplace, LogNormal, MixtureSameFamily, Pareto, StudentT
from torch.distributions import FisherSnedecor as TorchFisherSnedecor

from aevb.distributions.families.logistic import Logistic
from aevb.distributions.families.multivariate_student_t import MultivariateStudentT
from aevb.distributions.marginal_family import marginal_family


class InfiniteKL(ValueError):
    """KL(q ‖ p) is infinite, though any sample of it is a number."""


def check_tails(posterior: Distribution, prior: Distribution) -> None:
    """Raise InfiniteKL for a q(z|x) with heavy tails, and a p(z) with lighter tails: E_q[-log p(z)] = ∞.

    A q whose density falls as |z|⁻ᵃ⁻¹ has the means of |z|ⁿ for n < a only, and -log p(z) grows as such a power: see
    `tail_index` and `power_of`. Let q be the member of its family that has the heaviest tails.
    """
    if tail_index(posterior) <= power_of(prior):
        q, p = (type(marginal_family(distribution)).__name__ for distribution in (posterior, prior))
        raise InfiniteKL(f"the posterior, {q}, has tails so heavy that KL(q ‖ p) to the prior, {p}, is infinite")


def tail_index(q: Distribution) -> float:
    """The a of a density that falls as |z|⁻ᵃ⁻¹, the smallest in the batch; ∞ where it falls faster."""
    match family := marginal_family(q):
        case Cauchy():
            return 1.0
        case StudentT() | MultivariateStudentT():
            return float(family.df.min())
        case Pareto():
            return float(family.alpha.min())
        case TorchFisherSnedecor():
            return float(family.df2.min()) / 2
        case MixtureSameFamily():
            return tail_index(family.component_distribution)
    return inf


def power_of(p: Distribution) -> int:
    """The n of a -log p(z) that grows as |z|ⁿ; 0 where it grows as a logarithm."""
    family = marginal_family(p)
    if isinstance(family, MixtureSameFamily):
        return power_of(family.component_distribution)
    if isinstance(family, LogNormal) or tail_index(family) < inf:
        return 0
    return 1 if isinstance(family, Laplace | Gamma | Logistic) else 2
