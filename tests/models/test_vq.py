"""The VQ-VAE and the prior of its codes."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf
from torch import Tensor

from aevb.errors import UserError
from aevb.losses import BCE, MSE, RMSE, SGVBB, ReconstructionLoss
from aevb.metrics.code_use import CodeUse
from aevb.models import VQVAE, VQPrior
from aevb.networks import (
    Codebook,
    CodePrior,
    ConvDecoder,
    ConvEncoder,
    ConvMapDecoder,
    GatedPixelCNN,
    GradientCodebook,
    MLPEncoder,
    MovingAverageCodebook,
)
from aevb.runs.checkpoint import CHECKPOINT_FORMAT, load_checkpoint, load_model
from aevb.train import LightningModel
from aevb.train.preflight import check_trainer
from aevb.train.run import train

Configure = Callable[..., DictConfig]
QUICK = ("data=digits", "data.val_size=100", "data.limit=256", "trainer=cpu", "figures=[]")
VQ_VAE = (*QUICK, "model=vq_vae", "latent_dim=4", "codebook.num_codes=16", "encoder.channels=[8,8]",
          "decoder.channels=[8,8]")  # fmt: skip
PRIOR = (*QUICK, "model=vq_prior", "code_prior.channels=8", "code_prior.layers=2")
ADAM = partial(torch.optim.Adam, lr=1e-2)


def small(loss: ReconstructionLoss | None = None, **parts: Any) -> VQVAE:
    """A VQ-VAE of 1×8×8 images with 4×4 codes of 3 numbers, in float64."""
    torch.manual_seed(0)
    arguments: dict[str, Any] = {
        "encoder": ConvEncoder((1, 8, 8), [4]),
        "codebook": MovingAverageCodebook(5, 3),
        "decoder": partial(ConvMapDecoder, 3, channels=[4]),
        "loss": loss or MSE(),
    }
    return VQVAE(**{**arguments, **parts}).double()


def small_prior() -> VQPrior:
    prior = partial(GatedPixelCNN, channels=4, layers=2)
    return VQPrior(small(), prior).double()


def images(n: int = 6) -> Tensor:
    return torch.rand(n, 1, 8, 8, generator=torch.Generator().manual_seed(0)).double()


def state(module: torch.nn.Module) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in module.state_dict().items()}


def same(a: dict[str, Tensor], b: dict[str, Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a)


def metrics_of(run: DictConfig) -> dict[str, Any]:
    metrics: dict[str, Any] = json.loads((Path(run.run_dir) / "metrics.json").read_text())
    return metrics


@pytest.fixture
def trained(configure: Configure) -> Path:
    """A folder such as a VQ-VAE's run leaves; a training step has placed its codes."""
    cfg = configure(*VQ_VAE)
    torch.manual_seed(0)
    model: VQVAE = instantiate(cfg.model, _convert_="all")
    model.terms(torch.rand(50, 1, 8, 8))
    folder = Path(cfg.run_dir)
    config = OmegaConf.to_container(cfg, resolve=True)
    OmegaConf.save(cfg, folder / "config.yaml", resolve=True)
    (folder / "checkpoints").mkdir()
    torch.save(
        {"format": CHECKPOINT_FORMAT, "config": config, "state_dict": model.state_dict()},
        folder / "checkpoints" / "best.ckpt",
    )
    return folder


@pytest.mark.parametrize("codebook", [GradientCodebook(5, 3), MovingAverageCodebook(5, 3)])
@pytest.mark.parametrize("loss", [MSE(), MSE("sigmoid"), BCE(), RMSE()])
def test_the_loss_is_that_of_the_image_shown_plus_the_codebooks(loss: ReconstructionLoss, codebook: Codebook) -> None:
    model, x = small(loss, codebook=codebook).eval(), images()
    terms = model.terms(x)
    assert set(terms) == {*model.term_names, "codes"}
    assert torch.allclose(terms["loss"], terms["reconstruction"] + terms["codebook"])
    z = model.encode(x)
    assert z.shape == (6, 3 * 4 * 4)
    assert torch.allclose(terms["reconstruction"], loss(model.decoder(z), x))
    assert torch.allclose(model.decode(z), loss.image(model.decoder(z)))
    indices = model.indices_of(x)
    assert indices.shape == (6, 4, 4)
    assert torch.equal(model.decode_indices(indices), model.decode(z))
    assert model.decode_indices(indices.expand(2, 6, 4, 4)).shape == (2, 6, 1, 8, 8)
    assert torch.equal(terms["codes"], indices)
    assert {*model.term_names, "perplexity", "usage"} == set(model.units)


