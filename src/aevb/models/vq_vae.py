"""The vector-quantised autoencoder."""

from collections.abc import Callable, Sequence

from torch import Tensor, nn

from aevb.checks import instance_of
from aevb.losses import ReconstructionLoss
from aevb.models.image_model import ImageModel
from aevb.networks import Codebook, MapDecoder, MapEncoder
from aevb.networks.codebook import Quantised
from aevb.precision import at_least_single


class VQVAE(ImageModel):
    """x̂ = decoder(codes), codes = codebook(W encoder(x̃)): a map of h·w discrete codes stands for an image.

    van den Oord, Vinyals & Kavukcuoglu 2017. Trained to minimise a ReconstructionLoss between x̂ and x plus the
    codebook's loss, both summed. The encoder's features are a map; W is a 1×1 convolution to the D numbers of a code.

    `terms` also holds `codes`, int64 (B, h, w), the indices of the codes that stand for each image.

    decoder: makes the decoder from the shape of its output; it takes the codes' maps flattened, (..., D·h·w).
    noise: makes x̃ of x: nothing, or what a denoising autoencoder has to undo.
    pixel_range: the numbers of black and of white.
    """

    term_names = ("loss", "reconstruction", "codebook")
    select_by = "reconstruction"
    discrete_codes = True

    def __init__(
        self,
        encoder: MapEncoder,
        codebook: Codebook,
        decoder: Callable[..., MapDecoder],
        loss: ReconstructionLoss,
        noise: nn.Module | None = None,
        pixel_range: Sequence[float] = (0.0, 1.0),
    ) -> None:
        instance_of("loss", loss, ReconstructionLoss)
        units = {
            "loss": "reconstruction + codebook",
            "reconstruction": loss.unit,
            "codebook": "summed squared distance per image",
            "perplexity": "codes",
            "usage": "share of codes",
        }
        instance_of("encoder", encoder, MapEncoder)
        super().__init__(encoder.image_shape, units, noise, pixel_range)
        loss.check_range(*self.pixel_range)
        self.encoder = encoder
        self.loss = loss
        self.code_shape = (codebook.latent_dim, *encoder.map_shape[1:])  # (D, h, w)
        self.to_code = nn.Conv2d(encoder.map_shape[0], codebook.latent_dim, 1)
        self.codebook = codebook
        self.num_codes = codebook.num_codes
        self.decoder = instance_of("decoder", decoder(output_shape=self.image_shape), MapDecoder)
        if self.decoder.code_shape != self.code_shape:
            raise ValueError(
                f"the codes are maps of shape {self.code_shape}, and the decoder takes {self.decoder.code_shape}: "
                f"expected the encoder's channels, kernel_size and stride in the decoder, too"
            )

    def terms(self, x: Tensor) -> dict[str, Tensor]:
        quantised = self.quantise(x)
        reconstruction = self.loss(self.decoder(quantised.maps.flatten(1)), x)
        return {
            "loss": reconstruction + quantised.loss,
            "reconstruction": reconstruction,
            "codebook": quantised.loss,
            "codes": quantised.indices,
        }

    def quantise(self, x: Tensor) -> Quantised:
        """The codes of the images (B, C, H, W) with noise, as `terms` has them."""
        quantised: Quantised = self.codebook(self._maps(self.noise(x)))
        return quantised

    def encode(self, x: Tensor) -> Tensor:
        return self.codebook.lookup(self.indices_of(x)).flatten(1)

    def decode(self, z: Tensor) -> Tensor:
        return self.loss.image(self.decoder(z))

    def indices_of(self, x: Tensor) -> Tensor:
        """Which codes stand for each image: (B, C, H, W) -> (B, h, w)."""
        return self.codebook.nearest(self._maps(x))

    def decode_indices(self, indices: Tensor) -> Tensor:
        """The image that each map of codes stands for: (..., h, w) -> (..., C, H, W)."""
        return self.decode(self.codebook.lookup(indices).flatten(-3))

    def pass_through(self, x: Tensor) -> None:
        self.decode(self.quantise(x).maps.flatten(1))

    def _maps(self, x: Tensor) -> Tensor:
        """What is quantised: (B, C, H, W) -> (B, D, h, w)."""
        return at_least_single(self.to_code(self.encoder(x).unflatten(1, self.encoder.map_shape)))
