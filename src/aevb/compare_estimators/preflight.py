"""Checks before a comparison begins."""

from collections.abc import Callable, Mapping

from hydra.utils import instantiate
from omegaconf import DictConfig

from aevb.command_line.device import device_of
from aevb.command_line.suggestions import buildable, chosen_names
from aevb.errors import UserError
from aevb.losses import VariationalBound
from aevb.runs import Run, find_runs

Losses = Mapping[str, Callable[..., VariationalBound]]


def checked(cfg: DictConfig) -> Losses:
    """The estimators that are asked for, by name; UserError for an invalid option."""
    chosen = chosen_names("estimator", cfg.estimators, buildable(cfg))
    for name, values in (("estimators", chosen), ("num_samples", cfg.num_samples)):
        if len(set(values)) < len(values):
            raise UserError(f"{name}={list(values)}: expected a list without repetition")
    device_of(cfg.device)  # raises UserError where there is none
    return {name: buildable_estimator(name, cfg[name]) for name in chosen}


def buildable_estimator(name: str, node: DictConfig) -> Callable[..., VariationalBound]:
    """What makes an estimator from a number of samples; UserError for an option that it does not take."""
    make: Callable[..., VariationalBound] = instantiate(node, _convert_="all")
    try:
        make(num_samples=1)
    except (TypeError, ValueError) as error:
        raise UserError(f"{name}: {error}") from error
    return make


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