def test_the_encoder_gets_the_gradient_of_the_decoders_input() -> None:
    model, x = small(codebook=MovingAverageCodebook(5, 3, commitment=0.0)).eval(), images()
    codes = model.encode(x).requires_grad_()
    (at_codes,) = torch.autograd.grad(model.loss(model.decoder(codes), x).sum(), codes)
    maps = model.to_code(model.encoder(x).unflatten(1, model.encoder.map_shape))
    expected = torch.autograd.grad(maps.flatten(1), model.to_code.weight, at_codes)[0]
    assert torch.allclose(torch.autograd.grad(model.terms(x)["loss"].sum(), model.to_code.weight)[0], expected)


def test_noise_changes_what_is_encoded_in_training_and_nothing_else() -> None:
    model, x = small(noise=torch.nn.ReLU()).eval(), images() - 0.5
    clean = small().eval()
    assert torch.equal(model.encode(x), clean.encode(x))
    assert torch.equal(model.terms(x)["codebook"], clean.terms(x.relu())["codebook"])


def test_perplexity_and_usage_of_known_histograms() -> None:
    use = CodeUse(8)
    use.update(torch.tensor([[0, 1], [2, 3]]))
    use.update(torch.tensor([0, 1, 2, 3]))
    assert use.compute() == {"perplexity": pytest.approx(4), "usage": 0.5}
    use.reset()
    use.update(torch.full((3, 7), 6))
    assert use.compute() == {"perplexity": pytest.approx(1), "usage": 1 / 8}
    use.reset()
    use.update(torch.tensor([0, 0, 0, 1]))
    assert use.compute()["perplexity"] == pytest.approx(4 / 3**0.75)


