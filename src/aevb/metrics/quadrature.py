"""log p(x), the ELBO and the posterior of a model with one or two latent dimensions, by integration."""

from copy import deepcopy
from math import inf
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.distributions import Distribution

from aevb.distributions import mean_or_mode
from aevb.distributions.pairs import log_prob_of_pairs
from aevb.metrics.batching import max_decodes
from aevb.metrics.lattice import integrate
from aevb.metrics.track import Track, untracked
from aevb.models import VAE
from aevb.samplers import Unconstrained

IMAGES = 10_000  # at once


class Quadrature(NamedTuple):
    """For each image: log p(x) and the ELBO in nats, (N,); mean and standard deviation of p(z|x), (N, D), in
    unconstrained coordinates (see Unconstrained), which on all real numbers are z itself.

    error, elbo_error: upper estimates of the errors of log p(x) and of the ELBO, in nats, (N,).
    """

    log_px: Tensor
    elbo: Tensor
    mean: Tensor
    std: Tensor
    error: Tensor
    elbo_error: Tensor


@torch.no_grad()
def integrate_latents(
    model: VAE, x: Tensor, tolerance: float = 1e-3, num_bytes: float = 2**28, track: Track = untracked
) -> Quadrature:
    """log p(x) = log ∫ p(z) p(x|z) dz and the ELBO E_q[log p(x, z) - log q(z|x)], in float64; see `integrate`.

    x: (N, C, H, W). tolerance: in nats. num_bytes: for what is computed at once.
    """
    model = deepcopy(model).double()
    results = [_exact(_Densities(model, part.double()), tolerance, num_bytes, track) for part in x.split(IMAGES)]
    return Quadrature(*(torch.cat(values).cpu() for values in zip(*results, strict=True)))


def _exact(densities: "_Densities", tolerance: float, num_bytes: float, track: Track) -> Quadrature:
    decodes = max_decodes(densities.model, densities.model.latent_dim, num_bytes)
    options = {
        "num_images": len(densities.x),
        "tolerance": tolerance,
        "points_at_once": lambda num_images: min(decodes, num_bytes / (64 * num_images)),
        "track": track,
    }
    p = integrate(densities.log_p, densities.moments, densities.draws_of_prior(), **options)  # type: ignore[arg-type]
    q = integrate(densities.log_q, densities.log_ratio, densities.draws_of_q(), **options)  # type: ignore[arg-type]
    mean, square = p.means.chunk(2)  # (D, N) each
    std = (square - mean.square()).clamp(min=0).sqrt()
    wrong_mass = (q.log_integral).abs()  # q is normalised, and its integral is a check
    elbo_error = torch.stack([q.error, q.error_of_means, wrong_mass]).amax(0)
    return Quadrature(p.log_integral, q.means[0], mean.T, std.T, p.error, elbo_error)


class _Densities:
    """Log densities of points u, (M, D), for some of the images, as integrands: (M, n)."""

    def __init__(self, model: VAE, x: Tensor) -> None:
        self.model = model
        self.x = x
        self.raw = torch.cat([model.raw_of(part) for part in x.split(1000)])
        self.joint = Unconstrained(x, model.prior(), model.likelihood_of)

    def log_p(self, u: Tensor, images: Tensor) -> Tensor:
        """log p(x, u)."""
        likelihood = self.model.likelihood_of(self.joint.z(u))
        return log_prob_of_pairs(likelihood, self.x[images]) + self.joint.log_prior(u).unsqueeze(1)

    def log_q(self, u: Tensor, images: Tensor) -> Tensor:
        """log q(u|x), -∞ outside of its support."""
        q = self.model.posterior.distribution(self.raw[images])
        support: Any = q.support
        inside = support.check(self.joint.z(u).unsqueeze(1))  # (M, n), or (M, 1) for all
        if inside.all():
            return self.joint.log_density(q, u.unsqueeze(1))
        # Outside, a density's formula may refuse or give anything: it is computed at a point inside, and not used.
        safe = torch.where(inside.unsqueeze(-1), u.unsqueeze(1), self.joint.u(mean_or_mode(q)))
        return torch.where(inside, self.joint.log_density(q, safe), -inf)

    def moments(self, u: Tensor, images: Tensor, log_p: Tensor) -> Tensor:
        """u and u², whose means under p(u|x) are its moments: (2D, M, 1)."""
        return torch.cat([u, u.square()], 1).T.unsqueeze(2)

    def log_ratio(self, u: Tensor, images: Tensor, log_q: Tensor) -> Tensor:
        """log p(x, u) - log q(u|x), whose mean under q is the ELBO: (1, M, n)."""
        return (self.log_p(u, images) - log_q).unsqueeze(0)

    def draws_of_prior(self) -> Tensor:
        return self.joint.u(_seeded(self.joint.prior, 10_000))

    def draws_of_q(self) -> Tensor:
        posteriors = (self.model.posterior.distribution(part) for part in self.raw.split(1000))
        return self.joint.u(torch.cat([_seeded(q, 20).flatten(0, 1) for q in posteriors]))


def _seeded(distribution: Distribution, n: int) -> Tensor:
    """n draws, always the same: they say where to look, and are no part of the result."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return distribution.sample(torch.Size((n,)))
