"""Images and models with little or nothing to see in them."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from aevb.distributions import Bernoulli, NormalPosterior, StandardNormal
from aevb.losses import SGVBB
from aevb.models import VAE
from aevb.networks import MLPDecoder, MLPEncoder

USUAL = torch.rand(12, 1, 8, 8, generator=torch.Generator().manual_seed(0))
LABELS = torch.arange(12) % 3
IMAGES: dict[str, tuple[Tensor, Tensor | None]] = {
    "usual": (USUAL, LABELS),
    "all alike": (USUAL[:1].repeat(12, 1, 1, 1), LABELS),
    "alike but for rounding": (USUAL[:1] + 1e-7 * USUAL, LABELS),
    "one": (USUAL[:1], LABELS[:1]),
    "two alike": (USUAL[:1].repeat(2, 1, 1, 1), LABELS[:2]),
    "of one class": (USUAL, torch.full_like(LABELS, 2)),
    "without labels": (USUAL, None),
}


def vae(latent_dim: int) -> VAE:
    torch.manual_seed(0)
    return VAE(
        MLPEncoder((1, 8, 8), [8], "tanh"),
        partial(MLPDecoder, latent_dim, hidden_sizes=[8], activation="tanh"),
        partial(NormalPosterior, latent_dim=latent_dim),
        StandardNormal(latent_dim),
        Bernoulli(),
        SGVBB(),
    ).eval()


def with_head(change: Callable[[nn.Linear], object], latent_dim: int = 3) -> VAE:
    """A VAE whose posterior's head, features -> (μ, s), is changed."""
    model = vae(latent_dim)
    head = model.posterior.head
    assert isinstance(head, nn.Linear)
    with torch.no_grad():
        change(head)
    return model


MODELS: dict[str, Callable[[], VAE]] = {
    "one latent": partial(vae, 1),
    "two latents": partial(vae, 2),
    "three latents": partial(vae, 3),
    "collapsed": partial(with_head, lambda head: head.weight.zero_()),
    "a constant latent": partial(with_head, lambda head: head.weight[0].zero_()),
    "two constant latents": partial(with_head, lambda head: head.weight[:2].zero_()),
    "codes far out": partial(with_head, lambda head: head.weight[:3].mul_(1e15)),
    "codes very near": partial(with_head, lambda head: (head.weight[:3].mul_(1e-30), head.bias[:3].zero_())),
    "a narrow posterior": partial(with_head, lambda head: head.bias[2:].fill_(-30.0), 2),
    "a wide posterior": partial(with_head, lambda head: head.bias[2:].fill_(20.0), 2),
    "diverged": partial(with_head, lambda head: head.weight.fill_(torch.nan)),
}
