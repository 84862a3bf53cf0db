"""A codebook of moving averages."""

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from aevb.checks import number_from
from aevb.networks.codebook import Codebook


class MovingAverageCodebook(Codebook):
    """loss = β‖z - sg[e]‖²; each code is the moving average of the vectors that it has stood for.

    van den Oord et al. 2017, appendix A.1, with the counts in units of a code's fair share of the M vectors of a batch:

        Nᵢ ← γ Nᵢ + (1 - γ) nᵢ K/M,    mᵢ ← γ mᵢ + (1 - γ) K/M Σⱼ zᵢⱼ,    eᵢ ← mᵢ / N̂ᵢ,

    where N̂ᵢ = (Nᵢ + ε) / (N + Kε) · N, with N = Σᵢ Nᵢ, is Laplace smoothing, and Nᵢ is Codebook's `usage`.

    smoothing: ε. The other arguments are Codebook's. Without `restart` the codes start small, uniform on ±1/K.
    """

    sums: Tensor  # (K, D): m

    def __init__(
        self,
        num_codes: int,
        latent_dim: int,
        commitment: float = 0.25,
        decay: float = 0.95,
        restart: bool = True,
        dead_below: float = 0.02,
        smoothing: float = 1e-5,
    ) -> None:
        super().__init__(num_codes, latent_dim, commitment, decay, restart, dead_below)
        self.smoothing = number_from("smoothing", smoothing, 0, above=True)
        self.register_buffer("codes", torch.empty(num_codes, latent_dim).uniform_(-1 / num_codes, 1 / num_codes))
        self.register_buffer("sums", self.codes.clone())

    @property
    def follows_batches(self) -> bool:
        return True

    def code_loss(self, maps: Tensor, codes: Tensor) -> float:
        return 0.0

    def move(self, chosen: Tensor, vectors: Tensor) -> None:
        self.codes.copy_(torch.where(chosen, vectors, self.codes))
        self.sums.copy_(torch.where(chosen, vectors, self.sums))  # m = e, for a usage of 1

    @torch.no_grad()
    def learn(self, vectors: Tensor, indices: Tensor) -> None:
        belongs = one_hot(indices, self.num_codes).to(vectors.dtype)  # (M, K)
        share = self.num_codes / len(vectors)
        self.sums.lerp_(share * belongs.T @ vectors, 1 - self.decay)
        total = self.usage.sum()
        smoothed = (self.usage + self.smoothing) / (total + self.num_codes * self.smoothing) * total
        self.codes.copy_(self.sums / smoothed.unsqueeze(1))
