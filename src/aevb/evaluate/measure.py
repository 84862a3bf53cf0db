"""An evaluation of a model on some images."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite

import torch
from hydra.utils import instantiate
from omegaconf import OmegaConf
from torch import Tensor

from aevb.checks import number_from, whole_number
from aevb.command_line import CONF
from aevb.command_line.suggestions import unknown_name
from aevb.data import ImageData
from aevb.errors import NotApplicable
from aevb.evaluate.findings import Findings, merged
from aevb.evaluate.model_under_test import ModelUnderTest
from aevb.evaluate.order import evaluation_order
from aevb.evaluate.result import Result
from aevb.evaluate.section import Section, in_order_of_needs
from aevb.models import ImageModel, check_images, evaluating, has_finite_weights
from aevb.seeding import seed_for


class Diverged(ValueError):
    """A result, or a weight of the model, is not a finite number."""


@dataclass
class Evaluation:
    """What the sections found, by name, and why others do not apply to the model.

    order: the images that the values per image belong to, int64 (N,): the first value to images[order[0]], and so on.
    """

    order: Tensor
    findings: dict[str, Findings] = field(default_factory=dict)
    not_applicable: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Result:
        """The result of that name, such as elbo or log_px_5000."""
        return self.all[name]

    @property
    def all(self) -> Findings:
        """The findings of all sections together."""
        return merged(self.findings.values())


def evaluate(
    model: ImageModel,
    images: Tensor,
    labels: Tensor | None = None,
    sections: str | Sequence[str] | Mapping[str, Section] = "elbo",
    *,
    data: ImageData | None = None,
    split: str = "test",
    memory: float = 256,
    seed: int = 0,
) -> Evaluation:
    """Estimates for a trained model on some images, each with its standard error.

    images: (N, C, H, W) in the model's pixel range. labels: int64 (N,), for sections that need them.
    sections: one or several names of files in conf/sections, with the options that they have there; or Sections by
        name.
    data: the data set, for sections that need training images. split: the split of it that the images are from.
    memory: MiB of intermediate results. seed: of all samples.

    Raises Diverged where a result or a weight is not a finite number, and ValueError for an unknown section and for
    images that the model does not take.

    >>> found = evaluate(model, x, y, ["elbo", "importance"])  # doctest: +SKIP
    >>> found["log_px_5000"].value, found["log_px_5000"].standard_error  # doctest: +SKIP
    (-151.2, 0.49)
    """
    check_images(model, images, labels)
    whole_number("seed", seed, 0)
    number_from("memory", memory, 1)
    if not has_finite_weights(model):
        raise Diverged("some weights of the model are NaN or infinite: its training has diverged")
    names = [sections] if isinstance(sections, str) else sections
    chosen = names if isinstance(names, Mapping) else {name: section_named(name) for name in names}
    with evaluating(model):
        order = evaluation_order(len(images))
        y = None if labels is None else labels[order.to(labels.device)]
        tested = ModelUnderTest(model, images[order.to(images.device)], order, y, data, split, memory * 2**20)
        with torch.random.fork_rng(devices=[images.device] if images.device.type == "cuda" else []):
            return measure(tested, chosen, seed)


def measure(
    tested: ModelUnderTest,
    sections: Mapping[str, Section],
    seed: int,
    after_each: Callable[[Evaluation], None] = lambda evaluation: None,
) -> Evaluation:
    """Measure each section after those that it needs; the findings have the order in which the sections are given.

    The random numbers of a section depend on the seed and its name alone. after_each: called after each section, with
    what has been found so far.
    """
    evaluation = Evaluation(tested.order)
    for name in in_order_of_needs(sections):
        torch.manual_seed(seed_for(name, seed))
        needed = {other: evaluation.findings[other] for other in sections[name].needs if other in evaluation.findings}
        try:
            with torch.no_grad():
                found = sections[name].measure(tested, needed)
        except NotApplicable as reason:
            evaluation.not_applicable[name] = str(reason)
        else:
            for result in found.results:
                if not isfinite(result.value):
                    raise Diverged(f"{result.name} is {result.value}: the model has diverged")
            found_so_far = {**evaluation.findings, name: found}
            evaluation.findings = {name: found_so_far[name] for name in sections if name in found_so_far}
        after_each(evaluation)
    return evaluation


def section_named(name: str) -> Section:
    """The section of that name, with the options in conf/sections; ValueError if there is none."""
    files = {file.stem: file for file in sorted((CONF / "sections").glob("*.yaml")) if file.stem != "all"}
    if name not in files:
        raise ValueError(unknown_name("section", name, files))
    section: Section = instantiate(OmegaConf.select(OmegaConf.load(files[name]), name), _convert_="all")
    return section
