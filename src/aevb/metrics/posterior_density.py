"""The exact posterior and its approximation, on a grid around them."""

from copy import deepcopy

import torch
from torch import Tensor

from aevb.distributions.pairs import log_prob_of_pairs
from aevb.metrics.quadrature import Quadrature
from aevb.models import VAE
from aevb.samplers import Unconstrained

POINTS = 81


@torch.no_grad()
def posterior_density(model: VAE, x: Tensor, exact: Quadrature) -> tuple[Tensor, Tensor, Tensor]:
    """The points, p(z|x) and q(z|x) there, for a few images with one or two latent dimensions.

    x: (n, C, H, W). Returns the axes in unconstrained coordinates, (n, D, P), and two sets of densities, (n, P) or
    (n, P, P) with the first dimension in rows.
    """
    model, x = deepcopy(model).double(), x.double()  # a narrow p(x|z) has large terms that cancel
    joint = Unconstrained(x, model.prior(), model.likelihood_of)
    axes, exact_densities, densities = [], [], []
    for i, image in enumerate(x.split(1)):
        q = model.posterior_of(image)
        draws = joint.u(q.sample(torch.Size((1000,))))[:, 0].cpu()  # (1000, D')
        mean, std = exact.mean[i], exact.std[i]
        low = torch.minimum(mean - 4 * std, draws.amin(0))
        high = torch.maximum(mean + 4 * std, draws.amax(0))
        axis = torch.stack([torch.linspace(a, b, POINTS) for a, b in zip(low.tolist(), high.tolist(), strict=True)])
        u = torch.cartesian_prod(*axis).reshape(-1, len(axis)).to(x)
        log_p = log_prob_of_pairs(model.likelihood_of(joint.z(u)), image)[:, 0] + joint.log_prior(u)
        shape = [POINTS] * len(axis)
        axes.append(axis)
        exact_densities.append((log_p.double().cpu() - exact.log_px[i]).exp().reshape(shape))
        densities.append(joint.log_density(q, u.unsqueeze(1))[:, 0].double().exp().cpu().reshape(shape))
    return torch.stack(axes), torch.stack(exact_densities), torch.stack(densities)
