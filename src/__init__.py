"""The doors of a clone: python -m src.<command> is python -m aevb.<command> with the code of this folder."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
