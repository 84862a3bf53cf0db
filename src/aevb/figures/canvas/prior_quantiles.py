"""Quantiles of a prior."""

import torch
from torch import Tensor
from torch.distributions import Distribution

from aevb.distributions import marginal_family
from aevb.errors import NotApplicable


def prior_quantiles(prior: Distribution | None, probabilities: Tensor) -> Tensor:
    """F⁻¹ of each dimension of a prior with event shape (D,) at the probabilities (n,): (n, D).

    Raises NotApplicable for a model without a prior, and where torch knows no F⁻¹ of single dimensions.
    """
    if prior is None:
        raise NotApplicable("quantiles need a prior, and this model has none")
    single = marginal_family(prior)
    missing = NotApplicable(f"quantiles need F⁻¹ of each dimension, which {type(single).__name__} does not have")
    if single.event_shape:
        raise missing
    try:
        return torch.stack([single.icdf(u.expand(single.batch_shape)) for u in probabilities]).float().cpu()
    except NotImplementedError:
        raise missing from None
