"""The variational autoencoder."""

from collections.abc import Callable, Iterable

from torch import Size, Tensor, nn
from torch.distributions import Distribution
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from src.distributions import Likelihood
from src.losses import VariationalBound
from src.models.image_model import ImageModel
from src.models.require_loss import require_loss
from src.networks import Encoder


class VAE(ImageModel):
    """q(z|x) = posterior(encoder(x)), p(z) = prior(), p(x|z) = likelihood(decoder(z)).

    Kingma & Welling 2014. Trained to minimise a VariationalBound.

    decoder: makes the decoder from the shape of its output, which the likelihood decides.
    posterior: makes the posterior from the number of the encoder's features.
    """

    loss: VariationalBound
    term_names = ("loss", "elbo", "reconstruction", "kl")
    monitor = "val/elbo"
    monitor_mode = "max"

    def __init__(
        self,
        encoder: Encoder,
        decoder: Callable[..., nn.Module],
        posterior: Callable[..., nn.Module],
        prior: nn.Module,
        likelihood: Likelihood,
        loss: VariationalBound,
        optimizer: Callable[[Iterable[nn.Parameter]], Optimizer],
        scheduler: Callable[[Optimizer], LRScheduler],
    ) -> None:
        super().__init__(encoder, loss, optimizer, scheduler)
        require_loss(self, loss, VariationalBound)
        self.prior = prior
        self.posterior = posterior(in_features=encoder.out_features)
        self.likelihood = likelihood
        self.decoder = decoder(output_shape=likelihood.parameter_shape(self.image_shape))

    @property
    def latent_dim(self) -> int:
        return self.prior().event_shape[0]

    def posterior_of(self, x: Tensor) -> Distribution:
        """q(z|x): (B, C, H, W) -> batch shape (B,), event shape (D,)."""
        return self.posterior(self.encoder(x))

    def likelihood_of(self, z: Tensor) -> Distribution:
        """p(x|z): (..., D) -> batch shape (...), event shape (C, H, W)."""
        return self.likelihood(self.decoder(z))

    def terms(self, x: Tensor) -> dict[str, Tensor]:
        return self.loss(x, self.posterior_of(x), self.prior(), self.likelihood_of)._asdict()

    def encode(self, x: Tensor) -> Tensor:
        return self.posterior_of(x).mean

    def decode(self, z: Tensor) -> Tensor:
        return self.likelihood_of(z).mean

    def sample(self, n: int) -> Tensor:
        """The means of p(x|z) for n draws of z from the prior: (n, C, H, W)."""
        return self.decode(self.prior().sample(Size((n,))))

    def on_train_batch_start(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> None:
        self.loss.epoch = self.current_epoch + batch_idx / self.trainer.num_training_batches
