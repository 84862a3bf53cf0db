"""Parts that do not go together are refused with what to do about it."""

from collections.abc import Callable

import pytest
import torch
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal

from aevb.checks import WrongClass
from aevb.distributions import ShapeMismatch, SupportMismatch, check_support
from aevb.errors import UserError
from aevb.losses import MovingSupport, NoClosedForm, NoReparameterisation, ReconstructionLoss, VariationalBound
from aevb.losses.reparameterised import reparameterised
from aevb.models import VAE
from aevb.networks import MapEncoder
from aevb.train.advice import advice
from aevb.train.preflight import check_parts_fit
from tests.conftest import choices
from tests.distributions.test_priors import FITTING, PAIRS, pair


@pytest.mark.parametrize(("posterior", "prior"), [names for names in PAIRS if names[0] not in FITTING[names[1]]][::5])
def test_a_pair_that_does_not_fit_gets_one_that_does(posterior: str, prior: str) -> None:
    with pytest.raises(SupportMismatch) as error:
        check_support(*pair(posterior, prior))
    tip = advice(error.value)
    assert tip is not None
    assert any(name in tip for name in (*choices("posterior"), "a prior on"))
    assert "\n" not in f"{error.value}: {tip}"


def test_the_choices_of_a_class_are_found_in_their_configs() -> None:
    bounds = advice(WrongClass("loss", None, VariationalBound))
    errors = advice(WrongClass("loss", None, ReconstructionLoss))
    assert errors == "use loss=bce, loss=mse, loss=mse_mean, loss=rmse"
    assert bounds is not None
    assert {*bounds.removeprefix("use ").split(", "), *errors.removeprefix("use ").split(", ")} == {
        f"loss={name}" for name in choices("loss")
    }
    assert advice(WrongClass("encoder", None, MapEncoder)) == "use encoder=conv"


def test_a_posterior_without_rsample_gets_a_loss_that_needs_none() -> None:
    weights, components = Categorical(torch.ones(4, 3)), Independent(Normal(torch.zeros(4, 3, 2), 1.0), 1)
    with pytest.raises(NoReparameterisation, match="MixtureSameFamily has no rsample") as error:
        reparameterised(MixtureSameFamily(weights, components), 1)
    assert advice(error.value) == "use loss=score_function, which only needs log q(z|x)"


def fails(kind: type[Exception]) -> Callable[[torch.Tensor], torch.Tensor]:
    def encode(x: torch.Tensor) -> torch.Tensor:
        raise kind("a bug")

    return encode


@pytest.mark.parametrize("kind", [RuntimeError, NotImplementedError, TypeError])
def test_an_error_of_a_part_itself_stays_what_it_is(small_vae: Callable[..., VAE], kind: type[Exception]) -> None:
    model = small_vae()
    model.encoder.forward = fails(kind)  # type: ignore[method-assign, assignment]
    with pytest.raises(kind, match="a bug"):
        check_parts_fit(model, model.image_shape)


def test_shapes_that_torch_refuses_are_the_user_s_to_mend(small_vae: Callable[..., VAE]) -> None:
    with pytest.raises(UserError, match="do not fit together"):
        check_parts_fit(small_vae().float(), (1, 5, 5))


def test_the_other_mistakes_have_a_remedy_and_a_bug_has_none() -> None:
    assert advice(NoClosedForm()) == advice(MovingSupport()) == "use loss=sgvb_a"
    assert "latent_dim" in str(advice(ShapeMismatch()))
    assert advice(ValueError("something else")) is None
