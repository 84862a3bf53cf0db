"""The memory that samples of z need in training."""

import os

import torch
from omegaconf import DictConfig

from aevb.command_line.declared.kinds import in_bytes
from aevb.errors import UserError
from aevb.metrics.batching import numbers_of_a_decode
from aevb.models import VAE, ImageModel

LARGEST_BATCH = 60_000  # images of a whole data set, where the configuration does not say how many it has


def check_memory(model: ImageModel, cfg: DictConfig) -> None:
    """Raise UserError where the decoded samples of a batch alone are more than the whole memory."""
    vae = model.for_figures
    if not isinstance(vae, VAE):
        return
    try:
        numbers = numbers_of_a_decode(vae, vae.latent_dim)
    except (RuntimeError, ValueError):
        return  # of parts that do not fit together, as check_parts_fit says
    samples = cfg.loss.get("num_samples", 1) * cfg.loss.get("num_groups", 1)
    images = min(cfg.data.batch_size, cfg.data.limit or cfg.data.stream or LARGEST_BATCH)
    needed = samples * images * cfg.seeds * numbers * 4
    if needed > (available := memory_of(cfg.trainer.accelerator)):
        raise UserError(
            f"loss.num_samples={cfg.loss.get('num_samples', 1)}: the decoded samples of {images} images need "
            f"{in_bytes(needed)}, and there are {in_bytes(available)}: set it, or data.batch_size, to less"
        )


def memory_of(accelerator: str) -> float:
    """The bytes of memory of the GPU that is trained on, or else of the machine; infinite where that is not known."""
    if accelerator != "cpu" and torch.cuda.is_available():
        return float(torch.cuda.get_device_properties(0).total_memory)
    names = {"SC_PAGE_SIZE", "SC_PHYS_PAGES"}
    if not names <= os.sysconf_names.keys():
        return float("inf")
    return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
