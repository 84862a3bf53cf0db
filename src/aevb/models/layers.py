"""The layers of a model, in the order in which data passes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributions import Distribution

from aevb.models.evaluating import evaluating
from aevb.models.image_model import ImageModel

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Layer:
    """A module without modules of its own, or with parameters of its own.

    name: within its part. kind: its class, with what a convolution's shape does not tell.
    shape: of its output for one image; None where it was not called or gives no tensor.
    trainable, frozen: how many numbers there are in its parameters of either kind.
    """

    name: str
    kind: str
    shape: Shape | None
    trainable: int
    frozen: int


@dataclass(frozen=True)
class Part:
    """A module that the model calls itself, such as its encoder; the counts are those of all its layers.

    takes_input: whether it is called with anything; a prior is not.
    """

    name: str
    kind: str
    shape: Shape | None
    trainable: int
    frozen: int
    takes_input: bool
    layers: tuple[Layer, ...]


@dataclass(frozen=True)
class Call:
    """The output shape of the first call of a module, and whether it was given anything."""

    shape: Shape | None
    takes_input: bool


def parts_of(model: ImageModel) -> list[Part]:
    """The parts of a model with their layers, in the order in which a black image passes them.

    Parameters that no image passes on its way, a loss's for example, follow as parts of their own. A parameter that two
    modules share counts once. The random state and the model stay as they were.
    """
    shown = model.for_figures
    calls = first_calls(shown)
    modules = dict(shown.named_modules())
    own = _own_parameters(modules)
    names = [name for name in calls if not any(name.startswith(f"{other}.") for other in calls)]
    covered = [name for name in modules if any(_within(name, part) for part in names)]
    names += [name for name in modules if own[name] and name not in covered]
    return [_part(name, modules, calls, own) for name in names if not _does_nothing(modules[name])]


@torch.no_grad()
def first_calls(model: ImageModel) -> dict[str, Call]:
    """The first call of each module that a black image passes, by the module's name, in the order of their ends."""
    calls: dict[str, Call] = {}

    def noting(name: str) -> Callable[[nn.Module, Any, Any], None]:
        def note(module: nn.Module, arguments: Any, output: Any) -> None:
            calls.setdefault(name, Call(_shape_of(output), bool(arguments)))

        return note

    hooks = [module.register_forward_hook(noting(name)) for name, module in model.named_modules() if name]
    own = next(model.parameters())
    try:
        with evaluating(model), torch.random.fork_rng(devices=[own.device] if own.device.type == "cuda" else []):
            model.pass_through(torch.zeros(1, *model.image_shape, dtype=own.dtype, device=own.device))
    finally:
        for hook in hooks:
            hook.remove()
    return calls


def _part(name: str, modules: dict[str, nn.Module], calls: dict[str, Call], own: dict[str, list[nn.Parameter]]) -> Part:
    order = {called: i for i, called in enumerate(calls)}
    inner = [
        inside
        for inside, module in modules.items()
        if inside.startswith(f"{name}.") and not _does_nothing(module) and (own[inside] or not list(module.children()))
    ]
    layers = tuple(
        Layer(
            inside.removeprefix(f"{name}."),
            _kind(modules[inside]),
            calls[inside].shape if inside in calls else None,
            *_count(own[inside]),
        )
        for inside in sorted(inner, key=lambda inside: order.get(inside, len(order)))
    )
    trainable, frozen = _count(own[name])
    call = calls.get(name, Call(None, takes_input=False))
    own_names = ", ".join(own_name for own_name, _ in modules[name].named_parameters(recurse=False))
    return Part(
        name or own_names,
        _kind(modules[name]),
        call.shape,
        trainable + sum(layer.trainable for layer in layers),
        frozen + sum(layer.frozen for layer in layers),
        call.takes_input,
        layers,
    )


def _does_nothing(module: nn.Module) -> bool:
    return isinstance(module, nn.Identity) or (isinstance(module, nn.Sequential) and len(module) == 0)


def _within(name: str, part: str) -> bool:
    return name == part or name.startswith(f"{part}.")


def _own_parameters(modules: dict[str, nn.Module]) -> dict[str, list[nn.Parameter]]:
    """The parameters that belong to each module itself, and to none before it."""
    seen: set[nn.Parameter] = set()
    own = {}
    for name, module in modules.items():
        own[name] = [parameter for parameter in module.parameters(recurse=False) if parameter not in seen]
        seen.update(own[name])
    return own


def _count(parameters: list[nn.Parameter]) -> tuple[int, int]:
    """The numbers in those that are trained, and in the others."""
    trainable = sum(parameter.numel() for parameter in parameters if parameter.requires_grad)
    return trainable, sum(parameter.numel() for parameter in parameters) - trainable


def _kind(module: nn.Module) -> str:
    name = type(module).__name__
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        (height, width), stride = module.kernel_size, module.stride[0]
        return f"{name} {height}×{width}" + (f", stride {stride}" if stride > 1 else "")
    if isinstance(module, nn.ZeroPad2d) and min(module.padding) < 0:
        return "crop"
    return name


def _shape_of(output: Any) -> Shape | None:
    """The shape for one image; of several outputs, that of the first."""
    if isinstance(output, Distribution):
        return tuple(output.event_shape)
    if isinstance(output, tuple) and output:
        return _shape_of(output[0])
    return tuple(output.shape[1:]) if isinstance(output, Tensor) else None
