"""A model made from one that is trained already: a code prior from its VQ-VAE."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from aevb.command_line.launchers import module_name
from aevb.errors import UserError
from aevb.files import newest_file, shell_path
from aevb.models import VQVAE
from aevb.runs import load_checkpoint
from aevb.runs.checkpoint import data_of, described_model
from aevb.terminal import shell_command

MUST_AGREE = ("dataset", "channels", "height", "width", "fit", "binarize", "range")
WHERE_THE_FILES_ARE = ("root", "download")  # of a data set
OF_A_VQ_VAE = re.compile(rf"^model:\n(  .*\n)*?  _target_: {VQVAE.__module__.rpartition('.')[0]}\.VQVAE$", re.MULTILINE)


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
    if not isinstance(model := described_model(checkpoint, cfg.vq_vae), VQVAE):
        raise UserError(f"vq_vae={cfg.vq_vae} is of class {type(model).__name__}, not VQVAE. {_hint()}")
    data_of(checkpoint, cfg.vq_vae)  # raises UserError where it describes none
    past, present = _images(config["data"]), _images(OmegaConf.to_container(cfg.data))  # type: ignore[arg-type]
    for name in MUST_AGREE:
        if (then := past.get(name)) != (now := present[name]):
            raise UserError(
                f"vq_vae={cfg.vq_vae} was trained with data.{name}={then}, and now it is {now}: give the data "
                f"options of that run again"
            )
    # latent_dim is for metrics.json
    ours = {"model": {"vq_vae": config["model"]}, "latent_dim": model.codebook.codes.shape[-1]}
    return OmegaConf.merge(cfg, ours), checkpoint  # type: ignore[return-value]


def _images(data: Mapping[str, Any]) -> dict[str, Any]:
    """Options of the data, without the place of the files."""
    dataset = {name: value for name, value in data["dataset"].items() if name not in WHERE_THE_FILES_ARE}
    size = data.get("image_size")  # all that checkpoints of aevb 0.5 have
    return {"height": size, "width": size, "fit": "auto", **data, "dataset": dataset}


def _hint() -> str:
    """How to come by a VQ-VAE."""
    configs = Path("outputs").glob("**/config.yaml")
    newest = newest_file(file for file in configs if (file.parent / "checkpoints").is_dir() and _is_of_vq_vae(file))
    found = f" The newest is {shell_path(newest.parent)}." if newest else ""
    return f"To train one: {shell_command(module_name('train'), 'experiment=vq_vae')}.{found}"


def _is_of_vq_vae(file: Path) -> bool:
    """Whether a config.yaml is that of a VQ-VAE; told without a parser, which a file of something else could stop."""
    try:
        with file.open(encoding="utf-8", errors="replace") as text:
            return bool(OF_A_VQ_VAE.search(text.read(100_000)))
    except OSError:
        return False
