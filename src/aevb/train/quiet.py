"""Silence for messages of Lightning about matters that are settled here."""

import logging
import warnings

SILENCED_WARNINGS = (
    ".*isinstance.treespec, LeafSpec",  # Lightning's own use of a deprecated name
    "The number of training batches",  # nothing is logged step by step
    "Total length of `list` across ranks is zero",  # data.val_size=0
    "The dirpath has changed",  # a resumed run has its own folder; see aevb.train.resume
    "Checkpoint directory .* exists and is not empty",  # as above: it holds the best checkpoint so far
    "Be aware that when using `ckpt_path`, callbacks",  # a resumed run may save its checkpoints more or less often
    "You requested to overfit but enabled",  # each epoch has the same images; see ImageData.loader
    "When using `Trainer\\(accumulate_grad_batches != 1\\)` and overriding",  # Chunks counts batches that do not step
    "Found .* in eval mode at the start",  # the trained model that a code prior is made from stays as it is
)


def quiet_lightning() -> None:
    """Silence what Lightning says about matters that are settled here."""
    for name in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)
    for message in SILENCED_WARNINGS:
        warnings.filterwarnings("ignore", message=message)
    logging.getLogger("lightning.pytorch.loggers.mlflow").addFilter(_is_news)


def _is_news(record: logging.LogRecord) -> bool:
    """Whether MLflow's logger says more than that a first run makes the experiment."""
    return "not found. Creating it" not in str(record.msg)
