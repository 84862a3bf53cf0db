"""Checkpoints load safely, and only what they may ask for is built."""

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf

from aevb.errors import UserError
from aevb.runs import CHECKPOINT_FORMAT, find_checkpoint, load_checkpoint, load_model
from aevb.runs.safe_config import check_targets
from aevb.train.checkpoint_io import AtomicCheckpointIO
from tests.conftest import choices


@pytest.fixture
def saved(configure: Callable[..., DictConfig], tmp_path: Path) -> Callable[..., Path]:
    """Save an untrained model as a checkpoint; `change` edits its content first."""

    def save(*overrides: str, change: Callable[[dict[str, Any]], object] = lambda _: None) -> Path:
        cfg = configure("data=digits", *overrides)
        model = instantiate(cfg.model, _convert_="all")
        config = OmegaConf.to_container(cfg, resolve=True)
        checkpoint = {"format": CHECKPOINT_FORMAT, "config": config, "state_dict": model.state_dict()}
        change(checkpoint)
        path = tmp_path / "model.ckpt"
        torch.save(checkpoint, path)
        return path

    return save


def test_options_by_number_are_read_back(saved: Callable[..., Path]) -> None:
    scheduling = {1: 3, 4: 2}
    path = saved(change=lambda checkpoint: checkpoint["config"]["callbacks"].update(grow={"scheduling": scheduling}))
    assert load_checkpoint(path)["config"]["callbacks"]["grow"]["scheduling"] == scheduling


@pytest.mark.parametrize("model", [name for name in choices("model") if not name.startswith("vq")])
def test_a_loaded_model_has_the_same_outputs(saved: Callable[..., Path], model: str) -> None:
    first, second = load_model(saved(f"model={model}", "latent_dim=3")), load_model(saved(f"model={model}", "seed=7"))
    trained = {"state_dict": first.state_dict()}
    again = load_model(saved(f"model={model}", "latent_dim=3", change=lambda checkpoint: checkpoint.update(trained)))
    x = torch.rand(4, 1, 8, 8)
    codes = []
    for loaded in (first, again):
        torch.manual_seed(0)  # a model without an encoder finds its codes with draws
        codes.append(loaded.encode(x))
    assert torch.equal(*codes)
    assert torch.equal(first.decode(codes[0]), again.decode(codes[0]))
    assert codes[0].shape == (4, 3)
    assert second.encode(x).shape == (4, 2)
    assert not first.training


@pytest.mark.parametrize(
    "parts",
    ["posterior=gamma prior=gamma", "posterior=dirichlet prior=dirichlet", "posterior=logistic", "posterior=flow",
     "posterior=low_rank_normal prior=mixture", "prior=vamp", "prior=flow", "noise=masking", "loss=score_function"],
)  # fmt: skip
def test_every_kind_of_part_is_loaded(saved: Callable[..., Path], parts: str) -> None:
    loss = [] if "loss=" in parts else ["loss=sgvb_a"]
    options = ["model=mlp_vae", *loss, *parts.split(), "latent_dim=3"]
    first = load_model(saved(*options))
    again = load_model(saved(*options, change=lambda content: content.update({"state_dict": first.state_dict()})))
    x = torch.rand(4, 1, 8, 8)
    assert torch.equal(first.encode(x), again.encode(x))
    results = []
    for model in (first, again):
        torch.manual_seed(0)
        results.append(model.terms(x)["elbo"])
    assert torch.equal(*results)


@pytest.mark.parametrize(
    "target",
    ["os.system", "torch.os.system", "builtins.eval", "aevb.runs.provenance.subprocess.run", "torch.hub.load",
     "torch.load", "aevb.train.main", "torch", "aevb.nothing.Here", "numpy.ndarray", 3, None],
)  # fmt: skip
def test_no_other_target_is_ever_built(saved: Callable[..., Path], target: Any) -> None:
    hidden = {"_target_": target}
    for config in (hidden, {"a": [{"b": hidden}]}, {"a": (hidden,)}, {"a": "${oc.env:HOME}"}):
        with pytest.raises(UserError, match="do not load this file"):
            check_targets(config)

    def smuggle(checkpoint: dict[str, Any]) -> None:
        checkpoint["config"]["model"]["prior"]["_target_"] = target

    with pytest.raises(UserError, match="do not load this file"):
        load_model(saved(change=smuggle))


