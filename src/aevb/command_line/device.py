"""The device that a trained model is measured on."""

import torch

from aevb.errors import UserError

DEVICES = ("auto", "cpu", "cuda")


def device_of(name: object) -> torch.device:
    """The device of an option device=; auto is a GPU where there is one. UserError for any other name or no GPU."""
    if name not in DEVICES:
        raise UserError(f"device={name}: expected one of {', '.join(DEVICES)}")
    if name == "cuda" and not torch.cuda.is_available():
        raise UserError("device=cuda: torch finds no GPU on this machine. Use device=auto or device=cpu.")
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")