def test_only_steps_count_codes() -> None:
    model, x = small().eval(), images()
    module = LightningModel(model, ADAM)
    use: Any = module.code_use
    model.terms(x)
    assert not use["val_use"].counts.any()
    module.validation_step((x, torch.zeros(6)), 0)
    expected = torch.bincount(model.indices_of(x).flatten(), minlength=5)
    assert torch.equal(use["val_use"].counts[0], expected)
    assert not use["train_use"].counts.any()


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"encoder": MLPEncoder((1, 8, 8), [4])}, "encoder: expected MapEncoder, got MLPEncoder"),
        ({"decoder": partial(ConvDecoder, 3, channels=[4])}, "decoder: expected MapDecoder, got ConvDecoder"),
        ({"decoder": partial(ConvMapDecoder, 3, channels=[4, 4])}, r"\(3, 4, 4\).*takes \(3, 2, 2\)"),
        ({"decoder": partial(ConvMapDecoder, 2, channels=[4])}, r"\(3, 4, 4\).*takes \(2, 4, 4\)"),
        ({"loss": SGVBB()}, "loss: expected ReconstructionLoss, got SGVBB"),
    ],
)
def test_parts_that_do_not_fit_are_named(parts: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        small(**parts)


@pytest.mark.parametrize(
    ("codebook", "refused"),
    [(MovingAverageCodebook(5, 3), True), (MovingAverageCodebook(5, 3, restart=False), True),
     (GradientCodebook(5, 3), True), (GradientCodebook(5, 3, restart=False), False)],
)  # fmt: skip
def test_several_devices_need_a_codebook_that_only_the_optimiser_moves(codebook: Codebook, refused: bool) -> None:
    class TwoDevices:
        world_size = 2

    trainer: Any = TwoDevices()
    if refused:
        with pytest.raises(UserError, match=r"the trainer has 2: set trainer\.devices=1, or codebook=gradient"):
            check_trainer(trainer, small(codebook=codebook))
    else:
        check_trainer(trainer, small(codebook=codebook))


def test_the_prior_is_that_of_the_codes() -> None:
    model, x = small_prior(), images()
    codes = model.vq_vae.indices_of(x)
    log_p = model.code_prior(codes).log_softmax(1).gather(1, codes.unsqueeze(1)).sum((1, 2, 3))
    terms = model.terms(x)
    assert torch.allclose(terms["loss"], -log_p)
    assert torch.allclose(terms["nats_per_code"], -log_p / 16)
    assert set(terms) == set(model.term_names) == set(model.units)
    assert torch.equal(model.encode(x), model.vq_vae.encode(x))
    assert torch.equal(model.decode(model.encode(x)), model.vq_vae.decode_indices(codes))
    assert model.sample(3).shape == (3, 1, 8, 8)
    with pytest.raises(ValueError, match=r"trained on images of shape \(1, 8, 8\), got \(1, 9, 9\)"):
        model.terms(torch.rand(2, 1, 9, 9).double())


def test_samples_have_the_frequencies_of_the_prior() -> None:
    """A prior that knows each code's place but not its neighbours: codes are drawn by its logits."""
    model = small_prior()
    logits = torch.randn(5, 4, 4).double()
    model.code_prior = Fixed(logits)
    drawn: list[Tensor] = []
    model.vq_vae.decode_indices = lambda codes: drawn.append(codes) or codes  # type: ignore
    torch.manual_seed(0)
    model.sample(20000)
    frequencies = torch.nn.functional.one_hot(drawn[0], 5).double().mean(0).movedim(-1, 0)
    assert torch.allclose(frequencies, logits.softmax(0), atol=0.015)


class Fixed(CodePrior):
    def __init__(self, logits: Tensor) -> None:
        super().__init__()
        self.logits = logits

    def forward(self, codes: Tensor) -> Tensor:
        return self.logits[:, : codes.shape[1]].expand(len(codes), -1, -1, -1)


def test_training_the_prior_leaves_the_vq_vae_as_it_is() -> None:
    model, x = small_prior(), images()
    before, prior = state(model.vq_vae), state(model.code_prior)
    module = LightningModel(model, ADAM)
    optimizer = module.configure_optimizers()
    trained = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    assert {id(parameter) for parameter in trained} == {id(parameter) for parameter in model.code_prior.parameters()}
    module.train()
    losses = []
    for _ in range(20):
        optimizer.zero_grad()
        loss = module.training_step((x, torch.zeros(6)), 0)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] - 1
    assert same(before, state(model.vq_vae))
    assert not same(prior, state(model.code_prior))
    assert model.training
    assert model.code_prior.training
    assert not any(module.training for module in model.vq_vae.modules())


def test_a_prior_of_something_else_is_refused() -> None:
    with pytest.raises(ValueError, match="code_prior: expected CodePrior, got Identity"):
        VQPrior(small(), torch.nn.Identity)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="vq_vae: expected VQVAE, got NoneType"):
        VQPrior(None, partial(GatedPixelCNN))  # type: ignore[arg-type]


