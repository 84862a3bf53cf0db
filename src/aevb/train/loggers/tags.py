"""The names of curves on TensorBoard, which decide their order on its pages.

A page has a group for what stands before the slash, in alphabetical order, with the first two open.
"""

from collections.abc import Collection

BOUND = ("elbo", "kl", "reconstruction")  # reconstruction is a term of the bound where there is an ELBO


def tag_of(quantity: str, logged: Collection[str]) -> str:
    """The tag of a quantity that is logged together with others: the bound and its terms first, then losses.

    >>> tag_of("kl", ["loss", "elbo", "kl", "reconstruction"]), tag_of("reconstruction", ["loss", "reconstruction"])
    ('bound/kl', 'loss/reconstruction')
    """
    if "elbo" not in logged or quantity == "loss":
        return f"loss/{quantity}"
    return f"bound/{quantity}" if quantity in BOUND else f"other/{quantity}"


def layout_of(tags: Collection[str]) -> dict[str, dict[str, list[object]]]:
    """The page of custom scalars: a chart for each tag, which has the curves of training and of validation."""
    layout: dict[str, dict[str, list[object]]] = {}
    for tag in sorted(tags):
        group, _, quantity = tag.partition("/")
        layout.setdefault(group, {})[quantity] = ["Multiline", [f"^{tag}$"]]
    return layout
