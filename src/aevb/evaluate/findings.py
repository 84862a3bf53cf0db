"""The findings of a section."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from torch import Tensor

from aevb.evaluate.result import Result
from aevb.figures import Picture


@dataclass(frozen=True)
class Findings:
    """Results, and what stands beside them.

    per_image: by name, a value for each of the first n images in the order of evaluation, (n,). pictures: by name.
    sentences: what a number cannot say.
    """

    results: list[Result]
    per_image: dict[str, Tensor] = field(default_factory=dict)
    pictures: dict[str, Picture] = field(default_factory=dict)
    sentences: list[str] = field(default_factory=list)

    def __getitem__(self, name: str) -> Result:
        """The result of that name; KeyError, with the names that there are, if there is none."""
        by_name = {result.name: result for result in self.results}
        if name not in by_name:
            raise KeyError(f"there is no result {name!r}, only {', '.join(by_name)}")
        return by_name[name]


def merged(findings: Iterable[Findings]) -> Findings:
    """Everything that several sections found, in their order."""
    whole = Findings([])
    for found in findings:
        whole.results.extend(found.results)
        whole.per_image.update(found.per_image)
        whole.pictures.update(found.pictures)
        whole.sentences.extend(found.sentences)
    return whole
