"""What replicas do not combine with."""

from typing import TYPE_CHECKING

import torch
from lightning.pytorch import Trainer
from torch.optim.lr_scheduler import ReduceLROnPlateau

from aevb.errors import UserError

if TYPE_CHECKING:
    from aevb.models.seed_ensemble import Replicas


def check_trainer(trainer: Trainer, n: int) -> None:
    """Raise UserError where one replica's steps would depend on the others'."""
    if trainer.world_size > 1:
        raise UserError(f"replicas={n} are trained on one device: say trainer.devices=1")
    if trainer.gradient_clip_val and trainer.gradient_clip_algorithm != "value":
        raise UserError(
            "trainer.gradient_clip_val bounds the gradient of all replicas together, so that none is as if it were "
            "alone: leave it out, or say +trainer.gradient_clip_algorithm=value"
        )
    if any(isinstance(config.scheduler, ReduceLROnPlateau) for config in trainer.lr_scheduler_configs):
        raise UserError("scheduler=plateau follows the mean over all replicas: take another one, or replicas=1")


def check_vmap(replicas: "Replicas") -> None:
    """Take the gradient of two black images; raises UserError where torch.vmap cannot do a part of the model."""
    device = replicas.device
    before = {name: tensor.clone() for name, tensor in replicas.state_dict().items()}
    try:
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            loss = replicas.all_at_once(torch.zeros(2, *replicas.image_shape, device=device))["loss"]
            trained = [parameter for parameter in replicas.parameters() if parameter.requires_grad]
            torch.autograd.grad(loss.sum(), trained, allow_unused=True)
    except RuntimeError as error:
        raise UserError(
            f"On a GPU replicas={replicas.n} are computed at once by torch.vmap, which cannot do a part of this model: "
            f"{str(error).splitlines()[0]} Train the seeds one after another, with -m seed=0,1,2, or say trainer=cpu."
        ) from error
    finally:
        replicas.load_state_dict(before)
