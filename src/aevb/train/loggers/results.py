"""The end of a run, for its loggers."""

from collections.abc import Iterable, Mapping

from lightning.pytorch.loggers import Logger, WandbLogger

from aevb.train.loggers.tensorboard import TensorBoard

STAGES = ("test", "validation")
Scores = Mapping[str, Mapping[str, float]]  # by stage and quantity


def log_results(loggers: Iterable[Logger], scores: Scores, step: int, best: str, better: str) -> None:
    """Log the figures of the tested model as test/… and validation/….

    best: the quantity by which the best epoch is selected. better: max or min, which of its values are better; on
        TensorBoard's page HParams its name says so.
    """
    results = {f"{stage}/{name}": value for stage in STAGES for name, value in scores[stage].items()}
    for logger in loggers:
        if isinstance(logger, TensorBoard):
            goals = {f"{stage}/{best}": f"{stage}/{best} ({better})" for stage in STAGES}
            logger.log_results({goals.get(name, name): value for name, value in results.items()}, step)
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
