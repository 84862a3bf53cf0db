"""The aggregate posterior q(z), and its divergence from the prior."""

from math import log
from typing import NamedTuple

import torch
from torch import Tensor
from torch.distributions import Distribution

from aevb.models import VAE


class AggregatePosterior(NamedTuple):
    """Terms for each image, in nats, (N,): their means are the mutual information I(x; z) and KL(q(z) ‖ p(z))."""

    information: Tensor
    kl: Tensor


@torch.no_grad()
def aggregate_posterior(model: VAE, x: Tensor, num_bytes: float) -> AggregatePosterior:
    """I_q(x; z) = E[log q(z|x) - log q(z)] and KL(q(z) ‖ p(z)), for q(z) = 1/N Σₙ q(z|xₙ) over these N images.

    Hoffman & Johnson 2016: the two add up to the mean of KL(q(z|x) ‖ p(z)). The information cannot exceed log N. One z
    is drawn for each image; q(z) is not estimated, but evaluated with all N terms.

    x: (N, C, H, W). num_bytes: for what is computed at once.
    """
    prior = model.prior()
    z, own = _draws(model, x)
    at_once = max(1, int(num_bytes / (16 * z.numel())))
    log_q = torch.full_like(own, -torch.inf)
    for part in x.split(at_once):
        q: Distribution = model.posterior_of(part)
        log_q = torch.logaddexp(log_q, q.log_prob(z.unsqueeze(1)).logsumexp(1).double())  # (N,)
    log_q = log_q - log(len(x))
    return AggregatePosterior((own - log_q).cpu(), (log_q - prior.log_prob(z).double()).cpu())


def _draws(model: VAE, x: Tensor) -> tuple[Tensor, Tensor]:
    """A z for each image, (N, D), and log q(z|x), (N,)."""
    draws = []
    for part in x.split(1000):
        q = model.posterior_of(part)
        z = q.sample()
        draws.append((z, q.log_prob(z).double()))
    z, own = (torch.cat(values) for values in zip(*draws, strict=True))
    return z, own
