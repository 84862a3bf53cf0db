"""Codes in two or three dimensions by t-SNE."""

import numpy as np
from matplotlib.figure import Figure
from sklearn.manifold import TSNE
from threadpoolctl import threadpool_limits
from torch import Tensor

from aevb.checks import number_from, whole_number
from aevb.errors import NotApplicable
from aevb.figures.canvas.by_label import scatter_by_label
from aevb.figures.canvas.counted import counted
from aevb.figures.canvas.sheet import set_title, sheet
from aevb.figures.canvas.spread import spread_of

MODERATE = (1e-10, 1e10)  # spreads whose squares are single-precision numbers


def tsne(
    z: Tensor,
    y: Tensor,
    *,
    dimensions: int = 2,
    perplexity: float = 40,
    max_points: int = 2000,
    seed: int = 0,
    colour_bar: bool = False,
) -> Figure:
    """t-SNE of the codes (N, D) in 2 or 3 dimensions, coloured by label (N,). Van der Maaten & Hinton (2008).

    It starts at the first principal components, and keeps neighbours together; distances between clusters, and the
    axes, have no meaning. The learning rate is max(N / 48, 50) (Belkina et al. 2019).

    perplexity: about how many neighbours each point has; less than the number of points.
    max_points: draw the first `max_points` codes.
    """
    if dimensions not in (2, 3):
        raise ValueError(f"dimensions={dimensions}: t-SNE is drawn in 2 or 3 dimensions")
    number_from("perplexity", perplexity, 0, above=True)
    whole_number("seed", seed, at_least=0)
    codes = z[: whole_number("max_points", max_points)].detach().cpu().double().numpy()
    if codes.shape[1] < dimensions:
        raise NotApplicable(
            f"t-SNE in {dimensions} dimensions starts at as many principal components, and the codes have only "
            f"{counted(codes.shape[1], 'dimension')}"
        )
    if len(codes) <= perplexity:
        raise NotApplicable(
            f"t-SNE with perplexity={perplexity} needs more points than that, and there are {len(codes)}"
        )
    spread = spread_of(codes)
    if not spread:
        raise NotApplicable(f"t-SNE needs codes that differ, and those of these {len(codes):,} images are all equal")
    if not MODERATE[0] < spread < MODERATE[1]:
        codes = (codes - codes.mean(0)) / spread  # the picture does not depend on it
    with threadpool_limits(1):  # the same picture on any number of cores, and no waiting for one that is busy
        method = TSNE(dimensions, perplexity=perplexity, init="pca", learning_rate="auto", random_state=seed)
        points = method.fit_transform(codes.astype(np.float32))
    figure = sheet(4.4, 3.7)
    axes = figure.add_subplot(projection="3d" if dimensions == 3 else None)
    scatter_by_label(figure, axes, points, y[: len(codes)].cpu().numpy(), colour_bar)
    axes.set(**dict.fromkeys(("xticks", "yticks", "zticks")[:dimensions], ()))
    set_title(axes, f"t-SNE of the latent codes of {counted(len(points), 'image')} (perplexity {perplexity:g})")
    return figure
