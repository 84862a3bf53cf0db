"""The bound of full variational Bayes, as a section."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from aevb.checks import whole_number
from aevb.errors import NotApplicable
from aevb.evaluate.findings import Findings
from aevb.evaluate.model_under_test import ModelUnderTest
from aevb.evaluate.result import result
from aevb.evaluate.section import NATS, Section
from aevb.metrics.estimate import Estimate, mean_over_images
from aevb.models import BayesianVAE


@dataclass(frozen=True)
class Weights(Section):
    """E_q(θ)[L(x; θ)] - KL(q(θ) ‖ p(θ))/N, over draws of the decoder's weights; for a BayesianVAE.

    Of all training images (split=train) it is the bound on log p(X)/N. Of others, without the KL term, it is one on
    the predictive log ∫ q(θ) p(x|θ) dθ.

    num_draws: of θ, for each batch of images. num_images: N of them, a random sample; None: all.
    """

    num_draws: int = 100
    num_images: int | None = None

    def __post_init__(self) -> None:
        whole_number("num_draws", self.num_draws)
        if self.num_images is not None:
            whole_number("num_images", self.num_images)

    def measure(self, tested: ModelUnderTest, found: Mapping[str, Findings]) -> Findings:
        model = tested.model
        if not isinstance(model, BayesianVAE):
            raise NotApplicable(f"only a BayesianVAE has a distribution of weights, not {tested.name}")
        batches = tested.first(self.num_images).split(tested.decodes)
        draws = tested.track("weights")(range(self.num_draws))
        terms = [[model.terms(part) for part in batches] for _ in draws]

        def mean(name: str) -> Tensor:
            """Over the draws, (N,)."""
            return torch.stack([torch.cat([part[name] for part in draw]) for draw in terms]).double().mean(0).cpu()

        bound, per_image = mean("elbo"), mean("kl_weights_per_image")
        kl = Estimate(mean("kl_weights")[0].item(), None, model.units["kl_weights"])
        results = [
            result("elbo_over_weights", mean_over_images(bound, NATS), len(bound), self.num_draws),
            result("elbo_predictive", mean_over_images(bound + per_image, NATS), len(bound), self.num_draws),
            result("kl_weights", kl, len(bound)),
        ]
        return Findings(results, {"elbo_over_weights": bound})
