"""Monte Carlo expectation maximisation."""

import torch
from torch import Tensor

from aevb.checks import number_from, whole_number
from aevb.losses.densities import Densities
from aevb.losses.fixed_support import check_fixed_support
from aevb.losses.importance_weighted import LogWeights
from aevb.losses.variational_bound import LossTerms, VariationalBound
from aevb.losses.wake_sleep import check_explains
from aevb.samplers import Unconstrained, adapted, hmc_transition


class MCEM(VariationalBound):
    """E: z ~ p(z|x), the end of a Markov chain. M: θ, -1/L Σₗ log p(x, zₗ). And φ: -1/L Σₗ log q(zₗ|x).

    The baseline of Kingma & Welling 2014, section 5 and appendix E: chains of Hamiltonian Monte Carlo, whose ends are
    taken for samples of the posterior. By Fisher's identity ∇θ log p(x) = E_{p(z|x)}[∇θ log p(x, z)]. The paper has no
    encoder; here q(z|x) starts the chains, and is fitted to their ends, so that ELBOs can be reported. Each transition
    costs `num_leapfrog` + 1 gradients: for small data.

    num_transitions: the length of a chain. num_leapfrog: its steps between two tests of acceptance.
    target_acceptance: what the step size adapts to, 0.9 in the paper.

    Raises MovingSupport for a posterior whose support moves with φ, and Unexplained for one that cannot give every z of
    the prior, where chains may end.
    """

    step_size: Tensor

    def __init__(
        self,
        num_samples: int = 1,
        num_transitions: int = 5,
        num_leapfrog: int = 10,
        target_acceptance: float = 0.9,
    ) -> None:
        super().__init__(num_samples)
        self.num_transitions = whole_number("num_transitions", num_transitions)
        self.num_leapfrog = whole_number("num_leapfrog", num_leapfrog)
        if number_from("target_acceptance", target_acceptance, 0, above=True) >= 1:
            raise ValueError(f"target_acceptance={target_acceptance}: expected a number between 0 and 1")
        self.target_acceptance = target_acceptance
        self.register_buffer("step_size", torch.tensor(0.05))

    def forward(self, x: Tensor, densities: Densities) -> LossTerms:
        q, prior = densities.posterior_of(x), densities.prior
        check_fixed_support(q)
        check_explains(q, prior)
        z = q.sample((self.num_samples,))  # (L, B, D)
        weights = LogWeights(z, -densities.likelihood_of(z).log_prob(x), q.log_prob(z) - prior.log_prob(z))
        end = self.end_of_chain(z, x, densities)
        log_joint = densities.likelihood_of(end).log_prob(x) + prior.log_prob(end)
        return weights.terms(-(log_joint + q.log_prob(end)).mean(0))

    def end_of_chain(self, z: Tensor, x: Tensor, densities: Densities) -> Tensor:
        """Where chains that start at z (L, B, D) end; in training the step size follows their acceptance."""
        joint = Unconstrained(x, densities.prior, densities.likelihood_of)
        u = joint.u(z)
        for _ in range(self.num_transitions):
            u, acceptance = hmc_transition(
                lambda u: joint.log_prior(u) + joint.log_likelihood(u), u, self.step_size, self.num_leapfrog
            )
            if self.training:
                self.step_size.copy_(adapted(self.step_size, acceptance, self.target_acceptance))
        return joint.z(u).detach()
