"""The abstract base of sections."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

from aevb.evaluate.findings import Findings
from aevb.evaluate.model_under_test import ModelUnderTest

NATS = "nats per image"


class Section(ABC):
    """A part of an evaluation: a dataclass of its options, which it checks itself, with one method.

    needs: the names of the sections whose findings it takes into account, where these are chosen, too. They are
        measured before it.
    """

    needs: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def measure(self, tested: ModelUnderTest, found: Mapping[str, Findings]) -> Findings:
        """Measure the model.

        found: the findings of the sections that it needs, by name, as far as they are chosen and apply.

        Raises NotApplicable, with the reason, for a model that the section does not apply to.
        """


def in_order_of_needs(sections: Mapping[str, Section]) -> list[str]:
    """The names of the sections, each after those that it needs, and otherwise in their own order."""
    order: list[str] = []

    def place(name: str) -> None:
        if name in sections and name not in order:
            for needed in sections[name].needs:
                place(needed)
            order.append(name)

    for name in sections:
        place(name)
    return order
