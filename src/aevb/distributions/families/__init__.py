"""Families that torch.distributions lacks, or needs help with."""

from aevb.distributions.families.centred_uniform import CentredUniform
from aevb.distributions.families.location_scale import LocationScale
from aevb.distributions.families.logistic import Logistic
from aevb.distributions.families.open_interval import Beta, Kumaraswamy
from aevb.distributions.families.triangular import Triangular

__all__ = ["Beta", "CentredUniform", "Kumaraswamy", "LocationScale", "Logistic", "Triangular"]
