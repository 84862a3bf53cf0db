"""A space to search, in the words of Hydra's command line."""

from typing import TYPE_CHECKING, Any

from hydra.core.override_parser.types import ChoiceSweep, IntervalSweep, Override, RangeSweep

from aevb.errors import UserError

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution


def space(overrides: list[Override]) -> dict[str, "BaseDistribution"]:
    """The distribution of each option that is searched for, by its name.

    choice(a,b) or a,b; range(2,10) of whole numbers, without the last; interval(0,1) of real ones; tag(log, ...) of
    the last two is uniform in the logarithm.
    """
    return {
        override.get_key_element(): _distribution(override) for override in overrides if override.is_sweep_override()
    }


def fixed(overrides: list[Override]) -> list[str]:
    """The options that are the same for all jobs."""
    return [str(override.input_line) for override in overrides if not override.is_sweep_override()]


def _distribution(override: Override) -> "BaseDistribution":
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    sweep: Any = override.value()
    log = _is_logarithmic(override, sweep)
    try:
        match sweep:
            case ChoiceSweep():
                return CategoricalDistribution([*override.sweep_string_iterator()])
            case IntervalSweep(start=float() | int(), end=float() | int()):
                return FloatDistribution(float(sweep.start or 0), float(sweep.end or 0), log=log)
            case RangeSweep():
                values = [float(value) for value in sweep.range()]
                if not all(value.is_integer() for value in values):
                    return FloatDistribution(values[0], values[-1], step=float(sweep.step))
                return IntDistribution(int(values[0]), int(values[-1]), log=log, step=int(sweep.step))
    except (ValueError, IndexError) as error:
        raise UserError(f"{override.input_line}: {error or 'it is empty'}") from error
    raise UserError(
        f"{override.input_line}: expected choice(a,b), range(2,10), interval(0,1) or tag(log, interval(1e-4,1e-2))"
    )


def _is_logarithmic(override: Override, sweep: Any) -> bool:
    """Whether it is tagged so; UserError for another tag, and for values that have no logarithmic scale."""
    tags: set[str] = getattr(sweep, "tags", set())
    if others := sorted(tags - {"log"}):
        raise UserError(f"{override.input_line}: there is no tag {others[0]}: leave it out, or use log")
    in_steps = isinstance(sweep, RangeSweep) and sweep.step != 1
    if tags and (in_steps or not isinstance(sweep, RangeSweep | IntervalSweep)):
        raise UserError(f"{override.input_line}: log is for interval(1e-4,1e-2), and for range(1,100) in steps of 1")
    return bool(tags)
