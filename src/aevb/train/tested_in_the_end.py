"""Options with which a run would train, and then have nothing to test."""

from omegaconf import DictConfig, OmegaConf

from aevb.errors import UserError

# Commands find checkpoints by their names, and a run goes on from its own.
FIXED = {"filename": None, "dirpath": None, "save_top_k": 1, "save_weights_only": False}


def check_it_can_be_tested(cfg: DictConfig) -> None:
    """Raise UserError for options with which nothing would be trained, validated, kept or tested."""
    _check_checkpoints(cfg)
    trainer = cfg.trainer
    for stage, what in (("train", "trained on"), ("test", "tested"), ("val", "validated")):
        if trainer.get(f"limit_{stage}_batches", 1) == 0 and (stage != "val" or cfg.data.val_size):
            remedy = ", or set data.val_size=0 to train without validation" if stage == "val" else ""
            raise UserError(f"trainer.limit_{stage}_batches=0: nothing would be {what}. Leave it out{remedy}.")
    every, epochs = trainer.get("check_val_every_n_epoch", 1), trainer.max_epochs
    if cfg.data.val_size and every is not None and every > epochs:
        raise UserError(
            f"trainer.check_val_every_n_epoch={every}: no epoch of {epochs} would be validated. Give at most "
            f"{epochs}, or set data.val_size=0 to train without validation."
        )


def _check_checkpoints(cfg: DictConfig) -> None:
    """best.ckpt and last.ckpt are kept, whole, under these names, in the run's folder."""
    for name in ("best", "last"):
        node = (cfg.get("callbacks") or {}).get(name)
        if not isinstance(node, DictConfig):
            raise UserError(f"callbacks.{name} is missing: keep callbacks=default, or list callbacks=[checkpoint,...]")
        fixed = {**FIXED, "filename": name, "dirpath": f"{cfg.run_dir}/checkpoints"}
        for option, wanted in fixed.items():
            if (got := OmegaConf.select(node, option, default=wanted)) != wanted:
                raise UserError(
                    f"callbacks.{name}.{option}={got}: expected {wanted}, since {name}.ckpt is what is tested, drawn "
                    f"and gone on from. To keep others, add every_checkpoint to callbacks."
                )
