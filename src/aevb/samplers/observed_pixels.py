"""The pixels of an image that are observed."""

import torch
from torch import Tensor
from torch.distributions import Distribution, Independent

from aevb.errors import NotApplicable


class ObservedPixels(Distribution):
    """p(x_o|z) = ∏ p(xᵢ|z) over the observed pixels i, of a p(x|z) that is a product over all pixels.

    What stands at the other pixels has no effect, as long as it is a number.

    p: with event shape (C, H, W). observed: bool, broadcast against (B, C, H, W).

    Raises NotApplicable for a p(x|z) that is no such product.

    >>> from torch.distributions import Normal
    >>> p = Independent(Normal(torch.zeros(1, 1, 2), 1.0), 3)
    >>> ObservedPixels(p, torch.tensor([True, False])).log_prob(torch.tensor([[[0.0, 5.0]]]))  # -½ log 2π
    tensor(-0.9189)
    """

    arg_constraints = {}  # noqa: RUF012  (as torch has it)

    def __init__(self, p: Distribution, observed: Tensor) -> None:
        if not isinstance(p, Independent) or p.base_dist.event_shape:
            raise NotApplicable("some pixels can only be left out of a p(x|z) that is a product over pixels")
        super().__init__(p.batch_shape, p.event_shape, validate_args=False)
        self.pixels = p.base_dist
        self.observed = observed

    def log_prob(self, value: Tensor) -> Tensor:
        by_pixel: Tensor = self.pixels.log_prob(value)
        return torch.where(self.observed, by_pixel, 0.0).sum((-3, -2, -1))
