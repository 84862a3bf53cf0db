"""Images as points of the latent space."""

import numpy as np
from matplotlib.figure import Figure
from sklearn.decomposition import PCA
from torch import Tensor

from aevb.errors import NotApplicable
from aevb.figures.canvas.by_label import scatter_by_label


def latent_scatter(z: Tensor, y: Tensor, *, colour_bar: bool = False) -> Figure:
    """Codes (N, D), coloured by label (N,), with a legend or a colour bar.

    One latent dimension is drawn against the label, two as they are, more as their first two principal components.
    """
    codes, labels = z.detach().float().cpu().numpy(), y.cpu().numpy()
    points, (x_name, y_name) = _in_the_plane(codes, labels)
    figure = Figure(figsize=(8, 6.8), dpi=100, layout="constrained")
    axes = figure.subplots()
    scatter_by_label(figure, axes, points, labels, colour_bar)
    axes.set_xlabel(x_name)
    axes.set_ylabel(y_name)
    axes.set_title(f"Latent codes of {len(points):,} images")
    return figure


def _in_the_plane(codes: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, tuple[str, str]]:
    """Two coordinates for each code, and the names of the axes."""
    if codes.shape[1] == 1:
        return np.column_stack([codes[:, 0], labels]), ("$z_1$", "label")
    if codes.shape[1] == 2:
        return codes, ("$z_1$", "$z_2$")
    if len(codes) < 2:
        raise NotApplicable("principal components need at least 2 images")
    pca = PCA(n_components=2).fit(codes)
    first, second = pca.explained_variance_ratio_
    names = (
        f"first principal component ({first:.0%} of the variance)",
        f"second principal component ({second:.0%} of the variance)",
    )
    return pca.transform(codes), names
