"""The plain functions beside the commands: draw, evaluate, compare_estimators."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch

from aevb.compare_estimators import compare_estimators
from aevb.draw import draw
from aevb.errors import NotApplicable
from aevb.evaluate import evaluate
from aevb.evaluate.findings import Findings
from aevb.evaluate.model_under_test import ModelUnderTest
from aevb.evaluate.result import Result
from aevb.evaluate.section import Section
from aevb.evaluate.sections.importance import Importance
from aevb.figures.prior_samples import prior_samples
from aevb.losses import IWAE, SGVBA
from aevb.models import VAE

FUNCTIONS = {
    "draw": draw,
    "evaluate": evaluate,
    "compare_estimators": lambda model, images: compare_estimators(model, images, {"A": SGVBA}),
}


@pytest.fixture
def model(small_vae: Callable[..., VAE]) -> VAE:
    return small_vae()


@pytest.fixture
def x() -> torch.Tensor:
    return torch.rand(6, 1, 4, 4, generator=torch.Generator().manual_seed(0)).round().double()


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x: x[:, 0], r"shape \(6, 4, 4\): expected \(N, 1, 4, 4\)"),
        (lambda x: x[:0], r"with N of at least 1"),
        (lambda x: x * 255, r"from 0 to 255: expected numbers in \[0, 1\]"),
        (lambda x: x / 0, r"nan"),
        (lambda x: (x * 255).byte(), r"uint8 on .*float64"),
        (lambda x: x.float(), r"float32 on .*float64"),
        (lambda x: x.tolist(), r"expected a tensor, got list"),
    ],
)
def test_images_that_a_model_does_not_take_are_refused(
    model: VAE, x: torch.Tensor, function: Callable[..., Any], change: Callable[..., Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        function(model, change(x))


@pytest.mark.parametrize("function", [draw, evaluate])
def test_labels_are_one_for_each_image(model: VAE, x: torch.Tensor, function: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match=r"labels of shape \(5,\): expected \(6,\)"):
        function(model, x, torch.zeros(5, dtype=torch.int64))


@pytest.mark.parametrize("function", [draw, evaluate])
def test_the_model_labels_and_seed_are_what_they_should_be(
    model: VAE, x: torch.Tensor, function: Callable[..., Any]
) -> None:
    with pytest.raises(ValueError, match="model: expected ImageModel, got str"):
        function("outputs/run", x)
    with pytest.raises(ValueError, match="labels: expected a tensor, got list"):
        function(model, x, [0] * 6)
    for seed in (-1, None, 1.5, "a"):
        with pytest.raises(ValueError, match=r"seed=.*: expected a whole number of at least 0"):
            function(model, x, seed=seed)


@pytest.mark.parametrize("memory", [0, -1, "a"])
def test_memory_is_at_least_one(model: VAE, x: torch.Tensor, memory: Any) -> None:
    with pytest.raises(ValueError, match=r"memory=.*: expected a finite number of at least 1"):
        evaluate(model, x, memory=memory)


@pytest.mark.parametrize("function", [draw, evaluate])
def test_an_unknown_name_is_answered_with_the_known_ones(
    model: VAE, x: torch.Tensor, function: Callable[..., Any]
) -> None:
    with pytest.raises(ValueError, match=r"'nothing'.* There are: .*(elbo|tsne)"):
        function(model, x, None, "nothing")


def test_one_name_is_a_list_of_one(model: VAE, x: torch.Tensor) -> None:
    assert draw(model, x, None, "prior_samples").keys() == {"prior_samples"}
    assert evaluate(model, x, None, "elbo").findings.keys() == {"elbo"}


def test_figures_and_sections_with_options_have_names_of_their_own(model: VAE, x: torch.Tensor) -> None:
    pictures = draw(model, x, figures={"mine": partial(prior_samples, n=2)})
    assert pictures.keys() == {"mine"}
    found = evaluate(model, x, sections={"tighter": Importance([1, 50])})
    assert found["log_px_50"].value > found["log_px_1"].value


def test_labels_are_asked_for_where_they_are_needed(model: VAE, x: torch.Tensor) -> None:
    with pytest.raises(NotApplicable, match="no labels"):
        draw(model, x, None, "latent_scatter")
    assert "no labels" in evaluate(model, x, None, "probes").not_applicable["probes"]


@pytest.mark.parametrize("training", [True, False])
def test_the_model_and_the_random_state_stay_as_they_were(model: VAE, x: torch.Tensor, training: bool) -> None:
    model.train(training)
    weights = {name: value.clone() for name, value in model.state_dict().items()}
    state = torch.get_rng_state()
    draw(model, x, None, ["prior_samples", "reconstructions"])
    evaluate(model, x, None, ["elbo", "importance"])
    compare_estimators(model, x, {"A": SGVBA}, [1], repetitions=20, reference_samples=10)
    assert torch.equal(torch.get_rng_state(), state)
    assert all(module.training == training for module in model.modules())
    assert all(torch.equal(value, weights[name]) for name, value in model.state_dict().items())


def test_estimators_are_compared_by_names_of_ones_own(model: VAE, x: torch.Tensor) -> None:
    rows = compare_estimators(model, x, {"mine": IWAE}, [1, 2], repetitions=20, reference_samples=50)
    assert [(row.estimator, row.num_samples, row.parameters) for row in rows] == [
        ("mine", n, part) for n in (1, 2) for part in ("encoder", "decoder")
    ]


class Echo(Section):
    """Reports how many sections it was told of."""

    def __init__(self, *needs: str) -> None:
        self.needs = needs  # type: ignore[misc]

    def measure(self, tested: ModelUnderTest, found: Any) -> Findings:
        return Findings(
            [Result(f"after_{'_'.join(found) or 'none'}", float(len(found)), None, "sections", len(tested.x))]
        )


def test_a_section_comes_after_those_that_it_needs_and_is_shown_in_the_order_given(model: VAE, x: torch.Tensor) -> None:
    found = evaluate(model, x, sections={"last": Echo("middle"), "middle": Echo("first"), "first": Echo()})
    assert list(found.findings) == ["last", "middle", "first"]
    assert [findings.results[0].name for findings in found.findings.values()] == [
        "after_middle",
        "after_first",
        "after_none",
    ]


def test_a_result_that_was_not_found_is_answered_with_those_that_were(model: VAE, x: torch.Tensor) -> None:
    with pytest.raises(KeyError, match=r"log_px_7.*only elbo"):
        evaluate(model, x)["log_px_7"]


def test_a_section_that_is_not_chosen_is_not_waited_for(model: VAE, x: torch.Tensor) -> None:
    assert evaluate(model, x, sections={"only": Echo("elbo")})["after_none"].value == 0
