"""What lies between the ELBO and log p(x)."""

from aevb.evaluate.model_under_test import Subject
from aevb.evaluate.result import Result, result
from aevb.metrics.estimate import mean_over_images
from aevb.metrics.inference_gap import inference_gap

NATS = "nats per image"


def gap(subject: Subject, num_images: int, num_steps: int, num_samples: int) -> list[Result]:
    """log p(x) - ELBO, in its two parts; log p(x) is exact if there was a quadrature."""
    model = subject.vae("the gap is between its log p(x) and its ELBO")
    x = subject.first(num_images)
    parts = inference_gap(model, x, num_steps, num_samples, subject.pairs, subject.track("best posteriors"))
    exact = subject.per_image.get("log_px_exact")
    annealed = subject.per_image.get("log_px_ais")
    log_px, source = parts.log_px, "importance sampling from the best posteriors"
    if exact is not None and len(exact) >= len(x):
        log_px, source = exact[: len(x)], "quadrature"
    elif annealed is not None and len(annealed) >= len(x) and annealed[: len(x)].mean() > log_px.mean():
        log_px, source = annealed[: len(x)], "annealed importance sampling"
    subject.per_image.update(elbo_best=parts.elbo_best, log_px_best=parts.log_px)
    subject.sentences.append(
        f"The gap's log p(x) is from {source}. The best posteriors are found by optimisation: the approximation gap is "
        f"at most, and the amortisation gap at least, what is given."
    )
    named = {
        "gap": log_px - parts.elbo,
        "approximation_gap": log_px - parts.elbo_best,
        "amortisation_gap": parts.elbo_best - parts.elbo,
    }
    return [result(name, mean_over_images(values, NATS), len(x), num_samples) for name, values in named.items()]
