"""The reasons why steps cannot be taken in chunks, directly or from a CUDA graph."""

from types import MethodType

import torch
from lightning.pytorch import Callback, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.plugins import MixedPrecision, Precision
from lightning.pytorch.profilers import PassThroughProfiler
from lightning.pytorch.strategies import SingleDeviceStrategy
from torch import nn
from torch.optim import SGD

from aevb.data import DeviceLoader
from aevb.distributions import LowRankNormalPosterior
from aevb.losses import MCEM
from aevb.models import SVIVAE
from aevb.networks import Codebook
from aevb.train.steps.chunk import ChunkCallback

PER_BATCH_HOOKS = (
    "on_train_batch_start", "on_train_batch_end", "on_before_zero_grad", "on_before_backward", "on_after_backward",
    "on_before_optimizer_step",
)  # fmt: skip
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
    if any(config.interval == "step" for config in trainer.lr_scheduler_configs):
        return "a learning rate that changes at every step"
    if not isinstance(trainer.profiler, PassThroughProfiler):  # type: ignore[attr-defined]
        return "trainer.profiler, which times every batch"
    for callback in trainer.callbacks:  # type: ignore[attr-defined]
        if looks_at_every_batch(callback):
            return f"the callback {type(callback).__name__}, which looks at every batch"
    return None


def why_not_direct(trainer: Trainer) -> str | None:
    """What of this run needs Lightning within every step."""
    if type(trainer.strategy) is not SingleDeviceStrategy:
        return f"trainer.devices={trainer.world_size}" if trainer.world_size > 1 else "trainer.strategy"
    if trainer.gradient_clip_val:
        return f"trainer.gradient_clip_val={trainer.gradient_clip_val}"
    if trainer.precision not in ("32-true", "bf16-mixed"):
        return f"trainer.precision={trainer.precision}"
    if type(trainer.precision_plugin) not in (Precision, MixedPrecision):
        return f"the plugin {type(trainer.precision_plugin).__name__}"
    if not isinstance(trainer.train_dataloader, DeviceLoader):
        return "batches that are not on the device"
    return None


def why_not_captured(model: nn.Module, trainer: Trainer) -> str | None:
    """What of a direct step cannot be captured in a CUDA graph."""
    if trainer.strategy.root_device.type != "cuda":
        return "a device that is not a CUDA GPU"
    optimizer = trainer.optimizers[0]
    if not ("capturable" in optimizer.defaults or isinstance(optimizer, SGD)):
        return f"the optimiser {type(optimizer).__name__}"
    if torch.is_anomaly_enabled():
        return "trainer.detect_anomaly=true"
    if optimizer._optimizer_step_pre_hooks or optimizer._optimizer_step_post_hooks:
        return "a hook of the optimiser"
    return uncapturable_part(model) or hooked_part(model)


def uncapturable_part(model: nn.Module) -> str | None:
    """A part of the model that can be neither captured nor compiled."""
    for module in model.modules():
        for kind, reason in NOT_CAPTURABLE.items():
            if isinstance(module, kind):
                return f"{type(module).__name__}, {reason}"
    return None


def hooked_part(model: nn.Module) -> str | None:
    """A part of the model with a hook, which is Python that a graph does not call."""
    for name, part in model.named_modules():
        if part._forward_hooks or part._forward_pre_hooks or part._backward_hooks or part._backward_pre_hooks:
            return f"a hook of {name or type(part).__name__}"
    for name, parameter in model.named_parameters():
        if parameter._backward_hooks or parameter._post_accumulate_grad_hooks:
            return f"a hook of {name}"
    return None


def looks_at_every_batch(callback: Callback) -> bool:
    """Whether a callback has something to do at every batch; a LambdaCallback has its hooks by itself.

    A ChunkCallback is told of chunks instead, and `steps_until_lightning_is_needed` knows the interval of a checkpoint.
    """
    if isinstance(callback, ChunkCallback):
        return False
    known = ModelCheckpoint if isinstance(callback, ModelCheckpoint) else Callback
    return any(getattr(callback, hook) != MethodType(getattr(known, hook), callback) for hook in PER_BATCH_HOOKS)
