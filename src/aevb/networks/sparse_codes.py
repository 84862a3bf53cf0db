"""Sparse codes of images in a dictionary."""

import torch
from torch import Tensor


@torch.no_grad()
def sparse_codes(
    x: Tensor, atoms: Tensor, prediction: Tensor, sparsity: float, attraction: float, num_steps: int
) -> Tensor:
    """argmin_z ‖x - Bz‖² + λ‖z‖₁ + α‖z - p‖² for each image, (B, D), by proximal gradient steps from z = p.

    The steps are those of FISTA (Beck & Teboulle 2009) with the momentum for a problem that is known to be strongly
    convex, here by α (Chambolle & Pock 2016, algorithm 5). For α = 0 it is FISTA itself, whose error falls as
    1/num_steps²; otherwise it falls as (1 - √q)^num_steps, where 1/q = 1 + ‖BᵀB‖/α.

    The number of steps is fixed, so that nothing waits for the device. ‖BᵀB‖ is bounded by its largest row sum.

    x: (B, n). atoms: Bᵀ, (D, n). prediction: p, (B, D). sparsity, attraction: λ and α, at least 0.
    """
    gram = atoms @ atoms.T  # (D, D)
    target = x @ atoms.T + attraction * prediction  # (B, D)
    steepest = gram.abs().sum(1).max() + attraction  # at least ½ the Lipschitz constant of ∇
    q = attraction / steepest
    z, ahead, t = prediction, prediction, torch.ones_like(q)
    for _ in range(num_steps):
        downhill = ahead - (ahead @ gram + attraction * ahead - target) / steepest
        new = downhill.sign() * (downhill.abs() - sparsity / (2 * steepest)).clamp(min=0)
        slack = 1 - q * t.square()
        next_t = (slack + (slack.square() + 4 * t.square()).sqrt()) / 2
        momentum = (t - 1) / next_t * (1 - q * next_t) / (1 - q)
        z, ahead, t = new, new + momentum * (new - z), next_t
    return z
