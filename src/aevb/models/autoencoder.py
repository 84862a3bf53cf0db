"""The plain autoencoder."""

from collections.abc import Callable, Sequence

from torch import Tensor, nn

from aevb.checks import instance_of, whole_number
from aevb.losses import Penalty, ReconstructionLoss
from aevb.models.evaluating import evaluating
from aevb.models.image_model import ImageModel
from aevb.networks import Decoder, Encoder
from aevb.precision import at_least_single


class Autoencoder(ImageModel):
    """x̂ = decoder(z), z = W encoder(x̃) + b, trained to minimise a ReconstructionLoss between x̂ and x.

    decoder: makes the decoder from the shape of its output, for example partial(MLPDecoder, 2, hidden_sizes=[512]).
    noise: makes x̃ of x: nothing, or what a denoising autoencoder has to undo (Vincent et al. 2008).
    penalty: what the code of x̃ costs beside, such as Contractive or Sparse; `terms` then hold it, too, and `loss` is
        the sum of both. What it differentiates is the encoder of an evaluation, with the running statistics of batch
        normalisation and no dropout: with the statistics of a batch, a code would move with the other images.
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

    term_names: tuple[str, ...] = ("loss", "reconstruction")
    select_by = "loss"

    def __init__(
        self,
        latent_dim: int,
        encoder: Encoder,
        decoder: Callable[..., Decoder],
        loss: ReconstructionLoss,
        noise: nn.Module | None = None,
        penalty: Penalty | None = None,
        pixel_range: Sequence[float] = (0.0, 1.0),
    ) -> None:
        instance_of("loss", loss, ReconstructionLoss)
        super().__init__(encoder.image_shape, dict.fromkeys(self.term_names, loss.unit), noise, pixel_range)
        loss.check_range(*self.pixel_range)
        self.penalty = penalty
        if penalty is not None:
            instance_of("penalty", penalty, Penalty)
            self.term_names = (*self.term_names, "penalty")
            self.units |= {"loss": "reconstruction + penalty", "penalty": penalty.unit}
        self.encoder = encoder
        self.loss = loss
        self.latent_dim = whole_number("latent_dim", latent_dim)
        self.to_code = nn.Linear(encoder.out_features, latent_dim)
        self.decoder = decoder(output_shape=self.image_shape)

    def terms(self, x: Tensor) -> dict[str, Tensor]:
        noisy = self.noise(x)
        z = self.encode(noisy)
        reconstruction = self.loss(self.decoder(z), x)
        if self.penalty is None:
            return {"loss": reconstruction, "reconstruction": reconstruction}
        penalty = self.penalty(self._encode_each, noisy, z)
        return {"loss": reconstruction + penalty, "reconstruction": reconstruction, "penalty": penalty}

    def encode(self, x: Tensor) -> Tensor:
        return at_least_single(self.to_code(self.encoder(x)))

    def _encode_each(self, x: Tensor) -> Tensor:
        """`encode`, with a code for each image that depends on no other."""
        with evaluating(self.encoder):
            return self.encode(x)

    def decode(self, z: Tensor) -> Tensor:
        return self.loss.image(self.decoder(z))
