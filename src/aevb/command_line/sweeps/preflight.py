"""What a sweep is refused for, before anything is written."""

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from omegaconf import DictConfig

from aevb.command_line.declared.training import SWEEP
from aevb.command_line.declared.values import complaint
from aevb.errors import UserError


def refuse_impossible_sweep(config: DictConfig) -> None:
    """Raise UserError for a name that is none, for several names, and for an option that is given twice.

    config: of a multirun that has not begun.
    """
    try:
        overrides = OverridesParser.create().parse_overrides([*config.hydra.overrides.task])
    except HydraException:  # the sweeper will say so
        return
    _refuse_twice(overrides)
    if any(override.is_sweep_override() and _name(override) == "sweep" for override in overrides):
        raise UserError("sweep= names the folder of the whole sweep, and cannot be swept itself: give one name")
    if (name := config.get("sweep")) is not None and not SWEEP.takes(name):
        raise UserError(complaint("sweep", SWEEP, name))


def _refuse_twice(overrides: list[Override]) -> None:
    """Hydra would take the last alone."""
    given: dict[str, Override] = {}
    for override in overrides:
        before = given.setdefault(_name(override), override)
        if before is not override and (before.is_sweep_override() or override.is_sweep_override()):
            raise UserError(
                f"{before.input_line} and {override.input_line} are both given: give all values at once, as in "
                f"{_name(override)}=a,b"
            )


def _name(override: Override) -> str:
    return override.get_key_element().lstrip("+~")
