"""A distribution of a VQ-VAE's codes."""

from collections.abc import Callable
from typing import Self

import torch
from torch import Tensor
from torch.distributions import Categorical
from torch.nn.functional import cross_entropy

from aevb.checks import instance_of
from aevb.models.image_model import GenerativeModel
from aevb.models.vq_vae import VQVAE
from aevb.networks import CodePrior


class VQPrior(GenerativeModel):
    """p(k) = ∏ᵢ p(kᵢ | k_<i) over the codes k of a trained VQVAE, which itself stays as it is.

    van den Oord, Vinyals & Kavukcuoglu 2017, section 3.3. loss = -log p(k), in nats per image: it says nothing of the
    pixels, and is comparable between models of the same VQVAE only.

    code_prior: makes a CodePrior from the number of codes K.
    """

    term_names = ("loss", "nats_per_code")
    select_by = "loss"
    discrete_codes = True

    def __init__(self, vq_vae: VQVAE, code_prior: Callable[..., CodePrior]) -> None:
        instance_of("vq_vae", vq_vae, VQVAE)
        units = {"loss": "nats per image", "nats_per_code": "nats per code"}
        super().__init__(vq_vae.image_shape, units, pixel_range=vq_vae.pixel_range)
        self.vq_vae = vq_vae.eval().requires_grad_(False)
        self.code_prior = instance_of("code_prior", code_prior(num_codes=vq_vae.codebook.num_codes), CodePrior)

    def train(self, mode: bool = True) -> Self:
        super().train(mode)
        self.vq_vae.eval()
        return self

    def terms(self, x: Tensor) -> dict[str, Tensor]:
        if x.shape[1:] != self.image_shape:
            raise ValueError(f"the VQ-VAE was trained on images of shape {self.image_shape}, got {tuple(x.shape[1:])}")
        codes = self.vq_vae.indices_of(x)
        loss = cross_entropy(self.code_prior(codes), codes, reduction="none").flatten(1)  # (B, h·w)
        return {"loss": loss.sum(1), "nats_per_code": loss.mean(1)}

    def encode(self, x: Tensor) -> Tensor:
        return self.vq_vae.encode(x)

    def decode(self, z: Tensor) -> Tensor:
        return self.vq_vae.decode(z)

    def pass_through(self, x: Tensor) -> None:
        quantised = self.vq_vae.quantise(x)
        self.code_prior(quantised.indices)
        self.decode(quantised.maps.flatten(1))

    @torch.no_grad()
    def sample(self, n: int) -> Tensor:
        """The images of n maps of codes, drawn code by code: (n, C, H, W)."""
        height, width = self.vq_vae.code_shape[1:]
        codes = torch.zeros(n, height, width, dtype=torch.int64, device=self.vq_vae.codebook.codes.device)
        for row in range(height):
            for column in range(width):
                # Rows below do not matter yet.
                logits = self.code_prior(codes[:, : row + 1])[:, :, row, column]  # (n, K)
                codes[:, row, column] = Categorical(logits=logits).sample()
        return self.vq_vae.decode_indices(codes)
