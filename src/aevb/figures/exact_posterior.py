"""The posterior that a model implies, and the one that its encoder gives."""

from matplotlib.figure import Figure
from torch import Tensor


def exact_posterior(x: Tensor, axes: Tensor, exact: Tensor, approximate: Tensor) -> Figure:
    """A column for each image: the image, and p(z|x) in shades under q(z|x) in contours; curves for one dimension.

    x: (n, C, H, W). axes: (n, D, P), D 1 or 2. exact, approximate: densities on these axes, (n, P) or (n, P, P).
    """
    n, dimensions = len(x), axes.shape[1]
    figure = Figure(figsize=(2.3 * n, 4.6), dpi=100, layout="constrained")
    panels = figure.subplots(2, n, squeeze=False)
    for i in range(n):
        panels[0, i].imshow(x[i].mean(0).numpy(), cmap="gray_r", vmin=0, vmax=1)
        panels[0, i].set_axis_off()
        panel = panels[1, i]
        if dimensions == 1:
            panel.plot(axes[i, 0], exact[i], color="C0")
            panel.plot(axes[i, 0], approximate[i], color="C1", linestyle="--")
            panel.set_yticks([])
        else:
            grid = axes[i, 0].numpy(), axes[i, 1].numpy()
            panel.pcolormesh(*grid, exact[i].T.numpy(), cmap="Blues", shading="nearest", rasterized=True)
            peak = approximate[i].max().item()
            # The contours of a Gaussian at one, two and three standard deviations.
            levels = [peak * level for level in (0.0111, 0.1353, 0.6065)]
            if peak > 0:
                panel.contour(*grid, approximate[i].T.numpy(), levels=levels, colors="C1", linewidths=1)
        panel.set_xlabel("$z_1$")
        panel.tick_params(labelsize=7)
    panels[1, 0].set_ylabel("density" if dimensions == 1 else "$z_2$")
    what = "lines, and q(z|x), dashed" if dimensions == 1 else "shades, and q(z|x), contours at 1, 2 and 3 σ"
    figure.suptitle(f"Exact posterior p(z|x), {what}", fontsize=11)
    return figure
