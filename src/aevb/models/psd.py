"""Predictive sparse decomposition."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from aevb.checks import instance_of, number_from, whole_number
from aevb.models.image_model import ImageModel
from aevb.networks import Dictionary, Encoder
from aevb.networks.activation import Activation
from aevb.networks.activation import activation as activation_named
from aevb.networks.sparse_codes import sparse_codes
from aevb.precision import at_least_single, without_autocast


class PSD(ImageModel):
    """E(x, z) = ‖x - Bz‖² + λ‖z‖₁ + α‖z - F(x)‖²: a dictionary B, and an encoder F that predicts its sparse codes.

    Kavukcuoglu, Ranzato & LeCun 2008. loss = E(x, z*) with z* = argmin_z E(x, z), found for each image from F(x) on. At
    the minimum the gradient of E with z* held is that of min_z E, so that none has to pass through the search.

    F(x) = g · activation(W encoder(x) + b), with a learned gain g for each latent; the paper's encoder is linear.

    `encode` is F(x), without a search; `codes_of` searches. `decode` is Bz.

    decoder: makes the Dictionary from the shape of its output; any other decoder would leave E without its one minimum.
    sparsity, prediction: λ and α.
    num_steps: of the search; see `sparse_codes`.
    pixel_range: the numbers of black and of white.
    """

    term_names = ("loss", "reconstruction", "sparsity", "prediction")
    select_by = "loss"

    def __init__(
        self,
        latent_dim: int,
        encoder: Encoder,
        decoder: Callable[..., Dictionary],
        activation: Activation = "tanh",
        sparsity: float = 0.5,
        prediction: float = 1.0,
        num_steps: int = 50,
        pixel_range: Sequence[float] = (0.0, 1.0),
    ) -> None:
        units = {
            "loss": "reconstruction + sparsity + prediction",
            "reconstruction": "summed squared error per image",
            "sparsity": "weighted sum of absolute values per image",
            "prediction": "weighted squared distance per image",
        }
        super().__init__(encoder.image_shape, units, pixel_range=pixel_range)
        self.encoder = encoder
        self.latent_dim = whole_number("latent_dim", latent_dim)
        self.to_code = nn.Linear(encoder.out_features, latent_dim)
        self.activation = activation_named(activation)
        self.gain = nn.Parameter(torch.ones(latent_dim))
        self.decoder = instance_of("decoder", decoder(output_shape=self.image_shape), Dictionary)
        self.sparsity = number_from("sparsity", sparsity, 0)
        self.prediction = number_from("prediction", prediction, 0, above=True)  # 0 would leave F untrained
        self.num_steps = whole_number("num_steps", num_steps)

    def terms(self, x: Tensor) -> dict[str, Tensor]:
        predicted = self.encode(x)
        z = self._search(x, predicted)
        terms = {
            "reconstruction": (x - self.decode(z)).square().flatten(1).sum(1),
            "sparsity": self.sparsity * z.abs().sum(1),
            "prediction": self.prediction * (z - predicted).square().sum(1),
        }
        return {"loss": torch.stack([*terms.values()]).sum(0), **terms}

    def encode(self, x: Tensor) -> Tensor:
        code: Tensor = self.gain * self.activation(at_least_single(self.to_code(self.encoder(x))))
        return code

    def decode(self, z: Tensor) -> Tensor:
        image: Tensor = self.decoder(z)
        return image

    def codes_of(self, x: Tensor) -> Tensor:
        """z* of each image: (B, C, H, W) -> (B, D)."""
        return self._search(x, self.encode(x))

    def _search(self, x: Tensor, start: Tensor) -> Tensor:
        with without_autocast(x.device):
            return sparse_codes(x.flatten(1), self.decoder.atoms, start, self.sparsity, self.prediction, self.num_steps)
