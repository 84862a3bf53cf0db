"""Families that torch.distributions lacks, or needs help with."""

from aevb.distributions.families.centred_uniform import CentredUniform
from aevb.distributions.families.erlang import Erlang
from aevb.distributions.families.fisher_snedecor import FisherSnedecor
from aevb.distributions.families.gompertz import Gompertz
from aevb.distributions.families.half_line import Chi2, Exponential, Gamma, LogNormal, Pareto, Weibull
from aevb.distributions.families.location_scale import LocationScale
from aevb.distributions.families.logistic import Logistic
from aevb.distributions.families.multivariate_student_t import MultivariateStudentT
from aevb.distributions.families.open_interval import Beta, Kumaraswamy
from aevb.distributions.families.rayleigh import Rayleigh
from aevb.distributions.families.reciprocal import Reciprocal
from aevb.distributions.families.simplex import Dirichlet, LogisticNormal
from aevb.distributions.families.student_t import StudentT
from aevb.distributions.families.triangular import Triangular

__all__ = [
    "Beta",
    "CentredUniform",
    "Chi2",
    "Dirichlet",
    "Erlang",
    "Exponential",
    "FisherSnedecor",
    "Gamma",
    "Gompertz",
    "Kumaraswamy",
    "LocationScale",
    "LogNormal",
    "Logistic",
    "LogisticNormal",
    "MultivariateStudentT",
    "Pareto",
    "Rayleigh",
    "Reciprocal",
    "StudentT",
    "Triangular",
    "Weibull",
]
