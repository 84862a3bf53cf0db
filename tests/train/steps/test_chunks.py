"""Chunks of steps equal single steps, whatever else Lightning is asked for, and a run can go on between any two."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Callback, Trainer
from omegaconf import DictConfig
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from aevb.errors import UserError
from aevb.losses import MCEM, SGVBB
from aevb.runs.checkpoint import load_checkpoint
from aevb.train.callbacks import FiniteGuard
from aevb.train.run import train
from aevb.train.steps import Chunk, Chunks
from aevb.train.steps.obstacles import uncapturable_part, why_single
from tests.train.test_train import QUICK, metrics_of, same, weights

Configure = Callable[..., DictConfig]
ODD = (*QUICK, "trainer.max_epochs=2", "data.batch_size=70")  # 17 full batches of 1,200 images, and a rest of 10


def curves(run: DictConfig) -> dict[str, list[tuple[int, float]]]:
    """(step, value) of every scalar on the dashboard."""
    events = EventAccumulator(run.run_dir).Reload()
    return {tag: sorted((event.step, event.value) for event in events.Scalars(tag)) for tag in events.Tags()["scalars"]}


def progress(run: DictConfig) -> tuple[Any, ...]:
    last = load_checkpoint(Path(run.run_dir) / "checkpoints" / "last.ckpt")
    fit = last["loops"]["fit_loop"]
    return last["global_step"], last["epoch"], fit["epoch_loop.batch_progress"], fit["epoch_loop.state_dict"]


@pytest.mark.parametrize(
    "options",
    [
        ("data.binarize=dynamic", "scheduler=step", "scheduler.step_size=1"),
        ("loss.warmup_epochs=1.5", "+trainer.gradient_clip_val=1", "+trainer.val_check_interval=8"),
        ("+trainer.limit_train_batches=11", "+trainer.max_steps=16", "optimizer=sgd"),
        ("model=mlp_ae", "trainer.precision=bf16-mixed", "data.batch_size=5000"),
        ("optimizer=adagrad", "loss=score_function", "loss.baseline=moving_average"),
        ("model=vq_vae", "encoder.channels=[4,8]", "decoder.channels=[4,8]", "data.limit=150"),
    ],
)
def test_chunks_equal_single_steps(configure: Configure, options: tuple[str, ...]) -> None:
    options = tuple(option for option in ODD if "hidden" not in option or "vq_vae" not in options[0]) + options
    runs = [configure(*options, speed) for speed in ("speed=plain", "speed.chunk_size=7")]
    assert train(runs[0]) == train(runs[1])
    assert same(*(weights(run) for run in runs))
    assert progress(runs[0]) == progress(runs[1])
    assert curves(runs[0]) == curves(runs[1])
    files = [(Path(run.run_dir) / "history.csv").read_text() for run in runs]
    assert files[0] == files[1]


@pytest.mark.parametrize("options", [("data.binarize=dynamic",), ("scheduler=cosine", "loss.warmup_epochs=2")])
@pytest.mark.parametrize("resumed_with", ["speed=auto", "speed=plain"])
def test_a_run_resumed_within_an_epoch_equals_one_that_went_on(
    configure: Configure, options: tuple[str, ...], resumed_with: str
) -> None:
    saved = {
        "every_n_train_steps": 8,
        "+save_top_k": -1,
        "filename": "'step-{step}'",
        "+auto_insert_metric_name": False,
    }
    every = [f"{'+' * (key[0] == '+')}callbacks.within_epoch.{key.lstrip('+')}={value}" for key, value in saved.items()]
    options = (*ODD, "callbacks=[default,within_epoch]", *options)
    whole = configure(*options, *every)
    loss = train(whole)
    for step in (8, 24):
        checkpoint = Path(whole.run_dir, "checkpoints", f"step-{step}.ckpt")
        rest = configure(*options, resumed_with, f"ckpt_path={checkpoint}")
        assert train(rest) == loss
        assert same(weights(whole), weights(rest))
        assert metrics_of(whole)["test"] == metrics_of(rest)["test"]
        histories = [Path(run.run_dir, "history.csv").read_text() for run in (whole, rest)]
        assert histories[0] == histories[1]


def test_what_looks_at_every_batch_gets_every_batch() -> None:
    class Looker(Callback):
        def on_train_batch_end(self, *args: Any) -> None: ...

    def reason(callback: Callback) -> str | None:
        quiet: dict[str, Any] = {"logger": False, "enable_progress_bar": False, "accelerator": "cpu"}
        return why_single(Trainer(callbacks=[callback], **quiet))

    assert reason(Looker()) == "the callback Looker, which looks at every batch"
    assert reason(FiniteGuard()) is None


def test_a_chunk_says_what_its_steps_did(configure: Configure, monkeypatch: pytest.MonkeyPatch) -> None:
    told: dict[str, list[Chunk]] = {"speed=plain": [], "speed.chunk_size=7": []}
    for speed, chunks in told.items():
        monkeypatch.setattr(
            FiniteGuard, "on_chunk_end", lambda self, trainer, module, chunk, to=chunks: to.append(chunk)
        )
        train(configure(*ODD, speed))
    single, several = told.values()
    assert [chunk.first_step for chunk in single] == list(range(1, 37))
    assert [chunk.first_step for chunk in several] == [1, 8, 15, 18, 19, 26, 33, 36]
    assert sum(chunk.images for chunk in single) == sum(chunk.images for chunk in several) == 2400
    assert torch.equal(torch.cat([chunk.terms for chunk in single]), torch.cat([chunk.terms for chunk in several]))
    assert single[0].names == ("loss", "elbo", "reconstruction", "kl")


def test_accumulated_batches_are_one_step(configure: Configure, monkeypatch: pytest.MonkeyPatch) -> None:
    chunks: list[Chunk] = []
    monkeypatch.setattr(FiniteGuard, "on_chunk_end", lambda *told: chunks.append(told[-1]))
    train(configure(*QUICK, "trainer.max_epochs=1", "data.batch_size=100", "+trainer.accumulate_grad_batches=5"))
    assert [chunk.first_step for chunk in chunks] == [1, 2, 3]
    assert [chunk.images for chunk in chunks] == [500, 500, 200]
    assert all(chunk.terms.shape == (1, 4) for chunk in chunks)


def test_averages_of_weights_are_those_of_every_step(configure: Configure) -> None:
    average = "+callbacks.average._target_=lightning.pytorch.callbacks.EMAWeightAveraging"
    options = (*ODD, average, "+callbacks.average.decay=0.9")
    runs = [configure(*options, speed) for speed in ("speed=plain", "speed=auto")]
    assert train(runs[0]) == train(runs[1])
    assert same(*(weights(run) for run in runs))
    # Checkpoints have averages already, and the best is tested.
    assert not any(Path(runs[0].run_dir).glob("checkpoints/final.ckpt"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("speed.chunk_size=7", "+trainer.accumulate_grad_batches=2"),
         "speed.chunk_size=7 does not go with trainer.accumulate_grad_batches=2: set speed.chunk_size=auto"),
        (("speed.cuda_graph=true",), "speed.cuda_graph=true does not go with a device that is not a CUDA GPU"),
    ],
)  # fmt: skip
def test_what_does_not_combine_is_named(configure: Configure, options: tuple[str, ...], message: str) -> None:
    with pytest.raises(UserError, match=message):
        train(configure(*ODD, *options))


@pytest.mark.parametrize("name", ["chunk_size", "cuda_graph", "compile", "tune_process"])
def test_a_wrong_option_is_named(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name}="):
        Chunks(**{name: "sometimes"})  # type: ignore[arg-type]


class TestCapture:
    """On a CPU, with a stand-in for CUDA's capture that runs the step again."""

    @pytest.fixture(autouse=True)
    def _capture(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.captures = 0

        def capture(step: Callable[[], None], *args: Any) -> Callable[[], None]:
            self.captures += 1
            return step

        monkeypatch.setattr("aevb.train.steps.direct_step.captured", capture)
        monkeypatch.setattr("aevb.train.steps.chunks.why_not_captured", lambda model, trainer: None)

    def test_it_equals_single_steps(self, configure: Configure) -> None:
        options = (*ODD, "data.binarize=dynamic")
        plain, graphed = (configure(*options, speed) for speed in ("speed=plain", "speed.cuda_graph=true"))
        assert train(graphed) == pytest.approx(train(plain), rel=1e-6)
        assert self.captures == 1
        assert progress(graphed) == progress(plain)
        before, after = weights(plain), weights(graphed)
        assert all(torch.allclose(before[name], after[name], rtol=1e-5, atol=1e-7) for name in before)
        for tag, points in curves(plain).items():
            assert curves(graphed)[tag] == [(step, pytest.approx(value, rel=1e-5)) for step, value in points]

    def test_a_warm_up_is_followed_from_step_to_step(self, configure: Configure) -> None:
        options = (*ODD, "loss.warmup_epochs=1.5", "loss.cycle_epochs=1.8")
        plain, graphed = (configure(*options, speed) for speed in ("speed=plain", "speed.cuda_graph=true"))
        assert train(graphed) == pytest.approx(train(plain), rel=1e-6)
        assert self.captures == 1

    def test_another_learning_rate_is_captured_anew(self, configure: Configure) -> None:
        train(configure(*ODD, "speed.cuda_graph=true", "scheduler=cosine"))
        assert self.captures == 2

    def test_a_diverging_step_is_named(self, configure: Configure) -> None:
        message = r"At step \d+ \(epoch 1\) the \w+ became (nan|-?inf)"
        with pytest.raises(UserError, match=message) as plain:
            train(configure(*ODD, "optimizer.lr=1e20", "speed=plain"))
        with pytest.raises(UserError, match=message) as graphed:
            train(configure(*ODD, "optimizer.lr=1e20", "speed.cuda_graph=true"))
        assert str(plain.value) == str(graphed.value)


def test_what_a_graph_cannot_capture_is_named() -> None:
    assert uncapturable_part(SGVBB()) is None
    assert uncapturable_part(SGVBB(warmup_epochs=1)) is None  # the weight of the KL term is filled in place
    assert uncapturable_part(torch.nn.Sequential(MCEM())) == "MCEM, whose chains take gradients of their own"