@pytest.mark.parametrize("codebook", ["gradient", "moving_average"])
def test_a_run_of_a_vq_vae_loads_and_resumes_to_the_last_bit(configure: Configure, codebook: str) -> None:
    # Steps are few, so that some codes die before and after the interruption.
    options = (*VQ_VAE, f"codebook={codebook}", "codebook.num_codes=16", "codebook.decay=0.6")
    whole, half = configure(*options, "trainer.max_epochs=2"), configure(*options, "trainer.max_epochs=1")
    loss = train(whole)
    train(half)
    rest = configure(*options, "trainer.max_epochs=2", f"ckpt_path={half.run_dir}")
    assert train(rest) == loss
    last = "checkpoints/last.ckpt"
    a, b = (load_checkpoint(Path(run.run_dir) / last)["state_dict"] for run in (whole, rest))
    assert same(a, b)
    assert metrics_of(whole)["test"] == metrics_of(rest)["test"]

    metrics, model = metrics_of(whole), load_model(whole.run_dir)
    assert isinstance(model, VQVAE)
    for stage in ("train", "validation", "test"):
        assert set(metrics[stage]) == set(metrics["units"])
        assert 1 <= metrics[stage]["perplexity"] <= 16 * metrics[stage]["usage"] + 1e-3
    assert metrics["choices"]["codebook"] == codebook
    from aevb.data import Digits

    x = (Digits(train=False).data / 255).unsqueeze(1)
    with torch.no_grad():
        error = (model.decode(model.encode(x)) - x).square().sum((1, 2, 3)).mean()
        seen = model.indices_of(x).unique()
    assert metrics["test"]["reconstruction"] == pytest.approx(error.item(), rel=1e-5)
    assert metrics["test"]["usage"] == pytest.approx(len(seen) / 16)


def test_a_run_of_a_prior_loads_alone_and_resumes_to_the_last_bit(
    configure: Configure, trained: Path, tmp_path: Path
) -> None:
    options = (*PRIOR, f"vq_vae={trained}")
    whole, half = configure(*options, "trainer.max_epochs=2"), configure(*options, "trainer.max_epochs=1")
    loss = train(whole)
    train(half)
    rest = configure(*options, "trainer.max_epochs=2", f"ckpt_path={half.run_dir}")
    assert train(rest) == loss
    assert metrics_of(whole)["test"] == metrics_of(rest)["test"]

    vq_vae = load_model(trained)
    trained.rename(tmp_path / "elsewhere")
    model = load_model(whole.run_dir)
    assert isinstance(model, VQPrior)
    assert same(state(model.vq_vae), state(vq_vae))
    assert model.sample(2).shape == (2, 1, 8, 8)
    metrics = metrics_of(whole)
    assert metrics["parameters"] == sum(parameter.numel() for parameter in model.code_prior.parameters())
    assert metrics["test"]["loss"] == pytest.approx(4 * metrics["test"]["nats_per_code"], rel=1e-5)  # 2×2 codes
    assert metrics["units"] == {"loss": "nats per image", "nats_per_code": "nats per code"}
    assert metrics["latent_dim"] == 4
    assert metrics["choices"]["code_prior"] == "pixel_cnn"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), r"needs a trained VQ-VAE: set vq_vae=.*To train one: .*python.* -m aevb\.train experiment=vq_vae"),
        (("vq_vae=nowhere",), r"vq_vae=nowhere: there is no such file.*experiment=vq_vae"),
        (("vq_vae=3",), r"vq_vae=3: there is no such file.*experiment=vq_vae"),
    ],
)
def test_a_missing_vq_vae_is_named(configure: Configure, options: tuple[str, ...], message: str) -> None:
    with pytest.raises(UserError, match=message):
        train(configure(*PRIOR, *options))


def test_the_newest_vq_vae_is_named(
    configure: Configure, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "outputs").mkdir()
    trained.rename(tmp_path / "outputs" / "mine")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=r"The newest is outputs/mine\."):
        train(configure(*PRIOR))


def test_something_else_than_a_vq_vae_is_named(configure: Configure) -> None:
    other = configure(*QUICK)
    torch.save(
        {"format": CHECKPOINT_FORMAT, "config": OmegaConf.to_container(other, resolve=True), "state_dict": {}},
        Path(other.run_dir) / "a.ckpt",
    )
    with pytest.raises(UserError, match=r"is of class VAE, not VQVAE.*experiment=vq_vae"):
        train(configure(*PRIOR, f"vq_vae={other.run_dir}/a.ckpt"))


@pytest.mark.parametrize("option", ["data.height=16", "data.binarize=threshold"])
def test_other_images_than_the_vq_vaes_are_refused(configure: Configure, trained: Path, option: str) -> None:
    name, value = option.split("=")
    with pytest.raises(UserError, match=rf"was trained with {name}=\w+, and now it is {value}"):
        train(configure(*PRIOR, f"vq_vae={trained}", option))
