"""The names of the folders of a sweep and of its jobs."""

import re
from collections import Counter
from hashlib import blake2s

from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import DictConfig, OmegaConf, open_dict

LONGEST = 80  # characters; ext4 takes 255 bytes


def sweep_folder(name: object, now: str) -> str:
    """The folder of a sweep: that of its name, or of the time where it has none."""
    return f"outputs/multirun/{now if name is None else name}"


def job_folder(*, _root_: DictConfig) -> str:
    """A name for the folder of a job: its options, as far as jobs differ in them, in characters that no shell minds."""
    job = _root_.hydra
    fixed = {*job.job.config.override_dirname.exclude_keys}
    given = [override.lstrip("+~").partition("=") for override in job.overrides.task]
    options = {key: value for key, _, value in given if key not in fixed}
    return folder_name(options) if options else "job"


def folder_name(options: dict[str, str]) -> str:
    """A name from options: the same for the same ones, and another for others.

    >>> folder_name({"latent_dim": "2", "encoder.hidden_sizes": "[64,32]", "loss": "sgvb_b"})
    'latent_dim-2_hidden_sizes-64-32_loss-sgvb_b'
    """
    last = Counter(key.rpartition(".")[2] for key in options)
    short = {key: name if last[name := key.rpartition(".")[2]] == 1 else key for key in options}
    plain = "_".join(f"{short[key]}-{_plain(value)}" for key, value in options.items())
    name = re.sub(r"[^A-Za-z0-9_.+-]+", "-", plain)
    if name == plain and len(name) <= LONGEST:
        return name
    text = ",".join(f"{key}={value}" for key, value in options.items())
    return f"{name[:LONGEST]}-{blake2s(text.encode(), digest_size=3).hexdigest()}"


def leave_fixed_options_out(config: DictConfig) -> None:
    """Keep options that are the same for all jobs out of the names of their folders.

    config: of a multirun that has not begun. Each job is composed with the overrides of Hydra that it has.
    """
    overrides = OverridesParser.create().parse_overrides([*config.hydra.overrides.task])
    swept = {override.get_key_element().lstrip("+~") for override in overrides if override.is_sweep_override()}
    swept |= {*(OmegaConf.select(config, "hydra.sweeper.params") or {})}
    fixed = [name for override in overrides if (name := override.get_key_element().lstrip("+~")) not in swept]
    if swept and fixed:
        with open_dict(config):
            names = ",".join(f"'{name}'" for name in fixed)
            config.hydra.overrides.hydra.append(f"hydra.job.config.override_dirname.exclude_keys=[{names}]")


def _plain(value: str) -> str:
    """A value without the quotes and brackets that Hydra reads it with; a list with dashes.

    >>> _plain("'a'"), _plain("[64,32]"), _plain("-1")
    ('a', '64-32', '-1')
    """
    return re.sub(r", *", "-", re.sub(r"""^['"\[]+|['"\]]+$""", "", value))