def test_pickled_code_is_not_run(tmp_path: Path) -> None:
    class Harmful:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (tmp_path / "harm",))

    torch.save({"config": Harmful(), "state_dict": {}}, tmp_path / "harmful.ckpt")
    with pytest.raises(UserError, match=r"harmful\.ckpt is not a checkpoint that can be read"):
        load_checkpoint(tmp_path / "harmful.ckpt")
    assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize("damage", ["cut", "noise", "empty"])
def test_a_corrupt_checkpoint_is_named(saved: Callable[..., Path], damage: str) -> None:
    path = saved()
    content = path.read_bytes()
    path.write_bytes({"cut": content[: len(content) // 2], "noise": b"not a checkpoint" * 99, "empty": b""}[damage])
    with pytest.raises(UserError, match=r"model\.ckpt is not a checkpoint that can be read"):
        load_model(path)


def test_a_checkpoint_of_something_else_is_named(tmp_path: Path) -> None:
    contents: list[Any] = [
        {"state_dict": {}},
        {"config": {}, "state_dict": {}},
        {"config": None, "state_dict": {}},
        [1],
    ]
    for content in contents:
        torch.save(content, tmp_path / "other.ckpt")
        with pytest.raises(UserError, match=r"other\.ckpt was not written by this project"):
            load_model(tmp_path / "other.ckpt")


@pytest.mark.parametrize("change", [{"model": {}}, {"model": {"_target_": "torch.nn.ReLU"}},
                                    {"model": {"_target_": "aevb.models.VAE", "loss": 3}}])  # fmt: skip
def test_a_configuration_that_is_no_model_is_named(saved: Callable[..., Path], change: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=r"model\.ckpt describes"):
        load_model(saved(change=lambda checkpoint: checkpoint["config"].update(change)))


def test_a_checkpoint_that_could_not_be_written_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "checkpoints" / "last.ckpt"
    AtomicCheckpointIO().save_checkpoint({"number": 1}, path)

    write_bytes = Path.write_bytes

    def full(file: Path, content: bytes) -> None:
        write_bytes(file, bytes(content)[:10])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        AtomicCheckpointIO().save_checkpoint({"number": 2}, path)
    assert torch.load(path, weights_only=True) == {"number": 1}
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    ("found", "age"),
    [(None, "an older"), (CHECKPOINT_FORMAT - 1, "an older"), (CHECKPOINT_FORMAT + 1, "another"), ("x", "another")],
)
def test_another_format_is_refused_in_one_sentence(saved: Callable[..., Path], found: object, age: str) -> None:
    def change(checkpoint: dict[str, Any]) -> None:
        del checkpoint["format"]
        if found is not None:
            checkpoint["format"] = found

    message = rf"model\.ckpt was written by {age} version of aevb, in format .*reads format {CHECKPOINT_FORMAT}"
    with pytest.raises(UserError, match=message):
        load_model(saved(change=change))


def test_weights_that_do_not_fit_are_named(saved: Callable[..., Path]) -> None:
    path = saved(change=lambda checkpoint: checkpoint["state_dict"].popitem())
    with pytest.raises(UserError, match="do not fit the model"):
        load_model(path)


def test_a_missing_checkpoint_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"There is no checkpoint .*nothing\.ckpt"):
        load_model(tmp_path / "nothing.ckpt")
    (tmp_path / "checkpoints").mkdir()
    with pytest.raises(UserError, match=r"no checkpoints/best\.ckpt or last\.ckpt"):
        load_model(tmp_path)


def test_a_checkpoint_is_found_in_its_run_and_in_its_folder(saved: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / "checkpoints").mkdir()
    last = saved().rename(tmp_path / "checkpoints" / "last.ckpt")
    assert find_checkpoint(tmp_path) == find_checkpoint(tmp_path / "checkpoints") == find_checkpoint(last) == last
    for better in (last.with_name("best.ckpt"), last.with_name("final.ckpt")):
        better.touch()
        assert find_checkpoint(tmp_path) == better
        assert find_checkpoint(tmp_path, "last.ckpt") == last
