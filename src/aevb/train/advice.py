"""Advice about parts that do not go together, in the words of the command line.

The parts themselves say what is wrong in the words of the mathematics, and know no options.
"""

from math import inf

from aevb.checks import WrongClass
from aevb.command_line.suggestions import choices_of_class
from aevb.distributions import InfiniteKL, ShapeMismatch, Support, SupportMismatch
from aevb.losses import MovingSupport, NoClosedForm, NoReparameterisation, NotGaussian, Unexplained
from aevb.networks import NotAMap

POSTERIORS = {  # by where the prior lives
    (-inf, inf): "normal, laplace or logistic",
    (0.0, inf): "gamma, weibull, log_normal or exponential",
    (0.0, 1.0): "beta or kumaraswamy",
}


def advice(error: BaseException) -> str | None:
    """What to do, for an error that options of the command line can mend; None for any other."""
    match error:
        case WrongClass():
            fitting = ", ".join(f"{error.name}={choice}" for choice in choices_of_class(error.name, error.kind))
            return f"use {fitting}" if fitting else None
        case NoClosedForm() | MovingSupport():
            return "use loss=sgvb_a"
        case NoReparameterisation():
            return "use loss=score_function, which only needs log q(z|x)"
        case NotAMap():
            return "use decoder=conv, or model=vq_vae, whose codes are maps of that size"
        case NotGaussian():
            return "use posterior=normal, or loss.kl=exact"
        case Unexplained():
            return f"use posterior={_posteriors_on(error.prior)}"
        case InfiniteKL():
            return "use prior=cauchy, a posterior with lighter tails, or larger numbers in posterior.at_least"
        case ShapeMismatch():
            return "set latent_dim, which both follow"
        case SupportMismatch():
            return _matching_pair(error)
    return None


def _matching_pair(error: SupportMismatch) -> str:
    q, p = error.posterior, error.prior
    if q.simplex or p.simplex:
        return "posterior=dirichlet or logistic_normal go with prior=dirichlet, and no others do"
    return f"choose a posterior there, such as {_posteriors_on(p)}, or a prior on {q}"


def _posteriors_on(support: Support) -> str:
    if support.simplex:
        return "dirichlet or logistic_normal"
    return POSTERIORS.get((support.low, support.high), "one on that interval")
