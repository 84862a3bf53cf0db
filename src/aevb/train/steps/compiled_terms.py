"""What a model minimises, compiled."""

from collections.abc import Callable
from shutil import which
from typing import TYPE_CHECKING, cast

import torch
from lightning.pytorch import Trainer
from torch import Tensor

from aevb.data import DeviceLoader
from aevb.errors import UserError

if TYPE_CHECKING:
    from aevb.models import ImageModel


def compiled_terms(model: "ImageModel", trainer: Trainer) -> Callable[[Tensor], dict[str, Tensor]]:
    """torch.compile of `terms` for full batches, with the random numbers that torch draws without it.

    A batch of another size, such as the last of an epoch, is not compiled for: that would take seconds each time.

    Raises UserError where a number changes from step to step, since each would be compiled for anew, and where there is
    no compiler for a CPU.
    """
    for module in model.modules():
        if not getattr(module, "capturable", True):
            raise UserError(
                f"speed.compile=true does not go with {type(module).__name__}, whose steps differ from one another: "
                f"say speed.compile=false"
            )
    if trainer.strategy.root_device.type == "cpu" and not (which("g++") or which("clang++")):
        raise UserError("speed.compile=true needs a C++ compiler, and there is no g++ or clang++: install one")
    fast = torch.compile(model.terms, dynamic=False, options={"fallback_random": True})
    batch_size = cast(DeviceLoader, trainer.train_dataloader).batch_size

    def terms(x: Tensor) -> dict[str, Tensor]:
        compute: Callable[[Tensor], dict[str, Tensor]] = fast if len(x) == batch_size else model.terms
        return compute(x)

    return terms
