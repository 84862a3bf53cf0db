"""log p(x) by importance sampling."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from aevb.checks import whole_number, whole_numbers
from aevb.distributions import support_of
from aevb.evaluate.findings import Findings
from aevb.evaluate.model_under_test import ModelUnderTest
from aevb.evaluate.result import Kind, log_density_result, result
from aevb.evaluate.section import Section
from aevb.figures.importance_curve import importance_curve
from aevb.metrics.estimate import mean_over_images
from aevb.metrics.importance import ImportanceEstimates, importance_estimates
from aevb.models import VAE

FEW = 10  # samples of p(z|x) that the weighted ones are worth
CLEAR = 3.0  # standard errors from which a difference is reported
OTHER_ESTIMATES = {  # of log p(x): section, name, title
    "quadrature": ("log_px_exact", "quadrature"),
    "annealed": ("log_px_ais", "annealed importance sampling"),
}


@dataclass(frozen=True)
class Importance(Section):
    """log p(x) by importance sampling from q(z|x), for several K from the same samples.

    num_samples: the K's, or one. num_images: N of them, a random sample; None: all.
    """

    needs: ClassVar = ("elbo", "annealed", "quadrature")

    num_samples: int | Sequence[int] = (1, 10, 100, 1000, 5000)
    num_images: int | None = None

    def __post_init__(self) -> None:
        if not whole_numbers("num_samples", self.ks):
            raise ValueError("num_samples=[]: expected at least one K")
        if self.num_images is not None:
            whole_number("num_images", self.num_images)

    @property
    def ks(self) -> list[int]:
        return list(self.num_samples) if isinstance(self.num_samples, Sequence) else [self.num_samples]

    def measure(self, tested: ModelUnderTest, found: Mapping[str, Findings]) -> Findings:
        model = tested.vae("the distributions that log p(x) needs")
        x = tested.first(self.num_images)
        estimates = importance_estimates(model, x, self.ks, tested.decodes, tested.track("importance sampling"))
        most = max(self.ks)
        results = [
            log_density_result(
                f"log_px_{k}", values, model.image_shape, k, Kind.LOG_PX, estimates.ess if k == most else None
            )
            for k, values in estimates.log_px.items()
        ]
        results.append(result("ess", mean_over_images(estimates.ess, f"of {most} samples"), len(x), most))
        per_image = {f"log_px_{k}": values for k, values in estimates.log_px.items()}
        others = {
            title: found[section].per_image[name]
            for section, (name, title) in OTHER_ESTIMATES.items()
            if section in found
        }
        lines = {**others, "ELBO": found["elbo"].per_image["elbo"]} if "elbo" in found else others
        return Findings(
            results,
            {**per_image, f"ess_{most}": estimates.ess},
            {"importance_curve": importance_curve(estimates.log_px, lines)},
            [
                *_narrow_support(model, x),
                *_poor_weights(estimates, most),
                *_shortfalls(estimates.log_px[most], most, others),
            ],
        )


def _narrow_support(model: VAE, x: Tensor) -> list[str]:
    """A sentence where q(z|x) cannot give every z of the prior, so that no number of samples reaches log p(x)."""
    q, p = support_of(model.posterior_of(x[:1])), support_of(model.prior())
    if q == p:
        return []
    return [
        f"q(z|x) has its support on a part of the prior's, such as {q} of {p}: importance sampling from it stays below "
        f"log p(x), however many samples there are, and its Monte Carlo error does not tell."
    ]


def _poor_weights(estimates: ImportanceEstimates, most: int) -> list[str]:
    """A sentence where the weights of some images are worth few samples."""
    poor = int((estimates.ess < FEW).sum())
    if not poor:
        return []
    return [
        f"For {poor:,} of {len(estimates.ess):,} images {most:,} weighted samples are worth fewer than {FEW} of "
        f"p(z|x): their log p(x) is a bound that lies low, and its Monte Carlo error is an underestimate."
    ]


def _shortfalls(log_px: Tensor, most: int, others: Mapping[str, Tensor]) -> list[str]:
    """A sentence for each other estimate of log p(x) that importance sampling stays below by more than its errors."""
    sentences = []
    for title, values in others.items():
        n = min(len(values), len(log_px))
        difference = (values[:n] - log_px[:n]).double()
        error = difference.std().item() / n**0.5 if n > 1 else float("inf")
        if difference.mean() > max(CLEAR * error, 0.1):
            sentences.append(
                f"Importance sampling with K = {most:,} stays {difference.mean():.2f} ± {error:.2f} nats below "
                f"{title} on the same {n:,} images: q(z|x) misses a part of p(z|x)."
            )
    return sentences
