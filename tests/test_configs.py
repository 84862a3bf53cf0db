"""Every file under conf/, found by search, composes; what it is for is built, and a model takes a step."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from hydra.utils import instantiate
from lightning.pytorch.callbacks import Callback
from omegaconf import DictConfig
from torch.optim.lr_scheduler import ReduceLROnPlateau

from aevb.command_line.figure_nodes import figure_of
from aevb.command_line.suggestions import buildable
from aevb.draw.pictures import figure_named
from aevb.evaluate.measure import section_named
from aevb.figures import wanted_quantities
from aevb.models import ImageModel
from tests.conftest import CONF, choices

UNIT, SIMPLEX, HEAVY = ["prior=beta"], ["prior=dirichlet"], ["prior=cauchy"]
ANY_PAIR, VQ, AE = ["loss=sgvb_a"], ["model=vq_vae", "latent_dim=4"], ["model=mlp_ae"]
FITTING = {  # what goes with choices that do not go with the default ones
    **{("loss", name): AE for name in ("bce", "mse", "mse_mean", "rmse")},
    ("loss", "as_written"): ["experiment=mlp_vae"],
    **{("penalty", name): AE for name in choices("penalty")},
    **{("codebook", name): VQ for name in choices("codebook")},
    ("decoder", "conv_map"): VQ,
    **{("posterior", name): [*UNIT, *ANY_PAIR] for name in ("beta", "kumaraswamy")},
    **{("posterior", name): [*SIMPLEX, *ANY_PAIR] for name in ("dirichlet", "logistic_normal")},
    **{("posterior", name): [*HEAVY, *ANY_PAIR] for name in ("cauchy",)},
    **{
        ("posterior", name): ANY_PAIR
        for name in (
            *("flow", "log_normal", "logistic", "student_t", "triangular", "weibull"),
            *("elliptical", "f", "gompertz", "rayleigh", "reciprocal"),
        )
    },
    **{("prior", name): ANY_PAIR for name in ("cauchy", "flow", "mixture", "vamp")},
    **{("prior", name): ["posterior=beta"] for name in ("beta", "uniform")},
    ("prior", "dirichlet"): ["posterior=dirichlet"],
    ("prior", "gamma"): ["posterior=gamma"],
}
GROUPS = sorted(folder.name for folder in CONF.iterdir() if folder.is_dir() and folder.name not in ("base", "sections"))
# A prior of the codes of a trained VQ-VAE is built in tests/models/test_vq.py.
NEEDS_A_RUN = [("model", "vq_prior"), ("experiment", "vq_prior"), ("code_prior", "pixel_cnn")]
NEEDS_FILES = [("data", "array"), ("data", "folder")]  # are trained in tests/data
ELSEWHERE = [*NEEDS_A_RUN, *NEEDS_FILES]
FILES = [(group, choice) for group in GROUPS for choice in choices(group) if (group, choice) not in ELSEWHERE]
MODELS = [model for model in choices("model") if model != "vq_prior"]
SIZES = ["data.image_size=8", "data.image_size=28", "data.image_size=32", "data.image_size=64", "data.image_size=13",
         "data.height=20 data.width=15"]  # fmt: skip

Configure = Callable[..., DictConfig]


def build(cfg: DictConfig) -> Any:
    torch.manual_seed(0)
    return instantiate(cfg.model, _convert_="all")


def images_for(cfg: DictConfig, n: int = 5) -> torch.Tensor:
    height, width = cfg.data.height, cfg.data.width
    return torch.rand(n, cfg.data.channels, height, width, generator=torch.Generator().manual_seed(0))


def take_a_step(model: ImageModel, x: torch.Tensor, cfg: DictConfig) -> None:
    """One step of the optimiser and its schedule; every parameter has a finite gradient that is not zero."""
    optimizer = instantiate(cfg.optimizer, _convert_="all")(model.parameters())
    scheduler = instantiate(cfg.scheduler, _convert_="all")(optimizer)
    loss = model.terms(x)["loss"].mean()
    loss.backward()
    assert loss.isfinite()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.count_nonzero() > 0, name
    optimizer.step()
    scheduler.step(*([loss.item()] if isinstance(scheduler, ReduceLROnPlateau) else []))
    assert model.terms(x)["loss"].isfinite().all()


@pytest.mark.parametrize(("group", "choice"), FILES)
def test_every_config_composes_builds_and_takes_a_step(configure: Configure, group: str, choice: str) -> None:
    cfg = configure(*FITTING.get((group, choice), []), f"{group}={choice}")
    take_a_step(build(cfg), images_for(cfg), cfg)
    if group in ("data", "speed"):
        assert instantiate(cfg[group], _convert_="all") is not None
    if group == "callbacks":
        callbacks = [instantiate(node, _convert_="all") for node in buildable(cfg.callbacks).values()]
        assert all(isinstance(callback, Callback | partial) for callback in callbacks)
    for node in buildable(cfg.figures).values():
        assert wanted_quantities(figure_of(node))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("channels", [1, pytest.param(3, marks=pytest.mark.slow)])
@pytest.mark.parametrize("model", MODELS)
def test_every_model_trains_every_parameter_at_every_size(
    configure: Configure, model: str, channels: int, size: str
) -> None:
    cfg = configure(f"model={model}", *size.split(), f"data.channels={channels}")
    take_a_step(build(cfg), images_for(cfg), cfg)


@pytest.mark.parametrize("encoder", choices("encoder"))
@pytest.mark.parametrize("decoder", ["linear", "mlp", "conv"])
@pytest.mark.parametrize("loss", ["sgvb_a", pytest.param("sgvb_b", marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    "likelihood",
    ["bernoulli", "gaussian", "gaussian likelihood.scale=learned", "gaussian likelihood.scale=predicted"],
)
def test_any_parts_combine(configure: Configure, encoder: str, decoder: str, loss: str, likelihood: str) -> None:
    overrides = f"model=conv_vae encoder={encoder} decoder={decoder} loss={loss} likelihood={likelihood}".split()
    cfg = configure(*overrides, "data=digits", "latent_dim=4", "loss.num_samples=3")
    model = build(cfg)
    x = images_for(cfg)
    take_a_step(model, x, cfg)
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
    take_a_step(model, images_for(cfg), cfg)


def test_the_command_line_beats_the_model_file(configure: Configure) -> None:
    cfg = configure("model=conv_vae", "decoder=mlp", "loss=sgvb_a", "likelihood=gaussian")
    targets = [cfg.model[part]._target_.rsplit(".")[-1] for part in ("encoder", "decoder", "loss", "likelihood")]
    assert targets == ["ConvEncoder", "MLPDecoder", "SGVBA", "Gaussian"]


@pytest.mark.parametrize("name", [name for name in choices("sections") if name != "all"])
def test_every_section_is_in_a_file_of_its_name(name: str) -> None:
    assert type(section_named(name)).__module__ == f"aevb.evaluate.sections.{name}"


@pytest.mark.parametrize("name", sorted({*choices("figures")} - {"default", "quick"}))
def test_a_figure_is_the_same_in_python_as_on_the_command_line(configure: Configure, name: str) -> None:
    composed, by_name = figure_of(configure(f"figures=[{name}]").figures[name]), figure_named(name)
    assert isinstance(composed, partial)
    assert isinstance(by_name, partial)
    assert (by_name.func, by_name.keywords) == (composed.func, composed.keywords)


def test_configs_stay_small() -> None:
    """A part is one small file; a long one hides several."""
    assert all(len(file.read_text().splitlines()) <= 60 for file in CONF.rglob("*.yaml"))


@pytest.mark.parametrize("name", choices("experiment"))
def test_every_experiment_is_headed_by_the_command_that_launches_it(name: str) -> None:
    package, command, *_ = (CONF / "experiment" / f"{name}.yaml").read_text().splitlines()
    assert package == "# @package _global_"
    assert command.startswith("# python -m src.train")
    assert f"experiment={name}" in command


@pytest.mark.parametrize(
    "block", ["[batch_norm,activation,dropout]", "[activation,batch_norm,dropout]", "[activation]"]
)
@pytest.mark.parametrize("size", [28, 32, 64])
def test_blocks_in_either_order_at_every_size(configure: Configure, block: str, size: int) -> None:
    cfg = configure(
        "experiment=keras_ae", f"encoder.block={block}", f"decoder.block={block}", f"data.image_size={size}"
    )
    model = build(cfg)
    take_a_step(model, images_for(cfg, n=3), cfg)
    names = [type(layer).__name__ for layer in model.encoder.convolutions][1 : 1 + block.count(",") + 1]
    layers = {"batch_norm": "BatchNorm2d", "activation": "LeakyReLU", "dropout": "Dropout"}
    assert names == [layers[name] for name in block.strip("[]").split(",")]


@pytest.mark.parametrize("options", ["noise=masking", "model=mlp_vae", "model=conv_vae noise=masking"])
def test_any_noise_and_any_model_denoise(configure: Configure, options: str) -> None:
    cfg = configure("experiment=denoising_ae", *options.split())
    take_a_step(build(cfg), images_for(cfg), cfg)


def test_experiments_compute_what_their_options_say(configure: Configure) -> None:
    cfg = configure("experiment=mlp_ae", "trainer.max_epochs=30", "lr_step=0.2")
    assert cfg.scheduler.step_size == 6
    cfg = configure("experiment=keras_vae", "r_loss_factor=500")
    x, mean = torch.rand(2, 1, 28, 28), torch.rand(2, 1, 28, 28)
    likelihood = instantiate({**cfg.likelihood, "mean": "identity"}, _convert_="all")
    loss = -likelihood(mean).log_prob(x)
    weighted = 500 * (x - mean).square().mean((1, 2, 3))
    assert torch.allclose(loss - weighted, (loss - weighted)[0].expand(2), rtol=1e-4)  # a constant lies between
