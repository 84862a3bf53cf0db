"""Checks before training, so that no work is lost."""

from pathlib import Path
from traceback import extract_tb

import torch
from hydra.core.hydra_config import HydraConfig
from lightning.pytorch import Trainer
from lightning.pytorch.callbacks import StochasticWeightAveraging, WeightAveraging
from omegaconf import DictConfig, OmegaConf
from torch.optim.lr_scheduler import ReduceLROnPlateau

from aevb.command_line.declared.reads import PARTS
from aevb.data import ImageData
from aevb.errors import UserError, out_of_memory
from aevb.models import VQVAE, ImageModel, SeedEnsemble
from aevb.train.advice import advice
from aevb.train.module import LightningModel

SINGLE_CHOICES = ("model", *PARTS, "init", "optimizer", "scheduler", "data")  # groups of which there is one choice


def refuse_impossible(cfg: DictConfig) -> None:
    """Raise UserError for values that nothing below would refuse, or only late."""
    if cfg.seed + cfg.seeds > 2**32:
        raise UserError(f"seed={cfg.seed}: expected less than {2**32 - cfg.seeds + 1}")
    for group, choice in choices_made().items():
        if group in SINGLE_CHOICES and not isinstance(choice, str):
            raise UserError(f"{group} must be one choice, got {choice}: run several with -m {group}=a,b")
    gpu = torch.cuda.is_available() or torch.backends.mps.is_available()
    if cfg.trainer.accelerator in ("gpu", "cuda", "mps") and not gpu:
        raise UserError("trainer=gpu: torch finds no GPU on this machine. Use trainer=auto or trainer=cpu.")


def choices_made() -> dict[str, object]:
    """The choice of each config group, by the group's name; none where Hydra did not compose the configuration."""
    return dict(HydraConfig.get().runtime.choices) if HydraConfig.initialized() else {}


def is_unused(group: str, cfg: DictConfig) -> bool:
    """Whether a config group is a part that this model does not have, such as an autoencoder's prior."""
    return group in PARTS and group not in cfg.model


def check_parts_fit(model: ImageModel, image_shape: tuple[int, ...]) -> None:
    """Run two black images through the model, so that parts of different sizes show before training."""
    try:
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            terms = model.eval().terms(torch.zeros(2, *image_shape))
    except (RuntimeError, ValueError) as error:
        if out_of_memory(error):
            raise
        if tip := advice(error):
            raise UserError(f"{error}: {tip}") from error
        if not (isinstance(error, ValueError) or _found_by_torch(error)):
            raise
        raise UserError(
            f"The parts do not fit together for images of shape {image_shape}: {error}. Set latent_dim and "
            f"data.image_size, or data.height and data.width, which every part follows, rather than the sizes of one "
            f"part."
        ) from error
    for name in () if isinstance(model, SeedEnsemble) else model.term_names:
        if terms[name].shape != (2,):
            raise TypeError(f"{name} of 2 images has shape {tuple(terms[name].shape)}: expected a value for each, (2,)")
    model.train()


def check_one_image(model: ImageModel, data: ImageData) -> None:
    """Train on a batch of one black image, as the last of an epoch will be, and forget it; UserError if that fails."""
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    try:
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            model.train().terms(torch.zeros(1, *data.image_shape))
    except ValueError as error:
        n, size = data.sizes["train"], data.batch_size
        raise UserError(
            f"The last batch of an epoch has one image, on which this model cannot be trained: {error}. Choose another "
            f"data.batch_size than {size}, which leaves 1 of {n} images over, or another data.limit."
        ) from error
    finally:
        model.load_state_dict(before)


def _found_by_torch(error: RuntimeError) -> bool:
    """Whether torch refused an operation, as it does for wrong shapes; False for an error that a part raised itself."""
    last = extract_tb(error.__traceback__)[-1]
    in_torch = Path(torch.__file__).parent in Path(last.filename).parents
    return type(error) is RuntimeError and (in_torch or not (last.line or "").startswith("raise"))


def check_optimizer(module: LightningModel, cfg: DictConfig) -> None:
    """Take a step without gradients, so that a wrong option of optimiser or scheduler shows before training."""
    part = "optimizer"
    try:
        optimizer = module.make_optimizer(module.parameters())
        part = "scheduler"
        scheduler = module.make_scheduler(optimizer) if module.make_scheduler else None
        part = "optimizer"
        optimizer.step()
        part = "scheduler"
        if isinstance(scheduler, ReduceLROnPlateau):
            scheduler.step(0.0)
            if not cfg.data.val_size:
                raise UserError(
                    "scheduler=plateau watches val/loss: set data.val_size above 0, or choose another scheduler"
                )
            if cfg.seeds > 1:
                raise UserError(
                    "scheduler=plateau follows the mean over all seeds: choose another scheduler, or seeds=1"
                )
        elif scheduler is not None:
            scheduler.step()
    except (TypeError, ValueError, RuntimeError, ArithmeticError) as error:
        if out_of_memory(error):
            raise
        raise UserError(f"{part}={OmegaConf.to_container(cfg[part], resolve=True)}: {error}") from error


def check_trainer(trainer: Trainer, model: ImageModel) -> None:
    """Raise UserError where devices, or copies trained at once, would come to depend on one another."""
    if isinstance(model, VQVAE) and model.codebook.follows_batches and trainer.world_size > 1:
        raise UserError(
            f"This codebook learns from the batches of one device, and the trainer has {trainer.world_size}: "
            f"set trainer.devices=1, or codebook=gradient codebook.restart=false"
        )
    if not isinstance(model, SeedEnsemble):
        return
    for callback in trainer.callbacks:  # type: ignore[attr-defined]
        if isinstance(callback, StochasticWeightAveraging | WeightAveraging):
            raise UserError(
                f"The callback {type(callback).__name__} averages weights, and of several seeds those of each one's "
                f"best epoch are tested: train the seeds one after another, with -m seed=0,1,2"
            )
    if trainer.world_size > 1:
        raise UserError(f"seeds={model.n} are trained on one device: set trainer.devices=1")
    if trainer.gradient_clip_val and trainer.gradient_clip_algorithm != "value":
        raise UserError(
            "trainer.gradient_clip_val bounds the gradient of all seeds together, so that each would depend on "
            "the others: leave it out, or add +trainer.gradient_clip_algorithm=value"
        )
    if trainer.strategy.root_device.type != "cpu":
        check_vmap(model.to(trainer.strategy.root_device))


def check_vmap(ensemble: SeedEnsemble) -> None:
    """Take the gradient of two black images; raises UserError where torch.vmap cannot do a part of the model."""
    device = next(ensemble.parameters()).device
    before = {name: tensor.clone() for name, tensor in ensemble.state_dict().items()}
    try:
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            loss = ensemble.all_at_once(torch.zeros(2, *ensemble.image_shape, device=device))["loss"]
            trained = [parameter for parameter in ensemble.parameters() if parameter.requires_grad]
            torch.autograd.grad(loss.sum(), trained, allow_unused=True)
    except RuntimeError as error:
        if out_of_memory(error):
            raise
        raise UserError(
            f"On a GPU seeds={ensemble.n} are computed at once by torch.vmap, which cannot do a part of this model: "
            f"{str(error).splitlines()[0]} Train the seeds one after another, with -m seed=0,1,2, or set trainer=cpu."
        ) from error
    finally:
        ensemble.load_state_dict(before)
