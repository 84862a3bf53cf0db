"""Fuzzing of the real command line: python -m tests.fuzz --seed 3 --cases 2000 --minutes 20.

Hypothesis makes the cases, random command lines of all commands with nasty values for their options; a seed gives
the same ones again. Each runs in a forked copy of this process, which has imported everything. All that go wrong are
shown, and none is made shorter: a case is one to three words.
"""

import argparse
import os
import shlex
import shutil
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded

from tests.fuzz.cases import TINY, Case, cases
from tests.fuzz.forked import run
from tests.fuzz.oracle import faults

TRAINED = ("mlp_vae", "mlp_ae", "vq_vae", "bayesian_vae")


class Enough(Exception):
    """All cases have been tried, or the time is over."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--only", type=int, help="the number of one case, which is shown with all that it prints")
    arguments = parser.parse_args()
    bad, counts, seconds = fuzz(arguments.seed, arguments.cases, arguments.minutes, arguments.only)
    total = sum(counts.values())
    print(f"{total} cases in {seconds:.0f} s: {dict(counts)}; {bad} wrong (seed {arguments.seed})")
    sys.exit(bool(bad))


def fuzz(seed: int, num_cases: int, minutes: float, only: int | None = None) -> tuple[int, Counter[str], float]:
    """Run cases until there are enough, or the time is over; returns those gone wrong, all by outcome, and seconds."""
    counts: Counter[str] = Counter()
    seen: set[tuple[str, ...]] = set()
    bad, started = 0, time.perf_counter()
    with tempfile.TemporaryDirectory() as name:
        top = Path(name)
        runs = {model: str(top / model) for model in TRAINED}

        @seeded(seed)
        @settings(
            max_examples=10 * num_cases,  # two of three repeat an earlier case
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=[*HealthCheck],
        )
        @given(cases(runs))
        def check(tried: Case) -> None:
            nonlocal bad
            if len(seen) == num_cases or time.perf_counter() - started > 60 * minutes:
                raise Enough
            number = len(seen)
            seen.add((tried.command, *tried.arguments))
            if len(seen) == number or only not in (None, number):
                return
            for model, folder in runs.items():
                if any(folder in text for text in tried.base) and not Path(folder).exists():
                    train(model, folder, top)
            outcome, wrong, printed = judged(tried, top / "case")
            counts[outcome] += 1
            if wrong or only is not None:
                bad += bool(wrong)
                line = shlex.join(["python", "-m", f"src.{tried.command}", *tried.arguments])
                print(f"case {number}, {outcome}: {'; '.join(wrong)}\n  {line}\n{printed}", flush=True)

        with suppress(Enough):
            check()
    return bad, counts, time.perf_counter() - started


def judged(tried: Case, folder: Path) -> tuple[str, list[str], str]:
    """Run a case in a new folder; returns its outcome, what is wrong with it, and the end of what it printed."""
    import_module(f"aevb.{tried.command}.run")  # once, for all the forks
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    ended = run(tried.command, import_module(f"aevb.{tried.command}").main, tried.arguments, folder)
    outcome = "success" if ended.code == 0 else "refused" if ended.code == 1 else f"exit {ended.code}"
    return outcome, faults(tried, ended, folder), "".join(f"    {line}\n" for line in ended.err.splitlines()[-6:])


def train(model: str, folder: str, top: Path) -> None:
    """A small run to draw and evaluate."""
    import_module("aevb.train.run")
    arguments = [*TINY, f"model={model}", "latent_dim=2", f"hydra.run.dir={folder}"]
    ended = run("train", import_module("aevb.train").main, arguments, top)
    assert ended.code == 0, ended.err


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
