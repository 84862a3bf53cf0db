"""python -m src.draw: see aevb.draw."""

from aevb.draw.__main__ import run

if __name__ == "__main__":
    run()
