"""The precision of a run: what is refused, and a step to see that the rest can be done."""

from copy import deepcopy

import torch
from lightning.pytorch import Trainer
from omegaconf import DictConfig

from aevb.errors import UserError
from aevb.train.half_weights import HalfWeights
from aevb.train.module import LightningModel, parameters_to_optimise

REFUSED = {
    "16-true": "float16 has no room for the gradients of a loss in nats",
    "transformer-engine": "it is for the layers of transformers, and there are none here",
    "transformer-engine-float16": "it is for the layers of transformers, and there are none here",
}
INSTEAD = "use trainer.precision=bf16-mixed, or leave it out"


def refuse_precision(cfg: DictConfig) -> None:
    """Raise UserError for a precision that no model here can be trained in."""
    precision = str(cfg.trainer.get("precision"))
    if precision in REFUSED:
        raise UserError(f"trainer.precision={precision}: {REFUSED[precision]}: {INSTEAD}")


def set_precision(trainer: Trainer, module: LightningModel) -> None:
    """Give the model the precision of the trainer, before weights of a checkpoint are loaded into it."""
    if trainer.precision == "bf16-true":
        trainer.strategy.precision_plugin = HalfWeights()
    trainer.precision_plugin.convert_module(module)


def check_precision(trainer: Trainer, module: LightningModel) -> None:
    """Take the gradient of two black images in the trainer's precision; raises UserError where that cannot be."""
    if trainer.precision == "32-true":
        return
    model = deepcopy(module.model).to(trainer.strategy.root_device)
    optimizer = module.make_optimizer(parameters_to_optimise(model))
    if trainer.gradient_clip_val and trainer.precision.endswith("-mixed") and optimizer.defaults.get("fused"):
        raise UserError(
            f"trainer.gradient_clip_val={trainer.gradient_clip_val} with trainer.precision={trainer.precision}: "
            f"Lightning clips no gradients of a fused optimiser in mixed precision: add optimizer.fused=false"
        )
    device = trainer.strategy.root_device
    x = trainer.precision_plugin.convert_input(torch.zeros(2, *model.image_shape, device=device))
    try:
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            with trainer.precision_plugin.train_step_context():
                loss = model.terms(x)["loss"]
            loss.sum().backward()
    except (RuntimeError, ValueError, NotImplementedError) as error:
        raise UserError(
            f"trainer.precision={trainer.precision}: a part of this model cannot be computed so: "
            f"{str(error).splitlines()[0]}: use trainer.precision=32-true"
        ) from error
