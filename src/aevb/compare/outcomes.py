"""What runs have written about themselves."""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any

import yaml
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException

from aevb.command_line.latest import run_of_seeds
from aevb.command_line.observers import OBSERVERS
from aevb.command_line.sweeps import pruned, record
from aevb.errors import UserError
from aevb.files import shell_path

Scores = dict[str, dict[str, float]]  # by stage (test, validation) and quantity
Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where libyaml is
FACTS: dict[str, Any] = {"units": dict, "data": dict, "seconds": float, "epochs": int, "choices": dict}
NOT_OPTIONS = ("figures", "figures_split", "logger", "run_dir", "ckpt_path", "sweep", "choices")


@dataclass(frozen=True)
class Outcome:
    """A run, or a job of a sweep that has become none.

    options: by dotted names, groups by their choice. given: the names of those that the command line had.
    scores: of each seed. state: finished, cut short, pruned or failed, with the reason.
    facts: of metrics.json, empty for a run that is neither finished nor pruned.
    """

    folder: Path
    options: dict[str, Any]
    given: tuple[str, ...]
    seeds: tuple[Any, ...] = ()
    scores: tuple[Scores, ...] = ()
    state: str = "finished"
    reason: str = ""
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def finished(self) -> bool:
        return self.state == "finished"


def outcomes(paths: list[str]) -> list[Outcome]:
    """All runs at and below these folders, finished or not, and the jobs of sweeps that failed before they began.

    Raises UserError where there is none, or where a run has written something else than a run writes.
    """
    folders = {folder.resolve(): folder for path in paths for folder in _folders_of_runs(Path(path))}
    found = [outcome(folder) for folder in folders.values()]
    failed = [job for path in paths for job in _failed_jobs(Path(path))]
    known = {job.folder.resolve(): job for job in failed}
    runs = [_as_failed(run, known.pop(run.folder.resolve(), None)) for run in found]
    if not (runs or known):
        raise UserError(
            f"{', '.join(map(shell_path, map(Path, paths)))}: there is no run. Name a folder that holds runs."
        )
    return [*runs, *known.values()]


def _folders_of_runs(root: Path) -> Iterator[Path]:
    """Those with a config.yaml of a run; the seeds of a run that trained several belong to it."""
    if not root.is_dir():
        raise UserError(
            f"{shell_path(root)} is not a folder: name one that holds runs, such as outputs/multirun/<name>"
        )
    configured = [path.parent for path in sorted(root.glob("**/config.yaml"))]
    folders = [folder for folder in configured if folder == root or run_of_seeds(folder) == folder]
    yield from (folder for folder in folders if (folder / "checkpoints").is_dir() or (folder / "metrics.json").exists())


def outcome(folder: Path) -> Outcome:
    """What a run has written; UserError where it is something else than a run writes."""
    config = _config(folder / "config.yaml")
    choices = config.get("choices") or {}
    composed = {name: value for name, value in _flat(config) if _is_option(name)} | choices
    if acting := [name for name in config.get("callbacks") or {} if name not in OBSERVERS]:
        composed["callbacks"] = acting
    metrics = _metrics(folder / "metrics.json")
    if metrics is None and (ended := pruned.read(folder)):
        overrides = _by_name(ended.overrides)
        options, given, facts = overrides | composed, tuple(overrides), ended.facts
        return Outcome(folder, options, given, state="pruned", reason=str(ended), facts=facts)
    if metrics is None:
        return Outcome(folder, composed, (), state="cut short")
    try:
        overrides = _by_name(metrics.get("overrides", []))
        options, given = overrides | composed, tuple(overrides)
        alone = {"seed": metrics["seed"], "test": metrics["test"], "validation": metrics["validation"]}
        each = metrics.get("seeds", [alone])
        scores = tuple({stage: dict(own[stage]) for stage in ("test", "validation")} for own in each)
        seeds = tuple(own["seed"] for own in each)
        facts = {name: kind(metrics[name]) for name, kind in FACTS.items()}
        facts["selected_by"] = metrics.get("selected_by")
        _check_scores(scores)
        return Outcome(folder, options, given, seeds, scores, facts=facts)
    except (KeyError, TypeError, ValueError, AttributeError, yaml.YAMLError) as error:
        raise _not_a_run(folder / "metrics.json") from error


def _check_scores(scores: tuple[Scores, ...]) -> None:
    """Raise ValueError for what is no number, and for seeds of which not the same was measured."""
    for own in scores:
        for stage, values in own.items():
            if values.keys() != scores[0][stage].keys() or not all(map(isfinite, values.values())):
                raise ValueError(stage)


def _failed_jobs(root: Path) -> list[Outcome]:
    """Those that the records of sweeps name, as far as they have not ended well since."""
    found: dict[Path, Outcome] = {}
    for file in sorted(root.glob(f"**/{record.NAME}")):
        try:
            for job in (line for line in record.lines(file) if "began" not in line):
                folder = file.parent / job["folder"]
                found.pop(folder, None)
                if job["outcome"] == "failed":
                    options, reason = _by_name(job["options"]), job["reason"].splitlines()[0]
                    found[folder] = Outcome(folder, options, tuple(options), state="failed", reason=reason)
        except (ValueError, KeyError, TypeError, AttributeError, IndexError, yaml.YAMLError) as error:
            raise _not_a_run(file) from error
    return [*found.values()]


def _as_failed(run: Outcome, failed: Outcome | None) -> Outcome:
    """A run that has begun and then failed has its own options, and the reason of the job."""
    if failed is None or run.finished:
        return run
    return Outcome(run.folder, failed.options | run.options, failed.given, state="failed", reason=failed.reason)


def _config(path: Path) -> dict[str, Any]:
    try:
        config = yaml.load(path.read_text(encoding="utf-8"), Loader)
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise _not_a_run(path) from error
    if not isinstance(config, dict) or not isinstance(config.get("choices", {}), dict):
        raise _not_a_run(path)
    return config


def _metrics(path: Path) -> dict[str, Any] | None:
    try:
        metrics = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise _not_a_run(path) from error
    if not isinstance(metrics, dict):
        raise _not_a_run(path)
    return metrics


def _not_a_run(path: Path) -> UserError:
    return UserError(f"{shell_path(path)} is not what a run writes: delete it, or put the one of the run back")


def _by_name(overrides: list[str]) -> dict[str, Any]:
    """Options as the command line had them."""
    pairs = [override.lstrip("+~").partition("=") for override in overrides]
    return {name: _value(value) for name, _, value in pairs if _is_option(name)}


def _is_option(name: str) -> bool:
    """Whether an option may decide a result."""
    group, _, rest = name.partition(".")
    if group == "callbacks":
        return bool(rest) and rest.partition(".")[0] not in OBSERVERS
    return group not in NOT_OPTIONS


def _value(text: str) -> Any:
    """A value as Hydra reads it, whose dictionaries are not YAML's."""
    if "{" in text:
        with suppress(HydraException):
            return OverridesParser.create().parse_override(f"name={text}").value()
    return yaml.safe_load(text)


def _flat(config: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """{'a': {'b': 1}} -> ('a.b', 1)."""
    if not isinstance(config, dict):
        yield prefix, config
        return
    for key, value in config.items():
        if not str(key).startswith("_"):
            yield from _flat(value, f"{prefix}.{key}".lstrip("."))
