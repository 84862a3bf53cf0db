"""The parts of the gap between the ELBO and log p(x)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from aevb.checks import whole_number
from aevb.evaluate.findings import Findings
from aevb.evaluate.model_under_test import ModelUnderTest
from aevb.evaluate.result import result
from aevb.evaluate.section import NATS, Section
from aevb.metrics.estimate import mean_over_images
from aevb.metrics.inference_gap import inference_gap


@dataclass(frozen=True)
class Gap(Section):
    """log p(x) - ELBO, in its two parts; log p(x) is exact if there was a quadrature.

    num_steps: of the optimisation of each image's posterior. num_samples: L of the ELBOs.
    """

    needs: ClassVar = ("quadrature", "annealed")

    num_images: int = 100
    num_steps: int = 500
    num_samples: int = 1000

    def __post_init__(self) -> None:
        for name in ("num_images", "num_steps", "num_samples"):
            whole_number(name, getattr(self, name))

    def measure(self, tested: ModelUnderTest, found: Mapping[str, Findings]) -> Findings:
        model = tested.vae("a gap between log p(x) and its ELBO")
        x = tested.first(self.num_images)
        track = tested.track("best posteriors")
        parts = inference_gap(model, x, self.num_steps, self.num_samples, tested.decodes, track)
        log_px, source = _best_log_px(parts.log_px, found)
        named = {
            "gap": log_px - parts.elbo,
            "approximation_gap": log_px - parts.elbo_best,
            "amortisation_gap": parts.elbo_best - parts.elbo,
        }
        sentence = (
            f"The gap's log p(x) is from {source}. The best posteriors are found by optimisation: the approximation "
            f"gap is at most, and the amortisation gap at least, what is given."
        )
        return Findings(
            [result(name, mean_over_images(values, NATS), len(x), self.num_samples) for name, values in named.items()],
            {"elbo_best": parts.elbo_best, "log_px_best": parts.log_px},
            sentences=[sentence],
        )


def _best_log_px(log_px: Tensor, found: Mapping[str, Findings]) -> tuple[Tensor, str]:
    """log p(x) of each image (n,) from the best source that has all of them, and its name.

    log_px: by importance sampling from the best posteriors.
    """
    n = len(log_px)
    if "quadrature" in found and len(exact := found["quadrature"].per_image["log_px_exact"]) >= n:
        return exact[:n], "quadrature"
    if "annealed" in found:
        annealed = found["annealed"].per_image["log_px_ais"][:n]
        if len(annealed) == n and annealed.mean() > log_px.mean():
            return annealed, "annealed importance sampling"
    return log_px, "importance sampling from the best posteriors"
