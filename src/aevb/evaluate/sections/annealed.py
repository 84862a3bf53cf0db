"""log p(x) by annealed importance sampling."""

from collections.abc import Mapping
from dataclasses import dataclass

from aevb.checks import whole_number
from aevb.evaluate.findings import Findings
from aevb.evaluate.model_under_test import ModelUnderTest
from aevb.evaluate.result import log_density_result, result
from aevb.evaluate.section import NATS, Section
from aevb.metrics.annealed import annealed_importance, sandwich
from aevb.metrics.estimate import mean_over_images


@dataclass(frozen=True)
class Annealed(Section):
    """log p(x) by annealed importance sampling, and both sides of it for images that the model simulates.

    num_leapfrog: the steps of a transition. num_simulated: images for the sandwich; 0: none.
    """

    num_images: int = 50
    num_chains: int = 8
    num_temperatures: int = 500
    num_leapfrog: int = 10
    num_simulated: int = 20

    def __post_init__(self) -> None:
        for name in ("num_images", "num_chains", "num_temperatures", "num_leapfrog"):
            whole_number(name, getattr(self, name))
        whole_number("num_simulated", self.num_simulated, at_least=0)

    def measure(self, tested: ModelUnderTest, found: Mapping[str, Findings]) -> Findings:
        model = tested.vae("the distributions that log p(x) needs")
        x = tested.first(self.num_images)
        chains = (self.num_chains, self.num_temperatures, self.num_leapfrog, tested.decodes)
        annealed = annealed_importance(model, x, *chains, tested.track("annealed importance sampling"))
        acceptance = mean_over_images(annealed.acceptance, "share of proposals")
        results = [
            log_density_result("log_px_ais", annealed.log_px, model.image_shape, self.num_chains, ess=annealed.ess),
            result("ais_acceptance", acceptance, len(x), self.num_chains),
        ]
        if self.num_simulated:
            bounds = sandwich(model, self.num_simulated, *chains, tested.track("bidirectional Monte Carlo"))
            named = {
                "simulated_log_px_lower": bounds.lower,
                "simulated_log_px_upper": bounds.upper,
                "simulated_gap": bounds.upper - bounds.lower,
            }
            results += [
                result(name, mean_over_images(values, NATS), self.num_simulated, self.num_chains)
                for name, values in named.items()
            ]
        return Findings(results, {"log_px_ais": annealed.log_px})
