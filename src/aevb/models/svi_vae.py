"""The variational autoencoder without an encoder: a posterior of its own for each image, found by optimisation."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.distributions import Distribution

from aevb.checks import number_from, whole_number, whole_numbers
from aevb.distributions import Likelihood, Posterior, Prior
from aevb.losses import MCEM, Densities, EvidenceLowerBound, VariationalBound, WakeSleep
from aevb.models.descent import descended
from aevb.models.evaluating import evaluating
from aevb.models.vae import VAE
from aevb.networks import Decoder, Encoder


class SVIVAE(VAE):
    """p(z) = prior(), p(x|z) = likelihood(decoder(z)), and q(z|x) the member of the posterior's family that fits x.

    Stochastic variational inference (Hoffman, Blei, Wang & Paisley 2013), with free variational parameters for each
    image in place of an encoder. They are found anew whenever q(z|x) is asked for, of any image: `num_steps` steps of
    Adam on the loss of that image alone, -ELBO for an EvidenceLowerBound at β = 1, with the decoder held fixed in eval
    mode. They start at zero, which is N(0, I) for Gaussian posteriors, and the learning rate falls to zero along a
    cosine. Then the parameters of decoder, likelihood and prior follow the gradient of the loss at this q, without
    one through the steps: where q minimises the loss, they are no part of it (the envelope theorem).

    The samples of the steps come from the global generator, as all others do: results repeat with the seed, and two
    posteriors of one image differ by what the noise of the last steps leaves.

    image_shape: (C, H, W).
    num_steps, learning_rate: of Adam. No parameter moves by more than about half their product.
    num_samples: how many draws of the loss each step averages.
    map_estimate, pixel_range: see `VAE`.

    Raises ValueError for a prior made of the model's own posteriors, and for a loss that gives an image no bound of its
    own to find q(z|x) by.

    >>> from functools import partial
    >>> from aevb.distributions import Bernoulli, NormalPosterior, StandardNormal
    >>> from aevb.losses import SGVBB
    >>> from aevb.networks import MLPDecoder
    >>> model = SVIVAE(
    ...     image_shape=(1, 28, 28),
    ...     decoder=partial(MLPDecoder, latent_dim=2, hidden_sizes=[512]),
    ...     posterior=partial(NormalPosterior, latent_dim=2),
    ...     prior=StandardNormal(2),
    ...     likelihood=Bernoulli(),
    ...     loss=SGVBB(),
    ... )
    >>> model.posterior_of(torch.zeros(3, 1, 28, 28)).mean.shape
    torch.Size([3, 2])
    """

    start: Tensor  # (1, P)

    def __init__(
        self,
        image_shape: Sequence[int],
        decoder: Callable[..., Decoder],
        posterior: Callable[..., Posterior],
        prior: Prior,
        likelihood: Likelihood,
        loss: VariationalBound,
        num_steps: int = 50,
        learning_rate: float = 0.3,
        num_samples: int = 1,
        map_estimate: bool = False,
        pixel_range: Sequence[float] = (0.0, 1.0),
    ) -> None:
        if not isinstance(prior, Prior):
            raise ValueError(
                "prior: expected a Prior; one that is made of the model's own posteriors, such as VampPrior, needs an "
                "encoder, and this model has none"
            )
        if isinstance(loss, WakeSleep | MCEM):
            raise ValueError(
                f"loss: {type(loss).__name__} fits an encoder to samples, and this model has none; expected a bound to "
                f"find q(z|x) by, such as SGVBB"
            )
        if isinstance(loss, EvidenceLowerBound) and loss.free_bits:
            raise ValueError(
                f"free_bits={loss.free_bits}: expected 0, since they are counted over a batch, and this model fits "
                f"q(z|x) to each image alone"
            )
        super().__init__(
            NoEncoder(image_shape),
            decoder,
            posterior,
            prior,
            likelihood,
            loss,
            map_estimate=map_estimate,
            pixel_range=pixel_range,
        )
        with torch.no_grad():
            start = torch.zeros_like(super().raw_of(torch.zeros(1, *self.image_shape)))
        self.register_buffer("start", start, persistent=False)
        self.posterior.head = nn.Identity()
        self.num_steps = whole_number("num_steps", num_steps)
        self.learning_rate = number_from("learning_rate", learning_rate, 0, above=True)
        self.num_samples = whole_number("num_samples", num_samples)

    def pass_through(self, x: Tensor) -> None:
        q: Distribution = self.posterior(self.start.expand(len(x), -1))  # without the search
        self.prior().sample(torch.Size((1,)))
        self.likelihood_of(q.sample())

    def raw_of(self, x: Tensor) -> Tensor:
        with torch.no_grad():
            prior = self.prior()
        copies = x.repeat(self.num_samples, 1, 1, 1)

        def loss(raw: Tensor) -> Tensor:
            q: Distribution = self.posterior.distribution(raw.repeat(self.num_samples, 1))
            loss: Tensor = self.loss(copies, Densities(lambda x: q, prior, self.likelihood_of)).loss
            return loss.sum() / self.num_samples  # images do not affect each other

        # Batch normalisation would let images affect each other, and count each step.
        with evaluating(self.decoder):
            return descended(loss, self.start.expand(len(x), -1), self.num_steps, self.learning_rate)


class NoEncoder(Encoder):
    """Nothing of the image: (B, C, H, W) -> zeros (B, F), where F is the size of a flow's context."""

    out_features = 8

    def __init__(self, image_shape: Sequence[int]) -> None:
        super().__init__()
        self.image_shape = whole_numbers("image_shape", image_shape)

    def forward(self, x: Tensor) -> Tensor:
        return x.new_zeros(len(x), self.out_features)
