"""A classifier of a data set's images, whose features say what a picture shows."""

import hashlib
from collections.abc import Callable
from math import ceil, log
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, relu

from aevb.data.device_loader import DeviceLoader
from aevb.data.shuffle import Shuffle
from aevb.metrics.estimate import Estimate, mean_over_images
from aevb.metrics.track import Track, untracked
from aevb.metrics.unsuitable import TooFew
from aevb.sealed import Unreadable, read_sealed, write_sealed
from aevb.seeding import seed_for

NUM_FEATURES = 64
BATCH_SIZE = 128
LEARNING_RATE = 3e-3
PASSES = 3  # over the training images
MIN_STEPS = 600  # more passes where the data set is small


class FeatureClassifier(nn.Module):
    """Three convolutions of stride 2, a layer of 64 features, and logits that are linear in the rectified features.

    image_shape: (C, H, W), with sides of at least 8 pixels.
    """

    def __init__(self, image_shape: tuple[int, ...], num_classes: int) -> None:
        super().__init__()
        channels, height, width = image_shape
        if min(height, width) < 8:
            raise TooFew(f"image_shape={tuple(image_shape)}: expected sides of at least 8 pixels")
        self.to_features = nn.Sequential(
            nn.Conv2d(channels, 16, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(16, 32, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(32, 64, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(64 * ceil(height / 8) * ceil(width / 8), NUM_FEATURES),
        )
        self.to_logits = nn.Linear(NUM_FEATURES, num_classes)

    def features(self, x: Tensor) -> Tensor:
        """(B, C, H, W) in [0, 1] -> (B, 64), before the rectifier, where they are nearer to a Gaussian."""
        features: Tensor = self.to_features(x)
        return features

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) in [0, 1] -> logits (B, classes)."""
        logits: Tensor = self.to_logits(relu(self.features(x)))
        return logits


def cached_classifier(
    images: Tensor,
    labels: Tensor,
    binarize: str,
    folder: Path,
    device: torch.device | str,
    track: Track = untracked,
    tell: Callable[[str], object] = print,
) -> FeatureClassifier:
    """The classifier of these training images, in evaluation mode and without gradients.

    It is trained once, by Adam from a fixed seed, and kept in folder/<fingerprint>.pt, with the fingerprint of what it
    was made of. A file that is damaged, was made of something else, or has weights that no training gives is replaced.
    Several processes may do this at once. The caller's random state stays as it was.

    images: uint8 (N, C, H, W). labels: int64 (N,). binarize: dynamic draws the pixels anew for each batch.
    tell: is told in one line why a file is replaced.
    """
    made_of = fingerprint(images, labels, binarize)
    path = folder / f"{made_of}.pt"
    with torch.inference_mode(False), torch.enable_grad():  # whatever the caller is in the middle of
        classifier = _kept(path, made_of, images, labels, tell)
        if classifier is None:
            classifier = _new_classifier(images, labels)
            loader = DeviceLoader(
                images.to(device),
                labels.to(device),
                Shuffle(len(images), BATCH_SIZE, seed=0),
                dynamic=binarize == "dynamic",
            )
            _train(classifier.to(device), loader, track)
            write_sealed(path, {"made_of": made_of, "weights": classifier.state_dict()})
    return classifier.to(device).eval().requires_grad_(False)


def fingerprint(images: Tensor, labels: Tensor, binarize: str) -> str:
    """SHA-256, in hexadecimal, of all that decides the weights: training images, labels, their use, and this code."""
    recipe = (tuple(images.shape[1:]), binarize, NUM_FEATURES, BATCH_SIZE, LEARNING_RATE, PASSES, MIN_STEPS)
    digest = hashlib.sha256(repr(recipe).encode())
    digest.update(Path(__file__).read_bytes())
    for tensor in (images, labels):
        digest.update(repr(tuple(tensor.shape)).encode())
        digest.update(tensor.cpu().contiguous().numpy().data)
    return digest.hexdigest()


@torch.no_grad()
def features_of(classifier: FeatureClassifier, x: Tensor) -> Tensor:
    """The features of images in [0, 1]: (N, C, H, W) -> (N, 64), in batches, on the classifier's device."""
    device = classifier.to_logits.weight.device
    return torch.cat([classifier.features(part.to(device)) for part in x.split(1000)])


@torch.no_grad()
def accuracy(classifier: FeatureClassifier, x: Tensor, y: Tensor) -> Estimate:
    """The share of images x, (N, C, H, W) in [0, 1], whose label y, (N,), has the largest logit."""
    guesses = classifier.to_logits(relu(features_of(classifier, x))).argmax(1)
    return mean_over_images(guesses == y.to(guesses.device), "share of images")


def _new_classifier(images: Tensor, labels: Tensor) -> FeatureClassifier:
    # torch.manual_seed would reseed the GPUs too, which fork_rng without devices does not put back.
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed_for("feature classifier"))
        return FeatureClassifier(tuple(images.shape[1:]), num_classes=int(labels.max()) + 1)


def _train(classifier: FeatureClassifier, loader: DeviceLoader, track: Track) -> None:
    """Minimise the cross-entropy in nats per image, with a learning rate that falls to zero."""
    passes = max(PASSES, ceil(MIN_STEPS / len(loader)))
    steps = passes * len(loader)
    optimizer = torch.optim.Adam(classifier.parameters(), LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, steps)
    for epoch in track(range(passes)):
        loader.sampler.set_epoch(epoch)
        for x, y in loader:
            optimizer.zero_grad()
            cross_entropy(classifier(x), y).backward()
            optimizer.step()
            schedule.step()


def _kept(
    path: Path, made_of: str, images: Tensor, labels: Tensor, tell: Callable[[str], object]
) -> FeatureClassifier | None:
    """The classifier kept in `path`; None if there is none that can be used."""
    classifier = _new_classifier(images, labels)
    try:
        classifier.load_state_dict(_weights_in(path, made_of, like=classifier))
        _check_it_has_learned(classifier, images[:1000].cpu(), labels[:1000].cpu())
    except FileNotFoundError:
        return None
    except (Unreadable, OSError) as reason:
        tell(f"The classifier in {path} is trained again: {reason}.")
        return None
    return classifier


def _weights_in(path: Path, made_of: str, like: nn.Module) -> dict[str, Tensor]:
    """The weights kept in `path`; Unreadable if they are of something else."""
    content = read_sealed(path)
    if not isinstance(content, dict) or content.get("made_of") != made_of:
        raise Unreadable("it was made of something else")
    weights: Any = content.get("weights")
    if not isinstance(weights, dict) or _layout(weights) != _layout(like.state_dict()):
        raise Unreadable("it is of another network")
    return dict(weights)


def _layout(weights: dict[str, Tensor]) -> dict[str, object]:
    return {
        name: (weight.shape, weight.dtype, weight.layout) if isinstance(weight, Tensor) else None
        for name, weight in weights.items()
    }


@torch.no_grad()
def _check_it_has_learned(classifier: FeatureClassifier, images: Tensor, labels: Tensor) -> None:
    """Raise Unreadable if a guess would do as well for images that it was trained on."""
    loss = cross_entropy(classifier(images / 255), labels).item()
    if not loss <= log(classifier.to_logits.out_features):
        raise Unreadable(f"its weights cannot be right, with {loss:.3g} nats for images that it was trained on")
