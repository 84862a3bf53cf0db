"""aevb: autoencoders and variational autoencoders, one small file for each part."""

__version__ = "0.5.0"

import sys

if sys.argv[:1] == ["-m"]:  # python -m aevb.<command>, which imports this first
    from aevb.signals import catch_signals

    catch_signals()
