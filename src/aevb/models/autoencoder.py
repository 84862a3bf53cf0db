"""The plain autoencoder."""

from collections.abc import Callable, Iterable

from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from aevb.errors import whole_number
from aevb.losses import ReconstructionLoss
from aevb.models.require_loss import require_loss
from aevb.networks import Encoder
from aevb.train.module import ImageModel


class Autoencoder(ImageModel):
    """x̂ = decoder(z), z = W encoder(x̃) + b, trained to minimise a ReconstructionLoss between x̂ and x.

    decoder: makes the decoder from the shape of its output, for example partial(MLPDecoder, 2, hidden_sizes=[512]).
    noise: makes x̃ of x: nothing, or what a denoising autoencoder has to undo (Vincent et al. 2008).
    """

    loss: ReconstructionLoss
    term_names = ("loss", "reconstruction")
    monitor = "val/loss"
    monitor_mode = "min"

    def __init__(
        self,
        latent_dim: int,
        encoder: Encoder,
        decoder: Callable[..., nn.Module],
        loss: ReconstructionLoss,
        optimizer: Callable[[Iterable[nn.Parameter]], Optimizer],
        scheduler: Callable[[Optimizer], LRScheduler],
        noise: nn.Module | None = None,
    ) -> None:
        super().__init__(encoder, loss, optimizer, scheduler)
        require_loss(self, loss, ReconstructionLoss)
        self.latent_dim = whole_number("latent_dim", latent_dim)
        self.to_code = nn.Linear(encoder.out_features, latent_dim)
        self.decoder = decoder(output_shape=self.image_shape)
        self.noise = noise or nn.Identity()

    def terms(self, x: Tensor) -> dict[str, Tensor]:
        reconstruction = self.loss(self.decoder(self.encode(self.noise(x))), x)
        return {"loss": reconstruction, "reconstruction": reconstruction}

    def encode(self, x: Tensor) -> Tensor:
        return self.to_code(self.encoder(x))

    def decode(self, z: Tensor) -> Tensor:
        return self.loss.image(self.decoder(z))
