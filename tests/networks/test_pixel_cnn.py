"""The PixelCNN's order: every code from all those before it, and from no other."""

import pytest
import torch

from aevb.networks import GatedPixelCNN

K = 4


def small(layers: int = 6, kernel_size: int = 3) -> GatedPixelCNN:
    torch.manual_seed(0)
    return GatedPixelCNN(K, channels=8, layers=layers, kernel_size=kernel_size).double()


def seen_by(network: GatedPixelCNN, height: int, width: int) -> torch.Tensor:
    """Whether the logits at each position change with the code at each other one: (h·w, h·w), by gradients."""
    network.requires_grad_(False)
    inputs: list[torch.Tensor] = []

    def keep(module: object, args: object, output: torch.Tensor) -> torch.Tensor:
        inputs.append(output.clone().requires_grad_())
        return inputs[-1]

    network.embedding.register_forward_hook(keep)
    logits = network(torch.randint(K, (1, height, width)))
    weights = torch.randn(K).double()
    rows = [
        torch.autograd.grad((logits[0, :, i, j] * weights).sum(), inputs[0], retain_graph=True, allow_unused=True)[0]
        for i in range(height)
        for j in range(width)
    ]
    return torch.stack([row[0].abs().sum(-1).flatten() > 0 for row in rows])


@pytest.mark.parametrize(
    ("height", "width", "layers", "kernel_size"), [(7, 7, 6, 3), (5, 3, 6, 3), (2, 2, 1, 3), (1, 5, 4, 3), (7, 7, 3, 5)]
)
def test_each_code_depends_on_all_before_it_and_on_no_other(
    height: int, width: int, layers: int, kernel_size: int
) -> None:
    n = height * width
    assert torch.equal(seen_by(small(layers, kernel_size), height, width), torch.ones(n, n).tril(-1).bool())


def test_changing_a_code_changes_nothing_before_or_at_it() -> None:
    network = small()
    codes = torch.randint(K, (3, 5, 5))
    changed = codes.clone()
    changed[:, 2, 3] = (codes[:, 2, 3] + 1) % K
    same = (network(codes) == network(changed)).all(1).flatten(1)  # (3, 25)
    assert same[:, : 2 * 5 + 4].all()
    assert not same[:, 2 * 5 + 4 :].any()


def test_the_distribution_sums_to_one() -> None:
    network = small(layers=2)
    every = torch.cartesian_prod(*[torch.arange(K)] * 4).reshape(-1, 2, 2)  # all 4⁴ maps of 2×2 codes
    log_p = -torch.nn.functional.cross_entropy(network(every), every, reduction="none").flatten(1).sum(1)
    assert torch.isclose(log_p.exp().sum(), torch.ones(()).double())


def test_rows_below_do_not_matter() -> None:
    network, codes = small(), torch.randint(K, (2, 5, 4))
    assert torch.allclose(network(codes)[:, :, :3], network(codes[:, :3]))


@pytest.mark.parametrize("kernel_size", [1, 2, 4])
def test_an_impossible_kernel_is_named(kernel_size: int) -> None:
    with pytest.raises(ValueError, match=f"kernel_size={kernel_size}"):
        GatedPixelCNN(K, kernel_size=kernel_size)
