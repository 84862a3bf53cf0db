"""The variational autoencoder."""

from collections.abc import Callable, Mapping, Sequence
from math import inf

import torch
from torch import Size, Tensor, nn
from torch.distributions import Distribution, Normal

from aevb.checks import instance_of, true_or_false
from aevb.distributions import Likelihood, Posterior, Prior, check_support, check_tails, mean_or_mode
from aevb.losses import Densities, VariationalBound
from aevb.models.image_model import GenerativeModel
from aevb.networks import Decoder, Encoder

LEAST = -80.0  # raw parameters with which a family has its least degrees of freedom, and so its heaviest tails


class VAE(GenerativeModel):
    """q(z|x) = posterior(encoder(x̃)), p(z) = prior(), p(x|z) = likelihood(decoder(z)).

    Kingma & Welling 2014. Trained to minimise a VariationalBound.

    decoder: makes the decoder from the shape of its output, which the likelihood decides.
    posterior: makes the posterior from the number of the encoder's features.
    prior: a Prior, or, where it is made of the model's own posteriors, what makes one from `posterior_of`, which takes
        images with grey levels in [0, 1], and `image_shape`.
    noise: makes x̃ of x: nothing, or what a denoising variational autoencoder has to undo.
    map_estimate: maximise Σₙ log p(xₙ) + log p(θ) over the decoder's weights θ, with p(θ) = N(0, I) (the paper's
        section 5). The loss, per image, gains -log p(θ)/N for N training images.
    pixel_range: the numbers of black and of white; a likelihood of numbers in [0, 1] takes no other.

    Raises ShapeMismatch or SupportMismatch where the posterior and the prior live on different sets, and InfiniteKL
    where the tails of the posterior are too heavy for the prior.

    >>> from functools import partial
    >>> from aevb.distributions import Bernoulli, NormalPosterior, StandardNormal
    >>> from aevb.losses import SGVBB
    >>> from aevb.networks import MLPDecoder, MLPEncoder
    >>> model = VAE(
    ...     encoder=MLPEncoder((1, 28, 28), hidden_sizes=[512]),
    ...     decoder=partial(MLPDecoder, latent_dim=2, hidden_sizes=[512]),
    ...     posterior=partial(NormalPosterior, latent_dim=2),
    ...     prior=StandardNormal(2),
    ...     likelihood=Bernoulli(),
    ...     loss=SGVBB(),
    ... )
    >>> terms = model.terms(torch.zeros(3, 1, 28, 28))
    >>> {name: tuple(nats.shape) for name, nats in terms.items()}
    {'loss': (3,), 'elbo': (3,), 'reconstruction': (3,), 'kl': (3,)}
    """

    term_names: tuple[str, ...] = ("loss", "elbo", "reconstruction", "kl")
    not_printed: tuple[str, ...] = ("elbo_dataset",)

    def __init__(
        self,
        encoder: Encoder,
        decoder: Callable[..., Decoder],
        posterior: Callable[..., Posterior],
        prior: Prior | Callable[..., Prior],
        likelihood: Likelihood,
        loss: VariationalBound,
        noise: nn.Module | None = None,
        map_estimate: bool = False,
        pixel_range: Sequence[float] = (0.0, 1.0),
    ) -> None:
        instance_of("loss", loss, VariationalBound)
        units = {**dict.fromkeys(self.term_names, loss.unit), "elbo_dataset": "nats per data set"}
        super().__init__(encoder.image_shape, units, noise, pixel_range)
        likelihood.check_range(*self.pixel_range)
        self.encoder = encoder
        self.loss = loss
        self.select_by = loss.select_by
        self.select_mode = "max" if loss.select_by == "elbo" else "min"
        self.posterior = posterior(in_features=encoder.out_features)
        if not isinstance(prior, Prior):
            prior = prior(posterior_of=self.posterior_of_grey, image_shape=self.image_shape)
        self.prior = prior
        self.likelihood = likelihood
        self.decoder = decoder(output_shape=likelihood.parameter_shape(self.image_shape))
        self.map_estimate = true_or_false("map_estimate", map_estimate)
        self.num_training_images = inf  # until training begins there is no data set, and no weight on p(θ)
        with torch.no_grad():
            raw, p = self.posterior.raw_of(torch.zeros(1, encoder.out_features)), self.prior()
            check_support(self.posterior.distribution(raw), p)
            check_tails(self.posterior.distribution(torch.full_like(raw, LEAST)), p)

    @property
    def latent_dim(self) -> int:
        latent_dim: int = self.prior().event_shape[0]
        return latent_dim

    def posterior_of(self, x: Tensor) -> Distribution:
        """q(z|x): (B, C, H, W) -> batch shape (B,), event shape (D,)."""
        return self.posterior.distribution(self.raw_of(x))

    def posterior_of_grey(self, grey: Tensor) -> Distribution:
        """q(z|x) of images with grey levels in [0, 1], whatever the range of the model's pixels."""
        return self.posterior_of(self.from_grey(grey))

    def raw_of(self, x: Tensor) -> Tensor:
        """The raw parameters of q(z|x): (B, C, H, W) -> (B, P)."""
        return self.posterior.raw_of(self.encoder(x))

    def likelihood_of(self, z: Tensor) -> Distribution:
        """p(x|z): (..., D) -> batch shape (...), event shape (C, H, W)."""
        p: Distribution = self.likelihood(self.decoder(z))
        return p

    def densities(self) -> Densities:
        """q(z|x), p(z) and p(x|z); q is that of the image as it is, without noise."""
        return Densities(self.posterior_of, self.prior(), self.likelihood_of)

    def terms(self, x: Tensor) -> dict[str, Tensor]:
        densities = Densities(lambda x: self.posterior_of(self.noise(x)), self.prior(), self.likelihood_of)
        terms: dict[str, Tensor] = self.loss(x, densities)._asdict()
        if self.map_estimate:
            terms["loss"] = terms["loss"] - self.log_weight_prior() / self.num_training_images
        return terms

    def log_weight_prior(self) -> Tensor:
        """log p(θ) = Σ log N(θᵢ; 0, 1) over the decoder's parameters, in nats."""
        unit = Normal(0.0, 1.0)
        return torch.stack([unit.log_prob(parameter).sum() for parameter in self.decoder.parameters()]).sum()

    def encode(self, x: Tensor) -> Tensor:
        return mean_or_mode(self.posterior_of(x))

    def decode(self, z: Tensor) -> Tensor:
        return self.likelihood_of(z).mean

    def sample(self, n: int) -> Tensor:
        """The means of p(x|z) for n draws of z from the prior: (n, C, H, W)."""
        return self.decode(self.prior().sample(Size((n,))))

    def pass_through(self, x: Tensor) -> None:
        q: Distribution = self.posterior(self.encoder(self.noise(x)))
        self.prior().sample(Size((1,)))
        self.likelihood_of(q.sample())

    def begin_training(self, num_images: int) -> None:
        self.num_training_images = num_images

    def at_epoch(self, epoch: float) -> None:
        self.loss.at_epoch(epoch)

    def epoch_terms(self, means: Mapping[str, Tensor], num_images: Tensor) -> dict[str, Tensor]:
        # N/M Σ over minibatches of M (the paper's equation 8), for the N images of the epoch.
        return {"elbo_dataset": num_images * means["elbo"]}
