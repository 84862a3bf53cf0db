from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest
import torch
from torch import Tensor

from aevb.data import Digits, ImageData
from aevb.metrics import classifier as module
from aevb.metrics.classifier import FeatureClassifier, accuracy, cached_classifier, features_of, fingerprint
from aevb.sealed import write_sealed

T = TypeVar("T")
Splits = dict[str, tuple[Tensor, Tensor]]

SHAPE = (1, 8, 8)


@pytest.fixture(scope="module")
def splits() -> Splits:
    data = ImageData(Digits, channels=1, image_size=8, batch_size=100, val_size=100)
    return data.load().splits


@pytest.fixture(scope="module")
def kept(splits: Splits, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the classifier of the digits, trained once."""
    folder = tmp_path_factory.mktemp("classifiers") / "new"
    cached_classifier(*splits["train"], "none", folder, "cpu")
    return folder


@pytest.fixture
def briefly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PASSES", 1)
    monkeypatch.setattr(module, "MIN_STEPS", 1)


@pytest.fixture
def never(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_train", partial(pytest.fail, "trained again"))


def weights(classifier: FeatureClassifier) -> Tensor:
    return torch.cat([parameter.flatten() for parameter in classifier.parameters()])


@pytest.mark.parametrize("shape", [(1, 8, 8), (1, 28, 28), (3, 32, 32), (3, 64, 64), (2, 9, 15)])
def test_any_image_has_64_features_and_a_logit_for_each_class(shape: tuple[int, ...]) -> None:
    classifier, x = FeatureClassifier(shape, 7), torch.rand(5, *shape)
    assert classifier.features(x).shape == (5, 64)
    assert classifier(x).shape == (5, 7)
    classifier(x).square().sum().backward()
    assert all(parameter.grad is not None and parameter.grad.isfinite().all() for parameter in classifier.parameters())


def test_smaller_images_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 8 pixels"):
        FeatureClassifier((1, 8, 7), 10)


def test_it_reads_digits_by_other_writers(splits: Splits, kept: Path) -> None:
    classifier = cached_classifier(*splits["train"], "none", kept, "cpu")
    images, labels = splits["test"]
    estimate = accuracy(classifier, images / 255, labels)
    assert estimate.value > 0.9
    assert estimate.standard_error == pytest.approx((estimate.value * (1 - estimate.value) / 296) ** 0.5)
    assert not classifier.training
    assert not any(parameter.requires_grad for parameter in classifier.parameters())


@pytest.mark.usefixtures("never")
def test_it_is_trained_once(splits: Splits, kept: Path) -> None:
    (file,) = kept.iterdir()
    assert file.name == f"{fingerprint(*splits['train'], 'none')}.pt"
    content, time = file.read_bytes(), file.stat().st_mtime_ns
    first, second = (cached_classifier(*splits["train"], "none", kept, "cpu") for _ in range(2))
    assert weights(first).equal(weights(second))
    assert (file.read_bytes(), file.stat().st_mtime_ns) == (content, time)


@pytest.mark.usefixtures("briefly")
@pytest.mark.parametrize(
    "damage",
    ["empty", "text", "half", "one byte", "another object", "another network", "other data", "huge", "none", "kind"],
)
def test_a_damaged_file_is_trained_anew_in_one_line(
    splits: Splits, tmp_path: Path, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = weights(cached_classifier(*splits["train"], "none", tmp_path, "cpu"))
    (file,) = tmp_path.iterdir()
    content, kept = file.read_bytes(), torch.load(file, weights_only=True)
    foreign: dict[str, object] = {
        "another object": [1, 2],
        "another network": {**kept, "weights": FeatureClassifier((1, 28, 28), 3).state_dict()},
        "other data": {**kept, "made_of": fingerprint(*splits["test"], "none")},
        "huge": {**kept, "weights": {name: 1e32 * weight for name, weight in kept["weights"].items()}},
        "none": {**kept, "weights": {name: 0 * weight + torch.nan for name, weight in kept["weights"].items()}},
        "kind": {**kept, "weights": {name: weight.to(torch.complex64) for name, weight in kept["weights"].items()}},
    }
    if damage in foreign:
        write_sealed(file, foreign[damage])
    else:
        middle = len(content) // 2
        flipped = content[:middle] + bytes([content[middle] ^ 255]) + content[middle + 1 :]
        file.write_bytes({"empty": b"", "text": b"not weights", "half": content[:middle], "one byte": flipped}[damage])
    assert weights(cached_classifier(*splits["train"], "none", tmp_path, "cpu")).equal(expected)
    told = capsys.readouterr().out
    assert told.count("\n") == 1
    assert "is trained again" in told
    assert [path.name for path in tmp_path.iterdir()] == [file.name]
    restored = FeatureClassifier(SHAPE, 10)
    restored.load_state_dict(torch.load(file, weights_only=True)["weights"])
    assert weights(restored).equal(expected)


@pytest.mark.usefixtures("briefly")
@pytest.mark.parametrize("binarize", ["none", "dynamic"])
def test_the_random_state_neither_matters_nor_moves(splits: Splits, tmp_path: Path, binarize: str) -> None:
    trained = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        state = torch.get_rng_state()
        trained.append(weights(cached_classifier(*splits["train"], binarize, tmp_path / str(seed), "cpu")))
        assert torch.get_rng_state().equal(state)
    assert trained[0].equal(trained[1])


@pytest.mark.usefixtures("briefly")
def test_dynamic_binarisation_trains_on_other_pixels(splits: Splits, tmp_path: Path) -> None:
    grey, drawn = (cached_classifier(*splits["train"], how, tmp_path, "cpu") for how in ("none", "dynamic"))
    assert not weights(grey).equal(weights(drawn))
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.usefixtures("briefly")
def test_it_trains_inside_inference_mode(splits: Splits, tmp_path: Path) -> None:
    with torch.inference_mode():
        inside = cached_classifier(*splits["train"], "none", tmp_path / "inside", "cpu")
    assert weights(inside).equal(weights(cached_classifier(*splits["train"], "none", tmp_path / "outside", "cpu")))


@pytest.mark.usefixtures("briefly")
def test_progress_is_told_while_training(splits: Splits, tmp_path: Path) -> None:
    told: list[int] = []

    def track(sequence: Sequence[T]) -> Sequence[T]:
        told.append(len(sequence))
        return sequence

    for _ in range(2):
        cached_classifier(*splits["train"], "none", tmp_path, "cpu", track)
    assert told == [1]


def test_the_fingerprint_is_of_the_training_images_and_their_use(splits: Splits) -> None:
    images, labels = splits["train"]
    other_image, other_label = images.clone(), labels.clone()
    other_image[0, 0, 0, 0] ^= 1
    other_label[0] = (labels[0] + 1) % 10
    prints = [
        fingerprint(images, labels, "none"),
        fingerprint(images, labels, "dynamic"),
        fingerprint(images.reshape(-1, 1, 4, 16), labels, "none"),
        fingerprint(other_image, labels, "none"),
        fingerprint(images, other_label, "none"),
    ]
    assert len(set(prints)) == len(prints)
    assert fingerprint(images.clone(), labels.clone(), "none") == prints[0]


def test_features_do_not_depend_on_the_batches(splits: Splits, kept: Path) -> None:
    classifier = cached_classifier(*splits["train"], "none", kept, "cpu")
    x = splits["train"][0] / 255
    assert len(x) > 1000
    torch.testing.assert_close(features_of(classifier, x), classifier.features(x))
