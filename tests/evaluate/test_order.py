"""Fewer images than there are make a random sample, each within the next, and the same for every section."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch

from aevb.data import ImageData
from aevb.evaluate.findings import Findings
from aevb.evaluate.measure import evaluate
from aevb.evaluate.model_under_test import ModelUnderTest
from aevb.evaluate.order import evaluation_order
from aevb.evaluate.result import result
from aevb.evaluate.section import Section
from aevb.metrics.estimate import mean_over_images
from aevb.models import VAE


@dataclass(frozen=True)
class Brightness(Section):
    """The mean pixel of each image, and the labels."""

    num_images: int | None = None

    def measure(self, tested: ModelUnderTest, found: Mapping[str, Findings]) -> Findings:
        values = tested.first(self.num_images).flatten(1).mean(1)
        labels = tested.labels()[: self.num_images].double()
        name = f"brightness_{self.num_images}"
        return Findings([result(name, mean_over_images(values, ""), len(values))], {name: values, f"{name}_y": labels})


def test_the_order_is_a_permutation_and_always_the_same() -> None:
    order = evaluation_order(1000)
    assert torch.equal(order.sort().values, torch.arange(1000))
    assert torch.equal(order, evaluation_order(1000))
    position = torch.arange(1000).double()
    assert abs(torch.corrcoef(torch.stack([order.double(), position]))[0, 1]) < 0.1


def test_sections_see_samples_within_one_another(small_vae: Callable[..., VAE]) -> None:
    x, y = torch.rand(40, 1, 4, 4).double(), torch.arange(40)
    sections = {"all": Brightness(), "some": Brightness(7), "few": Brightness(3)}
    found = evaluate(small_vae(), x, y, sections)
    values = found.all.per_image
    own = x.flatten(1).mean(1)
    for name, n in (("brightness_None", 40), ("brightness_7", 7), ("brightness_3", 3)):
        images = found.order[:n]
        assert torch.equal(values[name], own[images])
        assert torch.equal(values[f"{name}_y"].long(), images)  # labels go with their images
    assert not torch.equal(found.order[:7].sort().values, torch.arange(7))


def test_a_sample_has_the_mean_of_all_within_its_error(small_vae: Callable[..., VAE]) -> None:
    x = torch.linspace(0, 1, 2000).reshape(-1, 1, 1, 1).expand(-1, 1, 4, 4).double()  # the first are the darkest
    found = evaluate(small_vae(), x, torch.zeros(2000).long(), {"some": Brightness(200)})["brightness_200"]
    assert found.standard_error is not None
    assert abs(found.value - 0.5) < 4 * found.standard_error


class Training(ImageData):
    """Images that are as bright as their labels say, in the order of these."""

    def __init__(self) -> None:
        self.binarize = "none"

    def images(self, split: str, n: int | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        y = torch.arange(1000)[:n]
        return (y / 1000).reshape(-1, 1, 1, 1).expand(-1, 1, 4, 4), y


def test_fewer_training_images_are_a_random_sample_too(small_vae: Callable[..., VAE]) -> None:
    tested = ModelUnderTest(small_vae(), torch.zeros(2, 1, 4, 4), torch.arange(2), data=Training())
    chosen = {n: tested.training_images(n) for n in (30, 100, 5000, None)}
    for x, y in chosen.values():
        assert y is not None
        assert torch.equal(x[:, 0, 0, 0], y / 1000)
    labels = {n: y for n, (_, y) in chosen.items() if y is not None}
    assert [len(y) for y in labels.values()] == [30, 100, 1000, 1000]
    assert set(labels[30].tolist()) < set(labels[100].tolist())
    assert abs(labels[100].double().mean() - 500) < 4 * 289 / 10
