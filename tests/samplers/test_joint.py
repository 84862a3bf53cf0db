"""The unconstrained coordinates of z, in float64."""

import pytest
import torch
from torch.distributions import Dirichlet, Distribution, Gamma, Independent, LogNormal, Normal

from aevb.distributions import FixedPrior, MixturePrior
from aevb.distributions.families import Beta
from aevb.samplers import Unconstrained
from tests.models_known_exactly.linear_gaussian import BATCH, FullPrior, LinearGaussian

PRIORS = ["normal", "gamma", "beta", "dirichlet", "mixture"]


def a_joint(name: str, unconstrained_dim: int) -> Unconstrained:
    torch.manual_seed(0)
    prior = {
        "normal": lambda d: FixedPrior(d, Normal, {"loc": 0.3, "scale": 1.5}),
        "gamma": lambda d: FixedPrior(d, Gamma, {"concentration": 0.7, "rate": 2.0}),
        "beta": lambda d: FixedPrior(d, Beta, {"concentration1": 2.0, "concentration0": 3.0}),
        "dirichlet": lambda d: FixedPrior(d + 1, Dirichlet, {"concentration": 1.5}),
        "mixture": lambda d: MixturePrior(d, num_components=3),
    }[name](unconstrained_dim)
    model = LinearGaussian()
    return Unconstrained(model.x, prior.double()(), model.decode)


@pytest.mark.parametrize("name", PRIORS)
def test_the_prior_of_the_unconstrained_coordinate_integrates_to_one(name: str) -> None:
    joint = a_joint(name, 1)
    grid = torch.linspace(-35, 35, 70_001).double()
    with torch.no_grad():
        density = joint.log_prior(grid.reshape(-1, 1, 1)).exp().squeeze(1)
    assert torch.trapezoid(density, grid).item() == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("dim", [1, 3])
@pytest.mark.parametrize("name", PRIORS)
def test_the_coordinates_and_z_are_the_same_point(name: str, dim: int) -> None:
    joint = a_joint(name, dim)
    z = joint.prior.sample(torch.Size((50, BATCH)))
    u = joint.u(z)
    assert u.shape == (50, BATCH, dim)
    assert torch.allclose(joint.z(u), z, rtol=1e-9, atol=1e-12)
    assert joint.prior.log_prob(joint.z(3 * torch.randn(50, BATCH, dim).double())).isfinite().all()  # in the support


@pytest.mark.parametrize("name", PRIORS)
def test_there_is_one_log_density_for_each_sample_and_image(name: str) -> None:
    joint = a_joint(name, 2)
    u = torch.randn(5, BATCH, 2).double()
    assert joint.log_prior(u).shape == (5, BATCH)
    assert joint.log_density(joint.prior, u).shape == (5, BATCH)
    if name != "dirichlet":  # whose z has a dimension more than the decoder takes
        assert torch.equal(joint.log_likelihood(u), joint.decode(joint.z(u)).log_prob(joint.x))
        assert joint.log_likelihood(u).shape == (5, BATCH)


@pytest.mark.parametrize("prior", [FullPrior.make(), FixedPrior(2, Normal, {"loc": 0.0, "scale": 1.0}).double()()])
def test_on_all_real_numbers_the_coordinates_are_z(prior: Distribution) -> None:
    model = LinearGaussian()
    joint = Unconstrained(model.x, prior, model.decode)
    z = torch.randn(5, BATCH, 2).double()
    assert torch.equal(joint.u(z), z)
    assert torch.equal(joint.z(z), z)
    assert torch.equal(joint.log_prior(z), prior.log_prob(z))


def test_the_density_of_another_distribution_changes_by_the_same_volume() -> None:
    """The logarithm of a log-normal variable is normal."""
    joint = a_joint("gamma", 2)
    mean, scale = torch.tensor([0.5, -1.0]).double(), torch.tensor([0.3, 2.0]).double()
    u = torch.randn(5, BATCH, 2).double()
    log_q = joint.log_density(Independent(LogNormal(mean, scale), 1), u)
    assert torch.allclose(log_q, Normal(mean, scale).log_prob(u).sum(-1))


def test_the_joint_integrates_to_the_evidence() -> None:
    model = LinearGaussian()
    joint = Unconstrained(model.x, FullPrior.make(), model.decode)
    axis = torch.linspace(-6, 6, 401).double()
    u = torch.cartesian_prod(axis, axis).unsqueeze(1).expand(-1, BATCH, -1)
    cell = (axis[1] - axis[0]) ** 2
    evidence = (joint.log_prior(u) + joint.log_likelihood(u)).logsumexp(0) + cell.log()
    assert torch.allclose(evidence, model.log_marginal(), atol=1e-8)
