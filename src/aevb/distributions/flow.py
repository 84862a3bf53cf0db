"""Normalising flows, from the optional library zuko, as posterior and as prior."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor, broadcast_shapes, nn
from torch.distributions import Distribution, Independent, Normal, TransformedDistribution

from aevb.checks import whole_number, whole_numbers
from aevb.distributions.posterior import Posterior
from aevb.distributions.prior import Prior


def _coupling_flow(latent_dim: int, context: int, transforms: int, hidden_sizes: Sequence[int]) -> Any:
    """Affine coupling layers (Dinh et al. 2017), as quick to sample as to invert."""
    try:
        from zuko.flows import NICE
    except ImportError as error:
        raise ValueError("flows need the library zuko: install it with: pip install 'aevb[flows]'") from error
    return NICE(
        whole_number("latent_dim of a coupling flow", latent_dim, at_least=2),
        context,
        transforms=whole_number("transforms", transforms),
        hidden_features=whole_numbers("hidden_sizes", hidden_sizes),
    )


class PushedForward(TransformedDistribution):
    """The distribution of f(ε); z is repeated to the batch shape, as zuko's coupling layers need."""

    def log_prob(self, value: Tensor) -> Tensor:
        repeated = value.expand(broadcast_shapes(value.shape, self.batch_shape + self.event_shape))
        log_q: Tensor = super().log_prob(repeated)  # type: ignore[no-untyped-call]
        return log_q


def _pushed_forward(flow: Any, context: Tensor | None, like: Tensor) -> Distribution:
    """The distribution of f(ε), ε ~ N(0, I), where zuko's transform is f⁻¹."""
    base = Independent(Normal(like.new_zeros(like.shape), like.new_ones(like.shape)), 1)
    return PushedForward(base, [flow(context).transform.inv])


class FlowPosterior(Posterior):
    """q(z|x): z = f(ε; features), ε ~ N(0, I), f a stack of affine coupling layers (Rezende & Mohamed 2015).

    Shapes: (B, in_features) -> batch shape (B,), event shape (latent_dim,).
    """

    def __init__(
        self, in_features: int, latent_dim: int, transforms: int = 4, hidden_sizes: Sequence[int] = (64,)
    ) -> None:
        super().__init__(nn.Identity())
        self.latent_dim = latent_dim
        self.flow = _coupling_flow(latent_dim, in_features, transforms, hidden_sizes)

    def distribution(self, raw: Tensor) -> Distribution:
        return _pushed_forward(self.flow, raw, raw.new_zeros(len(raw), self.latent_dim))


class FlowPrior(Prior):
    """p(z): z = f(ε), ε ~ N(0, I), f a learned stack of affine coupling layers.

    Shapes: event shape (latent_dim,).
    """

    def __init__(self, latent_dim: int, transforms: int = 4, hidden_sizes: Sequence[int] = (64,)) -> None:
        super().__init__()
        self.latent_dim = latent_dim
        self.flow = _coupling_flow(latent_dim, 0, transforms, hidden_sizes)

    def forward(self) -> Distribution:
        like = next(self.flow.parameters())
        return _pushed_forward(self.flow, None, like.new_zeros(self.latent_dim))
