"""Sparse codes: exact answers where there are some, and the optimality condition where there are none."""

import pytest
import torch
from torch import Tensor
from torch.nn.functional import normalize

from aevb.networks import Dictionary
from aevb.networks.sparse_codes import sparse_codes

B, D, N = 6, 5, 8


def problem(atoms: int = D) -> tuple[Tensor, Tensor, Tensor]:
    """Images x (B, N), atoms (D, N) of unit norm and predictions (B, D)."""
    torch.manual_seed(0)
    unit = normalize(torch.randn(atoms, N).double(), dim=1)
    return torch.randn(B, N).double(), unit, torch.randn(B, atoms).double()


def energy(x: Tensor, atoms: Tensor, prediction: Tensor, z: Tensor, sparsity: float, attraction: float) -> Tensor:
    error, distance = (x - z @ atoms).square().sum(1), (z - prediction).square().sum(1)
    return error + sparsity * z.abs().sum(1) + attraction * distance


def test_without_sparsity_and_attraction_it_is_the_least_squares_fit() -> None:
    x, atoms, prediction = problem()
    z = sparse_codes(x, atoms, prediction, 0.0, 0.0, 3000)
    assert torch.allclose(z, torch.linalg.lstsq(atoms.T, x.T).solution.T, atol=1e-5)


def test_without_sparsity_it_is_a_ridge_regression_towards_the_prediction() -> None:
    x, atoms, prediction = problem()
    identity = torch.eye(D).double()
    exact = (x @ atoms.T + 0.7 * prediction) @ torch.linalg.inv(atoms @ atoms.T + 0.7 * identity)
    assert torch.allclose(sparse_codes(x, atoms, prediction, 0.0, 0.7, 200), exact, atol=1e-10)


def test_with_orthogonal_atoms_it_is_a_soft_threshold() -> None:
    x, _, prediction = problem(N)
    atoms = torch.linalg.qr(torch.randn(N, N).double()).Q
    mean = (x @ atoms.T + 0.7 * prediction) / 1.7
    exact = mean.sign() * (mean.abs() - 0.9 / (2 * 1.7)).clamp(min=0)
    assert (exact == 0).any()
    assert torch.allclose(sparse_codes(x, atoms, prediction, 0.9, 0.7, 200), exact, atol=1e-10)


@pytest.mark.parametrize("atoms", [D, 20])
@pytest.mark.parametrize(("attraction", "num_steps"), [(1.0, 200), (0.1, 500), (0.0, 5000)])
def test_zero_is_a_subgradient_at_the_code(atoms: int, attraction: float, num_steps: int) -> None:
    x, basis, prediction = problem(atoms)
    sparsity = 0.8
    z = sparse_codes(x, basis, prediction, sparsity, attraction, num_steps)
    slope = -2 * (x - z @ basis) @ basis.T + 2 * attraction * (z - prediction)  # of the smooth part
    active = z != 0
    assert active.any()
    assert not active.all()
    assert torch.allclose(slope[active], -sparsity * z[active].sign(), atol=1e-5)
    assert slope[~active].abs().max() <= sparsity + 1e-5


@pytest.mark.parametrize("num_steps", [1, 2, 3, 10, 50])
@pytest.mark.parametrize("attraction", [0.0, 1.0])
def test_the_code_costs_no_more_than_the_prediction(num_steps: int, attraction: float) -> None:
    x, atoms, prediction = problem(20)
    z = sparse_codes(x, atoms, prediction, 0.8, attraction, num_steps)
    before, after = (energy(x, atoms, prediction, code, 0.8, attraction) for code in (prediction, z))
    assert (after < before).all()


def test_sparsity_beyond_every_correlation_leaves_nothing() -> None:
    x, atoms, prediction = problem()
    most = 2 * (x @ atoms.T + prediction).abs().max().item()
    assert sparse_codes(x, atoms, prediction, 1.01 * most, 1.0, 200).abs().max() == 0
    assert sparse_codes(x, atoms, prediction, 0.99 * most, 1.0, 200).abs().max() > 0


def test_atoms_have_unit_norm_after_any_step_and_decoding_is_linear() -> None:
    torch.manual_seed(0)
    decoder = Dictionary(D, (1, 2, 4)).double()
    optimizer = torch.optim.SGD(decoder.parameters(), lr=10.0)
    for _ in range(3):
        optimizer.zero_grad()
        decoder(torch.randn(B, D).double()).exp().sum().backward()
        optimizer.step()
        columns = decoder(torch.eye(D).double()).flatten(1)
        assert torch.allclose(columns.norm(dim=1), torch.ones(D).double())
    z = torch.randn(3, B, D).double()
    assert decoder(z).shape == (3, B, 1, 2, 4)
    assert torch.allclose(decoder(z).flatten(2), z @ columns)
