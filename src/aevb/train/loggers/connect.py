"""Services that keep runs elsewhere, and why one of them begins none."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from socket import gaierror
from ssl import SSLError

from lightning.pytorch.loggers import Logger, MLFlowLogger, WandbLogger

from aevb.errors import UserError

# For the first request alone: a server that is there but busy gets the minutes that MLflow gives it.
IMPATIENT = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0", "MLFLOW_HTTP_REQUEST_TIMEOUT": "10"}
WRONG_NAMES = ("INVALID_PARAMETER_VALUE", "RESOURCE_ALREADY_EXISTS")  # the codes of MLflow for names that it refuses


def connect(loggers: Iterable[Logger]) -> None:
    """Have services that keep runs elsewhere begin one; raises UserError for one that does not."""
    for logger in loggers:
        try:
            match logger:
                case MLFlowLogger():
                    _ask(logger)
                    logger.experiment  # noqa: B018  (asking for it is what connects)
                case WandbLogger():
                    logger.experiment  # noqa: B018
        except Exception as error:
            service = type(error).__module__.partition(".")[0]
            if isinstance(error, UserError) or service not in ("mlflow", "wandb"):
                raise
            advice = _advice_for_wandb(logger, error) if isinstance(logger, WandbLogger) else _advice_for_mlflow(error)
            reason = " ".join(str(error).split()).rstrip(".")
            raise UserError(f"logger={service} cannot begin a run: {reason}. {advice}".strip()) from error


def _ask(logger: MLFlowLogger) -> None:
    """Raise UserError if the server of a logger does not answer within seconds; a user's own patience stays."""
    if not logger._tracking_uri.startswith(("http://", "https://")):
        return
    try:
        with _environment(IMPATIENT):
            logger._mlflow_client.get_experiment_by_name(logger._experiment_name)
    except Exception as error:
        if (reason := _why_unreachable(error)) is None:
            return
        raise UserError(
            f"logger=mlflow cannot begin a run: {logger._tracking_uri} does not answer ({reason}). Start its server, "
            f"or set another logger.mlflow.tracking_uri."
        ) from error


def _why_unreachable(error: BaseException | None) -> str | None:
    """What the network said first; None where it was not the network that failed."""
    reason = None
    while error is not None:
        if isinstance(error, ConnectionError | TimeoutError | gaierror | SSLError):
            reason = error.strerror or str(error)
        error = error.__cause__ or error.__context__
    return reason


@contextmanager
def _environment(defaults: dict[str, str]) -> Iterator[None]:
    """Set variables for a while that are not set."""
    missing = {name: value for name, value in defaults.items() if name not in os.environ}
    os.environ.update(missing)
    try:
        yield
    finally:
        for name in missing:
            os.environ.pop(name, None)


def _advice_for_wandb(logger: WandbLogger, error: Exception) -> str:
    offline = logger._offline or os.environ.get("WANDB_MODE") in ("offline", "dryrun")
    blames_a_value = str(error).startswith("Invalid")
    return "" if offline or blames_a_value else "Log in with wandb login, or set logger.wandb.offline=true."


def _advice_for_mlflow(error: Exception) -> str:
    return "" if getattr(error, "error_code", None) in WRONG_NAMES else "Look at logger.mlflow.tracking_uri."
