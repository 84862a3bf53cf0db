"""What is checked before any work is done."""

import torch
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf
from torch.optim.lr_scheduler import ReduceLROnPlateau

from aevb.errors import UserError, whole_number
from aevb.models import ImageModel

PARTS = (
    "encoder",
    "decoder",
    "posterior",
    "prior",
    "likelihood",
    "loss",
    "noise",
    "codebook",
    "optimizer",
    "scheduler",
)


def refuse_impossible(cfg: DictConfig) -> None:
    """Raise UserError for values that nothing below would refuse, or only late."""
    try:
        whole_number("trainer.max_epochs", cfg.trainer.max_epochs)
        if whole_number("seed", cfg.seed, at_least=0) + whole_number("replicas", cfg.replicas) > 2**32:
            raise ValueError(f"seed={cfg.seed}: expected less than {2**32 - cfg.replicas + 1}")
    except ValueError as error:
        raise UserError(str(error)) from error
    for name in {"best", "last"} - cfg.callbacks.keys():
        raise UserError(
            f"callbacks.{name} is missing: keep callbacks=default, and remove a figure with ~callbacks.NAME"
        )
    for name in ("run_dir", "ckpt_path"):
        if not isinstance(cfg[name], str) and not (name == "ckpt_path" and cfg[name] is None):
            raise UserError(f"{name}={cfg[name]}: expected a path")
    for group, choice in cfg.choices.items():
        if not isinstance(choice, str):
            raise UserError(f"{group} must be one choice, got {choice}: run several with -m {group}=a,b")
    gpu = torch.cuda.is_available() or torch.backends.mps.is_available()
    if cfg.trainer.accelerator in ("gpu", "cuda", "mps") and not gpu:
        raise UserError("trainer=gpu: torch finds no GPU on this machine. Use trainer=auto or trainer=cpu.")
    for override in HydraConfig.get().overrides.task if HydraConfig.initialized() else []:
        part = override.lstrip("+~").split("=")[0].split(".")[0].split("@")[0]
        if unused(part, cfg):
            used = ", ".join(name for name in PARTS if name in cfg.model)
            raise UserError(f"{override}: model={cfg.choices.model} has no {part}. Its parts are {used}.")


def unused(group: str, cfg: DictConfig) -> bool:
    """Whether a config group is a part that this model does not have, such as an autoencoder's prior."""
    return group in PARTS and group not in cfg.model


def check_parts_fit(model: ImageModel, image_shape: tuple[int, ...]) -> None:
    """Run two black images through the model, so that parts of different sizes show before training."""
    try:
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            model.eval().terms(torch.zeros(2, *image_shape))
    except (RuntimeError, ValueError) as error:
        raise UserError(
            f"The parts do not fit together for images of shape {image_shape}: {error}. Set latent_dim and "
            f"data.image_size, which every part follows, rather than the sizes of one part."
        ) from error
    model.train()


def check_optimizer(model: ImageModel, cfg: DictConfig) -> None:
    """Take a step without gradients, so that a wrong option of optimiser or scheduler shows before training."""
    part = "optimizer"
    try:
        optimizer = model.make_optimizer(model.parameters())
        part = "scheduler"
        scheduler = model.make_scheduler(optimizer)
        optimizer.step()
        if isinstance(scheduler, ReduceLROnPlateau):
            scheduler.step(0.0)
            if not cfg.data.val_size:
                raise UserError("scheduler=plateau watches val/loss: set data.val_size above 0, or take another one")
        else:
            scheduler.step()
    except (TypeError, ValueError, RuntimeError, ArithmeticError) as error:
        raise UserError(f"{part}={OmegaConf.to_container(cfg[part], resolve=True)}: {error}") from error
