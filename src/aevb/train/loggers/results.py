"""The end of a run, for its loggers."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress

from lightning.pytorch.loggers import Logger, TensorBoardLogger, WandbLogger

from aevb.signals import be_patient
from aevb.train.loggers.tensorboard import TensorBoard

STAGES = ("test", "validation")
COLUMNS = {"elbo": "elbo (max)", "loss": "loss (min)", "kl": "kl", "reconstruction": "reconstruction"}
Scores = Mapping[str, Mapping[str, float]]  # by stage and quantity


def log_results(loggers: Iterable[Logger], scores: Scores, step: int) -> None:
    """Log the figures of the tested model as test/… and validation/….

    TensorBoard's page HParams has those that most models share, by names that say which values are better.
    """
    results = {f"{stage}/{name}": value for stage in STAGES for name, value in scores[stage].items()}
    columns = {
        f"{stage}/{title}": scores[stage][name]
        for stage in STAGES
        for name, title in COLUMNS.items()
        if name in scores[stage]
    }
    for logger in loggers:
        if isinstance(logger, TensorBoard):
            logger.log_results(columns, step)
        else:
            logger.log_metrics(results, step)


@contextmanager
def finishing(loggers: Iterable[Logger]) -> Iterator[None]:
    """Finish them in the end, whatever ends the run: those that have not begun where it failed are left alone."""
    loggers = [*loggers]
    try:
        yield
    except BaseException:
        be_patient()
        for logger in loggers:
            with suppress(Exception):  # what has ended the run is said
                finish([logger], "failed")
        raise
    finish(loggers, "success")


def finish(loggers: Iterable[Logger], status: str) -> None:
    """Have loggers write all that they hold; the next run of a sweep begins with new ones.

    status: success or failed.
    """
    for logger in loggers:
        if status == "failed" and not _has_begun(logger):
            continue
        logger.finalize(status)
        match logger:
            case TensorBoard():
                logger.close()
            case WandbLogger():
                logger.experiment.finish(exit_code=0 if status == "success" else 1)


def _has_begun(logger: Logger) -> bool:
    """Whether it has made a run, or files: asking one of these for more would make it begin."""
    return not isinstance(logger, WandbLogger | TensorBoardLogger) or logger._experiment is not None
