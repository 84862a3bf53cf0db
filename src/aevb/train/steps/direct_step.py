"""An optimiser step with nothing around it, which a GPU can repeat by itself."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from aevb.data import DeviceLoader
from aevb.errors import UserError, out_of_memory
from aevb.train.epoch_mean import sums_over_images
from aevb.train.steps.stepped import Stepped

WARM_UP = 3  # steps before the first capture, in which libraries initialise themselves


def captured(
    step: Callable[[], None], stream: torch.cuda.Stream | None, generators: Sequence[torch.Generator]
) -> Callable[[], None]:
    """A function that has the GPU repeat what `step` would do now, random draws from the generators included."""
    graph = torch.cuda.CUDAGraph()
    for generator in generators:
        graph.register_generator_state(generator)
    try:
        with torch.cuda.graph(graph, stream=stream):
            step()
    except RuntimeError as error:
        if out_of_memory(error):
            raise
        raise UserError(
            f"A training step of this model cannot be captured in a CUDA graph ({str(error).splitlines()[0]}): "
            f"set speed.cuda_graph=false"
        ) from error
    replay: Callable[[], None] = graph.replay
    return replay


class DirectStep:
    """One step on batch number `position` of the epoch: gather, forward, backward, update.

    `follow` takes up, before each chunk, what callbacks have changed.

    capture: capture the step in a CUDA graph and replay it. The GPU itself then counts `position` and writes down the
        sums of the terms over each batch, so that the host waits for nothing. What a graph holds, such as the learning
        rate, which parameters are trained and where they are, is compared before each chunk; a change captures anew.
        What it reads from tensors, such as the weight of a KL term, is filled in place before each step.

    On a GPU everything runs on a stream of its own, Lightning's steps too: a capture must not meet gradients that were
    made on another stream (PyTorch's notes on CUDA semantics, "CUDA graphs").
    """

    def __init__(self, module: Stepped) -> None:
        device = module.device
        self.module = module
        self.capture = False
        self.stream = torch.cuda.Stream(device) if device.type == "cuda" else None
        self.position = torch.zeros(1, dtype=torch.int64, device=device)
        self.total = torch.zeros_like(module.mean_of("train").sums)  # (T, n)
        self.warm_up_left = WARM_UP
        self.held: Any = None  # by the graph
        self.replay: Callable[[], None] | None = None
        self._serve_from(cast(DeviceLoader, module.trainer.train_dataloader))
        self.follow(module.trainer.optimizers[0], capture=False)

    def follow(self, optimizer: Optimizer, capture: bool) -> None:
        """Take up what may have changed since the last chunk: the optimiser, the parameters, the loader.

        optimizer: the one that steps. capture: whether steps may still be captured.
        """
        self.optimizer = optimizer
        self.capture = capture
        groups = self.module.trainer.optimizers[0].param_groups
        trained = (parameter for group in groups for parameter in group["params"])
        self.parameters = list(dict.fromkeys([*self.module.model.parameters(), *trained]))
        loader = cast(DeviceLoader, self.module.trainer.train_dataloader)
        if loader is not self.loader:  # trainer.reload_dataloaders_every_n_epochs
            self._serve_from(loader)
        if not capture:
            self.held = self.replay = None

    def _serve_from(self, loader: DeviceLoader) -> None:
        self.loader = loader
        self.sums = self.total.repeat(loader.full_batches, 1, 1)
        self.within_batch = torch.arange(loader.batch_size, device=self.total.device)

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
        """Take n steps on the next n batches, all full ones; returns the mean of each term over each batch, (n, T)."""
        first = self.loader.position
        mean = self.module.mean_of("train")
        self.position.fill_(first)
        self.total.copy_(mean.sums)
        if self.capture:
            self._recapture_if_changed()
        for batch_idx in range(first, first + n):
            self.module.follow_schedules(batch_idx)
            self._step_or_replay()
        mean.sums.copy_(self.total)
        mean.count += n * self.loader.batch_size
        self.loader.position += n
        return self.sums[first : first + n].mean(-1) / self.loader.batch_size

    def step(self) -> None:
        indices = self.loader.order.index_select(0, self.position * self.loader.batch_size + self.within_batch)
        x, _ = self.loader.serve(indices)
        with self.module.trainer.precision_plugin.train_step_context():
            terms = self.module.training_terms(x)
        for parameter in self.parameters:
            parameter.grad = None
        terms["loss"].mean(-1).sum().backward()
        self.optimizer.step()
        self.module.count_codes("train", terms)
        sums = sums_over_images(terms, self.module.model.term_names)
        self.sums.index_copy_(0, self.position, sums.unsqueeze(0))
        self.total += sums
        self.position += 1

    def _recapture_if_changed(self) -> None:
        groups = [{**group, "params": [id(p) for p in group["params"]]} for group in self.optimizer.param_groups]
        parameters = [(parameter.data_ptr(), parameter.requires_grad) for parameter in self.parameters]
        buffers = [buffer.data_ptr() for buffer in self.module.model.buffers()]
        numbers = [_plain_attributes(part) for part in self.module.model.modules()]
        held = [id(self.optimizer), id(self.loader), groups, parameters, buffers, numbers]
        if held != self.held:
            self.held, self.replay = held, None

    def _step_or_replay(self) -> None:
        if not self.capture or self.warm_up_left:
            self.warm_up_left = max(0, self.warm_up_left - 1)
            self.step()
            return
        if self.replay is None:
            self.replay = captured(self.step, self.stream, self.loader.generators)
        self.replay()


def _plain_attributes(part: nn.Module) -> dict[str, Any]:
    """Those of a module that a graph holds as they were, such as a rate of dropout, or whether it is training."""
    return {name: value for name, value in vars(part).items() if isinstance(value, bool | int | float | str | tuple)}
