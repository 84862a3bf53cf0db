"""Runs of several seeds on scikit-learn's digits."""

from collections.abc import Callable
from pathlib import Path
from statistics import mean, stdev

import pytest
import torch
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

    assert {file.stem for file in (Path(cfg.run_dir) / "figures").iterdir()} == set(PICTURES)
    assert [run.folder for run in find_runs(cfg.run_dir)] == folders(cfg)
    first, *others = (load_model(folder) for folder in folders(cfg))
    assert all(not same(first.state_dict(), other.state_dict()) for other in others)
    assert load_data(folders(cfg)[1]).sizes == {"train": 1200, "val": 300, "test": 297}
    with pytest.raises(UserError, match="holds the models of 3 seeds: name the folder of one of them"):
        load_model(cfg.run_dir)


def test_a_seed_without_noise_is_the_run_with_its_seed(configure: Configure) -> None:
    """But for validation: the run's own split serves all its seeds."""
    options = (*QUICK, "trainer.max_epochs=2", "model=mlp_ae", "loss=mse", "data.val_size=0")
    several = configure(*options, "seeds=2", "seed=7")
    train(several)
    for seed, folder in zip((7, 8), folders(several), strict=True):
        alone = configure(*options, f"seed={seed}")
        train(alone)
        best, expected = weights(folder), weights(alone)
        assert best.keys() == expected.keys()
        assert all(torch.allclose(best[name], expected[name], atol=1e-5) for name in expected)
        own = metrics_of(DictConfig({"run_dir": str(folder)}))
        assert own["test"] == pytest.approx(metrics_of(alone)["test"], rel=1e-4)
        assert own["parameters"] == metrics_of(alone)["parameters"]


def test_a_resumed_run_equals_one_that_was_never_interrupted(configure: Configure) -> None:
    whole = configure(*QUICK, "seeds=2", "trainer.max_epochs=2", "data.val_size=0")
    half = configure(*QUICK, "seeds=2", ONE, "data.val_size=0")
    train(whole)
    train(half)
    rest = configure(*QUICK, "seeds=2", "trainer.max_epochs=2", "data.val_size=0", f"ckpt_path={half.run_dir}")
    train(rest)
    assert same(weights(whole), weights(rest))
    assert metrics_of(whole)["test"] == metrics_of(rest)["test"]
    assert metrics_of(whole)["validation"] == {}
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
        (("seeds=0",), "seeds=0: expected a whole number of at least 1"),
        (("seeds=1.5",), r"seeds=1\.5: expected a whole number"),
        (("seeds=many",), "seeds='many': expected a whole number"),
        (("seeds=2", "+trainer.gradient_clip_val=1"), "gradient_clip_val bounds the gradient of all seeds"),
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
