"""A model made from one that is trained already: a prior from its VQ-VAE."""

from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from aevb.errors import UserError
from aevb.models import ImageModel, VQPrior
from aevb.runs.checkpoint import check_targets, load_checkpoint, restore_weights

TARGET = "aevb.models.VQVAE"
MUST_AGREE = ("dataset", "channels", "image_size", "binarize")


def load_pretrained(cfg: DictConfig) -> dict[str, Any] | None:
    """The checkpoint of the VQ-VAE that the model is made from, whose options become cfg.model.vq_vae; None without.

    Raises UserError where `cfg.vq_vae` names none, or one that was trained on other images.
    """
    if "vq_vae" not in cfg.model:
        return None
    if cfg.vq_vae is None:
        raise UserError(f"model={cfg.choices.model} needs a trained VQ-VAE: say vq_vae=<its run folder>. {_hint()}")
    if not isinstance(cfg.vq_vae, str) or not Path(cfg.vq_vae).exists():
        raise UserError(f"vq_vae={cfg.vq_vae}: there is no such file or folder. {_hint()}")
    checkpoint = load_checkpoint(cfg.vq_vae)
    config = checkpoint["config"]
    check_targets(config["model"])
    if config["model"].get("_target_") != TARGET:
        raise UserError(f"vq_vae={cfg.vq_vae} is a {config['model'].get('_target_')}, not a {TARGET}. {_hint()}")
    now: dict[str, Any] = OmegaConf.to_container(cfg.data, resolve=True)  # type: ignore[assignment]
    for name in MUST_AGREE:
        if (then := config["data"][name]) != now[name]:
            raise UserError(
                f"vq_vae={cfg.vq_vae} was trained with data.{name}={then}, and now it is {now[name]}: give the data "
                f"options of that run again"
            )
    cfg.model.vq_vae = config["model"]
    cfg.latent_dim = config["latent_dim"]  # for metrics.json
    return checkpoint


def restore_pretrained(model: ImageModel, checkpoint: dict[str, Any] | None, cfg: DictConfig) -> None:
    """Give the VQ-VAE inside the model the weights of its checkpoint, if it has one."""
    if checkpoint and isinstance(model, VQPrior):
        restore_weights(model.vq_vae, checkpoint, cfg.vq_vae)


def _hint() -> str:
    """How to come by a VQ-VAE."""
    runs = [
        file.parent
        for file in Path("outputs").glob("**/config.yaml")
        if (file.parent / "checkpoints").is_dir() and OmegaConf.select(OmegaConf.load(file), "model._target_") == TARGET
    ]
    newest = max(runs, key=lambda run: (run / "config.yaml").stat().st_mtime, default=None)
    found = f" The newest is {newest}." if newest else ""
    return f"To train one: python -m src.train experiment=vq_vae.{found}"
