"""Training loops: each makes a function that trains for one epoch, and waits for the device."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Subset
from torchvision.datasets import MNIST
from torchvision.transforms import ToTensor

Epoch = Callable[[], None]


def images(num_images: int, device: str) -> Tensor:
    """uint8 (N, 1, 28, 28), in memory."""
    return MNIST("data", download=True).data[:num_images].unsqueeze(1).to(device)


def batches(x: Tensor, batch_size: int) -> list[Tensor]:
    """The indices of each batch of an epoch."""
    return list(torch.randperm(len(x), device=x.device).split(batch_size))


def hand_written(model: nn.Module, batch_size: int, num_images: int, device: str) -> Epoch:
    """The leanest loop that most people would write: data in memory, a fused optimiser, no logging."""
    x = images(num_images, device)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)

    def epoch() -> None:
        loss = torch.zeros(())
        for indices in batches(x, batch_size):
            loss = model(x[indices].float().div_(255))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        loss.item()

    return epoch


def compiled(model: nn.Module, batch_size: int, num_images: int, device: str) -> Epoch:
    """The same with torch.compile."""
    return hand_written(torch.compile(model), batch_size, num_images, device)  # type: ignore[arg-type]


def tutorial(model: nn.Module, batch_size: int, num_images: int, device: str) -> Epoch:
    """What tutorials show: a DataLoader with workers that decode images, and a loss fetched after every step."""
    data = Subset(MNIST("data", download=True, transform=ToTensor()), range(num_images))
    loader: DataLoader[tuple[Tensor, Tensor]] = DataLoader(data, batch_size, shuffle=True, num_workers=2)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

    def epoch() -> None:
        total = 0.0
        for x, _ in loader:
            loss = model(x.to(device))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()

    return epoch


def cuda_graph(model: nn.Module, batch_size: int, num_images: int, device: str) -> Epoch:
    """A whole step, captured once and replayed for every full batch: nothing else is left to save on a GPU."""
    x = images(num_images, device)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True, capturable=True)
    indices = torch.arange(batch_size, device=device)

    def step() -> None:
        loss = model(x[indices].float().div_(255))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            step()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step()

    def epoch() -> None:
        for batch in batches(x, batch_size):
            if len(batch) == batch_size:
                indices.copy_(batch)
                graph.replay()
        torch.cuda.synchronize()

    return epoch


LOOPS = {"hand_written": hand_written, "compiled": compiled, "tutorial": tutorial, "cuda_graph": cuda_graph}
