"""The variational autoencoder whose decoder has a distribution of weights."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import inf, log

import torch
from torch import Tensor, nn
from torch.distributions import Distribution, Normal, kl_divergence
from torch.func import functional_call

from aevb.checks import number_from, one_of
from aevb.distributions import Likelihood, Posterior, Prior
from aevb.losses import Densities, VariationalBound
from aevb.models.vae import VAE
from aevb.networks import Decoder, Encoder

WEIGHT_KL = ("closed_form", "sampled")


class BayesianVAE(VAE):
    """A VAE whose decoder's parameters θ have q(θ) = ∏ᵢ N(θᵢ; μᵢ, σᵢ²), and the prior p(θ) = ∏ᵢ N(θᵢ; 0, prior_std²).

    Full variational Bayes: Kingma & Welling 2014, appendix F. For N training images X

        log p(X)/N ≥ 1/N Σₙ E_q(θ)[L(xₙ; θ)] - KL(q(θ) ‖ p(θ))/N,

    where `loss` estimates L, a bound on log p(x|θ), from q(z|x), as for any VAE. In `terms`, `loss` and `elbo` include
    KL(q(θ) ‖ p(θ))/N, always with weight 1, and so do those of validation and test images, with the N of training.
    `kl_weights` is KL(q(θ) ‖ p(θ)) in nats for the whole data set, and `kl_weights_per_image` its N-th part. N is kept
    in checkpoints; before training it is infinite.

    θ = μ + σ ⊙ ζ is drawn once in each call of `terms`, in evaluation as in training: all images of a minibatch share
    it. The paper's algorithm 2 draws θ with each image, which has the same expectation. Everything else, such as
    `decode`, `sample` and `densities`, has the weights μ: figures and evaluations show one VAE, the one at the mean of
    q(θ). Parameters of the likelihood and of the prior p(z) are not among θ.

    prior_std: the standard deviation of p(θ).
    start_std: where each σᵢ starts; μ starts as the decoder's weights do.
    pixel_range: see `VAE`.
    weight_kl: closed_form, the paper's appendix F.1; or sampled, log q(θ) - log p(θ) at the θ that was drawn.

    >>> from functools import partial
    >>> from aevb.distributions import Bernoulli, NormalPosterior, StandardNormal
    >>> from aevb.losses import SGVBB
    >>> from aevb.networks import MLPDecoder, MLPEncoder
    >>> model = BayesianVAE(
    ...     encoder=MLPEncoder((1, 28, 28), hidden_sizes=[512]),
    ...     decoder=partial(MLPDecoder, latent_dim=2, hidden_sizes=[512]),
    ...     posterior=partial(NormalPosterior, latent_dim=2),
    ...     prior=StandardNormal(2),
    ...     likelihood=Bernoulli(),
    ...     loss=SGVBB(),
    ... )
    >>> list(model.terms(torch.zeros(3, 1, 28, 28)))
    ['loss', 'elbo', 'reconstruction', 'kl', 'kl_weights', 'kl_weights_per_image']
    """

    term_names = (*VAE.term_names, "kl_weights", "kl_weights_per_image")
    not_printed = (*VAE.not_printed, "kl_weights")
    data_set_size: Tensor  # (), N

    def __init__(
        self,
        encoder: Encoder,
        decoder: Callable[..., Decoder],
        posterior: Callable[..., Posterior],
        prior: Prior | Callable[..., Prior],
        likelihood: Likelihood,
        loss: VariationalBound,
        noise: nn.Module | None = None,
        prior_std: float = 1.0,
        start_std: float = 0.01,
        weight_kl: str = "closed_form",
        pixel_range: Sequence[float] = (0.0, 1.0),
    ) -> None:
        super().__init__(encoder, decoder, posterior, prior, likelihood, loss, noise, pixel_range=pixel_range)
        self.units["kl_weights"] = "nats per data set"
        self.prior_std = number_from("prior_std", prior_std, 0, above=True)
        self.weight_kl = one_of("weight_kl", weight_kl, WEIGHT_KL)
        start = log(number_from("start_std", start_std, 0, above=True))
        self.log_std = nn.ParameterList(torch.full_like(mean, start) for mean in self.decoder.parameters())
        self.register_buffer("data_set_size", torch.tensor(inf))

    def weight_posterior(self) -> dict[str, Normal]:
        """q(θ): independent normals for each of the decoder's parameters, by its name, in its shape."""
        means = self.decoder.named_parameters()
        return {name: Normal(mean, log_std.exp()) for (name, mean), log_std in zip(means, self.log_std, strict=True)}

    def kl_weights(self, weights: Mapping[str, Tensor]) -> Tensor:
        """KL(q(θ) ‖ p(θ)) in nats, (); where it is sampled, estimated at these weights θ."""
        parts = []
        for name, q in self.weight_posterior().items():
            p = Normal(torch.zeros_like(q.loc), torch.full_like(q.loc, self.prior_std))
            if self.weight_kl == "closed_form":
                parts.append(kl_divergence(q, p).sum())
            else:
                parts.append((q.log_prob(weights[name]) - p.log_prob(weights[name])).sum())
        return torch.stack(parts).sum()

    def likelihood_with(self, weights: Mapping[str, Tensor], z: Tensor) -> Distribution:
        """p(x|z, θ): (..., D) -> batch shape (...), event shape (C, H, W)."""
        p: Distribution = self.likelihood(functional_call(self.decoder, dict(weights), (z,)))
        return p

    def terms(self, x: Tensor) -> dict[str, Tensor]:
        weights = {name: q.rsample() for name, q in self.weight_posterior().items()}
        likelihood_of = partial(self.likelihood_with, weights)
        densities = Densities(lambda x: self.posterior_of(self.noise(x)), self.prior(), likelihood_of)
        terms: dict[str, Tensor] = self.loss(x, densities)._asdict()
        kl = self.kl_weights(weights)
        per_image = kl / self.data_set_size
        return {
            **terms,
            "loss": terms["loss"] + per_image,
            "elbo": terms["elbo"] - per_image,
            "kl_weights": kl.expand(len(x)),
            "kl_weights_per_image": per_image.expand(len(x)),
        }

    def begin_training(self, num_images: int) -> None:
        super().begin_training(num_images)
        self.data_set_size.fill_(num_images)
