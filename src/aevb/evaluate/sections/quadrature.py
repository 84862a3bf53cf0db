"""log p(x) and the ELBO by integration over one or two latent dimensions."""

from collections.abc import Mapping
from dataclasses import dataclass

from aevb.checks import number_from, whole_number
from aevb.errors import NotApplicable
from aevb.evaluate.findings import Findings
from aevb.evaluate.model_under_test import ModelUnderTest
from aevb.evaluate.result import Kind, log_density_result, result
from aevb.evaluate.section import NATS, Section
from aevb.figures.exact_posterior import exact_posterior
from aevb.metrics.estimate import mean_over_images
from aevb.metrics.posterior_density import posterior_density
from aevb.metrics.quadrature import integrate_latents


@dataclass(frozen=True)
class Quadrature(Section):
    """log p(x) and the ELBO by integration over one or two latent dimensions, and the exact posteriors of six images.

    num_images: N of them, a random sample; None: all. tolerance: in nats, at least 1e-9, where rounding begins.
    """

    num_images: int | None = 1000
    tolerance: float = 1e-3

    def __post_init__(self) -> None:
        if self.num_images is not None:
            whole_number("num_images", self.num_images)
        number_from("tolerance", self.tolerance, 1e-9)

    def measure(self, tested: ModelUnderTest, found: Mapping[str, Findings]) -> Findings:
        model = tested.vae("the distributions that log p(x) needs")
        if (dimensions := model.latent_dim) > 2:
            raise NotApplicable(f"integration is for 1 or 2 latent dimensions, and this model has {dimensions}")
        x = tested.first(self.num_images)
        exact = integrate_latents(model, x, self.tolerance, tested.num_bytes, tested.track("quadrature"))
        sentences = []
        for name, error in (("log p(x)", exact.error), ("the ELBO", exact.elbo_error)):
            if missed := int((error > self.tolerance).sum()):
                worst = f"is about {error.max():.2g} nats" if error.isfinite().all() else "is not known"
                sentences.append(
                    f"Quadrature of {name} did not reach {self.tolerance:g} nats for {missed:,} of {len(x):,} images; "
                    f"the error of the worst {worst}."
                )
        shown = x[:6]
        picture = exact_posterior(model.to_grey(shown).cpu(), *posterior_density(model, shown, exact))
        results = [
            log_density_result("log_px_exact", exact.log_px, model.image_shape, kind=Kind.LOG_PX_EXACT),
            log_density_result("elbo_exact", exact.elbo, model.image_shape),
            result("gap_exact", mean_over_images(exact.log_px - exact.elbo, NATS), len(x)),
        ]
        per_image = {"log_px_exact": exact.log_px, "elbo_exact": exact.elbo}
        return Findings(results, per_image, {"exact_posterior": picture}, sentences)
