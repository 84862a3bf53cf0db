"""python -m tests.torture: kills, changed bits and pairs of processes, on the real commands."""

import os
import sys
from argparse import ArgumentParser
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported
sys.path.insert(0, str(Path(__file__).parents[2] / "src"))

from tests.torture import flips, kills, pairs, sweeps
from tests.torture.commands import import_everything


def main() -> int:
    parser = ArgumentParser(prog="make torture", description=__doc__)
    parser.add_argument("--kills", type=int, default=100, help="runs that are killed, each up to three times")
    parser.add_argument("--flips", type=int, default=100, help="bits of checkpoints that are changed")
    parser.add_argument("--pairs", type=int, default=20, help="pairs of processes for each thing that they share")
    parser.add_argument("--sweeps", type=int, default=20, help="kills of whole sweeps")
    parser.add_argument("--seed", type=int, default=0, help="of the moments and the bits")
    chosen = parser.parse_args()
    import_everything()
    started = monotonic()
    with TemporaryDirectory(prefix="torture-") as place:
        folder = Path(place)
        wrong = kills.torture(chosen.kills, chosen.seed, folder / "kills") if chosen.kills else []
        wrong += flips.torture(chosen.flips, chosen.seed, folder / "flips") if chosen.flips else []
        wrong += pairs.torture(chosen.pairs, folder / "pairs") if chosen.pairs else []
        wrong += sweeps.torture(chosen.sweeps, chosen.seed, folder / "sweeps") if chosen.sweeps else []
    print(f"{len(wrong)} faults in {monotonic() - started:.0f} s")
    return min(len(wrong), 1)


if __name__ == "__main__":
    sys.exit(main())
