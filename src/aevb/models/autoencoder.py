"""The plain autoencoder."""

from collections.abc import Callable, Sequence

from torch import Tensor, nn

from aevb.checks import instance_of, whole_number
from aevb.losses import ReconstructionLoss
from aevb.models.image_model import ImageModel
from aevb.networks import Decoder, Encoder


class Autoencoder(ImageModel):
    """x̂ = decoder(z), z = W encoder(x̃) + b, trained to minimise a ReconstructionLoss between x̂ and x.

    decoder: makes the decoder from the shape of its output, for example partial(MLPDecoder, 2, hidden_sizes=[512]).
    noise: makes x̃ of x: nothing, or what a denoising autoencoder has to undo (Vincent et al. 2008).
    pixel_range: the numbers of black and of white.

    >>> import torch
    >>> from functools import partial
    >>> from aevb.losses import MSE
    >>> from aevb.networks import MLPDecoder, MLPEncoder
    >>> decoder = partial(MLPDecoder, latent_dim=2, hidden_sizes=[512])
    >>> model = Autoencoder(2, MLPEncoder((1, 28, 28), [512]), decoder, MSE())
    >>> model.terms(torch.zeros(3, 1, 28, 28))["loss"].shape
    torch.Size([3])
    """

    term_names = ("loss", "reconstruction")
    select_by = "loss"

    def __init__(
        self,
        latent_dim: int,
        encoder: Encoder,
        decoder: Callable[..., Decoder],
        loss: ReconstructionLoss,
        noise: nn.Module | None = None,
        pixel_range: Sequence[float] = (0.0, 1.0),
    ) -> None:
        instance_of("loss", loss, ReconstructionLoss)
        super().__init__(encoder.image_shape, dict.fromkeys(self.term_names, loss.unit), noise, pixel_range)
        loss.check_range(*self.pixel_range)
        self.encoder = encoder
        self.loss = loss
        self.latent_dim = whole_number("latent_dim", latent_dim)
        self.to_code = nn.Linear(encoder.out_features, latent_dim)
        self.decoder = decoder(output_shape=self.image_shape)

    def terms(self, x: Tensor) -> dict[str, Tensor]:
        reconstruction = self.loss(self.decoder(self.encode(self.noise(x))), x)
        return {"loss": reconstruction, "reconstruction": reconstruction}

    def encode(self, x: Tensor) -> Tensor:
        code: Tensor = self.to_code(self.encoder(x))
        return code

    def decode(self, z: Tensor) -> Tensor:
        return self.loss.image(self.decoder(z))
