"""The conditions of an evaluation, which decide what it is comparable with."""

from hashlib import sha256
from pathlib import Path
from typing import Any

from torch import nn

from aevb.evaluate.model_under_test import ModelUnderTest
from aevb.files import relative_to_cwd
from aevb.models import VAE, BayesianVAE
from aevb.runs import load_checkpoint


def protocol_of(checkpoint: Path, tested: ModelUnderTest, seed: int) -> dict[str, Any]:
    """Everything but the model that a number depends on, and the hash of the checkpoint that the model is from."""
    config = load_checkpoint(checkpoint)["config"]
    model = tested.model
    dataset: str = config["data"]["dataset"]["_target_"]
    return {
        "data": dataset,
        "data_name": dataset.rpartition(".")[2],
        "image_shape": list(tested.x.shape[1:]),
        "binarize": tested.binarize,
        "pixel_range": list(model.pixel_range),
        "split": tested.split,
        "num_images": len(tested.x),
        "images_sha256": sha256(tested.x.cpu().numpy().tobytes()).hexdigest(),
        "likelihood": type(model.likelihood).__name__.lower() if isinstance(model, VAE) else None,
        "likelihood_options": config["model"].get("likelihood"),
        "model": type(model).__name__,
        "noise": None if isinstance(model.noise, nn.Identity) else type(model.noise).__name__,
        "seed": seed,
        "checkpoint": str(relative_to_cwd(checkpoint)),
        "checkpoint_sha256": sha256(checkpoint.read_bytes()).hexdigest(),
    }


def remarks(protocol: dict[str, Any]) -> list[str]:
    """Sentences about what the numbers of a protocol are."""
    return [*_about_noise(protocol), *_about_weights(protocol), *_about_likelihood(protocol)]


def _about_noise(protocol: dict[str, Any]) -> list[str]:
    if protocol["noise"]:
        return ["The model was trained to undo noise; it is evaluated on images without any."]
    return []


def _about_weights(protocol: dict[str, Any]) -> list[str]:
    if protocol["model"] == BayesianVAE.__name__:
        return [
            "The decoder has the mean of q(θ) for its weights, and these bounds are on log p(x|θ) there; "
            "sections=weights measures the one on log p(x) that includes KL(q(θ) ‖ p(θ))/N."
        ]
    return []


def _about_likelihood(protocol: dict[str, Any]) -> list[str]:
    if protocol["likelihood"] == "bernoulli" and protocol["binarize"] == "none":
        return [
            "The pixels are grey: for them the Bernoulli expression is not a normalised density, and these nats "
            "are comparable only with those of other grey pixels."
        ]
    if protocol["likelihood"] == "gaussian":
        black, white = protocol["pixel_range"]
        return [f"log p(x) is the log of a density of pixels in [{black:g}, {white:g}], which may be positive."]
    return []
