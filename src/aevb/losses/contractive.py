"""The contractive penalty."""

from collections.abc import Callable

import torch
from torch import Tensor

from aevb.checks import number_from, whole_number
from aevb.losses.penalty import Penalty


class Contractive(Penalty):
    """weight · ‖∂z/∂x‖²_F = weight · Σⱼᵢ (∂zⱼ/∂xᵢ)²: how much the code moves with the pixels.

    Rifai, Vincent, Muller, Glorot & Bengio 2011. Their decoder has the encoder's weights, so that a small Jacobian
    cannot be had by a small code and a large decoder; here weight decay on both (optimizer=adamw) holds that back.

    By default the Jacobian is exact, from the D products ∂zⱼ/∂x, for any encoder. With num_probes=S it is estimated
    from S products: E‖vᵀ ∂z/∂x‖² = ‖∂z/∂x‖²_F for random signs v (Hutchinson 1989). The estimate is unbiased, in
    evaluation as in training, and its variance falls as 1/S.

    num_probes: S, for codes of many dimensions; None: the exact value.

    >>> x = torch.rand(3, 1, 2, 2)
    >>> Contractive(weight=0.5)(lambda x: 2 * x.flatten(1), x, 2 * x.flatten(1))  # ∂z/∂x = 2 I
    tensor([8., 8., 8.])
    """

    unit = "weighted squared norm of the Jacobian per image"

    def __init__(self, weight: float = 0.1, num_probes: int | None = None) -> None:
        super().__init__()
        self.weight = number_from("penalty weight", weight, 0, above=True)
        self.num_probes = None if num_probes is None else whole_number("penalty num_probes", num_probes)

    def forward(self, encode: Callable[[Tensor], Tensor], x: Tensor, z: Tensor) -> Tensor:
        pull_back: Callable[[Tensor], tuple[Tensor]] = torch.func.vjp(encode, x)[1]
        (products,) = torch.vmap(pull_back)(self._directions(z))  # (D or S, B, C, H, W)
        squares: Tensor = products.square().flatten(2).sum((0, 2))  # (B,)
        return self.weight * (squares if self.num_probes is None else squares / self.num_probes)

    def _directions(self, z: Tensor) -> Tensor:
        """The vectors v of the products: every unit vector (D, B, D), or random signs (S, B, D)."""
        if self.num_probes is None:
            return torch.eye(z.shape[1], dtype=z.dtype, device=z.device).unsqueeze(1).expand(-1, len(z), -1)
        noise = torch.rand(self.num_probes, *z.shape, dtype=z.dtype, device=z.device)
        return torch.where(noise < 0.5, -1.0, 1.0).to(z)
