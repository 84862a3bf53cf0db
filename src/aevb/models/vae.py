"""The variational autoencoder."""

from collections.abc import Callable, Iterable
from inspect import signature
from math import inf

import torch
from torch import Size, Tensor, nn
from torch.distributions import Distribution, Normal
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from aevb.distributions import Likelihood, centre, check_support
from aevb.errors import number_from
from aevb.losses import VariationalBound
from aevb.models.require_loss import require_loss
from aevb.networks import Encoder
from aevb.train.module import ImageModel


class VAE(ImageModel):
    """q(z|x) = posterior(encoder(x̃)), p(z) = prior(), p(x|z) = likelihood(decoder(z)).

    Kingma & Welling 2014. Trained to minimise a VariationalBound.

    decoder: makes the decoder from the shape of its output, which the likelihood decides.
    posterior: makes the posterior from the number of the encoder's features.
    prior: a module, or, for a prior that is made of posteriors, what makes one from `posterior_of` and `image_shape`.
    noise: makes x̃ of x: nothing, or what a denoising variational autoencoder has to undo.
    initial_std: draws every parameter from N(0, initial_std²) instead of torch's defaults (the paper's section 5:
        0.1). None: torch's defaults.
    map_estimate: maximise Σₙ log p(xₙ) + log p(θ) over the decoder's weights θ, with p(θ) = N(0, I) (the paper's
        section 5). The loss, per image, gains -log p(θ)/N for N training images.

    Raises ValueError where the posterior and the prior live on different sets.
    """

    loss: VariationalBound
    term_names = ("loss", "elbo", "reconstruction", "kl")
    quiet_names = ("elbo_dataset",)

    def __init__(
        self,
        encoder: Encoder,
        decoder: Callable[..., nn.Module],
        posterior: Callable[..., nn.Module],
        prior: nn.Module | Callable[..., nn.Module],
        likelihood: Likelihood,
        loss: VariationalBound,
        optimizer: Callable[[Iterable[nn.Parameter]], Optimizer],
        scheduler: Callable[[Optimizer], LRScheduler],
        noise: nn.Module | None = None,
        initial_std: float | None = None,
        map_estimate: bool = False,
    ) -> None:
        super().__init__(encoder, loss, optimizer, scheduler)
        require_loss(self, loss, VariationalBound)
        self.monitor, self.monitor_mode = ("val/elbo", "max") if loss.best_by == "elbo" else ("val/loss", "min")
        self.posterior = posterior(in_features=encoder.out_features)
        if not isinstance(prior, nn.Module):
            if "posterior_of" not in signature(prior).parameters:
                raise ValueError(
                    "VAE needs a prior of z, not one of maps of codes: use prior=standard_normal, for example"
                )
            prior = prior(posterior_of=self.posterior_of, image_shape=self.image_shape)
        self.prior = prior
        self.likelihood = likelihood
        self.decoder = decoder(output_shape=likelihood.parameter_shape(self.image_shape))
        self.noise = noise or nn.Identity()
        if not isinstance(map_estimate, bool):
            raise ValueError(f"map_estimate={map_estimate!r}: expected true or false")
        self.map_estimate = map_estimate
        self.num_training_images = inf  # until training begins there is no data set, and no weight on p(θ)
        if initial_std is not None:
            for parameter in self.parameters():
                nn.init.normal_(parameter, std=number_from("initial_std", initial_std, 0, above=True))
        with torch.no_grad():
            check_support(self.posterior(torch.zeros(1, encoder.out_features)), self.prior())

    @property
    def latent_dim(self) -> int:
        return self.prior().event_shape[0]

    @property
    def units(self) -> dict[str, str]:
        return {**super().units, "elbo_dataset": "nats per data set"}

    def posterior_of(self, x: Tensor) -> Distribution:
        """q(z|x): (B, C, H, W) -> batch shape (B,), event shape (D,)."""
        return self.posterior(self.encoder(x))

    def likelihood_of(self, z: Tensor) -> Distribution:
        """p(x|z): (..., D) -> batch shape (...), event shape (C, H, W)."""
        return self.likelihood(self.decoder(z))

    def terms(self, x: Tensor) -> dict[str, Tensor]:
        def encode(image: Tensor) -> Distribution:
            return self.posterior_of(self.noise(image))

        terms = self.loss(x, encode(x), self.prior(), self.likelihood_of, encode)._asdict()
        if self.map_estimate:
            terms["loss"] = terms["loss"] - self.log_weight_prior() / self.num_training_images
        return terms

    def epoch_terms(self, stage: str, means: dict[str, Tensor], num_images: Tensor) -> dict[str, Tensor]:
        # N/M Σ over minibatches of M (the paper's equation 8), for the N images of the epoch.
        return {"elbo_dataset": num_images * means["elbo"]}

    def log_weight_prior(self) -> Tensor:
        """log p(θ) = Σ log N(θᵢ; 0, 1) over the decoder's parameters, in nats."""
        unit = Normal(0.0, 1.0)
        return torch.stack([unit.log_prob(parameter).sum() for parameter in self.decoder.parameters()]).sum()

    def encode(self, x: Tensor) -> Tensor:
        return centre(self.posterior_of(x))

    def decode(self, z: Tensor) -> Tensor:
        return self.likelihood_of(z).mean

    def sample(self, n: int) -> Tensor:
        """The means of p(x|z) for n draws of z from the prior: (n, C, H, W)."""
        return self.decode(self.prior().sample(Size((n,))))

    def on_fit_start(self) -> None:
        self.num_training_images = self.trainer.datamodule.sizes["train"]  # type: ignore[attr-defined]

    def on_train_batch_start(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> None:
        if not self.loss.capturable:  # its steps differ from one another
            self.loss.epoch = self.current_epoch + batch_idx / self.trainer.num_training_batches
