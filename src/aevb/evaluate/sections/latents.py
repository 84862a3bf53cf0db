"""What the latents say of the image."""

from math import log

import torch

from aevb.evaluate.model_under_test import Subject
from aevb.evaluate.result import Result, result
from aevb.figures import NotApplicable
from aevb.figures.kl_by_dimension import kl_by_dimension
from aevb.metrics.aggregate_posterior import aggregate_posterior
from aevb.metrics.code_use import CodeUse
from aevb.metrics.collapse import active_units, collapse_verdict
from aevb.metrics.elbo import elbo as elbo_of
from aevb.metrics.estimate import Estimate, mean_over_images
from aevb.models import VQVAE

NATS = "nats per image"


def latents(subject: Subject, num_images: int | None) -> list[Result]:
    """What the latents say of the image: KL and activity of each dimension, mutual information, collapse."""
    if isinstance(subject.model, VQVAE):
        return _code_use(subject)
    model = subject.vae("its codes have no distribution")
    x = subject.first(num_images)
    n, dimensions = len(x), model.latent_dim
    if n < 2:
        raise NotApplicable("what the latents say of images takes at least 2 of them")
    means = torch.cat([model.encode(part) for part in x.split(1000)])
    active = active_units(means)
    kl = elbo_of(model, x, 1, subject.pairs).kl_of_dimension  # (N, D), or (N, 1) if it does not split
    splits = kl.shape[1] == dimensions
    aggregate = aggregate_posterior(model, x, subject.num_bytes)
    results = [
        result("active_units", Estimate(float(active.sum()), None, f"of {dimensions} dimensions"), n),
        result("mutual_information", mean_over_images(aggregate.information, NATS), n, 1),
        result("aggregate_kl", mean_over_images(aggregate.kl, "nats"), n, 1),
    ]
    if splits:
        results += [result(f"kl_{j + 1}", mean_over_images(values, NATS), n) for j, values in enumerate(kl.unbind(1))]
        subject.pictures["kl_by_dimension"] = kl_by_dimension(kl.mean(0), active.cpu())
    else:
        subject.sentences.append("The KL term of this posterior and prior does not split into dimensions.")
    subject.sentences.append(collapse_verdict(active.cpu()))
    if aggregate.information.mean() > 0.95 * log(n):
        subject.sentences.append(
            f"The mutual information is close to log N = {log(n):.2f} nats, the most that {n} images can show: the "
            f"true one may be larger."
        )
    return results


def _code_use(subject: Subject) -> list[Result]:
    """How many codes of its codebook a VQ-VAE uses."""
    model = subject.model
    assert isinstance(model, VQVAE)
    use = CodeUse(model.codebook.num_codes).to(subject.x.device)
    for part in subject.x.split(1000):
        use.update(model.indices_of(part))
    subject.sentences.append("A VQ-VAE's codes have no posterior: how many are used takes the place of the KL.")
    return [
        result(name, Estimate(value.item(), None, model.units[name]), len(subject.x))
        for name, value in use.compute().items()
    ]
