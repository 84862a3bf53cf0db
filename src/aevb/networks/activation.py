"""Activations by name."""

from torch import nn
from torch.nn.modules import activation as _activations


def activation(name: str) -> nn.Module:
    """The element-wise activation of torch.nn called `name`, in any case and with or without underscores.

    Raises ValueError, naming the choices, where torch.nn has none of that name or it needs arguments.
    """
    not_element_wise = ("Attention", "min", "max", "max2d", "GLU", "Threshold")
    known = {cls.lower(): cls for cls in _activations.__all__ if not cls.endswith(not_element_wise)}
    known["identity"] = "Identity"
    try:
        layer: nn.Module = getattr(nn, known[str(name).lower().replace("_", "")])()
        return layer
    except KeyError:
        raise ValueError(f"activation={name!r}: expected one of {', '.join(sorted(known))}") from None
