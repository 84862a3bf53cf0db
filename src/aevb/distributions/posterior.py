"""The abstract base of posteriors."""

from abc import ABC, abstractmethod

from torch import Tensor, nn
from torch.distributions import Distribution

from aevb.precision import at_least_single


class Posterior(nn.Module, ABC):
    """q(z|x) from an encoder's features, in two steps: `head` gives raw parameters, `distribution` the family's member.

    The family is all that `distribution` can give: a better member for one image is found by moving its raw parameters.

    q(z|x) has `log_prob`, `rsample` (without it, only loss=score_function applies), and a `mean`, or, where this is
    infinite, a `mode`.

    head: features (B, in_features) -> raw (B, P).

    Shapes: features (B, in_features) -> batch shape (B,), event shape (D,).
    """

    def __init__(self, head: nn.Module) -> None:
        super().__init__()
        self.head = head

    def forward(self, features: Tensor) -> Distribution:
        return self.distribution(self.raw_of(features))

    def raw_of(self, features: Tensor) -> Tensor:
        """The raw parameters, in float32 or better: (B, in_features) -> (B, P)."""
        return at_least_single(self.head(features))

    @abstractmethod
    def distribution(self, raw: Tensor) -> Distribution:
        """The member of the family with these raw parameters, real numbers (B, P)."""
