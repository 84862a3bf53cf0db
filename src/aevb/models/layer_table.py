"""The layers of a model, as a table of plain text."""

from aevb.models.image_model import ImageModel
from aevb.models.layers import Layer, Part, Shape, parts_of

GAP = "  "  # between columns


def layer_table(model: ImageModel) -> str:
    """The parts of a model and their layers: name, class, output shape for one image, and number of parameters.

    The last row counts the parameters that are trained. Of several copies, it is the first one's table.

    >>> from functools import partial
    >>> from aevb.losses import MSE
    >>> from aevb.models import Autoencoder
    >>> from aevb.networks import MLPDecoder, MLPEncoder
    >>> decoder = partial(MLPDecoder, latent_dim=2, hidden_sizes=[16])
    >>> print(layer_table(Autoencoder(2, MLPEncoder((1, 8, 8), [16]), decoder, MSE())))
    Autoencoder                 output  parameters
    image                    1 × 8 × 8
    encoder      MLPEncoder         16       1,040
      hidden.0   Linear             16       1,040
      hidden.1   ReLU               16           0
    to_code      Linear              2          34
    decoder      MLPDecoder  1 × 8 × 8       1,136
      hidden.0   Linear             16          48
      hidden.1   ReLU               16           0
      pixels     Linear             64       1,088
    total                                    2,210
    """
    parts = parts_of(model)
    rows = [
        (type(model.for_figures).__name__, "", "output", "parameters"),
        ("image", "", shape_text(model.image_shape), ""),
    ]
    for part in parts:
        rows += [_row(part), *(_row(layer, "  ") for layer in part.layers)]
    rows.append(("total", "", "", f"{sum(part.trainable for part in parts):,}"))
    if frozen := sum(part.frozen for part in parts):
        rows.append(("not trained", "", "", f"{frozen:,}"))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    aligned = [
        (name.ljust(widths[0]), kind.ljust(widths[1]), shape.rjust(widths[2]), count.rjust(widths[3]))
        for name, kind, shape, count in rows
    ]
    return "\n".join(GAP.join(row).rstrip() for row in aligned)


def shape_text(shape: Shape | None) -> str:
    """1 × 28 × 28; nothing for an unknown shape."""
    return "" if shape is None else " × ".join(map(str, shape))


def count_text(counted: Layer | Part) -> str:
    """The number of parameters, which are trained where nothing else is said."""
    return f"{counted.frozen:,} frozen" if counted.frozen and not counted.trainable else f"{counted.trainable:,}"


def _row(described: Layer | Part, indent: str = "") -> tuple[str, str, str, str]:
    return f"{indent}{described.name}", described.kind, shape_text(described.shape), count_text(described)
