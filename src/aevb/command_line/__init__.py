"""A person at the door: where the configuration is, messages instead of tracebacks, guesses at what was meant.

Nothing here imports torch, but for `device`: --help and --cfg job need to be quick.
"""

from pathlib import Path

PACKAGE = Path(__file__).parents[1]
# Beside the code in a wheel, at the top of a clone.
CONF = PACKAGE / "conf" if (PACKAGE / "conf").is_dir() else PACKAGE.parents[1] / "conf"
