"""The names of several runs: what tells them apart, in few words."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from aevb.compare.columns import differing, label, value_of
from aevb.compare.outcomes import outcome
from aevb.runs.run import Run, common_folder


def names(runs: Sequence[Run]) -> list[str]:
    """The options that differ, such as latent_dim=2, lr=0.001, with the seed if they need it to differ.

    Runs with the same options, or without a config.yaml, are named after the part of their paths that differs.
    """
    if len(runs) < 2:
        return [run.folder.name for run in runs]
    places = _places(runs)
    if not all((run.folder / "config.yaml").is_file() for run in runs):
        return places
    found = [outcome(run.folder) for run in runs]
    columns = differing(found)
    told_apart = len({label({name: value_of(run, name) for name in columns}) for run in found}) == len(runs)
    if not told_apart and len({value_of(run, "seed") for run in found}) > 1:
        columns.append("seed")
    labels = [label({name: value_of(run, name) for name in columns}) for run in found]
    times = Counter(labels)
    apart = [text if times[text] == 1 else f"{text} ({place})" for text, place in zip(labels, places, strict=True)]
    return [text if labels[i] else places[i] for i, text in enumerate(apart)]


def _places(runs: Sequence[Run]) -> list[str]:
    """The paths without the parts with which all of them begin or end."""
    common = common_folder(runs)
    paths = [run.folder.resolve().relative_to(common).parts for run in runs]
    while all(len(path) > 1 for path in paths) and len({path[-1] for path in paths}) == 1:
        paths = [path[:-1] for path in paths]
    return [str(Path(*path)) for path in paths]
