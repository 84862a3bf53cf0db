"""A classifier of a data set's images, whose features say what a picture shows."""

import hashlib
import io
import pickle
import zipfile
from math import ceil
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, relu

from aevb.data.device_loader import DeviceLoader
from aevb.data.shuffle import Shuffle
from aevb.files import write_atomically
from aevb.metrics.estimate import Estimate, mean_over_images
from aevb.metrics.track import Track, untracked
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
            raise ValueError(f"image_shape={tuple(image_shape)}: expected sides of at least 8 pixels")
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
) -> FeatureClassifier:
    """The classifier of these training images, in evaluation mode and without gradients.

    It is trained once, by Adam from a fixed seed, and its weights are kept in folder/<fingerprint>.pt; a file that
    cannot be read is trained anew. The caller's random state stays as it was.

    images: uint8 (N, C, H, W). labels: int64 (N,). binarize: dynamic draws the pixels anew for each batch.
    """
    path = folder / f"{fingerprint(images, labels, binarize)}.pt"
    with torch.inference_mode(False), torch.enable_grad():  # whatever the caller is in the middle of
        classifier = _new_classifier(tuple(images.shape[1:]), num_classes=int(labels.max()) + 1)
        weights = _read(path, like=classifier)
        if weights is not None:
            classifier.load_state_dict(weights)
        else:
            loader = DeviceLoader(
                images.to(device),
                labels.to(device),
                Shuffle(len(images), BATCH_SIZE, seed=0),
                dynamic=binarize == "dynamic",
            )
            _train(classifier.to(device), loader, track)
            content = io.BytesIO()
            torch.save(classifier.state_dict(), content)
            write_atomically(path, content.getbuffer())
    return classifier.to(device).eval().requires_grad_(False)


def fingerprint(images: Tensor, labels: Tensor, binarize: str) -> str:
    """SHA-256, in hexadecimal, of all that decides the weights: training images, labels, and how they are used."""
    recipe = (tuple(images.shape[1:]), binarize, NUM_FEATURES, BATCH_SIZE, LEARNING_RATE, PASSES, MIN_STEPS)
    digest = hashlib.sha256(repr(recipe).encode())
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


def _new_classifier(image_shape: tuple[int, ...], num_classes: int) -> FeatureClassifier:
    # torch.manual_seed would reseed the GPUs too, which fork_rng without devices does not put back.
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed_for("feature classifier"))
        return FeatureClassifier(image_shape, num_classes)


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


def _read(path: Path, like: nn.Module) -> dict[str, Tensor] | None:
    """The weights kept in `path`, or None if there are none, or they are damaged or of another network."""
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.testzip() is not None:  # torch does not compare the checksums
                return None
        weights = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, EOFError, RuntimeError, ValueError, pickle.UnpicklingError, zipfile.BadZipFile):
        return None
    expected = {name: weight.shape for name, weight in like.state_dict().items()}
    fits = isinstance(weights, dict) and expected == {
        name: weight.shape if isinstance(weight, Tensor) else None for name, weight in weights.items()
    }
    return weights if fits else None
