"""Every section for degenerate images and codes: it has finite results, or says in one line why it has none."""

from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

import pytest
import torch
from matplotlib.figure import Figure
from matplotlib.text import Text

from aevb.data import ImageData
from aevb.evaluate.measure import Diverged, evaluate, section_named
from aevb.evaluate.section import Section
from aevb.evaluate.sections.annealed import Annealed
from aevb.evaluate.sections.importance import Importance
from aevb.evaluate.sections.quadrature import Quadrature
from aevb.evaluate.sections.samples import Samples
from aevb.metrics.estimate import Estimate, ratio_with_error
from tests.conftest import choices
from tests.models_known_exactly.degenerate import IMAGES, LABELS, MODELS, USUAL

SMALLER: dict[str, dict[str, Any]] = {
    "elbo": {"num_samples": 2},
    "importance": {"num_samples": (1, 5)},
    "annealed": {"num_images": 3, "num_chains": 2, "num_temperatures": 3, "num_leapfrog": 1, "num_simulated": 1},
    "gap": {"num_images": 2, "num_steps": 2, "num_samples": 5},
    "quadrature": {"num_images": 1, "tolerance": 1.0},
    "samples": {"num_samples": 12},
    "weights": {"num_draws": 2},
}
SECTIONS = [name for name in choices("sections") if name != "all"]
FEWER = {"quadrature": ["two alike"], "samples": ["all alike"], "gap": ["all alike", "one"]}  # of what takes long
NARROW = ("one latent", "a narrow posterior")
ALWAYS = {"elbo", "importance", "annealed", "gap", "reconstruction"}


class Training(ImageData):
    """Images and labels in place of a data set."""

    def __init__(self, x: torch.Tensor, y: torch.Tensor) -> None:
        self.splits = {"train": (x, y)}
        self.binarize = "none"

    def images(self, split: str, limit: int | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        x, y = self.splits[split]
        return x[:limit], y[:limit]


def section(name: str, cache: Path) -> Section:
    made = section_named(name)
    options = {**vars(made), **SMALLER.get(name, {}), **({"cache": str(cache)} if name == "samples" else {})}
    return type(made)(**options)


def measured(section_: Section, model: str, images: str, train: Training) -> str:
    """measured, or the reason why not."""
    torch.distributions.Distribution.set_default_validate_args(False)  # as in the commands
    found = evaluate(MODELS[model](), *IMAGES[images], {"it": section_}, data=train, memory=16)
    for row in found.all.results:
        for value in (row.value, row.standard_error, row.monte_carlo_error, row.bits_per_dimension):
            assert value is None or abs(value) < float("inf"), row
    for values in found.all.per_image.values():
        assert values.isfinite().all()
    texts = list(found.all.sentences)
    for picture in found.all.pictures.values():
        assert isinstance(picture, Figure)
        texts += [text.get_text() for text in picture.findobj(Text)]
    assert not [text for text in texts if {"nan", "inf", "nan%"} & set(text.lower().rstrip(".").split())]
    reason = found.not_applicable.get("it", "measured")
    assert len(reason.splitlines()) == 1
    return reason


@pytest.mark.parametrize("name", SECTIONS)
def test_degenerate_images(name: str, tmp_path: Path) -> None:
    for images in FEWER.get(name, IMAGES):
        found = measured(section(name, tmp_path), "two latents", images, Training(USUAL, LABELS))
        if name in ALWAYS:
            assert found == "measured", images


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in SECTIONS if name not in ("samples", "weights")])
def test_degenerate_codes(name: str, tmp_path: Path) -> None:
    for model in NARROW if name == "quadrature" else [model for model in MODELS if model != "diverged"]:
        with suppress(Diverged) if model in ("codes far out", "a wide posterior") else nullcontext():
            found = measured(section(name, tmp_path), model, "usual", Training(USUAL, LABELS))
            assert found == "measured" or name not in ALWAYS, model


TRAINING = {
    "of one class": (USUAL, torch.zeros_like(LABELS)),
    "all alike": IMAGES["all alike"],
    "one": IMAGES["one"],
    "two": (USUAL[:2], LABELS[:2]),
}


@pytest.mark.parametrize("name", ["probes", pytest.param("samples", marks=pytest.mark.slow)])
@pytest.mark.parametrize("training", TRAINING)
def test_degenerate_training_images(name: str, training: str, tmp_path: Path) -> None:
    x, y = TRAINING[training]
    assert y is not None
    measured(section(name, tmp_path), "two latents", "usual", Training(x, y))


def test_too_few_training_images_are_said_to_be(tmp_path: Path) -> None:
    found = evaluate(
        MODELS["two latents"](), USUAL, LABELS,
        {"samples": Samples(num_samples=12, cache=str(tmp_path))}, data=Training(USUAL[:1], LABELS[:1]), memory=16,
    )  # fmt: skip
    assert any(sentence.startswith("1 training image: too few") for sentence in found.all.sentences)


@pytest.mark.parametrize(
    "one", [Importance(num_samples=1), Annealed(2, num_chains=1, num_temperatures=2, num_leapfrog=1, num_simulated=0)]
)
def test_one_sample_does_not_say_how_far_off_it_is(one: Section) -> None:
    (of_log_px, _) = evaluate(MODELS["two latents"](), USUAL, sections={"it": one}).all.results
    assert of_log_px.num_samples == 1
    assert of_log_px.monte_carlo_error is None


@pytest.mark.parametrize("low", [0.0, -1.0])
def test_images_beside_exact_posteriors_have_grey_levels(low: float) -> None:
    """Whatever the range of the model's pixels."""
    model = MODELS["two latents"]()
    model.pixel_range = (low, 1.0)
    found = evaluate(model, model.from_grey(USUAL), sections={"it": Quadrature(num_images=1, tolerance=1.0)})
    picture = found.all.pictures["exact_posterior"]
    assert isinstance(picture, Figure)
    shown = picture.axes[0].images[0].get_array()
    assert shown is not None
    assert torch.allclose(torch.as_tensor(shown), USUAL[found.order[0]].mean(0), atol=1e-6)


def test_a_diverged_model_is_called_one() -> None:
    with pytest.raises(Diverged, match="weights of the model are NaN or infinite"):
        evaluate(MODELS["diverged"](), USUAL)


def test_the_ratio_of_nothing_has_an_error() -> None:
    """a/b: the error of a counts where a is 0, too."""
    ratio = ratio_with_error(Estimate(0.0, 2.0, "1"), Estimate(-4.0, 1.0, "1"))
    assert (ratio.value, ratio.standard_error) == (0.0, 0.5)
    ratio = ratio_with_error(Estimate(6.0, 0.3, "1"), Estimate(2.0, 0.2, "1"))
    assert ratio.standard_error == pytest.approx(3 * (0.05**2 + 0.1**2) ** 0.5)
