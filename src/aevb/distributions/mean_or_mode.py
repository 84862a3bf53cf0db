"""One point that stands for a distribution."""

import torch
from torch import Tensor
from torch.distributions import Distribution, Independent, TransformedDistribution


def mean_or_mode(q: Distribution) -> Tensor:
    """The mean of q, or its mode where the mean is infinite or undefined, as a Cauchy's is: batch shape + event shape.

    Where no mean is known, as for a flow, that of the base distribution is transformed.
    """
    try:
        mean = q.mean
    except NotImplementedError:
        if isinstance(q, Independent):
            return mean_or_mode(q.base_dist)
        if not isinstance(q, TransformedDistribution):
            raise
        z = mean_or_mode(q.base_dist)
        for transform in q.transforms:
            z = transform(z)
        return z
    return mean if mean.isfinite().all() else torch.where(mean.isfinite(), mean, q.mode)
