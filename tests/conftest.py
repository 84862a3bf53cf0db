"""Shared by the tests: composing the real configuration, and building small models from plain arguments."""

import os
import sys
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
import torch
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf, open_dict

import aevb.command_line.resolvers  # noqa: F401  (configurations compute with them)
from aevb.command_line.hydra_patch import read_yaml_in_c
from aevb.command_line.plain_errors import plain_errors
from aevb.distributions import Bernoulli, NormalPosterior, StandardNormal
from aevb.losses import SGVBB, VariationalBound
from aevb.models import VAE
from aevb.networks import MLPDecoder, MLPEncoder

CONF = Path(__file__).parent.parent / "conf"
RunCommand = Callable[..., tuple[int, str, str]]

torch.set_num_threads(1)
read_yaml_in_c()


def choices(group: str) -> list[str]:
    """Every choice of a config group, found on disk."""
    return sorted(file.stem for file in (CONF / group).glob("*.yaml"))


@cache
def part(group: str, name: str, latent_dim: int) -> DictConfig:
    """The configuration of one choice, such as posterior=gamma, for a number of latent dimensions."""
    GlobalHydra.instance().clear()
    with initialize_config_dir(str(CONF), version_base="1.3"):
        cfg: DictConfig = compose("train", [f"{group}={name}", f"latent_dim={latent_dim}"])[group]
        OmegaConf.resolve(cfg)
    return cfg


@pytest.fixture(autouse=True)
def _strict_distributions() -> Iterator[None]:
    """Arguments of distributions are validated in every test, whatever a training run before it has set."""
    torch.distributions.Distribution.set_default_validate_args(True)
    yield
    torch.distributions.Distribution.set_default_validate_args(True)


@pytest.fixture
def configure(tmp_path: Path) -> Iterator[Callable[..., DictConfig]]:
    """Compose the configuration with overrides, as the command line does; the run folder is temporary."""
    folders = iter(range(1000))

    def make(*overrides: str) -> DictConfig:
        run_dir = tmp_path / f"run{next(folders)}"
        run_dir.mkdir()
        GlobalHydra.instance().clear()
        with initialize_config_dir(str(CONF), version_base="1.3"):
            cfg = compose("train", [*overrides, f"run_dir={run_dir}"], return_hydra_config=True)
        HydraConfig.instance().set_config(cfg)
        with open_dict(cfg):
            del cfg.hydra
        return cfg

    yield make
    HydraConfig.instance().cfg = None


@pytest.fixture
def run_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> RunCommand:
    """Run an entry point, src/<name>.py, as the command line does; returns its exit code, its output and its errors."""
    monkeypatch.setenv("HYDRA_FULL_ERROR", "0")

    def command(entry: Callable[..., Any], name: str, *arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", [f"src/{name}.py", *arguments])
        os.environ["HYDRA_FULL_ERROR"] = "0"  # plain_errors sets it
        GlobalHydra.instance().clear()
        code: Any = 0
        try:
            with plain_errors(name):
                entry()
        except SystemExit as stop:
            code = stop.code
        return code, *capsys.readouterr()

    return command


@pytest.fixture
def small_vae() -> Callable[..., VAE]:
    """A VAE of 1×4×4 images with 2 latent dimensions, in float64."""

    def make(loss: VariationalBound | None = None, **parts: Any) -> VAE:
        torch.manual_seed(0)
        arguments: dict[str, Any] = {
            "encoder": MLPEncoder((1, 4, 4), [8], "tanh"),
            "decoder": partial(MLPDecoder, 2, hidden_sizes=[8], activation="tanh"),
            "posterior": partial(NormalPosterior, latent_dim=2),
            "prior": StandardNormal(2),
            "likelihood": Bernoulli(),
            "loss": loss or SGVBB(),
        }
        return VAE(**{**arguments, **parts}).double()

    return make
