"""Files from elsewhere: one message, nothing imported, nothing made, no host asked, no memory taken."""

import copy
import socket
import sys
from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
import torch
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf

from aevb.data import ImageSet
from aevb.errors import UserError
from aevb.runs import CHECKPOINT_FORMAT, load_data, load_model
from aevb.runs.history import read_history
from aevb.runs.safe_config import check_targets

Checkpoint = dict[str, Any]
MODEL, DATA, SET = ("config", "model"), ("config", "data"), ("config", "data", "dataset")


@pytest.fixture
def sound(configure: Callable[..., DictConfig]) -> Checkpoint:
    cfg = configure("data=digits", "encoder.hidden_sizes=[4]", "decoder.hidden_sizes=[4]")
    config = OmegaConf.to_container(cfg, resolve=True)
    weights = instantiate(cfg.model, _convert_="all").state_dict()
    return {"format": CHECKPOINT_FORMAT, "config": config, "state_dict": dict(weights)}


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, in which no host can be asked."""
    for name in ("create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, name, lambda *_: pytest.fail("a host was asked"))
    folder = tmp_path / "empty"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


class Own(ImageSet):
    """A set that is not in the package."""

    def __init__(self, train: bool, n: int = 30) -> None:
        self.data = torch.zeros(n, 8, 8, dtype=torch.uint8)
        self.targets = torch.arange(n)


def changed(sound: Checkpoint, path: tuple[str, ...], value: object) -> Checkpoint:
    content = copy.deepcopy(sound)
    *parents, last = path
    reduce(lambda node, key: node[key], parents, content)[last] = value
    return content


def own_loop(kind: type) -> object:
    loop = kind()
    loop.append(loop) if kind is list else loop.update(a=loop)
    return loop


def nested(depth: int) -> object:
    return reduce(lambda inner, _: {"a": inner}, range(depth), 1)  # type: ignore[return-value, arg-type]


def doubling() -> object:
    layers: list[Any] = []
    for _ in range(30):
        layers = [layers] * 10
    return layers


VALUES = [
    None, -1, float("nan"), 10**5000, "x" * 10**5, "${oc.env:HOME}", "???", b"x", [], {}, (1,), {1: 2}, set(),
    torch.zeros(2), own_loop(list), own_loop(dict), nested(200), doubling(), {"_target_": "os.system"},
    {"_args_": [1]}, {"_convert_": "bad"},
]  # fmt: skip


@pytest.mark.parametrize("place", [
    ("config",), MODEL, (*MODEL, "encoder"), (*MODEL, "encoder", "hidden_sizes"), (*MODEL, "_target_"),
    ("state_dict",), ("format",), ("state_dict", "posterior.head.weight"),
], ids=".".join)  # fmt: skip
def test_a_wrong_value_anywhere_gets_one_message(sound: Checkpoint, elsewhere: Path, place: tuple[str, ...]) -> None:
    file = elsewhere.parent / "x.ckpt"
    for value in VALUES:
        if place[-1] == "hidden_sizes" and value == []:
            continue  # that is a model, of other weights
        torch.save(changed(sound, place, value), file)
        with pytest.raises(UserError) as told:
            load_model(file)
        assert len(str(told.value)) < 2500


@pytest.mark.parametrize("place", [DATA, SET, (*DATA, "_target_"), (*SET, "_target_"), (*DATA, "width"),
                                   (*DATA, "range"), (*SET, "option")], ids=".".join)  # fmt: skip
def test_wrong_data_get_one_message(sound: Checkpoint, elsewhere: Path, place: tuple[str, ...]) -> None:
    file = elsewhere.parent / "x.ckpt"
    for value in VALUES:
        if (place[-1], value) == ("width", None):
            continue  # that is data of a square
        torch.save(changed(sound, place, value), file)
        with pytest.raises(UserError) as told:
            load_data(file)
        assert len(str(told.value)) < 2500


@pytest.mark.parametrize("name", ["MNIST", "KMNIST", "FashionMNIST", "EMNIST", "FakeData", "ImageFolder", "Kinetics"])
def test_data_of_a_checkpoint_make_no_folder_and_ask_no_host(sound: Checkpoint, elsewhere: Path, name: str) -> None:
    file = elsewhere.parent / "x.ckpt"
    for root in (str(elsewhere / "made"), "made", "../made", "~", 3):
        dataset = {"_target_": f"torchvision.datasets.{name}", "_partial_": True, "root": root, "download": True}
        torch.save(changed(sound, SET, dataset), file)
        with pytest.raises(UserError):
            load_data(file)
    assert not list(elsewhere.iterdir())
    assert not (elsewhere.parent / "made").exists()


def test_the_root_is_the_users_own(sound: Checkpoint, elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = {"_target_": "torchvision.datasets.MNIST", "_partial_": True, "root": "/theirs", "download": True}
    file = elsewhere.parent / "x.ckpt"
    torch.save(changed(sound, SET, dataset), file)
    with pytest.raises(UserError, match=r"not in data/MNIST/raw.*trained with files in '/theirs'.*AEVB_DATA"):
        load_data(file)
    monkeypatch.setenv("AEVB_DATA", "mine")
    with pytest.raises(UserError, match="not in mine/MNIST/raw"):
        load_data(file)
    with pytest.raises(UserError, match="not in given/MNIST/raw"):
        load_data(file, root="given")


def test_a_set_of_ones_own_is_read_once_it_is_imported(sound: Checkpoint, elsewhere: Path) -> None:
    file = elsewhere.parent / "x.ckpt"
    own = {"_target_": f"{Own.__module__}.Own", "_partial_": True, "n": 400}
    torch.save(changed(sound, SET, own), file)
    assert load_data(file).sizes["train"] == 100
    for options in ({"n": "/etc/passwd"}, {"n": ".."}, {"n": [1]}, {"_target_": "elsewhere.Own"}):
        torch.save(changed(sound, SET, {**own, **options}), file)
        with pytest.raises(UserError, match="do not load this file"):
            load_data(file)


def test_data_that_the_model_does_not_take_are_refused(sound: Checkpoint, elsewhere: Path) -> None:
    file = elsewhere.parent / "x.ckpt"
    for option, value in {"height": 10**9, "range": [0, 2]}.items():
        torch.save(changed(sound, (*DATA, option), value), file)
        with pytest.raises(UserError, match="and a model for shape"):
            load_data(file)


@pytest.mark.parametrize("target", [
    "antigravity.x", "this.s", "torch.utils.tensorboard.SummaryWriter", "torch.onnx.export", "lib2to3.main.main",
    "torchvision.models.resnet18", "aevb.train.callbacks.Progress", "aevb.figures.save", "aevb.models.vae.nn.Linear",
    "torch.nn.DataParallel", "torch.nn.parallel.DistributedDataParallel", "aevb.models." + "a." * 3000 + "X", "..",
])  # fmt: skip
def test_nothing_is_imported_before_it_is_refused(target: str) -> None:
    before = set(sys.modules)
    with pytest.raises(UserError, match="do not load this file"):
        check_targets({"_target_": target})
    assert {name for name in set(sys.modules) - before if not name.startswith("aevb.models")} == set()


HUGE = 10**11
LAYERS = {"_target_": "torch.nn.LSTM", "input_size": 4, "hidden_size": 4, "num_layers": 10**6}


@pytest.mark.parametrize(("place", "value"), [
    ("encoder.hidden_sizes", [HUGE]), ("encoder.hidden_sizes", [10**5, 10**5]), ("posterior.latent_dim", HUGE),
    ("prior.latent_dim", HUGE), ("encoder.image_shape", [1, 10**6, 10**6]), ("noise", LAYERS),
    ("prior", {"_target_": "aevb.distributions.MixturePrior", "latent_dim": 2, "num_components": HUGE}),
])  # fmt: skip
def test_a_model_much_larger_than_its_weights_is_not_built(
    sound: Checkpoint, elsewhere: Path, place: str, value: object
) -> None:
    file = elsewhere.parent / "x.ckpt"
    torch.save(changed(sound, (*MODEL, *place.split(".")), value), file)
    with pytest.raises(UserError, match=r"much larger than its weights|more parameters than there are weights"):
        load_model(file)


@pytest.mark.parametrize("kind", ["sparse", "meta", "complex", "integer", "huge", "nan"])
def test_strange_weights_are_refused(sound: Checkpoint, elsewhere: Path, kind: str) -> None:
    name = "posterior.head.weight"
    weight = sound["state_dict"][name]
    strange = {
        "sparse": weight.to_sparse(),
        "meta": weight.to("meta"),
        "complex": weight.to(torch.complex64),
        "integer": weight.int(),
        "huge": torch.zeros(1).expand(10**6, 10**6),
        "nan": weight * torch.nan,
    }
    torch.save(changed(sound, ("state_dict", name), strange[kind]), elsewhere.parent / "x.ckpt")
    with pytest.raises(UserError, match=r"can be read|dense tensors|do not fit|not finite"):
        load_model(elsewhere.parent / "x.ckpt")


@pytest.mark.parametrize(
    "content", [b"epoch\nx\n", b"epoch\n1,2\n", b"\xff\xfe\0", b"a\n" + b"1" * 200_000, b"a\n\0\n"]
)
def test_a_history_of_something_else_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "history.csv").write_bytes(content)
    with pytest.raises(UserError, match=r"history\.csv is not a table of numbers"):
        read_history(tmp_path / "history.csv")
