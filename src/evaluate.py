"""python -m src.evaluate: see aevb.evaluate."""

from aevb.evaluate.__main__ import run

if __name__ == "__main__":
    run()
