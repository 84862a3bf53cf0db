"""The default VAEs, written down once more, in plain PyTorch."""

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits


class PlainVAE(nn.Module):
    """forward(x) is -ELBO in nats per image: (B, 1, 28, 28) -> ()."""

    def __init__(self, encoder: nn.Module, decoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder

    def forward(self, x: Tensor) -> Tensor:
        mean, log_variance = self.encoder(x).chunk(2, dim=1)
        z = mean + torch.randn_like(mean) * (log_variance / 2).exp()
        logits = self.decoder(z).view_as(x)
        reconstruction = binary_cross_entropy_with_logits(logits, x, reduction="sum")
        kl = 0.5 * (mean.square() + log_variance.exp() - log_variance - 1).sum()
        return (reconstruction + kl) / len(x)


def mlp_vae() -> PlainVAE:
    """784-512-2-512-784, as model=mlp_vae."""
    encoder = nn.Sequential(nn.Flatten(), nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 4))
    decoder = nn.Sequential(nn.Linear(2, 512), nn.ReLU(), nn.Linear(512, 784))
    return PlainVAE(encoder, decoder)


def conv_vae() -> PlainVAE:
    """1-32-64 channels, as model=conv_vae."""
    encoder = nn.Sequential(
        nn.Conv2d(1, 32, 3, 2, 1), nn.ReLU(), nn.Conv2d(32, 64, 3, 2, 1), nn.ReLU(), nn.Flatten(), nn.Linear(3136, 4)
    )
    decoder = nn.Sequential(
        *(nn.Linear(2, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 3136)),
        *(nn.Unflatten(1, (64, 7, 7)), nn.ReLU(), nn.ConvTranspose2d(64, 32, 3, 2, 1, 1)),
        *(nn.ReLU(), nn.ConvTranspose2d(32, 1, 3, 2, 1, 1)),
    )
    return PlainVAE(encoder, decoder)


MODELS = {"mlp_vae": mlp_vae, "conv_vae": conv_vae}
