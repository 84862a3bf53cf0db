"""The end of a run, for its loggers."""

from collections.abc import Iterable, Mapping

from lightning.pytorch.loggers import Logger, WandbLogger

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


def finish(loggers: Iterable[Logger], status: str) -> None:
    """Have loggers write all that they hold; the next run of a sweep begins with new ones.

    status: success or failed.
    """
    for logger in loggers:
        logger.finalize(status)
        match logger:
            case TensorBoard():
                logger.close()
            case WandbLogger():
                logger.experiment.finish(exit_code=0 if status == "success" else 1)
