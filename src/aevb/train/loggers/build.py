"""The loggers that are chosen."""

from collections.abc import Iterable

from hydra.errors import InstantiationException
from hydra.utils import instantiate
from lightning.pytorch.loggers import Logger, MLFlowLogger, WandbLogger
from omegaconf import DictConfig

from aevb.command_line.hydra_messages import root_cause
from aevb.command_line.suggestions import buildable
from aevb.errors import UserError
from aevb.train.loggers.tensorboard import TensorBoard

ADVICE = {  # for a service that cannot be reached, by the name of its package and of the extra that installs it
    "wandb": "Log in with wandb login, or set logger.wandb.offline=true.",
    "mlflow": "Look at its tracking_uri.",
}


def build_loggers(cfg: DictConfig, step: int | None) -> list[Logger]:
    """The loggers of a configuration's `logger`, by name.

    step: that of the checkpoint which the run goes on from.

    Raises UserError for one whose package is not installed, and for what is no Logger.
    """
    loggers = [_build(name, node) for name, node in buildable(cfg).items()]
    if step is not None:
        for logger in loggers:
            if isinstance(logger, TensorBoard):
                logger.go_on(step)
    return loggers


def connect(loggers: Iterable[Logger]) -> None:
    """Have services that keep runs elsewhere begin one; raises UserError for one that cannot be reached."""
    for logger in loggers:
        try:
            match logger:
                case WandbLogger() | MLFlowLogger():
                    logger.experiment  # noqa: B018  (asking for it is what connects)
        except Exception as error:
            service = type(error).__module__.partition(".")[0]
            if service not in ADVICE:
                raise
            raise UserError(f"logger={service} cannot begin a run: {error} {ADVICE[service]}") from error


def _build(name: str, node: DictConfig) -> Logger:
    try:
        logger = instantiate(node, _convert_="all")
    except InstantiationException as error:
        cause = root_cause(error)
        if not isinstance(cause, ModuleNotFoundError):
            raise
        extra = next((extra for extra in ADVICE if extra in str(cause)), None)
        advice = f"install it with: pip install 'aevb[{extra}]'" if extra else "install it"
        raise UserError(f"logger.{name} needs a package that is not installed ({cause}): {advice}") from error
    if not isinstance(logger, Logger):
        raise UserError(f"logger.{name}: expected a logger of Lightning, got {type(logger).__name__}")
    return logger
