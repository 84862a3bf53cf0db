"""The posterior's parameterisations of its scale."""

import pytest
import torch
from torch.nn.functional import softplus

from aevb.distributions import NormalPosterior

FORMULAS = {"log_variance": lambda s: torch.exp(0.5 * s), "log_scale": torch.exp, "softplus": softplus}


@pytest.mark.parametrize("scale", FORMULAS)
def test_the_scale_is_the_named_function_of_the_linear_output(scale: str) -> None:
    posterior = NormalPosterior(5, latent_dim=3, scale=scale).double()
    features = torch.randn(7, 5).double()
    mean, s = posterior.head(features).chunk(2, dim=1)
    q = posterior(features)
    assert q.batch_shape == (7,)
    assert q.event_shape == (3,)
    assert torch.allclose(q.mean, mean)
    assert torch.allclose(q.stddev, FORMULAS[scale](s))


def test_an_unknown_scale_names_the_choices() -> None:
    with pytest.raises(ValueError, match="log_variance, log_scale, softplus"):
        NormalPosterior(5, 3, scale="exp")
