"""The reasons why steps cannot be taken in chunks, directly or from a CUDA graph."""

from lightning.pytorch import Callback, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.strategies import SingleDeviceStrategy
from torch import nn
from torch.optim import SGD

from aevb.data import DeviceLoader
from aevb.distributions import LowRankNormalPosterior
from aevb.losses import MCEM
from aevb.models import SVIVAE
from aevb.networks import Codebook
from aevb.train.steps.chunk import ChunkCallback

PER_BATCH_HOOKS = ("on_train_batch_start", "on_train_batch_end")
WITHIN_STEP_HOOKS = ("on_before_zero_grad", "on_before_backward", "on_after_backward", "on_before_optimizer_step")
NOT_CAPTURABLE: dict[type[nn.Module], str] = {
    MCEM: "whose chains take gradients of their own",
    SVIVAE: "whose posteriors are found by gradients of their own",
    LowRankNormalPosterior: "whose Cholesky factorisation asks the device whether it went well",
    Codebook: "which no GPU has replayed yet",
}


def why_single(trainer: Trainer) -> str | None:
    """What has to see each step by itself."""
    if trainer.accumulate_grad_batches != 1:
        return f"trainer.accumulate_grad_batches={trainer.accumulate_grad_batches}"
    for callback in trainer.callbacks:  # type: ignore[attr-defined]
        if not isinstance(callback, ModelCheckpoint | ChunkCallback) and _looks_at(callback, PER_BATCH_HOOKS):
            return f"the callback {type(callback).__name__}, which looks at every batch"
    return None


def why_not_direct(trainer: Trainer) -> str | None:
    """What of this run needs Lightning within every step."""
    if not isinstance(trainer.strategy, SingleDeviceStrategy):
        return f"trainer.devices={trainer.world_size}"
    if trainer.gradient_clip_val:
        return f"trainer.gradient_clip_val={trainer.gradient_clip_val}"
    if trainer.precision not in ("32-true", "bf16-mixed"):
        return f"trainer.precision={trainer.precision}"
    if not isinstance(trainer.train_dataloader, DeviceLoader):
        return "batches that are not on the device"
    for callback in trainer.callbacks:  # type: ignore[attr-defined]
        if _looks_at(callback, WITHIN_STEP_HOOKS):
            return f"the callback {type(callback).__name__}, which looks into every step"
    return None


def why_not_captured(model: nn.Module, trainer: Trainer) -> str | None:
    """What of a direct step cannot be captured in a CUDA graph."""
    if trainer.strategy.root_device.type != "cuda":
        return "a device that is not a CUDA GPU"
    optimizer = trainer.optimizers[0]
    if not ("capturable" in optimizer.defaults or isinstance(optimizer, SGD)):
        return f"the optimiser {type(optimizer).__name__}"
    return uncapturable_part(model)


def uncapturable_part(model: nn.Module) -> str | None:
    """A part of the model that can be neither captured nor compiled."""
    for module in model.modules():
        for kind, reason in NOT_CAPTURABLE.items():
            if isinstance(module, kind):
                return f"{type(module).__name__}, {reason}"
    return None


def _looks_at(callback: Callback, hooks: tuple[str, ...]) -> bool:
    """Whether a callback has something to do in one of these hooks."""
    return any(getattr(type(callback), hook) is not getattr(Callback, hook) for hook in hooks)
