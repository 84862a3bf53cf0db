"""A model made from one that is trained already: a code prior from its VQ-VAE."""

from pathlib import Path
from typing import Any

from hydra.utils import get_class
from omegaconf import DictConfig, OmegaConf

from aevb.errors import UserError
from aevb.models import VQVAE
from aevb.runs import load_checkpoint
from aevb.runs.safe_config import check_targets
from aevb.terminal import shell_command

MUST_AGREE = ("dataset", "channels", "image_size", "binarize", "range")


def with_pretrained(cfg: DictConfig) -> tuple[DictConfig, dict[str, Any] | None]:
    """A configuration with the options of the VQ-VAE that the model is made from, and that VQ-VAE's checkpoint.

    The configuration as it is, and None, where the model is made from none. Raises UserError where `vq_vae` names no
    VQ-VAE, or one that was trained on other images.
    """
    if "vq_vae" not in cfg.model:
        return cfg, None
    if cfg.vq_vae is None:
        raise UserError(f"this model needs a trained VQ-VAE: set vq_vae=<its run folder>. {_hint()}")
    if not isinstance(cfg.vq_vae, str) or not Path(cfg.vq_vae).exists():
        raise UserError(f"vq_vae={cfg.vq_vae}: there is no such file or folder. {_hint()}")
    checkpoint = load_checkpoint(cfg.vq_vae)
    config = checkpoint["config"]
    check_targets(config["model"])
    target = config["model"].get("_target_")
    if get_class(target) is not VQVAE:
        raise UserError(f"vq_vae={cfg.vq_vae} is a {target}, not a VQVAE. {_hint()}")
    for name in MUST_AGREE:
        if (then := config["data"][name]) != (now := OmegaConf.to_container(cfg.data)[name]):  # type: ignore[index, call-overload]
            raise UserError(
                f"vq_vae={cfg.vq_vae} was trained with data.{name}={then}, and now it is {now}: give the data "
                f"options of that run again"
            )
    ours = {"model": {"vq_vae": config["model"]}, "latent_dim": config["latent_dim"]}  # the latter for metrics.json
    return OmegaConf.merge(cfg, ours), checkpoint  # type: ignore[return-value]


def _hint() -> str:
    """How to come by a VQ-VAE."""
    runs = [
        file.parent
        for file in Path("outputs").glob("**/config.yaml")
        if (file.parent / "checkpoints").is_dir()
        and OmegaConf.select(OmegaConf.load(file), "model._target_") == f"{VQVAE.__module__.rpartition('.')[0]}.VQVAE"
    ]
    newest = max(runs, key=lambda run: (run / "config.yaml").stat().st_mtime, default=None)
    found = f" The newest is {newest}." if newest else ""
    return f"To train one: {shell_command('aevb.train', 'experiment=vq_vae')}.{found}"
