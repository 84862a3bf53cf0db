"""python -m src.train: see aevb.train."""

from aevb.train.__main__ import run

if __name__ == "__main__":
    run()
