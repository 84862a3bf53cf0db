"""Activations by name."""

from collections.abc import Mapping
from typing import Any

from torch import nn
from torch.nn.modules import activation as _activations

Activation = str | Mapping[str, Any]  # a name, or {name: leaky_relu, negative_slope: 0.3}


def activation(choice: Activation) -> nn.Module:
    """The element-wise activation of torch.nn of that name, in any case and with or without underscores.

    choice: a name, or a mapping of `name` and that activation's own options.

    Raises ValueError, naming the choices, where torch.nn has none of that name, or it does not take the options.

    >>> activation({"name": "leaky_relu", "negative_slope": 0.3})
    LeakyReLU(negative_slope=0.3)
    """
    not_element_wise = ("Attention", "min", "max", "max2d", "GLU", "Threshold")
    known = {cls.lower(): cls for cls in _activations.__all__ if not cls.endswith(not_element_wise)}
    known["identity"] = "Identity"
    options = {**choice} if isinstance(choice, Mapping) else {"name": choice}
    name = options.pop("name", None)
    try:
        cls: type[nn.Module] = getattr(nn, known[str(name).lower().replace("_", "")])
    except KeyError:
        raise ValueError(f"activation={choice!r}: expected one of {', '.join(sorted(known))}") from None
    for option, value in options.items():
        if not isinstance(value, int | float):
            raise ValueError(f"activation.{option}={value!r}: expected a number")
    try:
        return cls(**options)
    except TypeError:
        raise ValueError(f"activation={choice}: {cls.__name__} does not take {', '.join(options)}") from None
