"""python -m src.draw is python -m aevb.draw with the code of this clone."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

if __name__ == "__main__":
    from aevb.signals import catch_signals

    catch_signals()  # before anything is imported that takes time
    from aevb.draw.__main__ import run

    run()
