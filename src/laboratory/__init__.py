"""The noise of the gradients of one model: what the estimators of a bound differ in, where their means agree.

Kingma & Welling 2014, section 2.3, say of SGVB-B that it "typically has less variance" than SGVB-A, and of the score
function's gradient, in section 2.2, that its variance is "very high"; the paper shows neither. This is that figure.
Beside the estimators of the ELBO stand those of the bounds L_K: IWAE, whose gradient by φ loses its signal as K grows
(Rainforth et al. 2018), and DReG, which mends this. STL gains on SGVB-A as q(z|x) comes close to p(z|x), and so all the
more in a trained model.

All repetitions see the same batch, at the same parameters φ and θ, and differ in the samples of z alone.
"""

from src.laboratory.compare import compare

__all__ = ["compare"]
