"""The end of a job whose search has better ones."""

from hydra.core.hydra_config import HydraConfig
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint

from aevb.command_line.sweeps.pruned import Pruned
from aevb.command_line.sweeps.search import SearchTrial
from aevb.train.callbacks.history import History


class Prune(Checkpoint, Callback):
    """Reports the validation figure of each epoch to the search, and ends a job that is hopeless beside the others.

    history: has the figures, those of an earlier part of this run included. monitor: the name of the figure. sign: with
    which the smaller is the better.

    A Checkpoint, because the history is one, and Lightning calls those after the others.
    """

    def __init__(self, trial: SearchTrial, history: History, monitor: str, sign: float) -> None:
        self.trial = trial
        self.history = history
        self.monitor = monitor
        self.sign = sign
        self.pruned: Pruned | None = None

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        figures = {int(row["epoch"]): row[self.monitor] for row in self.history.rows if self.monitor in row}
        epoch, epochs = trainer.current_epoch + 1, trainer.max_epochs or -1
        hopeless = trainer.is_global_zero and self.trial.is_hopeless(
            {epoch: self.sign * value for epoch, value in figures.items()}
        )
        # A job that is at its end is measured as any.
        if trainer.strategy.reduce_boolean_decision(hopeless, all=False) and epoch in figures and epoch != epochs:
            self.pruned = Pruned(epoch, epochs, self.monitor, figures[epoch], [*HydraConfig.get().overrides.task])
            trainer.should_stop = True
