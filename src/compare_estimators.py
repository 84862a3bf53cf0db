"""python -m src.compare_estimators: see aevb.compare_estimators."""

from aevb.compare_estimators.__main__ import run

if __name__ == "__main__":
    run()
