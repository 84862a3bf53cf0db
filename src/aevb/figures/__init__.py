"""Figures: pure functions from tensors to matplotlib Figures (or an Animation), one file each.

A function names the quantities that it draws as the parameters before `*`; `Quantities` has them all. The parameters
after `*` are options. Figures are made without pyplot, so none stays open. They are imported from their own files,
`from aevb.figures.tsne import tsne`, since some of the libraries behind them take seconds to import.
"""

from aevb.figures.canvas.animation import Animation
from aevb.figures.canvas.picture import Picture, save
from aevb.figures.quantities import Quantities, wanted_quantities

__all__ = ["Animation", "Picture", "Quantities", "save", "wanted_quantities"]
