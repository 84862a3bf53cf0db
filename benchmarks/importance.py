"""Importance sampling, against the time of its matrix products alone."""

import time
from functools import partial
from statistics import median
from typing import Any

import torch
from torch import nn

from aevb.distributions import Bernoulli, NormalPosterior, StandardNormal
from aevb.losses import SGVBB
from aevb.metrics.batching import in_batches, max_decodes
from aevb.metrics.importance import importance_estimates
from aevb.models import VAE
from aevb.networks import MLPDecoder, MLPEncoder
from aevb.process import skip_distribution_checks, tune_process
from benchmarks.references.loops import images

NUM_SAMPLES = 5000  # K
MEMORY = 256 * 2**20  # bytes, as conf/evaluate.yaml has it


def measure(device: str, short: bool) -> dict[str, Any]:
    """log p(x) at K = 5000 of some images under a VAE 784-512-2-512-784, and the products that it cannot do without."""
    torch.manual_seed(0)
    decoder = partial(MLPDecoder, 2, hidden_sizes=[512])
    posterior, prior = partial(NormalPosterior, latent_dim=2), StandardNormal(2)
    model = VAE(MLPEncoder((1, 28, 28), [512]), decoder, posterior, prior, Bernoulli(), SGVBB()).to(device).eval()
    decodes = max_decodes(model, 2, MEMORY)
    x = images(10 if short else 50, device).float().div_(255)
    weights = [module.weight.T for module in model.decoder.modules() if isinstance(module, nn.Linear)]

    @torch.no_grad()
    def products() -> None:
        for part in in_batches(x, decodes, NUM_SAMPLES):
            left = NUM_SAMPLES * len(part)
            while left:
                n = min(left, decodes)
                product = torch.randn(n, 2, device=device)
                for weight in weights:
                    product = product @ weight
                left -= n

    def seconds(work: Any) -> float:
        if device != "cpu":
            torch.cuda.synchronize()
        started = time.perf_counter()
        work()
        if device != "cpu":
            torch.cuda.synchronize()
        return time.perf_counter() - started

    sample = partial(importance_estimates, model, x, [NUM_SAMPLES], decodes)
    tune_process()  # as aevb.evaluate does
    skip_distribution_checks()
    products(), sample()
    rounds = [(seconds(sample), seconds(products)) for _ in range(3 if short else 9)]
    return {
        "images": len(x),
        "samples": NUM_SAMPLES,
        "seconds": median(a for a, _ in rounds),
        "seconds of products": median(b for _, b in rounds),
        "ratio": median(a / b for a, b in rounds),
        "goal": "at most 1.3",
    }
