"""Where the images lie in the latent space."""

import numpy as np
import torch
from matplotlib.figure import Figure
from sklearn.decomposition import PCA
from torch import Tensor

from src.figures.quantities import NotApplicable


def latent_scatter(z: Tensor, labels: Tensor) -> Figure:
    """Codes (N, D), coloured by label (N,).

    One latent dimension is drawn against the label, two as they are, more as their first two principal components.
    """
    codes, classes = z.detach().float().cpu().numpy(), labels.cpu().numpy()
    points, (x_name, y_name) = _in_the_plane(codes, classes)
    figure = Figure(figsize=(8, 6.8), dpi=100, layout="constrained")
    axes = figure.subplots()
    # All classes in one shuffled draw: class by class, the last would cover the others.
    order = torch.randperm(len(points), generator=torch.Generator().manual_seed(0)).numpy()
    x, y = points[order].T
    axes.scatter(x, y, c=classes[order], cmap="tab10", vmin=0, vmax=9, s=7, alpha=0.75, linewidths=0)
    for label in np.unique(classes):
        axes.scatter([], [], color=f"C{label % 10}", s=30, label=str(label))
    axes.legend(title="label", loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)
    axes.set_xlabel(x_name)
    axes.set_ylabel(y_name)
    axes.set_title(f"Latent codes of {len(points):,} images")
    return figure


def _in_the_plane(codes: np.ndarray, classes: np.ndarray) -> tuple[np.ndarray, tuple[str, str]]:
    """Two coordinates for each code, and the names of the axes."""
    if codes.shape[1] == 1:
        return np.column_stack([codes[:, 0], classes]), ("$z_1$", "label")
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
