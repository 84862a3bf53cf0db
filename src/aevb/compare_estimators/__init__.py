"""Measure the noise of gradients: python -m aevb.compare_estimators run=<the folder of a run, or a checkpoint>.

Kingma & Welling 2014, section 2.3, say of SGVB-B that it "typically has less variance" than SGVB-A, and of the score
function's gradient, in section 2.2, that its variance is "very high"; the paper shows neither. This is that figure.
Beside the estimators of the ELBO stand those of the bounds L_K: IWAE, whose gradient with respect to φ loses its signal
as K grows (Rainforth et al. 2018), and DReG, which mends this. STL gains on SGVB-A as q(z|x) comes close to p(z|x), and
so all the more in a trained model.

All repetitions see the same batch, at the same parameters φ and θ, and differ in the samples of z alone.
"""

from typing import TYPE_CHECKING, Any

import hydra
from omegaconf import DictConfig

import aevb.command_line.resolvers  # noqa: F401  (makes them known)
from aevb.command_line import CONF
from aevb.command_line.declared import commands, reads
from aevb.command_line.declared.refuse import refuse_bad_options
from aevb.command_line.plain_errors import at_work

if TYPE_CHECKING:
    from aevb.compare_estimators.measure import compare_estimators

__all__ = ["compare_estimators", "main"]


@hydra.main(version_base="1.3", config_path=str(CONF), config_name="compare_estimators")
def main(cfg: DictConfig) -> None:
    """Compare the estimators of the ELBO and of tighter bounds on one model."""
    refuse_bad_options(cfg, commands.COMPARE_ESTIMATORS, reads.COMPARE_ESTIMATORS)
    from aevb.compare_estimators.run import compare  # torch takes seconds to import, and --help does not need it

    with at_work():
        compare(cfg)


def __getattr__(name: str) -> Any:
    if name == "compare_estimators":  # for the same reason, only when it is asked for
        from aevb.compare_estimators.measure import compare_estimators

        return compare_estimators
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
