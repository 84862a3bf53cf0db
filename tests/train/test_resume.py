"""A run that goes on from any of its checkpoints ends as one that never stopped, or is refused."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Trainer
from omegaconf import DictConfig

from aevb.errors import UserError
from aevb.runs.checkpoint import load_checkpoint
from aevb.train.complete import check_has_state, check_place
from aevb.train.run import train
from tests.train.test_train import QUICK, metrics_of, same, weights

Configure = Callable[..., DictConfig]
WITHIN = ("data.batch_size=120", "callbacks=[default,within_epoch]", "callbacks.within_epoch.filename=within")
OF_LIGHTNING = "_target_=lightning.pytorch.callbacks"
AVERAGE = (f"+callbacks.swa.{OF_LIGHTNING}.StochasticWeightAveraging", "+callbacks.swa.swa_lrs=0.01",
           "+callbacks.swa.swa_epoch_start=1")  # fmt: skip
GROWING = (f"+callbacks.growing.{OF_LIGHTNING}.GradientAccumulationScheduler", "+callbacks.growing.scheduling={1:3}")
STOPPING = (f"+callbacks.stop.{OF_LIGHTNING}.EarlyStopping", "+callbacks.stop.monitor=val/loss",
            "+callbacks.stop.patience=1", "+callbacks.stop.min_delta=1000")  # fmt: skip
PLATEAU = ("scheduler=plateau", "scheduler.patience=0", "+scheduler.threshold=0.9")


def ending(run: DictConfig) -> tuple[str, dict[str, Any]]:
    """What a run ends with, except for its times and the place of its folder."""
    metrics = metrics_of(run)
    scores = {name: metrics[name] for name in ("train", "validation", "test", "epochs")}
    return (Path(run.run_dir) / "history.csv").read_text(), {**scores, "tested": Path(metrics["checkpoint"]).name}


@pytest.mark.parametrize(
    ("every_n_steps", "options"),
    [
        (5, PLATEAU),  # of 10 steps an epoch: the last one, too
        (4, ("+trainer.val_check_interval=0.5",)),
        (7, ("+trainer.max_steps=14",)),
        (7, AVERAGE),
        (7, GROWING),
        pytest.param(
            7,
            ("+trainer.val_check_interval=7", "+trainer.check_val_every_n_epoch=null", "data.binarize=dynamic"),
            marks=pytest.mark.slow,
        ),
        pytest.param(6, ("+trainer.val_check_interval=0.7", *PLATEAU), marks=pytest.mark.slow),
        pytest.param(10, ("+trainer.check_val_every_n_epoch=2", "loss.warmup_epochs=2"), marks=pytest.mark.slow),
    ],
)
def test_from_any_checkpoint_it_ends_as_one_that_never_stopped(
    configure: Configure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, every_n_steps: int, options: tuple[str, ...]
) -> None:
    options = (*QUICK, *WITHIN, *options, "trainer.max_epochs=2")
    options = (*options, f"callbacks.within_epoch.every_n_train_steps={every_n_steps}")
    save = Trainer.save_checkpoint
    saved: list[Path] = []

    def and_keep(self: Trainer, path: Path, *args: Any, **kwargs: Any) -> None:
        save(self, path, *args, **kwargs)
        saved.append(tmp_path / f"saved{len(saved)}" / Path(path).name)
        shutil.copytree(Path(path).parent, saved[-1].parent)

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "save_checkpoint", and_keep)
        whole = configure(*options)
        train(whole)
    assert {"best.ckpt", "last.ckpt", "within.ckpt"} <= {path.name for path in saved}
    for checkpoint in saved[:-1]:
        rest = configure(*options, f"ckpt_path={checkpoint}")
        train(rest)
        assert ending(rest) == ending(whole), checkpoint
        assert all(same(weights(whole, name), weights(rest, name)) for name in ("best.ckpt", "last.ckpt"))


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_run_that_was_stopped_while_it_was_tested_is_tested_without_training(
    configure: Configure, monkeypatch: pytest.MonkeyPatch, elsewhere: bool
) -> None:
    whole = configure(*QUICK, "trainer.max_epochs=2")
    train(whole)
    before, last = ending(whole), weights(whole)
    (Path(whole.run_dir) / "metrics.json").unlink()
    monkeypatch.setattr(torch.optim.Adam, "step", lambda *_, **__: pytest.fail("it was trained"))
    again = configure(*QUICK, "trainer.max_epochs=2", f"ckpt_path={whole.run_dir}")
    if not elsewhere:
        again.run_dir = whole.run_dir
    monkeypatch.setattr("aevb.train.assemble.check_optimizer", lambda *_: None)
    train(again)
    assert ending(again) == before
    assert same(weights(again), last)


def test_a_run_that_ended_early_is_over_until_it_has_more_patience(configure: Configure) -> None:
    options = (*QUICK, *STOPPING, "trainer.max_epochs=4")
    whole = configure(*options)
    train(whole)
    before = ending(whole)
    assert before[1]["epochs"] == 2
    with pytest.raises(UserError, match="ended by EarlyStopping after 2 epochs"):
        train(configure(*options, f"ckpt_path={whole.run_dir}"))
    longer = configure(*options, "callbacks.stop.patience=2", f"ckpt_path={whole.run_dir}")
    train(longer)
    assert metrics_of(longer)["epochs"] == 3
    (Path(whole.run_dir) / "metrics.json").unlink()
    again = configure(*options, f"ckpt_path={whole.run_dir}")
    train(again)
    assert ending(again) == before
    assert same(weights(again), weights(whole))


def test_weights_that_a_callback_changes_at_the_end_are_tested(
    configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    def halve(self: Any, trainer: Trainer, module: Any) -> None:
        with torch.no_grad():
            for parameter in module.parameters():
                parameter.mul_(0.5)

    plain, halved = configure(*QUICK, "trainer.max_epochs=1"), configure(*QUICK, "trainer.max_epochs=1")
    train(plain)
    monkeypatch.setattr("aevb.train.callbacks.FiniteGuard.on_train_end", halve)
    train(halved)
    halves = weights(halved, "final.ckpt")
    assert all(torch.equal(weights(plain)[name] * 0.5, value) for name, value in halves.items())
    assert same(weights(plain), weights(halved))
    assert metrics_of(halved)["checkpoint"].endswith("final.ckpt")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c["optimizer_states"][0].update(state={}), "is empty, although it has taken steps"),
        (lambda c: c["optimizer_states"][0]["state"][0].pop("exp_avg"), "incomplete"),
        (lambda c: c["optimizer_states"].clear(), "optimiser or scheduler is missing"),
        (lambda c: c["optimizer_states"][0].update(param_groups=[]), "no parameters"),
        (lambda c: c.update(lr_schedulers=[]), "optimiser or scheduler is missing"),
        (lambda c: c.update(loops={}), "was changed"),
        (lambda c: c.pop("metrics"), "it lacks metrics"),
        (lambda c: c["loops"]["fit_loop"]["epoch_progress"]["current"].update(processed=0), "before its end"),
        (lambda c: c["loops"]["fit_loop"]["epoch_loop.batch_progress"].update(is_last_batch=False), "was stopped"),
    ],
)
def test_what_training_cannot_go_on_from_is_refused(
    configure: Configure, change: Callable[[dict[str, Any]], object], message: str
) -> None:
    cfg = configure(*QUICK, "trainer.max_epochs=1")
    train(cfg)
    path = Path(cfg.run_dir) / "checkpoints" / "last.ckpt"
    checkpoint = load_checkpoint(path)
    check_has_state(path, checkpoint)
    check_place(path, checkpoint)
    change(checkpoint)
    with pytest.raises(UserError, match=message):  # noqa: PT012 (one of the two)
        check_has_state(path, checkpoint)
        check_place(path, checkpoint)


def test_options_that_decide_training_are_given_again(configure: Configure) -> None:
    done = configure(*QUICK, "trainer.max_epochs=1", "+trainer.gradient_clip_val=1")
    train(done)
    with pytest.raises(UserError, match=r"trainer\.gradient_clip_val was 1 and is now absent"):
        train(configure(*QUICK, "trainer.max_epochs=2", f"ckpt_path={done.run_dir}"))


@pytest.mark.parametrize("first", [True, False])
def test_a_run_that_averages_its_weights_goes_on_only_as_one(configure: Configure, first: bool) -> None:
    averaging: tuple[list[str], list[str]] = (["callbacks=[default,ema]"], [])
    done = configure(*QUICK, "trainer.max_epochs=1", *averaging[not first])
    train(done)
    with pytest.raises(UserError, match=r"belongs to a run with other options: callbacks\.ema"):
        train(configure(*QUICK, "trainer.max_epochs=2", f"ckpt_path={done.run_dir}", *averaging[first]))


def test_seconds_of_all_parts_are_added(configure: Configure) -> None:
    half = configure(*QUICK, "trainer.max_epochs=1")
    train(half)
    seconds = json.loads((Path(half.run_dir) / "metrics.json").read_text())["seconds"]
    rest = configure(*QUICK, "trainer.max_epochs=2", f"ckpt_path={half.run_dir}")
    train(rest)
    assert metrics_of(rest)["seconds"] > seconds * 0.5


def test_a_run_that_a_time_limit_stopped_within_an_epoch_goes_on_there(
    configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(self: Any, trainer: Trainer, module: Any, chunk: Any) -> None:
        trainer.should_stop = trainer.should_stop or trainer.global_step == 14

    options = (*QUICK, "trainer.max_epochs=3", "data.batch_size=120", "speed=plain")
    whole, cut = configure(*options), configure(*options)
    train(whole)
    with monkeypatch.context() as patch:
        patch.setattr("aevb.train.callbacks.Throughput.on_chunk_end", stop)
        train(cut)
    rest = configure(*options, f"ckpt_path={cut.run_dir}")
    train(rest)
    assert ending(rest)[0] == ending(whole)[0]
    assert same(weights(whole), weights(rest))
    assert metrics_of(cut)["epochs"] == 2


def test_a_run_that_a_step_limit_stopped_is_tested_but_not_continued(configure: Configure) -> None:
    options = (*QUICK, "data.batch_size=120", "trainer.max_epochs=3")
    cut = configure(*options, "+trainer.max_steps=14")
    train(cut)
    before = ending(cut)
    with pytest.raises(UserError, match="an epoch was stopped before its end"):
        train(configure(*options, f"ckpt_path={cut.run_dir}"))
    with pytest.raises(UserError, match=r"for 14 steps: set trainer\.max_steps"):
        train(configure(*options, "+trainer.max_steps=14", f"ckpt_path={cut.run_dir}"))
    (Path(cut.run_dir) / "metrics.json").unlink()
    again = configure(*options, "+trainer.max_steps=14", f"ckpt_path={cut.run_dir}")
    train(again)
    assert ending(again) == before
