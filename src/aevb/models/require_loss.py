"""Telling which losses fit a model."""

from inspect import isabstract

from torch import nn


def require_loss(model: nn.Module, loss: nn.Module, family: type[nn.Module]) -> None:
    """Raise a ValueError, naming the losses that fit, unless `loss` belongs to the model's family of losses."""
    if not isinstance(loss, family):
        # A loss's file, and so its config, is named as it is chosen on the command line.
        fitting = sorted(f"loss={cls.__module__.rpartition('.')[2]}" for cls in final_classes(family))
        raise ValueError(
            f"{type(model).__name__} cannot be trained with {type(loss).__name__}: use {', '.join(fitting)}"
        )


def final_classes(family: type[nn.Module]) -> list[type[nn.Module]]:
    """The classes below an abstract one that can be built."""
    below = [found for cls in family.__subclasses__() for found in final_classes(cls)]
    return below if isabstract(family) else [family, *below]
