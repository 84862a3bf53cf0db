"""The terms of a training step, compiled."""

from collections.abc import Callable
from shutil import which
from typing import cast

import torch
from torch import Tensor

from aevb.data import DeviceLoader
from aevb.errors import UserError
from aevb.train.steps.obstacles import uncapturable_part
from aevb.train.steps.stepped import Stepped


def compiled_terms(module: Stepped) -> Callable[[Tensor], dict[str, Tensor]]:
    """torch.compile of the model's terms for full batches, with the random numbers that torch draws without it.

    A batch of another size, such as the last of an epoch, is not compiled for: that would take seconds each time.

    Raises UserError where a part of the model cannot be compiled, and where there is no compiler for a CPU.
    """
    if obstacle := uncapturable_part(module.model):
        raise UserError(f"speed.compile=true does not go with {obstacle}: set speed.compile=false")
    if module.device.type == "cpu" and not (which("g++") or which("clang++")):
        raise UserError("speed.compile=true needs a C++ compiler, and there is no g++ or clang++: install one")
    fast = torch.compile(module.model.terms, dynamic=False, options={"fallback_random": True})
    batch_size = cast(DeviceLoader, module.trainer.train_dataloader).batch_size

    def terms(x: Tensor) -> dict[str, Tensor]:
        compute: Callable[[Tensor], dict[str, Tensor]] = fast if len(x) == batch_size else module.model.terms
        return compute(x)

    return terms
