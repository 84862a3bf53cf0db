"""Whether a model can be used."""

from torch import nn


def has_finite_weights(model: nn.Module) -> bool:
    """False for a model whose training has diverged; what is computed with one is NaN, or an error deep in torch."""
    return all(bool(parameter.isfinite().all()) for parameter in model.parameters())
