"""Families that torch.distributions lacks, or needs help with."""

from src.distributions.families.centred_uniform import CentredUniform
from src.distributions.families.location_scale import LocationScale
from src.distributions.families.logistic import Logistic
from src.distributions.families.open_interval import Beta, Kumaraswamy
from src.distributions.families.triangular import Triangular

__all__ = ["Beta", "CentredUniform", "Kumaraswamy", "LocationScale", "Logistic", "Triangular"]
