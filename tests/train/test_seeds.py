"""Runs of several seeds on scikit-learn's digits."""

from collections.abc import Callable
from pathlib import Path
from statistics import mean, stdev

import pytest
from omegaconf import DictConfig

from aevb.errors import UserError
from aevb.runs.checkpoint import load_checkpoint, load_data, load_model
from aevb.runs.run import find_runs
from aevb.train.run import train
from tests.train.test_train import PICTURES, QUICK, SMALL, metrics_of, same, weights

Configure = Callable[..., DictConfig]
ONE = "trainer.max_epochs=1"


def folders(cfg: DictConfig) -> list[Path]:
    return [Path(cfg.run_dir) / f"seed-{cfg.seed + i}" for i in range(cfg.seeds)]


def test_each_seed_is_a_run_and_the_run_reports_their_spread(configure: Configure) -> None:
    cfg = configure(*SMALL, ONE, "seeds=3", "seed=4")
    loss = train(cfg)
    metrics = metrics_of(cfg)
    each = [metrics_of(DictConfig({"run_dir": str(folder)})) for folder in folders(cfg)]
    assert [own["seed"] for own in each] == [4, 5, 6]
    for stage in ("test", "validation"):
        assert metrics[stage].keys() == metrics["units"].keys()
        for name in metrics[stage]:
            values = [own[stage][name] for own in each]
            assert len(set(values)) == 3
            assert metrics[stage][name] == pytest.approx(mean(values))
            assert metrics["standard_deviation"][stage][name] == pytest.approx(stdev(values))
    assert loss == metrics["validation"]["loss"]

    assert {file.stem.partition("-epoch-")[0] for file in (Path(cfg.run_dir) / "figures").iterdir()} == set(PICTURES)
    assert [run.folder for run in find_runs(cfg.run_dir)] == folders(cfg)
    first, *others = (load_model(folder) for folder in folders(cfg))
    assert all(not same(first.state_dict(), other.state_dict()) for other in others)
    assert load_data(folders(cfg)[1]).sizes == {"train": 1200, "val": 300, "test": 297}
    with pytest.raises(UserError, match="holds the models of 3 seeds: name the folder of one of them"):
        load_model(cfg.run_dir)


@pytest.mark.parametrize(
    "options",
    [
        # An odd number of features, so that no copy's tensors begin or end where a processor's vectors do.
        ("noise=masking", "data.binarize=dynamic", "loss=iwae", "loss.num_samples=3", "decoder.hidden_sizes=[7]"),
        pytest.param(("model=vq_vae", "latent_dim=3", "+trainer.val_check_interval=2"), marks=pytest.mark.slow),
        pytest.param(("loss=mcem", "loss.num_transitions=1", "prior=mixture"), marks=pytest.mark.slow),
        pytest.param(("loss=score_function", "+trainer.accumulate_grad_batches=2"), marks=pytest.mark.slow),
        pytest.param(("encoder=conv", "encoder.block=[batch_norm,dropout]", "data.stream=128"), marks=pytest.mark.slow),
    ],
)
def test_on_a_processor_each_seed_is_the_run_of_that_seed_to_the_last_bit(
    configure: Configure, options: tuple[str, ...]
) -> None:
    small = [] if {"model=vq_vae", "encoder=conv"} & {*options} else QUICK[2:]
    given = ["data=digits", "trainer=cpu", *small, "figures=[]", "data.limit=384", "trainer.max_epochs=2", *options]
    several = configure(*given, "seeds=2", "seed=7")
    train(several)
    last = weights(several)
    for i, folder in enumerate(folders(several)):
        alone = configure(*given, f"seed={7 + i}")
        train(alone)
        assert same(weights(folder, "best.ckpt"), weights(alone, "best.ckpt"))
        assert same({name: last[f"model.{name}"][i] for name in weights(alone)}, weights(alone))
        own, run = (load_checkpoint(path) for path in (folder, Path(alone.run_dir)))
        assert own["epoch"] == run["epoch"]
        assert own["config"]["data"] == run["config"]["data"]
        assert load_data(folder).splits["val"][0].equal(load_data(alone.run_dir).splits["val"][0])
        assert (folder / "history.csv").read_text() == (Path(alone.run_dir) / "history.csv").read_text()
        metrics = metrics_of(DictConfig({"run_dir": str(folder)}))
        for name in ("test", "validation", "train", "parameters", "seed", "epochs"):
            assert metrics[name] == metrics_of(alone)[name]


