"""Information in the latents, active units and collapse, as a section."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import log

import torch

from aevb.checks import whole_number
from aevb.errors import NotApplicable
from aevb.evaluate.findings import Findings
from aevb.evaluate.model_under_test import ModelUnderTest
from aevb.evaluate.result import result
from aevb.evaluate.section import NATS, Section
from aevb.figures.kl_by_dimension import kl_by_dimension
from aevb.metrics import elbo
from aevb.metrics.aggregate_posterior import aggregate_posterior
from aevb.metrics.code_use import CodeUse
from aevb.metrics.collapse import active_units, collapse_verdict
from aevb.metrics.estimate import Estimate, mean_over_images
from aevb.models import VQVAE


@dataclass(frozen=True)
class Latents(Section):
    """What the latents say of the image: KL and activity of each dimension, mutual information, collapse.

    num_images: N of them, a random sample; None: all.
    """

    num_images: int | None = None

    def __post_init__(self) -> None:
        if self.num_images is not None:
            whole_number("num_images", self.num_images)

    def measure(self, tested: ModelUnderTest, found: Mapping[str, Findings]) -> Findings:
        if isinstance(tested.model, VQVAE):
            return _code_use(tested.model, tested)
        model = tested.vae("codes with a distribution")
        x = tested.first(self.num_images)
        n, dimensions = len(x), model.latent_dim
        if n < 2:
            raise NotApplicable("this section needs at least 2 images")
        means = torch.cat([model.encode(part) for part in x.split(1000)])
        active = active_units(means)
        kl = elbo.estimate(model, x, 1, tested.decodes).kl_by_dimension  # (N, D), or (N, 1) if it does not split
        aggregate = aggregate_posterior(model, x, tested.num_bytes)
        findings = Findings(
            [
                result("active_units", Estimate(float(active.sum()), None, f"of {dimensions} dimensions"), n),
                result("mutual_information", mean_over_images(aggregate.information, NATS), n, 1),
                result("aggregate_kl", mean_over_images(aggregate.kl, "nats"), n, 1),
            ]
        )
        if kl.shape[1] == dimensions:
            findings.results.extend(
                result(f"kl_{j + 1}", mean_over_images(values, NATS), n) for j, values in enumerate(kl.unbind(1))
            )
            findings.pictures["kl_by_dimension"] = kl_by_dimension(kl.mean(0), active.cpu())
        else:
            findings.sentences.append("The KL term of this posterior and prior does not split into dimensions.")
        findings.sentences.append(collapse_verdict(active.cpu()))
        if aggregate.information.mean() > 0.95 * log(n):
            findings.sentences.append(
                f"The mutual information is close to log N = {log(n):.2f} nats, the most that {n} images can show: the "
                f"true one may be larger."
            )
        return findings


def _code_use(model: VQVAE, tested: ModelUnderTest) -> Findings:
    """How many codes of its codebook a VQ-VAE uses."""
    use = CodeUse(model.codebook.num_codes).to(tested.x.device)
    for part in tested.x.split(1000):
        use.update(model.indices_of(part))
    results = [
        result(name, Estimate(value.item(), None, model.units[name]), len(tested.x))
        for name, value in use.compute().items()
    ]
    sentence = "A VQ-VAE's codes have no posterior: how many are used takes the place of the KL."
    return Findings(results, sentences=[sentence])
