"""log p(x) by annealed importance sampling, from below and from above."""

from typing import NamedTuple

import torch
from torch import Tensor

from aevb.losses import log_mean_exp
from aevb.metrics.track import Track, untracked
from aevb.models import VAE
from aevb.samplers import TARGET_ACCEPTANCE, Unconstrained, adapted, hmc_transition


class Annealed(NamedTuple):
    """Nats for each image, (N,): log p̂(x), below log p(x) in expectation.

    acceptance: of the proposals, (N,). ess: of the chains' weights, (N,).
    """

    log_px: Tensor
    acceptance: Tensor
    ess: Tensor


class Sandwich(NamedTuple):
    """Nats for each simulated image, (N,): in expectation lower ≤ log p(x) ≤ upper."""

    lower: Tensor
    upper: Tensor


def annealed_importance(
    model: VAE,
    x: Tensor,
    num_chains: int,
    num_temperatures: int,
    num_leapfrog: int,
    decodes: int,
    track: Track = untracked,
) -> Annealed:
    """log p(x) ≈ log 1/C Σ_c ∏ₜ p(x|z_{c,t-1})^(βₜ - βₜ₋₁), with z_{c,t} one HMC transition on p(z) p(x|z)^βₜ further.

    Neal 2001; for decoders, Wu, Burda, Salakhutdinov & Grosse 2017. Chains start at draws of p(z). Step sizes, one for
    each image and temperature, are adapted in a run of their own before, and then fixed, so that the estimate of p(x)
    has no bias.

    x: (N, C, H, W). num_chains: C. num_temperatures: T. decodes: how many latents are decoded at once.
    """
    betas = sigmoid_schedule(num_temperatures)
    results = []
    for part in x.split(max(1, decodes // num_chains)):
        joint = Unconstrained(part, model.prior(), model.likelihood_of)
        steps = adapted_steps(joint, num_chains, betas, num_leapfrog, track)
        log_w, acceptance = upwards(joint, joint.draws_of_prior(num_chains), betas, steps, num_leapfrog, track)
        ess = (2 * log_w.logsumexp(0) - (2 * log_w).logsumexp(0)).exp()
        results.append(Annealed(log_mean_exp(log_w), acceptance, ess))
    return Annealed(*(torch.cat(values).cpu() for values in zip(*results, strict=True)))


def sandwich(
    model: VAE,
    num_images: int,
    num_chains: int,
    num_temperatures: int,
    num_leapfrog: int,
    decodes: int,
    track: Track = untracked,
) -> Sandwich:
    """Both bounds on log p(x), for images x simulated from the model.

    Bidirectional Monte Carlo (Grosse, Ghahramani & Adams 2015): the z that x was made from is an exact sample of
    p(z|x), and chains that start there and are heated estimate 1 / p(x) without bias.
    """
    betas = sigmoid_schedule(num_temperatures)
    lower, upper = [], []
    with torch.no_grad():
        z = model.prior().sample(torch.Size((num_images,)))
        x = torch.cat([model.likelihood_of(part).sample() for part in z.split(decodes)])
    for part, exact in zip(x.split(max(1, decodes // num_chains)), z.split(max(1, decodes // num_chains)), strict=True):
        joint = Unconstrained(part, model.prior(), model.likelihood_of)
        steps = adapted_steps(joint, num_chains, betas, num_leapfrog, track)
        up, _ = upwards(joint, joint.draws_of_prior(num_chains), betas, steps, num_leapfrog, track)
        down = downwards(joint, joint.u(exact).expand(num_chains, -1, -1), betas, steps, num_leapfrog, track)
        lower.append(log_mean_exp(up))
        upper.append(-log_mean_exp(down))
    return Sandwich(torch.cat(lower).cpu(), torch.cat(upper).cpu())


def sigmoid_schedule(num_temperatures: int, delta: float = 4.0) -> Tensor:
    """0 = β₀ < β₁ < … < β_T = 1, denser at both ends: a rescaled sigmoid from -δ to δ (Wu et al. 2017)."""
    sigmoid = torch.linspace(-delta, delta, num_temperatures + 1, dtype=torch.float64).sigmoid()
    return (sigmoid - sigmoid[0]) / (sigmoid[-1] - sigmoid[0])


def adapted_steps(joint: Unconstrained, num_chains: int, betas: Tensor, num_leapfrog: int, track: Track) -> Tensor:
    """The step size that suits each temperature and image, (T, B), found on the way through all temperatures."""
    u = joint.draws_of_prior(num_chains)
    step = torch.full((len(joint.x),), 0.5, dtype=u.dtype, device=u.device)
    steps = []
    for beta in track(betas[1:].tolist()):
        u, acceptance = hmc_transition(joint.tempered(beta), u, step, num_leapfrog)
        steps.append(step)
        step = adapted(step, acceptance, TARGET_ACCEPTANCE)
    return torch.stack(steps)


def upwards(
    joint: Unconstrained, u: Tensor, betas: Tensor, steps: Tensor, num_leapfrog: int, track: Track
) -> tuple[Tensor, Tensor]:
    """The weights log Π p(x|zₜ₋₁)^(βₜ - βₜ₋₁), (C, B), from draws u of the prior; and each image's acceptance, (B,)."""
    log_w = torch.zeros(u.shape[:-1], dtype=torch.float64, device=u.device)
    accepted = torch.zeros(u.shape[1], dtype=u.dtype, device=u.device)
    for t in track(range(1, len(betas))):
        log_w += (betas[t] - betas[t - 1]).item() * log_likelihood(joint, u)
        u, acceptance = hmc_transition(joint.tempered(betas[t].item()), u, steps[t - 1], num_leapfrog)
        accepted += acceptance.mean(0) / (len(betas) - 1)
    return log_w, accepted


def downwards(joint: Unconstrained, u: Tensor, betas: Tensor, steps: Tensor, num_leapfrog: int, track: Track) -> Tensor:
    """The weights of the same transitions in the opposite order, (C, B), from draws u of p(u|x)."""
    log_w = torch.zeros(u.shape[:-1], dtype=torch.float64, device=u.device)
    for t in track(range(len(betas) - 1, 0, -1)):
        u, _ = hmc_transition(joint.tempered(betas[t].item()), u, steps[t - 1], num_leapfrog)
        log_w += (betas[t - 1] - betas[t]).item() * log_likelihood(joint, u)
    return log_w


@torch.no_grad()
def log_likelihood(joint: Unconstrained, u: Tensor) -> Tensor:
    """log p(x|z(u)), (C, B), in float64."""
    return joint.log_likelihood(u).double()
