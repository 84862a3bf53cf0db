"""The loggers that are chosen."""

from pathlib import Path
from tempfile import TemporaryFile

from hydra.errors import InstantiationException
from hydra.utils import instantiate
from lightning.pytorch.loggers import Logger
from omegaconf import DictConfig

from aevb.command_line.hydra_messages import missing_name, root_cause
from aevb.command_line.suggestions import buildable
from aevb.errors import UserError
from aevb.files import disk_errors, shell_path
from aevb.train.loggers.tensorboard import TensorBoard

EXTRAS = ("wandb", "mlflow")  # by the names of the packages that they install


def build_loggers(cfg: DictConfig, run_dir: Path, step: int | None) -> list[Logger]:
    """The loggers of a configuration's `logger`, by name.

    step: that of the checkpoint which the run goes on from.

    Raises UserError for one whose package is not installed, for what is no Logger, and for a folder of its own that
    cannot be written.
    """
    loggers = [_build(name, node, run_dir) for name, node in buildable(cfg).items()]
    if step is not None:
        for logger in loggers:
            if isinstance(logger, TensorBoard):
                logger.go_on(step)
    return loggers


def _build(name: str, node: DictConfig, run_dir: Path) -> Logger:
    try:
        logger = instantiate(node, _convert_="all")
    except InstantiationException as error:
        cause = root_cause(error)
        if not isinstance(cause, ModuleNotFoundError) or missing_name(cause):
            raise
        extra = next((extra for extra in EXTRAS if extra in str(cause)), None)
        advice = f"install it with: pip install 'aevb[{extra}]'" if extra else "install it"
        raise UserError(f"logger.{name} needs a package that is not installed ({cause}): {advice}") from error
    if not isinstance(logger, Logger):
        raise UserError(f"logger.{name}: expected a logger of Lightning, got {type(logger).__name__}")
    if logger.save_dir and "://" not in logger.save_dir and Path(logger.save_dir).resolve() != run_dir.resolve():
        _try_folder(name, Path(logger.save_dir))
    return logger


def _try_folder(name: str, folder: Path) -> None:
    """Raise UserError for a folder that is not the run's and cannot be written."""
    advice = f"Choose another logger.{name}.save_dir, or leave it out."
    with disk_errors(shell_path(folder), advice):
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
