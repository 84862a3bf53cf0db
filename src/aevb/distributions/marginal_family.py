"""The family of single dimensions."""

from torch.distributions import Distribution, Independent


def marginal_family(distribution: Distribution) -> Distribution:
    """The distribution of the single dimensions of an Independent; any other distribution itself."""
    return distribution.base_dist if isinstance(distribution, Independent) else distribution
