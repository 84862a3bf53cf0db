"""Integrals over one or two dimensions, of many functions at once."""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, log
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import max_pool1d, max_pool2d, pad

from aevb.metrics.track import Track, untracked

TILES = 32  # along each dimension
COARSE, FINEST = 4, 128  # points along a tile
NEGLIGIBLE = 50.0  # nats below the whole: e^-50 of an integral may be left out
TOO_MUCH = 1e-8  # share of an integral at the edge of the box, for which the box grows
LARGEST = 1e4  # the size at which the box stops growing


class Integrals(NamedTuple):
    """log ∫ f, (N,), and the means of K functions g under f / ∫ f, (K, N).

    error: of log ∫ f, and error_of_means: the largest of the K, estimated from above, (N,).
    """

    log_integral: Tensor
    means: Tensor
    error: Tensor
    error_of_means: Tensor


def integrate(
    log_f: Callable[[Tensor, Tensor], Tensor],
    values: Callable[[Tensor, Tensor, Tensor], Tensor],
    draws: Tensor,
    num_images: int,
    tolerance: float,
    points_at_once: Callable[[int], float],
    track: Track = untracked,
) -> Integrals:
    """∫ f(u) du and ∫ f(u) g(u) du / ∫ f(u) du, for the f and g of each image.

    The midpoint rule on a lattice of points. Its error falls exponentially with their distance for analytic functions
    that vanish at the edge (Trefethen & Weideman 2014), and quadratically where there are kinks, as rectifiers cause.
    The box holds all but 1e-8 of every integral. It is cut into tiles, and for each image only tiles that matter are
    refined, until both half of the points and the lattice before agree with the lattice to the tolerance: one alone may
    do so by chance. Where they do not, even on the finest lattice, the errors say so.

    log_f: points (M, D) and indices of images (n,) -> (M, n). values: the same and log f -> g, (K, M, n) or (K, M, 1).
    draws: points around which to look, (..., D), D = 1 or 2. points_at_once: for a number of images.
    """
    low, high = draws.amin(0), draws.amax(0)
    # Of draws that rounding has made equal, what is between them is far below the distances that numbers have there.
    least = 1e-9 * torch.maximum(low.abs(), high.abs()).clamp(min=1)
    reach = torch.where(high > low, high - low, least)
    lattice = Lattice(low - reach / 2, high + reach / 2, COARSE)
    while True:
        mass = _mass_of_tiles(lattice, log_f, num_images, track)  # (T, N)
        share = mass - mass.logsumexp(0)
        at_edge = share[lattice.on_the_edge()].logsumexp(0).exp().max()
        if at_edge < TOO_MUCH or lattice.high.max() > LARGEST:
            break
        lattice = lattice.wider()
    matters = lattice.with_neighbours(share > -NEGLIGIBLE)
    known = Integrals(mass.logsumexp(0), mass.new_zeros(0), *(torch.full_like(mass[0], inf) for _ in range(2)))
    while lattice.points < FINEST:
        remaining = (known.error > tolerance) | (known.error_of_means > tolerance)
        if not remaining.any():
            break
        lattice = lattice.finer()
        refined = _refined(lattice, log_f, values, matters & remaining, known.log_integral, points_at_once, track)
        if not len(known.means):
            known = known._replace(means=torch.full_like(refined.means, inf))  # not known, and so far off
        refined = _no_surer_than(refined, known)
        known = Integrals(*(torch.where(remaining, new, old) for new, old in zip(refined, known, strict=True)))
    return known if at_edge < TOO_MUCH else known._replace(error=torch.full_like(known.error, inf))


def _no_surer_than(new: Integrals, old: Integrals) -> Integrals:
    """With errors of at least half the change from a lattice with twice the distances, whose own are 4 times larger."""
    change = (new.log_integral - old.log_integral).abs()
    change_of_means = (new.means - old.means).abs().amax(0)
    found = new.log_integral.isfinite()  # what is far narrower than the distances may overflow
    return Integrals(
        torch.where(found, new.log_integral, old.log_integral),
        torch.where(found, new.means, old.means),
        torch.maximum(new.error, change / 2).nan_to_num(nan=inf),
        torch.maximum(new.error_of_means, change_of_means / 2).nan_to_num(nan=inf),
    )


