"""Options of Lightning's Trainer do what it says of them, or are refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from omegaconf import DictConfig, OmegaConf

from aevb.data import Digits, ImageData
from aevb.data.shuffle import Shuffle
from aevb.errors import UserError
from aevb.models import VAE
from aevb.runs import find_checkpoint, load_checkpoint, load_data, load_model
from aevb.train.data_module import ImageDataModule
from aevb.train.module import LightningModel
from aevb.train.run import train
from aevb.train.score import measuring_trainer, score
from aevb.train.trainer_options import check_trainer_options
from tests.train.test_train import QUICK, SMALL, metrics_of, same, weights

Configure = Callable[..., DictConfig]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"callbacks": []}, "callbacks by name"),
        ({"logger": False}, "logger="),
        ({"default_root_dir": "there"}, r"hydra\.run\.dir"),
        ({"plugins": []}, "leave it out"),
        ({"enable_checkpointing": False}, "what is tested is a checkpoint"),
        ({"barebones": True}, "make bench"),
        ({"use_distributed_sampler": False}, "devices always share the images"),
        ({"limit_predict_batches": 1}, "nothing is predicted"),
        ({"limit_predict_batches": True}, "nothing is predicted"),
        ({"gradient_clip_algorithm": "value"}, r"\+trainer\.gradient_clip_val=1"),
        ({"num_nodes": 2}, "torchrun"),
    ],
)
def test_what_could_not_do_what_it_says_is_refused(
    options: dict[str, Any], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aevb.train.trainer_options.CLUSTER", ())
    (name,) = options
    with pytest.raises(UserError, match=rf"^trainer\.{name}.*{message}"):
        check_trainer_options(OmegaConf.create(options))


def test_what_is_the_default_anyway_is_not() -> None:
    check_trainer_options(
        OmegaConf.create(
            {"barebones": False, "enable_checkpointing": True, "limit_predict_batches": 1.0, "plugins": None}
        )
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("+trainer.log_every_n_steps=1",), "nothing is logged within an epoch"),
        (("+trainer.profiler=pytorch",), "Use simple or advanced"),
        (("+callbacks.x._target_=lightning.pytorch.callbacks.LearningRateFinder",), r"-m optimizer\.lr="),
        (("+callbacks.x._target_=lightning.pytorch.callbacks.BatchSizeFinder",), r"-m data\.batch_size="),
        (("+trainer.limit_train_batches=0.001",), "limit_train_batches"),
        (("+trainer.val_check_interval=1000",), "val_check_interval"),
    ],
)
def test_what_shows_later_is_refused_before_training(
    configure: Configure, options: tuple[str, ...], message: str
) -> None:
    cfg = configure(*QUICK, *options)
    with pytest.raises(UserError, match=message):
        train(cfg)
    assert not (Path(cfg.run_dir) / "history.csv").exists()


@pytest.mark.parametrize("orders", [1, 3])
def test_a_fixed_order_is_that_of_the_first_epoch(orders: int) -> None:
    fixed, anew = (Shuffle(50, 20, seed=7, orders=orders, fixed=fixed) for fixed in (True, False))
    first = anew.batches()
    for epoch in range(3):
        fixed.set_epoch(epoch)
        anew.set_epoch(epoch)
        assert all(torch.equal(batch, before) for batch, before in zip(fixed.batches(), first, strict=True))
        assert torch.equal(anew.batches()[0], first[0]) == (epoch == 0)


@pytest.mark.parametrize("split", ["val", "test"])
def test_the_first_batches_are_a_random_sample_the_same_for_every_seed(split: str) -> None:
    def batches(sample: bool, epoch: int, seed: int = 0) -> list[torch.Tensor]:
        data = ImageData(Digits, 1, 8, batch_size=100, val_size=297, seed=seed, binarize="dynamic").load()
        if split == "val":
            data.splits["val"] = data.splits["test"]  # its images depend on the seed
        loader = data.loader(split, sample=sample)
        loader.sampler.set_epoch(epoch)
        return [x for x, _ in loader]

    sampled = batches(True, 0)
    assert [len(x) for x in sampled] == [100, 100, 97]
    assert all(torch.equal(a, b) for a, b in zip(sampled, batches(True, 5, seed=3), strict=True))
    assert not torch.equal(sampled[0], batches(False, 0)[0])


def test_overfitting_trains_on_the_same_few_images(configure: Configure, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[int] = []
    seen: list[torch.Tensor] = []
    monkeypatch.setattr(VAE, "begin_training", lambda model, num_images: told.append(num_images))
    terms = VAE.terms

    def noting(model: VAE, x: torch.Tensor) -> dict[str, torch.Tensor]:
        if model.training:
            seen.append(x)
        return terms(model, x)

    monkeypatch.setattr(VAE, "terms", noting)
    cfg = configure(*QUICK, "data.batch_size=50", "+trainer.overfit_batches=2", "trainer.max_epochs=3")
    train(cfg)
    assert told == [100]
    assert len({x.numpy().tobytes() for x in seen[-6:]}) == 2
    assert metrics_of(cfg)["data"]["scored"] == {"test": 297, "validation": 100}


def test_it_is_said_how_many_images_were_scored(configure: Configure, capsys: pytest.CaptureFixture[str]) -> None:
    cfg = configure(*QUICK, "data.batch_size=50", "+trainer.limit_test_batches=2", "+trainer.profiler=simple",
                    "trainer.max_epochs=1")  # fmt: skip
    train(cfg)
    assert metrics_of(cfg)["data"]["scored"]["test"] == 100
    assert "100 test images" in capsys.readouterr().out
    assert "run_training_batch" in (Path(cfg.run_dir) / "fit-profile.txt").read_text(encoding="utf-8")


def test_what_a_callback_does_after_the_last_checkpoint_is_tested(configure: Configure) -> None:
    average = "+callbacks.swa._target_=lightning.pytorch.callbacks.StochasticWeightAveraging"
    options = (average, "+callbacks.swa.swa_lrs=0.01", "+callbacks.swa.swa_epoch_start=1", "trainer.max_epochs=3")
    cfg = configure(*QUICK, *options)
    loss = train(cfg)
    folder = Path(cfg.run_dir)
    averaged = load_checkpoint(folder / "checkpoints" / "last.ckpt")["callbacks"]["StochasticWeightAveraging"]
    assert same(weights(cfg, "final.ckpt"), averaged["average_model_state"])
    assert not same(weights(cfg, "final.ckpt"), weights(cfg, "last.ckpt"))
    assert find_checkpoint(folder) == folder / "checkpoints" / "final.ckpt"
    tested = metrics_of(cfg)
    assert tested["checkpoint"].endswith("final.ckpt")
    assert loss == tested["validation"]["loss"]
    assert same(dict(load_model(folder).state_dict()), averaged["average_model_state"])

    again = configure(*QUICK, "trainer.max_epochs=1")
    again.run_dir = cfg.run_dir
    train(again)
    assert not (folder / "checkpoints" / "final.ckpt").exists()


def test_an_average_of_weights_is_what_is_validated_and_tested(configure: Configure) -> None:
    average = "+callbacks.ema._target_=lightning.pytorch.callbacks.EMAWeightAveraging"
    cfg = configure(*QUICK, average, "+callbacks.ema.decay=0.95", "optimizer.lr=0.01", "trainer.max_epochs=2")
    train(cfg)
    model, data = load_model(cfg.run_dir), ImageDataModule(load_data(cfg.run_dir))
    alone = score(measuring_trainer(cfg), LightningModel(model, torch.optim.Adam), data)
    assert {stage: metrics_of(cfg)[stage] for stage in alone} == alone


LAYERS = {"without": SMALL, "with": ("data=digits", "model=conv_vae", "encoder.block=[batch_norm,activation]")}


@pytest.mark.parametrize("batch_norm", LAYERS)  # with it, there is an epoch more
def test_a_run_killed_before_the_average_was_kept_is_tested_with_it(configure: Configure, batch_norm: str) -> None:
    average = "+callbacks.swa._target_=lightning.pytorch.callbacks.StochasticWeightAveraging"
    options = (*LAYERS[batch_norm], average, "+callbacks.swa.swa_lrs=0.01", "+callbacks.swa.swa_epoch_start=1",
               "trainer.max_epochs=3", "trainer=cpu", "figures=[]")  # fmt: skip
    cfg = configure(*options)
    train(cfg)
    whole, folder = weights(cfg, "final.ckpt"), Path(cfg.run_dir)
    metrics = metrics_of(cfg)
    (folder / "metrics.json").unlink()
    (folder / "checkpoints" / "final.ckpt").unlink()

    again = configure(*options, f"ckpt_path={folder}")
    again.run_dir = cfg.run_dir
    train(again)
    assert same(weights(again, "final.ckpt"), whole)
    assert metrics_of(again)["test"] == metrics["test"]
