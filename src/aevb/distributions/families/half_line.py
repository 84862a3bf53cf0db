"""torch's families on (0, ∞), with density zero elsewhere."""

from torch.distributions import Chi2 as TorchChi2
from torch.distributions import Exponential as TorchExponential
from torch.distributions import Gamma as TorchGamma
from torch.distributions import LogNormal as TorchLogNormal
from torch.distributions import Pareto as TorchPareto
from torch.distributions import Weibull as TorchWeibull

from aevb.distributions.families.zero_outside import ZeroOutside


class Chi2(ZeroOutside, TorchChi2):
    """torch's Chi2."""


class Exponential(ZeroOutside, TorchExponential):
    """torch's Exponential."""


class Gamma(ZeroOutside, TorchGamma):
    """torch's Gamma."""


class LogNormal(ZeroOutside, TorchLogNormal):
    """torch's LogNormal."""


class Pareto(ZeroOutside, TorchPareto):
    """torch's Pareto, on (scale, ∞)."""


class Weibull(ZeroOutside, TorchWeibull):
    """torch's Weibull."""