def test_a_resumed_run_equals_one_that_was_never_interrupted(configure: Configure) -> None:
    options = (*QUICK, "seeds=2", "noise=masking", "data.binarize=dynamic", "optimizer.lr=0.1")
    within = (
        "callbacks=[checkpoint,within_epoch]",
        "callbacks.within_epoch.every_n_train_steps=16",  # of 30
        "callbacks.within_epoch.filename=within",
    )
    whole, half = configure(*options, *within, "trainer.max_epochs=3"), configure(*options, ONE)
    train(whole)
    train(half)
    for start in (half.run_dir, f"{whole.run_dir}/checkpoints/within.ckpt"):
        rest = configure(*options, "trainer.max_epochs=3", f"ckpt_path={start}")
        train(rest)
        assert same(weights(whole), weights(rest))
        for i, folder in enumerate(folders(rest)):
            expected = folders(whole)[i]
            assert same(weights(expected, "best.ckpt"), weights(folder, "best.ckpt"))
            assert (folder / "history.csv").read_text() == (expected / "history.csv").read_text()
        assert metrics_of(whole)["test"] == metrics_of(rest)["test"]
    with pytest.raises(UserError, match="seeds was 2 and is now 1"):
        train(configure(*QUICK, "trainer.max_epochs=3", f"ckpt_path={half.run_dir}"))


def test_a_folder_used_before_never_gives_old_seeds(configure: Configure) -> None:
    several, one = configure(*QUICK, ONE, "seeds=2"), configure(*QUICK, ONE)
    one.run_dir = several.run_dir
    train(several)
    train(one)
    (run,) = find_runs(one.run_dir)
    assert run.folder == Path(one.run_dir)
    load_model(one.run_dir)


@pytest.mark.parametrize("options", [("model=vq_vae", "latent_dim=4"), ("loss=stl",), ("model.map_estimate=true",)])
def test_a_processor_trains_several_seeds_of_any_model(configure: Configure, options: tuple[str, ...]) -> None:
    small = [] if "model=vq_vae" in options else ["encoder.hidden_sizes=[8]", "decoder.hidden_sizes=[8]"]
    pictures = [option for option in QUICK if option.startswith("figures")]
    cfg = configure("data=digits", "data.limit=256", "trainer=cpu", *small, *pictures, *options, ONE, "seeds=2")
    train(cfg)
    for folder in folders(cfg):
        assert load_model(folder).term_names
        assert load_checkpoint(folder)["epoch"] == 0
    assert metrics_of(cfg)["test"].keys() == metrics_of(cfg)["units"].keys()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("seeds=2", "+trainer.gradient_clip_val=1"), "gradient_clip_val bounds the gradient of all seeds"),
        (
            ("seeds=2", "+callbacks.average._target_=lightning.pytorch.callbacks.EMAWeightAveraging"),
            "EMAWeightAveraging averages weights",
        ),
        (("seeds=2", "scheduler=plateau"), "scheduler=plateau follows the mean over all seeds"),
    ],
)
def test_what_does_not_combine_is_said_before_training(
    configure: Configure, options: tuple[str, ...], message: str
) -> None:
    cfg = configure(*QUICK, ONE, *options)
    with pytest.raises(UserError, match=message):
        train(cfg)
    assert not (Path(cfg.run_dir) / "checkpoints" / "last.ckpt").exists()