@dataclass(frozen=True)
class Lattice:
    """Midpoints of `points` cells along each side of each of TILES^D tiles of the box from low to high, (D,) each."""

    low: Tensor
    high: Tensor
    points: int

    @property
    def num_tiles(self) -> int:
        return int(TILES ** len(self.low))

    @property
    def cell(self) -> float:
        """The length, or the area, that each point stands for."""
        return ((self.high - self.low) / (TILES * self.points)).prod().item()

    def tile(self, index: int) -> Tensor:
        """The points of a tile, (points^D, D); the last dimension runs fastest, over tiles as within them."""
        side = (self.high - self.low) / TILES
        place = (index // TILES, index % TILES) if len(self.low) == 2 else (index,)
        steps = (torch.arange(self.points, dtype=self.low.dtype, device=self.low.device) + 0.5) / self.points
        axes = [self.low[d] + (place[d] + steps) * side[d] for d in range(len(self.low))]
        return torch.cartesian_prod(*axes).reshape(-1, len(self.low))

    def even(self) -> Tensor:
        """Every other point of a tile, like the white squares of a chessboard: (points^D,), bool."""
        steps = torch.arange(self.points, device=self.low.device)
        grid = torch.cartesian_prod(*[steps] * len(self.low)).reshape(-1, len(self.low))
        return grid.sum(1) % 2 == 0

    def on_the_edge(self) -> Tensor:
        """The outermost tiles: (TILES^D,), bool."""
        inner = torch.zeros([TILES - 2] * len(self.low), dtype=torch.bool, device=self.low.device)
        return pad(inner, [1, 1] * len(self.low), value=True).flatten()

    def with_neighbours(self, tiles: Tensor) -> Tensor:
        """The tiles of a set, and those beside them: (TILES^D, N) bool -> the same."""
        one = len(self.low) == 1
        grid = tiles.T.float().unflatten(1, (1, TILES) if one else (1, TILES, TILES))  # (N, 1, TILES[, TILES])
        grown = max_pool1d(grid, 3, 1, 1) if one else max_pool2d(grid, 3, 1, 1)
        return grown.flatten(1).T > 0

    def finer(self) -> "Lattice":
        return Lattice(self.low, self.high, 2 * self.points)

    def wider(self) -> "Lattice":
        centre, reach = (self.low + self.high) / 2, self.high - self.low
        return Lattice(centre - reach, centre + reach, self.points)


def _mass_of_tiles(
    lattice: Lattice, log_f: Callable[[Tensor, Tensor], Tensor], num_images: int, track: Track
) -> Tensor:
    """The log integral over each tile, (T, N)."""
    everything = torch.arange(num_images, device=lattice.low.device)
    tiles = (log_f(lattice.tile(tile), everything).logsumexp(0) for tile in track(range(lattice.num_tiles)))
    return torch.stack(list(tiles)) + log(lattice.cell)


def _refined(
    lattice: Lattice,
    log_f: Callable[[Tensor, Tensor], Tensor],
    values: Callable[[Tensor, Tensor, Tensor], Tensor],
    matters: Tensor,
    log_integral: Tensor,
    points_at_once: Callable[[int], float],
    track: Track,
) -> Integrals:
    """The integrals over the tiles that matter to each image, (T, N) bool; log_integral: what is known, (N,)."""
    sums = log_integral.new_zeros(2, 1, len(log_integral))  # on the lattice and on half of it: ∫ f, then each ∫ f g
    even = lattice.even()
    for tile in track(matters.any(1).nonzero().flatten().tolist()):
        images = matters[tile].nonzero().flatten()
        size = max(1, int(points_at_once(len(images))))
        for u, white in zip(lattice.tile(tile).split(size), even.split(size), strict=True):
            log_density = log_f(u, images)
            f = (log_density - log_integral[images]).exp() * lattice.cell  # (M, n)
            f_g = torch.where(f > 0, f * values(u, images, log_density), 0.0)  # (K, M, n)
            both = torch.cat([f.unsqueeze(0), f_g])
            if sums.shape[1] == 1:
                sums = sums.new_zeros(2, len(both), sums.shape[2])
            sums[0, :, images] += both.sum(1)
            sums[1, :, images] += 2 * both[:, white].sum(1)
    (f, *f_g), (f_half, *f_g_half) = sums
    means, means_half = torch.stack(f_g) / f, torch.stack(f_g_half) / f_half
    error = (f / f_half).log().abs().nan_to_num(nan=inf)
    error_of_means = (means - means_half).abs().amax(0).nan_to_num(nan=inf)
    return Integrals(log_integral + f.log(), means, error, error_of_means)
