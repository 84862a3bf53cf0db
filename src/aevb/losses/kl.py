"""The two forms of the KL term, for each latent dimension where the distributions factorise."""

from torch import Size, Tensor
from torch.distributions import Distribution, kl_divergence

from aevb.distributions import marginal_family


class NoClosedForm(NotImplementedError):
    """No closed form of KL(q ‖ p) is known for this pair of families."""


def log_densities(posterior: Distribution, prior: Distribution, z: Tensor) -> tuple[Tensor, Tensor]:
    """log q(z|x) and log p(z) in nats: z (L, B, D) -> (L, B, D) each, or (L, B, 1) if they do not both factorise."""
    if (pair := _per_dimension(posterior, prior)) is not None:
        q, p = pair
        return q.log_prob(z), p.log_prob(z)
    return posterior.log_prob(z).unsqueeze(-1), prior.log_prob(z).unsqueeze(-1)


def log_ratio(posterior: Distribution, prior: Distribution, z: Tensor) -> Tensor:
    """log q(z|x) - log p(z) in nats: z (L, B, D) -> (L, B, D), or (L, B, 1) if it does not split into dimensions."""
    log_q, log_p = log_densities(posterior, prior, z)
    return log_q - log_p


def closed_form_kl(posterior: Distribution, prior: Distribution) -> Tensor:
    """KL(q ‖ p) in nats: (B, D), or (B, 1) if it does not split into dimensions; raises NoClosedForm."""
    try:
        if (pair := _per_dimension(posterior, prior)) is not None:
            return kl_divergence(*pair)
        return kl_divergence(posterior, prior).unsqueeze(-1)
    except NotImplementedError:
        q, p = (type(marginal_family(d)).__name__ for d in (posterior, prior))
        raise NoClosedForm(f"no closed form of KL(q ‖ p) is known for {q} and {p}") from None


def kl_or_estimate(posterior: Distribution, prior: Distribution) -> Tensor:
    """KL(q ‖ p) in nats, estimated from one draw of z where no closed form is known: (B, D), or (B, 1) as above."""
    try:
        return closed_form_kl(posterior, prior)
    except NoClosedForm:
        return log_ratio(posterior, prior, posterior.sample(Size((1,))))[0]


def _per_dimension(posterior: Distribution, prior: Distribution) -> tuple[Distribution, Distribution] | None:
    """The distributions of single dimensions, batch shape (B, D) each; None unless both are products of them."""
    q, p = marginal_family(posterior), marginal_family(prior)
    if q is posterior or p is prior or q.event_shape or p.event_shape:
        return None
    return q, p.expand(q.batch_shape)  # some of torch's closed forms do not broadcast
