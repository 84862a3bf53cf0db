"""A search names no best of figures that are not comparable."""

from pathlib import Path
from typing import Any

import pytest

from aevb.command_line.sweeps.pruned import Pruned
from aevb.errors import UserError
from hydra_plugins.aevb_optuna_sweeper.comparable import Comparable
from tests.compare.test_compare import DATA, UNITS, write_run

BCE = {"model": "mlp_ae", "loss": "bce"}
ERROR = {"loss": "nats per image"}


@pytest.mark.parametrize(
    ("first", "second", "difference"),
    [
        ({}, {"data": {**DATA, "name": "mnist"}}, "data.name (digits, mnist)"),
        ({}, {"data": {**DATA, "range": [-1, 1]}}, "data.range ([-1, 1], [0, 1])"),
        ({}, {"data": {**DATA, "binarize": "stochastic"}}, "data.binarize (none, stochastic)"),
        ({}, {"choices": {"model": "mlp_vae", "likelihood": "gaussian"}}, "likelihood (bernoulli, gaussian)"),
        ({"selected_by": "elbo"}, {"selected_by": "loss"}, "the figure that they are selected by (elbo, loss)"),
        ({"choices": BCE, "units": ERROR}, {"choices": {**BCE, "loss": "mse"}, "units": ERROR}, "loss (bce, mse)"),
        ({}, {"units": {"loss": "squared error"}}, "elbo, loss"),
        ({"units": ERROR}, {"units": {"loss": "squared error"}}, "unit (nats per image, squared error)"),
    ],
)
def test_the_second_job_of_another_figure_is_refused_and_what_differs_is_named(
    tmp_path: Path, first: dict[str, Any], second: dict[str, Any], difference: str
) -> None:
    write_run(tmp_path / "a", **first)
    write_run(tmp_path / "b", **second)
    comparable = Comparable(tmp_path)
    comparable.check(["a"])
    with pytest.raises(UserError) as refused:
        comparable.check(["a", "b"])
    assert difference in str(refused.value)


def test_other_layers_rates_and_losses_of_one_elbo_are_comparable(tmp_path: Path) -> None:
    write_run(tmp_path / "a", selected_by="elbo")
    write_run(tmp_path / "b", "latent_dim=5", "loss=sgvb_a", "optimizer.lr=1", "model=conv_vae", selected_by="elbo")
    Comparable(tmp_path).check(["a", "b", "removed"])


def test_a_bound_is_comparable_between_models(tmp_path: Path) -> None:
    for model in ("mlp_vae", "conv_vae"):
        write_run(tmp_path / model, f"model={model}", "loss=iwae", selected_by="loss")
    Comparable(tmp_path).check(["mlp_vae", "conv_vae"])


def test_a_pruned_job_is_held_against_the_others_too(tmp_path: Path) -> None:
    write_run(tmp_path / "a")
    untested = {name: fact for name, fact in DATA.items() if name != "scored"}
    for name, binarize in {"b": "none", "c": "static"}.items():
        (write_run(tmp_path / name) / "metrics.json").unlink()
        facts = {
            "units": UNITS,
            "choices": {"model": "mlp_vae", "loss": "sgvb_b", "likelihood": "bernoulli"},
            "data": {**untested, "binarize": binarize},
        }
        Pruned(1, 3, "val/elbo", -10.0, [], facts).write(tmp_path / name)
    comparable = Comparable(tmp_path)
    comparable.check(["a", "b"])
    with pytest.raises(UserError, match=r"data\.binarize"):
        comparable.check(["c"])
