"""A distribution of a VQ-VAE's codes."""

from collections.abc import Callable, Iterable
from inspect import signature
from typing import Self

import torch
from torch import Tensor, nn
from torch.distributions import Categorical
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from aevb.models.vq_vae import VQVAE
from aevb.train.module import ImageModel


class VQPrior(ImageModel):
    """p(k) = ∏ᵢ p(kᵢ | k_<i) over the codes k of a trained VQVAE, which itself stays as it is.

    van den Oord, Vinyals & Kavukcuoglu 2017, section 3.3. loss = -log p(k), in nats per image: it says nothing of the
    pixels, and compares between models of the same VQVAE only.

    prior: makes a network from the number of codes K: maps of codes (B, h, w) -> logits (B, K, h, w), where those of
        a code depend on the codes before it, row by row.
    """

    term_names = ("loss", "nats_per_code")
    monitor = "val/loss"
    monitor_mode = "min"

    def __init__(
        self,
        vq_vae: VQVAE,
        prior: Callable[..., nn.Module],
        optimizer: Callable[[Iterable[nn.Parameter]], Optimizer],
        scheduler: Callable[[Optimizer], LRScheduler],
    ) -> None:
        if not isinstance(vq_vae, VQVAE):
            raise ValueError(f"VQPrior is made of the codes of a VQVAE, got {vq_vae!r}")
        if isinstance(prior, nn.Module) or "num_codes" not in signature(prior).parameters:
            raise ValueError("VQPrior needs a prior of maps of codes: use prior=pixel_cnn")

        def of_trainable(parameters: Iterable[nn.Parameter]) -> Optimizer:
            return optimizer(parameter for parameter in parameters if parameter.requires_grad)

        super().__init__(vq_vae.encoder, nn.CrossEntropyLoss(reduction="none"), of_trainable, scheduler)
        self.vq_vae = vq_vae.eval().requires_grad_(False)
        self.prior = prior(num_codes=vq_vae.codebook.num_codes)

    @property
    def units(self) -> dict[str, str]:
        return {"loss": "nats per image", "nats_per_code": "nats per code"}

    def train(self, mode: bool = True) -> Self:
        super().train(mode)
        self.vq_vae.eval()
        return self

    def terms(self, x: Tensor) -> dict[str, Tensor]:
        if x.shape[1:] != self.image_shape:
            raise ValueError(f"the VQ-VAE was trained on images of shape {self.image_shape}, got {tuple(x.shape[1:])}")
        codes = self.vq_vae.indices_of(x)
        loss = self.loss(self.prior(codes), codes).flatten(1)  # (B, h·w)
        return {"loss": loss.sum(1), "nats_per_code": loss.mean(1)}

    def encode(self, x: Tensor) -> Tensor:
        return self.vq_vae.encode(x)

    def decode(self, z: Tensor) -> Tensor:
        return self.vq_vae.decode(z)

    @torch.no_grad()
    def sample(self, n: int) -> Tensor:
        """The images of n maps of codes, drawn code by code: (n, C, H, W)."""
        height, width = self.vq_vae.code_shape[1:]
        codes = torch.zeros(n, height, width, dtype=torch.int64, device=self.device)
        for row in range(height):
            for column in range(width):
                # Rows below do not matter yet.
                logits = self.prior(codes[:, : row + 1])[:, :, row, column]  # (n, K)
                codes[:, row, column] = Categorical(logits=logits).sample()
        return self.vq_vae.decode_indices(codes)
