"""The ELBO, or the loss of a model that has none."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch

from aevb.checks import whole_number
from aevb.evaluate.findings import Findings
from aevb.evaluate.model_under_test import ModelUnderTest
from aevb.evaluate.result import Kind, log_density_result, result
from aevb.evaluate.section import NATS, Section
from aevb.metrics import elbo
from aevb.metrics.estimate import mean_over_images
from aevb.models import VAE


@dataclass(frozen=True)
class ELBO(Section):
    """The ELBO, and E_q[-log p(x|z)] and KL(q(z|x) ‖ p(z)) that it is made of; for other models, their losses.

    num_samples: L.
    """

    num_samples: int = 100

    def __post_init__(self) -> None:
        whole_number("num_samples", self.num_samples)

    def measure(self, tested: ModelUnderTest, found: Mapping[str, Findings]) -> Findings:
        if not isinstance(tested.model, VAE):
            return _own_loss(tested)
        terms = elbo.estimate(tested.model, tested.x, self.num_samples, tested.decodes, tested.track("ELBO"))
        n, num_samples = len(tested.x), self.num_samples
        results = [
            log_density_result("elbo", terms.elbo, tested.model.image_shape, num_samples, Kind.ELBO),
            result("reconstruction", mean_over_images(terms.reconstruction, NATS), n, num_samples),
            result("kl", mean_over_images(terms.kl, NATS), n, num_samples),
        ]
        return Findings(results, {"elbo": terms.elbo, "reconstruction": terms.reconstruction, "kl": terms.kl})


def _own_loss(tested: ModelUnderTest) -> Findings:
    """The terms of the loss of a model that has no ELBO."""
    model = tested.model
    terms = [model.terms(part) for part in tested.x.split(1000)]
    results = []
    for name in model.term_names:
        values = torch.cat([part[name] for part in terms]).cpu()
        results.append(result(name, mean_over_images(values, model.units[name]), len(values)))
    sentence = f"{tested.name} defines no p(x) of images: there is no ELBO, and its own loss is given."
    return Findings(results, sentences=[sentence])
