"""What a product of equal families is a product of."""

from torch.distributions import Distribution, Independent


def factor(distribution: Distribution) -> Distribution:
    """The distribution of the single dimensions of an Independent; any other distribution itself."""
    return distribution.base_dist if isinstance(distribution, Independent) else distribution
