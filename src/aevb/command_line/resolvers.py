"""Computations in configuration files, as ${name:arguments}."""

from math import sqrt
from pathlib import Path
from typing import Any

from hydra.utils import get_class
from omegaconf import DictConfig, OmegaConf

from aevb.checks import number_from
from aevb.command_line import CONF
from aevb.command_line.sweeps.folders import job_folder, sweep_folder
from aevb.command_line.sweeps.resources import cores_of_a_job, cores_of_all_jobs, gpus_of_a_job, jobs_at_once


def part_of(share: float, whole: int) -> int:
    """share·whole, rounded down, and at least 1: the epochs that a share of training lasts."""
    if not isinstance(share, int | float) or not 0 < share <= 1:
        raise ValueError(f"lr_step={share}: expected a share of the epochs, above 0 and at most 1")
    return max(1, int(share * whole))


def sigma_of_weight(weight: float, channels: int, height: int, width: int) -> float:
    """The σ of the Gaussian likelihood whose -log p(x|z) is weight·(mean squared error) plus a constant.

    ‖x - x̂‖² / 2σ² = weight·‖x - x̂‖² / n for n pixels, so σ² = n / (2·weight).
    """
    number_from("r_loss_factor", weight, 0, above=True)
    return sqrt(channels * height * width / (2 * weight))


def shape_of_images(dataset: DictConfig, axis: int) -> int:
    """The channels (axis 0), height (1) or width (2) of the images of a data set of one's own."""
    from aevb.data import OF_THE_SET  # torch takes its time to import, and --help does not need it

    options = {name: dataset[name] for name in (*OF_THE_SET, "images") if name in dataset}
    of_images: Any = get_class(dataset._target_)
    place = next(f"data.{name}={options[name]}" for name in OF_THE_SET if name in options)
    try:
        size: int | None = of_images.shape(**options)[axis]
    except ValueError as error:
        raise ValueError(f"{place}: {error}") from error
    if size is None:
        raise ValueError(
            f"{place}: its images have no common size. Say data.height= and data.width=, with data.fit=crop, pad or "
            f"resize, which stretches them"
        )
    return size


def as_written(name: str, *, _root_: DictConfig) -> Any:
    """What the experiment's source writes for this option of its loss."""
    written = _root_.get("as_written")
    if written is None:
        raise ValueError(
            "loss=as_written is for experiments whose source minimises something else than the bound, such as "
            "experiment=mlp_vae and experiment=keras_vae: choose one of these, or another loss"
        )
    return written[name]


def run_name(run_dir: str) -> str:
    """What tells a run from others: the last two folders of its place."""
    return "/".join(Path(run_dir).parts[-2:])


def own_groups(*, _root_: DictConfig) -> str:
    """The section of --help about the groups that a command has, with the choices of each; empty where it has none."""
    groups = sorted(group for group in _root_.hydra.runtime.choices if "/" not in group)
    lines = [f"{group}: {', '.join(sorted(file.stem for file in (CONF / group).glob('*.yaml')))}\n" for group in groups]
    title = "== Configuration groups ==\nCompose your configuration from these groups (group=option)"
    return f"{title}\n\n{''.join(lines)}\n" if lines else ""


OF_SWEEPS = (sweep_folder, job_folder, jobs_at_once, cores_of_a_job, cores_of_all_jobs, gpus_of_a_job)

for resolver in (own_groups, *OF_SWEEPS, part_of, sigma_of_weight, shape_of_images, as_written, run_name):
    OmegaConf.register_new_resolver(resolver.__name__, resolver, replace=True)
