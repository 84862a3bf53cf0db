"""python -m src.compare is python -m aevb.compare with the code of this clone."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

if __name__ == "__main__":
    from aevb.signals import catch_signals

    catch_signals()  # before anything is imported that takes time
    from aevb.compare.__main__ import run

    run()
