"""The options that tell runs apart."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from aevb.compare.outcomes import Outcome

ABSENT = "-"  # an option that a run does not have


def differing(runs: Sequence[Outcome]) -> list[str]:
    """The names of the options that tell runs apart, but for seeds.

    Those that the command lines gave come first, in their order. Of the others there are only those that do not follow
    from the ones before: latent_dim stands for the sizes of all layers that follow it.
    """
    whole = [run for run in runs if run.state != "failed"] or runs  # of a job that failed, only what was given is known
    given = dict.fromkeys(name for run in runs for name in run.given)
    found = [name for name in given if not is_seed(name) and _differs(runs, name)]
    others = {name for run in whole for name in run.options} - {*given}
    for name in sorted(others, key=lambda name: (name.count("."), name.startswith("model"), name)):
        if not is_seed(name) and _differs(whole, name) and not _follows(whole, name, found):
            found.append(name)
    return found


def value_of(run: Outcome, name: str) -> Any:
    """The value of an option, in a form that can be compared."""
    value = run.options.get(name, ABSENT)
    return str(value).replace("'", "") if isinstance(value, list | dict) else value


def label(options: Mapping[str, Any]) -> str:
    """Options in few words, without those that a run does not have.

    >>> label({"latent_dim": 2, "optimizer.lr": 1e-5, "loss.beta": "-"})
    'latent_dim=2, lr=1e-05'
    """
    last = Counter(name.rpartition(".")[2] for name in options)
    short = {name: end if last[end := name.rpartition(".")[2]] == 1 else name for name in options}
    return ", ".join(f"{short[name]}={value}" for name, value in options.items() if value != ABSENT)


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_seed(name: str) -> bool:
    return name.rpartition(".")[2] in ("seed", "seeds")


def _differs(runs: Sequence[Outcome], name: str) -> bool:
    return len({repr(value_of(run, name)) for run in runs}) > 1


def _follows(runs: Sequence[Outcome], name: str, others: list[str]) -> bool:
    """Whether the values of other options decide that of this one."""
    seen: dict[tuple[str, ...], str] = {}
    for run in runs:
        key = tuple(repr(value_of(run, other)) for other in others)
        if seen.setdefault(key, repr(value_of(run, name))) != repr(value_of(run, name)):
            return False
    return True
