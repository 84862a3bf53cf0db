"""What Lightning's callbacks lack when a run goes on from a checkpoint."""

from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import EarlyStopping, GradientAccumulationScheduler, StochasticWeightAveraging
from lightning.pytorch.callbacks.early_stopping import EarlyStoppingReason


class GoOn(Callback):
    """Has callbacks be where they were when the checkpoint was saved.

    Lightning forgets that an EarlyStopping has ended a run, and restores its patience, whatever it is given now. What
    some do at the beginning of an epoch they need in the rest of one, too.

    stopped: whether an EarlyStopping has ended the run, and is to end this one.
    """

    def __init__(self, stopped: bool) -> None:
        self.stopped = stopped
        self.patience: dict[EarlyStopping, int] = {}

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        callbacks = trainer.callbacks if stage == "fit" else []  # type: ignore[attr-defined]
        self.patience = {callback: callback.patience for callback in callbacks if isinstance(callback, EarlyStopping)}

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        for callback, patience in self.patience.items():
            callback.patience = patience
            if not self.stopped:
                callback.stopping_reason = EarlyStoppingReason.NOT_STOPPED
        trainer.should_stop = trainer.should_stop or self.stopped

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if not trainer.fit_loop.restarted_mid_epoch:
            return
        groups = trainer.optimizers[0].param_groups
        rates = [group["lr"] for group in groups]
        for callback in trainer.callbacks:  # type: ignore[attr-defined]
            if isinstance(callback, StochasticWeightAveraging | GradientAccumulationScheduler):
                callback.on_train_epoch_start(trainer, pl_module)
        for group, rate in zip(groups, rates, strict=True):  # a new schedule begins with a rate of its own
            group["lr"] = rate
