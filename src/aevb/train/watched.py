"""What callbacks watch, such as early stopping: that it is there, and which of its values are better."""

from dataclasses import dataclass

from omegaconf import DictConfig

from aevb.command_line.part_arguments import arguments_of
from aevb.errors import UserError
from aevb.models import ImageModel

HIGHER_IS_BETTER = ("elbo", "elbo_dataset")
LOWER_IS_BETTER = ("loss", "reconstruction")


@dataclass(frozen=True)
class Known:
    """The quantities of a run.

    validated: whether there are validation images. complete: whether no callback may log others.
    """

    model: ImageModel
    validated: bool
    complete: bool

    @property
    def names(self) -> list[str]:
        """Those that the model logs of each epoch, such as val/loss."""
        stages = ("val", "train") if self.validated else ("train",)
        return [f"{stage}/{name}" for stage in stages for name in self.model.units]

    def mode_of(self, monitor: str) -> str | None:
        """Which values of a quantity are better, max or min; None where that is not known."""
        quantity = monitor.partition("/")[2]
        if quantity == self.model.select_by:
            return self.model.select_mode
        if quantity in HIGHER_IS_BETTER:
            return "max"
        if quantity in LOWER_IS_BETTER or self.model.units.get(quantity, "").startswith("nats"):
            return "min"
        return None


def watching(name: str, node: DictConfig, known: Known) -> dict[str, str]:
    """The monitor and the mode that the options of a callback leave open, for one that watches something.

    A partial callback watches what the model is selected by, unless it is told otherwise.

    Raises UserError for a quantity that is not there, and where it is not known which of its values are better.
    """
    partial = bool(node.get("_partial_"))
    monitor = node.get("monitor") or (f"val/{known.model.select_by}" if partial else None)
    if not isinstance(monitor, str):
        return {}
    if monitor.startswith("val/") and not known.validated:
        raise UserError(f"callbacks.{name} watches {monitor}: set data.val_size above 0, or leave it out")
    if known.complete and monitor not in known.names:
        raise UserError(f"callbacks.{name} watches {monitor}, which is not there. There are: {', '.join(known.names)}.")
    takes_mode = partial or any(argument.name == "mode" for argument in arguments_of(node) or [])
    if not takes_mode or node.get("mode") or not (partial or _is_known(node)):
        return {"monitor": monitor}
    if (mode := known.mode_of(monitor)) is None:
        raise UserError(
            f"callbacks.{name} watches {monitor}, and it is not known which of its values are better: add "
            f"+callbacks.{name}.mode=min, or max"
        )
    return {"monitor": monitor, "mode": mode}


def may_log(node: DictConfig) -> bool:
    """Whether a callback may log quantities of its own."""
    return not _is_known(node) or str(node._target_).endswith(("LearningRateMonitor", "DeviceStatsMonitor"))


def _is_known(node: DictConfig) -> bool:
    return str(node._target_).startswith(("aevb.", "lightning."))
