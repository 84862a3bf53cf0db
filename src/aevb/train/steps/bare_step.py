"""An optimiser step with nothing around it, which a GPU can repeat by itself."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import torch
from lightning.pytorch import Callback, Trainer
from lightning.pytorch.strategies import SingleDeviceStrategy
from torch import Tensor
from torch.optim import SGD, Optimizer

from aevb.data import DeviceLoader
from aevb.errors import UserError

if TYPE_CHECKING:
    from aevb.models import ImageModel

WITHIN_STEP_HOOKS = ("on_before_zero_grad", "on_before_backward", "on_after_backward", "on_before_optimizer_step")
WARM_UP = 3  # steps before the first capture, in which libraries initialise themselves


def looks_at(callback: Callback, hooks: tuple[str, ...]) -> bool:
    """Whether a callback has something to do in one of these hooks."""
    return any(getattr(type(callback), hook) is not getattr(Callback, hook) for hook in hooks)


def why_not_bare(model: "ImageModel", trainer: Trainer) -> str | None:
    """What of this run needs Lightning within every step, in words; None if nothing does."""
    if not isinstance(trainer.strategy, SingleDeviceStrategy):
        return f"trainer.devices={trainer.world_size}"
    if trainer.gradient_clip_val:
        return f"trainer.gradient_clip_val={trainer.gradient_clip_val}"
    if trainer.precision not in ("32-true", "bf16-mixed"):
        return f"trainer.precision={trainer.precision}"
    if not isinstance(trainer.train_dataloader, DeviceLoader):
        return "batches that are not on the device"
    if not model.bare_steps:
        return f"model {type(model).__name__}, which counts in each step"
    for callback in trainer.callbacks:  # type: ignore[attr-defined]
        if looks_at(callback, WITHIN_STEP_HOOKS):
            return f"the callback {type(callback).__name__}, which looks into every step"
    return None


def why_not_captured(model: "ImageModel", trainer: Trainer) -> str | None:
    """What of a bare step cannot be captured in a CUDA graph, in words; None if everything can."""
    if trainer.strategy.root_device.type != "cuda":
        return "a device that is not a CUDA GPU"
    optimizer = trainer.optimizers[0]
    if not ("capturable" in optimizer.defaults or isinstance(optimizer, SGD)):
        return f"the optimiser {type(optimizer).__name__}"
    for module in model.modules():
        if not getattr(module, "capturable", True):
            return f"{type(module).__name__}, whose steps differ from one another"
    return None


def captured(step: Callable[[], None], stream: torch.cuda.Stream | None, generator: torch.Generator) -> Any:
    """A function that has the GPU repeat what `step` would do now, random draws from `generator` included."""
    graph = torch.cuda.CUDAGraph()
    graph.register_generator_state(generator)
    try:
        with torch.cuda.graph(graph, stream=stream):
            step()
    except RuntimeError as error:
        raise UserError(
            f"A training step of this model cannot be captured in a CUDA graph ({str(error).splitlines()[0]}): "
            f"say speed.cuda_graph=false"
        ) from error
    return graph.replay


class BareStep:
    """One step on batch number `position` of the epoch: gather, forward, backward, update.

    capture: capture the step in a CUDA graph and replay it. The GPU itself then counts `position` and writes down the
        sums of the terms over each batch, so that the host waits for nothing. What a graph holds as plain numbers, such
        as the learning rate, is compared before each chunk; a change captures anew.

    On a GPU everything runs on a stream of its own, Lightning's steps too: a capture must not meet gradients that were
    made on another stream (PyTorch's notes on CUDA semantics, "CUDA graphs").
    """

    def __init__(self, model: "ImageModel", trainer: Trainer, capture: bool) -> None:
        self.model = model
        self.trainer = trainer
        self.capture = capture
        self.optimizer: Optimizer = trainer.optimizers[0]
        self.parameters = list(model.parameters())
        self.loader = cast(DeviceLoader, trainer.train_dataloader)
        self.stream = torch.cuda.Stream(model.device) if model.device.type == "cuda" else None
        self.position = torch.zeros(1, dtype=torch.int64, device=model.device)
        self.sums = torch.zeros(self.loader.full_batches, len(model.term_names), device=model.device)
        self.total = torch.zeros(len(model.term_names), device=model.device)
        self.within_batch = torch.arange(self.loader.batch_size, device=model.device)
        self.warm_up_left = WARM_UP
        self.constants: Any = None
        self.replay: Callable[[], None] | None = None

    @contextmanager
    def on_its_stream(self) -> Iterator[None]:
        """What was begun before on the device is done first, and what is begun here is done before what comes after."""
        if self.stream is None:
            yield
            return
        outside = torch.cuda.current_stream()
        self.stream.wait_stream(outside)
        with torch.cuda.stream(self.stream):
            yield
        outside.wait_stream(self.stream)

    def run(self, n: int) -> Tensor:
        """Take n steps on the next n batches, all full ones; returns the sum of each term over each batch, (n, T)."""
        first = self.loader.position
        mean = self.model.mean_of("train")
        self.position.fill_(first)
        self.total.copy_(mean.sums)
        if self.capture:
            self._replay(n)
        else:
            for batch_idx in range(first, first + n):
                self.model.on_train_batch_start(None, batch_idx)
                self.step()
        mean.sums.copy_(self.total)
        mean.count += n * self.loader.batch_size
        self.loader.position += n
        return self.sums[first : first + n].clone()

    def step(self) -> None:
        indices = self.loader.order.index_select(0, self.position * self.loader.batch_size + self.within_batch)
        x, _ = self.loader.serve(indices)
        with self.trainer.precision_plugin.train_step_context():
            terms = self.model.training_terms(x)
        for parameter in self.parameters:
            parameter.grad = None
        terms["loss"].mean().backward()
        self.optimizer.step()
        sums = torch.stack([terms[name].detach() for name in self.model.term_names]).sum(1)
        self.sums.index_copy_(0, self.position, sums.unsqueeze(0).to(self.sums.dtype))
        self.total += sums
        self.position += 1

    def _replay(self, n: int) -> None:
        constants = [{**group, "params": None} for group in self.optimizer.param_groups]
        if constants != self.constants:
            self.constants, self.replay = constants, None
        for _ in range(n):
            if self.warm_up_left:
                self.warm_up_left -= 1
                self.step()
                continue
            if self.replay is None:
                self.replay = captured(self.step, self.stream, self.loader.generator)
            self.replay()
