"""Parts that do not go together are refused with what to do about it."""

import pytest

from aevb.checks import WrongClass
from aevb.distributions import ShapeMismatch, SupportMismatch, check_support
from aevb.losses import MovingSupport, NoClosedForm, ReconstructionLoss, VariationalBound
from aevb.networks import MapEncoder
from aevb.train.advice import advice
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
    assert errors == "use loss=bce, loss=mse, loss=rmse"
    assert bounds is not None
    assert {*bounds.removeprefix("use ").split(", "), *errors.removeprefix("use ").split(", ")} == {
        f"loss={name}" for name in choices("loss")
    }
    assert advice(WrongClass("encoder", None, MapEncoder)) == "use encoder=conv"


def test_the_other_mistakes_have_a_remedy_and_a_bug_has_none() -> None:
    assert advice(NoClosedForm()) == advice(MovingSupport()) == "use loss=sgvb_a"
    assert "latent_dim" in str(advice(ShapeMismatch()))
    assert advice(ValueError("something else")) is None
