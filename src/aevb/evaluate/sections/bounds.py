"""The ELBO, and log p(x) by three roads."""

from collections.abc import Sequence

import torch

from aevb.evaluate.model_under_test import Subject
from aevb.evaluate.result import Result, log_density_result, result
from aevb.figures import NotApplicable
from aevb.figures.exact_posterior import exact_posterior
from aevb.metrics.annealed import annealed_importance, sandwich
from aevb.metrics.elbo import elbo as elbo_of
from aevb.metrics.estimate import mean_over_images
from aevb.metrics.importance import importance_ladder
from aevb.metrics.posterior_density import posterior_density
from aevb.metrics.quadrature import quadrature as integrate
from aevb.models import VAE

NATS = "nats per image"
FEW = 10  # samples


def elbo(subject: Subject, num_samples: int) -> list[Result]:
    """The ELBO, and E_q[-log p(x|z)] and KL(q(z|x) ‖ p(z)) that it is made of; for other models, their losses."""
    if not isinstance(subject.model, VAE):
        return _terms(subject)
    terms = elbo_of(subject.model, subject.x, num_samples, subject.pairs, subject.track("ELBO"))
    subject.per_image.update(elbo=terms.elbo, reconstruction=terms.reconstruction, kl=terms.kl)
    n = len(subject.x)
    return [
        log_density_result("elbo", terms.elbo, subject.model.image_shape, num_samples),
        result("reconstruction", mean_over_images(terms.reconstruction, NATS), n, num_samples),
        result("kl", mean_over_images(terms.kl, NATS), n, num_samples),
    ]


def importance(subject: Subject, num_samples: int | Sequence[int], num_images: int | None) -> list[Result]:
    """log p(x) by importance sampling from q(z|x), for several K."""
    model = subject.vae("log p(x) needs its distributions")
    x = subject.first(num_images)
    ks = [num_samples] if isinstance(num_samples, int) else num_samples
    ladder = importance_ladder(model, x, ks, subject.pairs, subject.track("importance sampling"))
    most = max(ks)
    subject.per_image.update({f"log_px_{k}": values for k, values in ladder.log_px.items()})
    subject.per_image[f"ess_{most}"] = ladder.ess
    if poor := int((ladder.ess < FEW).sum()):
        subject.sentences.append(
            f"For {poor:,} of {len(x):,} images {most:,} weighted samples are worth fewer than {FEW} of p(z|x): their "
            f"log p(x) is a bound that lies low, and its Monte Carlo error is an underestimate."
        )
    results = [
        log_density_result(f"log_px_{k}", values, model.image_shape, k, ladder.ess if k == most else None)
        for k, values in ladder.log_px.items()
    ]
    return [*results, result("ess", mean_over_images(ladder.ess, f"of {most} samples"), len(x), most)]


def annealed(
    subject: Subject,
    num_images: int,
    num_chains: int,
    num_temperatures: int,
    num_leapfrog: int,
    num_simulated: int,
) -> list[Result]:
    """log p(x) by annealed importance sampling, and both sides of it for images that the model simulates."""
    model = subject.vae("log p(x) needs its distributions")
    x = subject.first(num_images)
    chains = (num_chains, num_temperatures, num_leapfrog, subject.pairs)
    found = annealed_importance(model, x, *chains, subject.track("annealed importance sampling"))
    subject.per_image["log_px_ais"] = found.log_px
    results = [
        log_density_result("log_px_ais", found.log_px, model.image_shape, num_chains, found.ess),
        result("ais_acceptance", mean_over_images(found.acceptance, "share of proposals"), len(x), num_chains),
    ]
    if num_simulated:
        both = sandwich(model, num_simulated, *chains, subject.track("bidirectional Monte Carlo"))
        gap = mean_over_images(both.upper - both.lower, NATS)
        results += [
            result("simulated_log_px_lower", mean_over_images(both.lower, NATS), num_simulated, num_chains),
            result("simulated_log_px_upper", mean_over_images(both.upper, NATS), num_simulated, num_chains),
            result("simulated_gap", gap, num_simulated, num_chains),
        ]
    return results


def quadrature(subject: Subject, num_images: int | None, tolerance: float) -> list[Result]:
    """log p(x) and the ELBO by integration over one or two latent dimensions."""
    model = subject.vae("log p(x) needs its distributions")
    if (dimensions := model.latent_dim) > 2:
        raise NotApplicable(f"integration is for 1 or 2 latent dimensions, and this model has {dimensions}")
    x = subject.first(num_images)
    exact = integrate(model, x, tolerance, subject.num_bytes, subject.track("quadrature"))
    subject.per_image.update(log_px_exact=exact.log_px, elbo_exact=exact.elbo)
    for name, error in (("log p(x)", exact.error), ("the ELBO", exact.elbo_error)):
        if missed := int((error > tolerance).sum()):
            subject.sentences.append(
                f"Quadrature of {name} did not reach {tolerance:g} nats for {missed:,} of {len(x):,} images; the error "
                f"of the worst is about {error.max():.2g} nats."
            )
    shown = x[:6]
    subject.pictures["exact_posterior"] = exact_posterior(shown.cpu(), *posterior_density(model, shown, exact))
    gap = mean_over_images(exact.log_px - exact.elbo, NATS)
    return [
        log_density_result("log_px_exact", exact.log_px, model.image_shape, 0)._replace(num_samples=None),
        log_density_result("elbo_exact", exact.elbo, model.image_shape, 0)._replace(num_samples=None),
        result("gap_exact", gap, len(x)),
    ]


def _terms(subject: Subject) -> list[Result]:
    """The terms of the loss of a model that has no ELBO."""
    model = subject.model
    found = [model.terms(part) for part in subject.x.split(1000)]
    subject.sentences.append(f"{subject.name} defines no p(x) of images: there is no ELBO, and its own loss is given.")
    results = []
    for name in model.term_names:
        values = torch.cat([terms[name] for terms in found]).cpu()
        results.append(result(name, mean_over_images(values, model.units[name]), len(values)))
    return results
