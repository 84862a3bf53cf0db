"""The conditional distribution of a clean image that a denoising model has learned."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.distributions import Bernoulli, Distribution, Independent, Normal

from aevb.checks import number_from
from aevb.errors import NotApplicable
from aevb.losses import BCE
from aevb.models.autoencoder import Autoencoder
from aevb.models.image_model import ImageModel
from aevb.models.vae import VAE
from aevb.models.vq_vae import VQVAE


def denoiser(model: ImageModel, x: Tensor, sigma: float | None = None) -> Callable[[Tensor], Distribution]:
    """x̃ (B, C, H, W) -> P(x|x̃), which `denoising_chain` draws from: the model minimises -log P(x|x̃).

    An autoencoder with BCE has ∏ Bernoulli(xᵢ; x̂ᵢ) for its reconstruction x̂ of x̃, and one with a squared error
    N(x; x̂, σ² I). That loss is minimised by the same x̂ for any σ; the likeliest is the root of the mean squared error
    per pixel. A VAE has ∫ q(z|x̃) p(x|z) dz. It is given as p(x|z) for one z ~ q(z|x̃), so that draws are draws of the
    integral.

    x: images (N, C, H, W), from which σ is estimated, with noise on them. sigma: σ itself; 0 is the reconstruction.

    Raises NotApplicable for a model without noise, and ValueError for a sigma where there is none.
    """
    if isinstance(model.noise, nn.Identity):
        raise NotApplicable("the model is trained without noise")
    if isinstance(model, VAE):
        _no_sigma(sigma, "p(x|z) of a VAE has its own")
        return lambda noisy: model.likelihood_of(model.posterior_of(noisy).sample())
    if not isinstance(model, Autoencoder | VQVAE):
        raise NotApplicable(f"{type(model).__name__} does not denoise")

    def reconstruct(noisy: Tensor) -> Tensor:
        return model.decode(model.encode(noisy))

    if isinstance(model.loss, BCE):
        _no_sigma(sigma, "with bce, pixels are black or white")
        return lambda noisy: Independent(Bernoulli(reconstruct(noisy), validate_args=False), 3)
    if sigma is None:
        with torch.no_grad():
            scale = (x - reconstruct(model.noise(x))).square().mean().sqrt()
    else:
        scale = x.new_tensor(number_from("sigma", sigma, 0))
    return lambda noisy: Independent(Normal(reconstruct(noisy), scale, validate_args=False), 3)


def _no_sigma(sigma: float | None, reason: str) -> None:
    if sigma is not None:
        raise ValueError(f"sigma={sigma}: expected null, since {reason}")
