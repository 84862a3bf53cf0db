"""Every file under conf/, found by search, composes, builds and takes a step."""

from collections.abc import Callable

import pytest
import torch
from hydra.utils import instantiate
from omegaconf import DictConfig

from src.models import ImageModel
from tests.conftest import CONF, choices

FITTING_LOSS = {"mse": "mlp_ae", "bce": "mlp_ae"}  # the losses that the default model does not take
GROUPS = sorted(folder.name for folder in CONF.iterdir() if folder.is_dir())
FILES = [(group, choice) for group in GROUPS for choice in choices(group)]
SIZES = ["data.image_size=8", "data.image_size=28", "data.image_size=32", "data.image_size=64", "data.image_size=13"]

Configure = Callable[..., DictConfig]


def build(cfg: DictConfig) -> ImageModel:
    torch.manual_seed(0)
    model: ImageModel = instantiate(cfg.model, _convert_="all")
    return model


def images_for(cfg: DictConfig, n: int = 5) -> torch.Tensor:
    size = cfg.data.image_size
    return torch.rand(n, cfg.data.channels, size, size, generator=torch.Generator().manual_seed(0))


def take_a_step(model: ImageModel, x: torch.Tensor) -> None:
    """One step of the model's own optimiser and scheduler; every parameter has a finite gradient that is not zero."""
    optimizers = model.configure_optimizers()
    loss = model.terms(x)["loss"].mean()
    loss.backward()
    assert loss.isfinite()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.count_nonzero() > 0, name
    optimizers["optimizer"].step()
    assert model.terms(x)["loss"].isfinite().all()


@pytest.mark.parametrize(("group", "choice"), FILES)
def test_every_config_composes_builds_and_takes_a_step(configure: Configure, group: str, choice: str) -> None:
    overrides = [f"{group}={choice}"]
    if group == "loss" and choice in FITTING_LOSS:
        overrides.append(f"model={FITTING_LOSS[choice]}")
    cfg = configure(*overrides)
    take_a_step(build(cfg), images_for(cfg))
    if group in ("data", "logger"):
        assert instantiate(cfg[group], _convert_="all") is not None


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("model", choices("model"))
def test_every_model_trains_every_parameter_at_every_size(
    configure: Configure, model: str, channels: int, size: str
) -> None:
    cfg = configure(f"model={model}", size, f"data.channels={channels}")
    take_a_step(build(cfg), images_for(cfg))


@pytest.mark.parametrize("encoder", choices("encoder"))
@pytest.mark.parametrize("decoder", choices("decoder"))
@pytest.mark.parametrize("loss", ["sgvb_a", "sgvb_b"])
@pytest.mark.parametrize(
    "likelihood",
    ["bernoulli", "gaussian", "gaussian likelihood.scale=learned", "gaussian likelihood.scale=predicted"],
)
def test_any_parts_combine(configure: Configure, encoder: str, decoder: str, loss: str, likelihood: str) -> None:
    overrides = f"model=conv_vae encoder={encoder} decoder={decoder} loss={loss} likelihood={likelihood}".split()
    cfg = configure(*overrides, "data=digits", "latent_dim=4", "loss.num_samples=3")
    model = build(cfg)
    x = images_for(cfg)
    take_a_step(model, x)
    assert model.encode(x).shape == (5, 4)
    assert model.decode(torch.randn(7, 3, 4)).shape == (7, 3, 1, 8, 8)


@pytest.mark.parametrize("scale", ["log_variance", "log_scale", "softplus"])
@pytest.mark.parametrize("activation", ["relu", "tanh", "gelu"])
def test_options_on_the_command_line_reach_the_parts(configure: Configure, scale: str, activation: str) -> None:
    cfg = configure(
        f"posterior.scale={scale}", f"encoder.activation={activation}", "encoder.hidden_sizes=[7,6]", "data=digits"
    )
    model = build(cfg)
    assert model.encoder.out_features == 6
    take_a_step(model, images_for(cfg))


def test_the_command_line_beats_the_model_file(configure: Configure) -> None:
    cfg = configure("model=conv_vae", "decoder=mlp", "loss=sgvb_a", "likelihood=gaussian")
    targets = [cfg.model[part]._target_.rsplit(".")[-1] for part in ("encoder", "decoder", "loss", "likelihood")]
    assert targets == ["ConvEncoder", "MLPDecoder", "SGVBA", "Gaussian"]


def test_configs_stay_small() -> None:
    """A part is one small file; a long one hides several."""
    assert all(len(file.read_text().splitlines()) <= 60 for file in CONF.rglob("*.yaml"))
