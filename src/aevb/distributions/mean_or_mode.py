"""One point that stands for a distribution."""

import torch
from torch import Tensor
from torch.distributions import Distribution, TransformedDistribution


def centre(q: Distribution) -> Tensor:
    """The mean of q; its mode where the mean is infinite or undefined, as a Cauchy's is; what the centre of the base
    is transformed to where no mean is known, as for a flow: batch shape + event shape.
    """
    try:
        mean = q.mean
    except NotImplementedError:
        if not isinstance(q, TransformedDistribution):
            raise
        z = centre(q.base_dist)
        for transform in q.transforms:
            z = transform(z)
        return z
    return torch.where(mean.isfinite(), mean, q.mode)
