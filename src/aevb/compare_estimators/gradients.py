"""The gradients of one model's loss on one batch, by any estimator, and what they should be on average."""

from collections.abc import Callable
from statistics import median
from time import perf_counter

import torch
from torch import Tensor

from aevb.compare_estimators.statistics import GROUPS, GradientSums
from aevb.errors import UserError
from aevb.losses import MIWAE, SGVBA, SGVBB, STL, Densities, LossTerms, MovingSupport, NoClosedForm, VariationalBound
from aevb.models import VAE
from aevb.seeding import seed_for

CHUNK = 64  # samples for each image that a reference decodes at once
LOG_P_REPETITIONS = 3  # independent gradients of log p(x), each of all reference_samples
PARTS = ("encoder", "decoder")


class Gradients:
    """∇φ and ∇θ of the mean over a batch of a VAE's loss, each flat: φ of encoder and posterior, θ of all the rest.

    x: images (B, C, H, W). A denoising VAE sees them with noise that is drawn once.
    seed: of all samples. Each estimator, number of samples and repetition has a stream of its own.
    """

    def __init__(self, model: VAE, x: Tensor, seed: int) -> None:
        self.model, self.x, self.seed = model, x, seed
        torch.manual_seed(seed_for("noise of the images", seed))
        self.seen = model.noise(x)
        phi = [p for part in (model.encoder, model.posterior) for p in part.parameters() if p.requires_grad]
        if not phi:
            raise UserError(f"{type(model).__name__} has no encoder whose gradients could be compared")
        own = {id(parameter) for parameter in phi}
        theta = [p for part in (model.decoder, model.likelihood, model.prior) for p in part.parameters()]
        self.theta = [p for p in theta if p.requires_grad and id(p) not in own]
        self.phi = phi

    def loss(self, estimator: VariationalBound) -> Tensor:
        model = self.model
        densities = Densities(lambda x: model.posterior_of(self.seen), model.prior(), model.likelihood_of)
        terms: LossTerms = estimator.eval()(self.x, densities)
        return terms.loss.mean()

    def objection(self, make: Callable[..., VariationalBound]) -> Exception | None:
        """Why an estimator does not exist for this model; None if it does."""
        try:
            with torch.no_grad():
                self.loss(make(num_samples=1))
        except (NoClosedForm, MovingSupport) as error:
            return error
        return None

    def estimate(
        self, estimator: VariationalBound, repetitions: int, stream: str
    ) -> tuple[dict[str, GradientSums], float]:
        """The sums of `repetitions` gradients, for φ and θ, and the seconds that one took (the median)."""
        sums, seconds = {part: GradientSums() for part in PARTS}, []
        estimator.to(self.x.device)
        for repetition in range(repetitions):
            torch.manual_seed(seed_for(stream, self.seed, estimator.num_samples, repetition))
            started = self.now()
            gradient = torch.autograd.grad(self.loss(estimator), [*self.phi, *self.theta], materialize_grads=True)
            seconds.append(self.now() - started)
            sums["encoder"].add(flattened(gradient[: len(self.phi)]))
            sums["decoder"].add(flattened(gradient[len(self.phi) :]))
        if not all(torch.isfinite(part.sums).all() for part in sums.values()):
            raise UserError(f"a gradient of {type(estimator).__name__} is not a finite number: the model has diverged")
        return sums, median(seconds)

    def now(self) -> float:
        if self.x.is_cuda:
            torch.cuda.synchronize()
        return perf_counter()

    def elbo_reference(self, samples: int) -> dict[str, GradientSums]:
        """The ELBO's gradient from this many samples: its KL term in closed form, where there is one."""
        kind = next(kind for kind in (SGVBB, STL, SGVBA) if self.objection(kind) is None)
        return self.estimate(kind(num_samples=CHUNK), max(GROUPS, samples // CHUNK), "reference for the ELBO")[0]

    def bound_reference(self, k: int, samples: int) -> dict[str, GradientSums]:
        """The gradient of L_K, from as many samples: averages of IWAE's, differentiated plainly."""
        groups = max(1, CHUNK // k)
        bound = MIWAE(num_samples=k, num_groups=groups)
        return self.estimate(bound, max(GROUPS, samples // (groups * k)), "reference for L_K")[0]

    def log_p_reference(self, k: int) -> GradientSums:
        """-∇θ log p(x) = -E[∇θ log p(x, z)] over p(z|x), as -Σₖ w̃ₖ ∇θ log p(x, zₖ) with K samples of q(z|x).

        This is IWAE's gradient with respect to θ; only a few samples are decoded at a time.
        """
        sums = GradientSums(LOG_P_REPETITIONS)
        for repetition in range(LOG_P_REPETITIONS):
            torch.manual_seed(seed_for("reference for log p(x)", self.seed, repetition))
            with torch.no_grad():
                posterior = self.model.posterior_of(self.seen)
                z = posterior.sample((k,)).split(CHUNK)  # (K, B, D)
                log_w = torch.cat([self.log_joint(part) - posterior.log_prob(part) for part in z])
                shares = (log_w.softmax(0) / len(self.x)).split(CHUNK)  # (K, B)
            gradient = torch.zeros((), dtype=torch.float64, device=self.x.device)
            for part, share in zip(z, shares, strict=True):
                value = -(share * self.log_joint(part)).sum()
                gradient = gradient + flattened(torch.autograd.grad(value, self.theta, materialize_grads=True)).double()
            sums.add(gradient)
        return sums

    def log_joint(self, z: Tensor) -> Tensor:
        """log p(x, z): (L, B, D) -> (L, B)."""
        log_p: Tensor = self.model.likelihood_of(z).log_prob(self.x) + self.model.prior().log_prob(z)
        return log_p


def flattened(tensors: tuple[Tensor, ...]) -> Tensor:
    return torch.cat([tensor.flatten() for tensor in tensors])
