"""Importance sampling, against the time of its matrix products alone."""

import time
from functools import partial
from statistics import median
from typing import Any

import torch
from torch import nn

from aevb.distributions import Bernoulli, NormalPosterior, StandardNormal
from aevb.losses import SGVBB
from aevb.metrics.batching import pairs_that_fit, parts
from aevb.metrics.importance import importance_ladder
from aevb.models import VAE
from aevb.networks import MLPDecoder, MLPEncoder
from aevb.train.steps import tune_process
from benchmarks.references.loops import images

NUM_SAMPLES = 5000  # K
MEMORY = 256 * 2**20  # bytes, as conf/evaluate.yaml has it


def measure(device: str, short: bool) -> dict[str, Any]:
    """log p(x) at K = 5000 of some images under a VAE 784-512-2-512-784, and the products that it cannot do without."""
    torch.manual_seed(0)
    decoder = partial(MLPDecoder, 2, hidden_sizes=[512])
    posterior, prior = partial(NormalPosterior, latent_dim=2), StandardNormal(2)
    loss: dict[str, Any] = {"loss": SGVBB(), "optimizer": torch.optim.Adam, "scheduler": None}
    model = VAE(MLPEncoder((1, 28, 28), [512]), decoder, posterior, prior, Bernoulli(), **loss).to(device).eval()
    pairs = pairs_that_fit(model, 2, MEMORY)
    x = images(10 if short else 50, device).float().div_(255)
    weights = [module.weight.T for module in model.decoder.modules() if isinstance(module, nn.Linear)]

    @torch.no_grad()
    def products() -> None:
        for part in parts(x, pairs, NUM_SAMPLES):
            left = NUM_SAMPLES * len(part)
            while left:
                n = min(left, pairs)
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

    sample = partial(importance_ladder, model, x, [NUM_SAMPLES], pairs)
    tune_process()  # as aevb.evaluate does
    torch.distributions.Distribution.set_default_validate_args(False)
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
