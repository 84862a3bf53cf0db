"""A sweep, Hydra's multirun: its folders, the record of its jobs, and what the terminal is told."""

import warnings

# conf/hydra/launcher has files of the same names as the plugins' own: Hydra checks ours against theirs, and says so.
warnings.filterwarnings("ignore", r"\s*'hydra/(launcher|sweeper)/\w+' is validated against ConfigStore schema")
