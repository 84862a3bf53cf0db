"""What an evaluation was made under, which decides what it may be compared with."""

from hashlib import sha256
from pathlib import Path
from typing import Any

from torch import nn

from aevb.evaluate.model_under_test import Subject
from aevb.models import VAE
from aevb.runs.checkpoint import load_checkpoint
from aevb.train.report import shown


def protocol_of(checkpoint: Path, subject: Subject, seed: int) -> dict[str, Any]:
    """Everything but the model that a number depends on, and the hash of the checkpoint that the model is from."""
    config = load_checkpoint(checkpoint)["config"]
    model = subject.model
    noise = getattr(model, "noise", nn.Identity())
    return {
        "data": config["data"]["dataset"]["_target_"],
        "image_shape": list(subject.x.shape[1:]),
        "binarize": subject.data.binarize,
        "split": subject.split,
        "num_images": len(subject.x),
        "images_sha256": sha256(subject.x.cpu().numpy().tobytes()).hexdigest(),
        "likelihood": type(model.likelihood).__name__.lower() if isinstance(model, VAE) else None,
        "likelihood_options": config["model"].get("likelihood"),
        "model": type(model).__name__,
        "noise": None if isinstance(noise, nn.Identity) else type(noise).__name__,
        "seed": seed,
        "checkpoint": str(shown(checkpoint)),
        "checkpoint_sha256": sha256(checkpoint.read_bytes()).hexdigest(),
    }


def remarks(protocol: dict[str, Any]) -> list[str]:
    """Sentences about what the numbers of a protocol are."""
    return [*_of_noise(protocol), *_of_likelihood(protocol)]


def _of_noise(protocol: dict[str, Any]) -> list[str]:
    if protocol["noise"]:
        return ["The model was trained to undo noise; it is evaluated on images without any."]
    return []


def _of_likelihood(protocol: dict[str, Any]) -> list[str]:
    if protocol["likelihood"] == "bernoulli" and protocol["binarize"] == "none":
        return [
            "The pixels are grey: for them the Bernoulli expression is not a normalised density, and these nats "
            "compare only with those of other grey pixels."
        ]
    if protocol["likelihood"] == "gaussian":
        return ["log p(x) is the log of a density of pixels in [0, 1], which may be positive."]
    return []
