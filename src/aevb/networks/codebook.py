"""The abstract base of codebooks."""

from abc import ABC, abstractmethod
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding

from aevb.checks import number_from, whole_number
from aevb.precision import without_autocast


class Quantised(NamedTuple):
    """Maps of vectors, each replaced by its nearest code."""

    maps: Tensor  # (B, D, h, w): the codes, in value; to the gradient, the vectors that they replace
    indices: Tensor  # (B, h, w): which codes they are
    loss: Tensor  # (B,): squared distances, summed over D, h and w


class Codebook(nn.Module, ABC):
    """K codes e of D numbers: each vector z of a map becomes the code with the smallest ‖z - e‖².

    van den Oord, Vinyals & Kavukcuoglu 2017. The gradient passes straight through, from the code to z.

    num_codes, latent_dim: K and D.
    commitment: β, the weight of β‖z - sg[e]‖², which keeps vectors near their codes; sg stops the gradient.
    decay: γ of the moving average of how often each code is used, n/M · K for n of the M vectors of a batch: 1 is a
        code's fair share.
    restart: while training, move codes that are used too little to vectors of the batch: all codes at first, and later
        those whose usage has fallen below `dead_below`. Vectors are drawn in proportion to their squared distance from
        the nearest code (k-means++, Arthur & Vassilvitskii 2007), because most vectors are those of the background.
    """

    codes: Tensor  # (K, D)
    usage: Tensor  # (K,)

    def __init__(
        self,
        num_codes: int,
        latent_dim: int,
        commitment: float = 0.25,
        decay: float = 0.95,
        restart: bool = True,
        dead_below: float = 0.02,
    ) -> None:
        super().__init__()
        self.num_codes = whole_number("num_codes", num_codes)
        self.latent_dim = whole_number("latent_dim", latent_dim)
        self.commitment = number_from("commitment", commitment, 0)
        self.decay = number_from("decay", decay, 0)
        if decay >= 1:
            raise ValueError(f"decay={decay}: expected a number below 1")
        self.restart = restart
        self.dead_below = number_from("dead_below", dead_below, 0, above=True)
        self.register_buffer("usage", torch.zeros(num_codes) if restart else torch.ones(num_codes))

    @property
    @abstractmethod
    def follows_batches(self) -> bool:
        """Whether codes are moved by the vectors of this device alone, so that several devices would come to differ."""

    @abstractmethod
    def code_loss(self, maps: Tensor, codes: Tensor) -> Tensor | float:
        """What moves the codes by gradient: (B, D, h, w), (B, D, h, w) -> the same, or 0."""

    @abstractmethod
    def move(self, chosen: Tensor, vectors: Tensor) -> None:
        """Put the chosen codes (K, 1) where the vectors (K, D) are."""

    @abstractmethod
    def learn(self, vectors: Tensor, indices: Tensor) -> None:
        """Move the codes, without gradients, to the vectors (M, D) that they stand for, indices (M,)."""

    def forward(self, maps: Tensor) -> Quantised:
        """Quantise the maps (B, D, h, w); while training, also restart codes, keep count and learn."""
        with without_autocast(maps.device):
            return self._quantised(maps)

    def _quantised(self, maps: Tensor) -> Quantised:
        vectors = maps.detach().movedim(1, -1).flatten(0, -2)  # (B·h·w, D)
        if self.training and self.restart:
            self._restart(vectors)
        indices = self.nearest(maps)
        codes = self.lookup(indices)
        distance = self.commitment * (maps - codes.detach()).square() + self.code_loss(maps, codes)
        if self.training:
            self._count(indices.flatten())
            self.learn(vectors, indices.flatten())
        # maps - sg[maps] is exactly zero, so that the value is the code's to the last bit.
        return Quantised(codes.detach() + (maps - maps.detach()), indices, distance.flatten(1).sum(1))

    @torch.no_grad()
    def nearest(self, maps: Tensor) -> Tensor:
        """The index of the nearest code of each vector: (B, D, h, w) -> (B, h, w)."""
        with without_autocast(maps.device):
            return self._distances(maps.movedim(1, -1)).argmin(-1)

    def lookup(self, indices: Tensor) -> Tensor:
        """The codes: (..., h, w) -> (..., D, h, w)."""
        return embedding(indices, self.codes).movedim(-1, -3)

    def _distances(self, vectors: Tensor) -> Tensor:
        """‖z - e‖² - ‖z‖² = ‖e‖² - 2 z·e for every code: (..., D) -> (..., K)."""
        return self.codes.square().sum(1) - 2 * vectors @ self.codes.T

    @torch.no_grad()
    def _restart(self, vectors: Tensor) -> None:
        dead = self.usage < self.dead_below  # (K,)
        far = vectors.square().sum(1) + self._distances(vectors).amin(1)  # (M,)
        # Not multinomial(): of a run that has diverged it would raise an error about probabilities.
        cumulative = far.clamp(min=0).cumsum(0)
        drawn = torch.searchsorted(cumulative, torch.rand_like(self.usage) * cumulative[-1])
        self.move(dead.unsqueeze(1), vectors[drawn.clamp(max=len(vectors) - 1)])
        self.usage.copy_(torch.where(dead, 1.0, self.usage))

    @torch.no_grad()
    def _count(self, indices: Tensor) -> None:
        share = torch.full_like(indices, self.num_codes / len(indices), dtype=self.usage.dtype)
        self.usage.mul_(self.decay).index_add_(0, indices, share, alpha=1 - self.decay)
