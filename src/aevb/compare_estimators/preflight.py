"""Checks before a comparison begins."""

from collections.abc import Callable, Mapping

from hydra.utils import instantiate
from omegaconf import DictConfig

from aevb.checks import true_or_false, whole_number, whole_numbers
from aevb.command_line.device import device_of
from aevb.command_line.suggestions import buildable, chosen_names
from aevb.compare_estimators.statistics import GROUPS
from aevb.errors import UserError
from aevb.losses import VariationalBound
from aevb.runs import Run, find_runs

Losses = Mapping[str, Callable[..., VariationalBound]]


def checked(cfg: DictConfig) -> Losses:
    """The estimators that are asked for, by name; UserError for an invalid option."""
    chosen = chosen_names("estimator", cfg.estimators, buildable(cfg))
    try:
        counts = whole_numbers("num_samples", cfg.num_samples)
        for name, values in (("estimators", chosen), ("num_samples", counts)):
            if not values or len(set(values)) < len(values):
                raise ValueError(f"{name}={list(values)}: expected a list without repetition, and at least one")
        whole_number("repetitions", cfg.repetitions, at_least=2 * GROUPS)
        whole_number("num_images", cfg.num_images)
        whole_number("reference_samples", cfg.reference_samples, at_least=100)
        whole_number("seed", cfg.seed, at_least=0)
        true_or_false("fresh", cfg.fresh)
    except ValueError as error:
        raise UserError(str(error)) from error
    device_of(cfg.device)  # raises UserError where there is none
    return {name: instantiate(cfg[name], _convert_="all") for name in chosen}


def one_run(path: object) -> Run:
    """The run at a path; UserError if there is none, or several."""
    if path is None:
        raise UserError("say which run to measure: run=outputs/<model>-<loss>-z<latent_dim>/<time>, or a checkpoint")
    if not isinstance(path, str):
        raise UserError(f"run={path}: expected the folder of one run, or a checkpoint")
    runs = find_runs(path)
    if len(runs) > 1:
        raise UserError(f"run={path} stands for {len(runs)} runs: choose one of them, such as run={runs[0].folder}")
    return runs[0]
