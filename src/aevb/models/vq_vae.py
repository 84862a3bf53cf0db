"""The vector-quantised autoencoder."""

from collections.abc import Callable, Iterable
from typing import cast

from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from aevb.errors import UserError
from aevb.losses import ReconstructionLoss
from aevb.metrics.code_use import CodeUse
from aevb.models.require_loss import require_loss
from aevb.networks import Codebook, Encoder
from aevb.train.module import STAGES, ImageModel


class VQVAE(ImageModel):
    """x̂ = decoder(codes), codes = codebook(W encoder(x̃)): a map of h·w discrete codes stands for an image.

    van den Oord, Vinyals & Kavukcuoglu 2017. Trained to minimise a ReconstructionLoss between x̂ and x plus the
    codebook's loss, both summed. The encoder's features must be a map; W is a 1×1 convolution to the D numbers of a
    code.

    decoder: makes the decoder from the shape of its output; it takes the codes' maps flattened, (..., D·h·w).
    noise: makes x̃ of x: nothing, or what a denoising autoencoder has to undo.
    """

    loss: ReconstructionLoss
    term_names = ("loss", "reconstruction", "codebook")
    monitor = "val/reconstruction"
    monitor_mode = "min"
    bare_steps = False

    def __init__(
        self,
        encoder: Encoder,
        codebook: Codebook,
        decoder: Callable[..., nn.Module],
        loss: ReconstructionLoss,
        optimizer: Callable[[Iterable[nn.Parameter]], Optimizer],
        scheduler: Callable[[Optimizer], LRScheduler],
        noise: nn.Module | None = None,
    ) -> None:
        super().__init__(encoder, loss, optimizer, scheduler)
        require_loss(self, loss, ReconstructionLoss)
        feature_shape: tuple[int, ...] | None = getattr(encoder, "map_shape", None)
        if feature_shape is None:
            raise ValueError(f"VQVAE quantises maps, and {type(encoder).__name__} has none: use encoder=conv")
        self.feature_shape = feature_shape
        self.code_shape = (codebook.latent_dim, *self.feature_shape[1:])  # (D, h, w)
        self.to_code = nn.Conv2d(self.feature_shape[0], codebook.latent_dim, 1)
        self.codebook = codebook
        self.decoder = decoder(output_shape=self.image_shape)
        taken = getattr(self.decoder, "code_shape", None)
        if taken != self.code_shape:
            raise ValueError(
                f"VQVAE's codes are maps of shape {self.code_shape}, and {type(self.decoder).__name__} takes "
                f"{taken or 'none'}: use decoder=conv_map, with the encoder's channels, kernel_size and stride"
            )
        self.noise = noise or nn.Identity()
        self.use = nn.ModuleDict({f"{stage}_use": CodeUse(codebook.num_codes) for stage in STAGES})

    @property
    def units(self) -> dict[str, str]:
        return {
            "loss": "reconstruction + codebook",
            "reconstruction": self.loss.unit,
            "codebook": "summed squared distance per image",
            "perplexity": "codes",
            "usage": "share of codes",
        }

    def terms(self, x: Tensor) -> dict[str, Tensor]:
        quantised = self.codebook(self._maps(self.noise(x)))
        reconstruction = self.loss(self.decoder(quantised.maps.flatten(1)), x)
        return {
            "loss": reconstruction + quantised.loss,
            "reconstruction": reconstruction,
            "codebook": quantised.loss,
        }

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

    def epoch_terms(self, stage: str, means: dict[str, Tensor], num_images: Tensor) -> dict[str, Tensor]:
        use = self._use(stage)
        terms = use.compute()
        use.reset()
        return terms

    def on_fit_start(self) -> None:
        if self.codebook.follows_batches and self.trainer.world_size > 1:
            raise UserError(
                f"This codebook learns from the batches of one device, and the trainer has {self.trainer.world_size}: "
                f"say trainer.devices=1, or codebook=gradient codebook.restart=false"
            )

    def _step(self, batch: tuple[Tensor, Tensor], stage: str) -> dict[str, Tensor]:
        # The codes are counted where they are made, and only in steps: whoever else asks for terms() leaves no trace.
        use = self._use(stage)
        with self.codebook.register_forward_hook(lambda codebook, maps, quantised: use.update(quantised.indices)):
            return super()._step(batch, stage)

    def _use(self, stage: str) -> CodeUse:
        return cast(CodeUse, self.use[f"{stage}_use"])

    def _maps(self, x: Tensor) -> Tensor:
        """What is quantised: (B, C, H, W) -> (B, D, h, w)."""
        return self.to_code(self.encoder(x).unflatten(1, self.feature_shape))
