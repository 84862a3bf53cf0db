"""Computations in configuration files, as ${name:arguments}."""

from math import sqrt

from omegaconf import OmegaConf

from aevb.checks import number_from


def folder_name(name: str) -> str:
    """A name that file systems take: no slash, and not too long."""
    return name.replace("/", "-")[:200]


def part_of(share: float, whole: int) -> int:
    """share·whole, rounded down, and at least 1: the epochs that a share of training lasts."""
    if not isinstance(share, int | float) or not 0 < share <= 1:
        raise ValueError(f"lr_step={share}: expected a share of the epochs, above 0 and at most 1")
    return max(1, int(share * whole))


def sigma_of_weight(weight: float, channels: int, image_size: int) -> float:
    """The σ of the Gaussian likelihood whose -log p(x|z) is weight·(mean squared error) plus a constant.

    ‖x - x̂‖² / 2σ² = weight·‖x - x̂‖² / n for n pixels, so σ² = n / (2·weight).
    """
    number_from("r_loss_factor", weight, 0, above=True)
    return sqrt(channels * image_size**2 / (2 * weight))


for resolver in (folder_name, part_of, sigma_of_weight):
    OmegaConf.register_new_resolver(resolver.__name__, resolver, replace=True)
