"""The study of a search, which the sweeper and its jobs share: a file in the folder of the sweep."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from aevb.errors import UserError

if TYPE_CHECKING:
    from optuna import Study, Trial
    from optuna.pruners import BasePruner

FILE = "optuna.log"
TRIAL = "AEVB_TRIAL"  # in the environment of a job that may be pruned
PRUNERS = ("none", "median", "halving", "hyperband")
ENOUGH = 3  # finished jobs that a median is taken of


@dataclass(frozen=True)
class SearchTrial:
    """The trial that a job is, as the job finds it in its environment.

    number: of the trial in the storage. folder: of the sweep. pruner, warmup_epochs: see `pruner_called`.
    """

    folder: str
    number: int
    pruner: str
    warmup_epochs: int

    def environment(self) -> dict[str, str]:
        """What the sweeper puts into the environment of the job."""
        return {TRIAL: json.dumps(asdict(self))}

    def is_hopeless(self, figures: Mapping[int, float]) -> bool:
        """Report the figures that the study does not know yet, by epoch; says whether others make this job hopeless.

        A job that goes on after a kill has epochs that it has reported before.
        """
        last = self._trial.study._storage.get_trial(self.number).last_step or 0
        for epoch in sorted(epoch for epoch in figures if epoch > last):
            self._trial.report(figures[epoch], epoch)
        return bool(figures) and self._trial.should_prune()

    @cached_property
    def _trial(self) -> "Trial":
        from optuna import Trial

        return Trial(study_in(Path(self.folder), pruner_called(self.pruner, self.warmup_epochs)), self.number)


def trial_of_job() -> SearchTrial | None:
    """The trial that this job is; None where no search may prune it."""
    described = os.environ.get(TRIAL)
    return SearchTrial(**json.loads(described)) if described else None


def study_in(folder: Path, pruner: "BasePruner | None" = None) -> "Study":
    """The study in the folder of a sweep, which is made if there is none."""
    try:
        import optuna
        from optuna.storages import JournalStorage
        from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
    except ImportError as error:
        raise UserError("hydra/sweeper=optuna needs Optuna: pip install 'aevb[sweeps]'") from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    file = str(folder / FILE)
    storage = JournalStorage(JournalFileBackend(file, lock_obj=JournalFileOpenLock(file)))
    return optuna.create_study(
        storage=storage, study_name="search", load_if_exists=True, direction="minimize", pruner=pruner
    )


def pruner_called(name: str, warmup_epochs: int) -> "BasePruner":
    """The rule by which jobs are pruned.

    name: none; median, of the finished jobs at the same epoch; halving (Li et al. 2020) or hyperband (Li et al. 2018),
    which let the best third go on at epochs that grow by a factor of 3. warmup_epochs: none is pruned before the end of
    this epoch.
    """
    from optuna.pruners import HyperbandPruner, MedianPruner, NopPruner, SuccessiveHalvingPruner

    match name:
        case "median":
            return MedianPruner(n_startup_trials=ENOUGH, n_warmup_steps=warmup_epochs)
        case "halving":
            return SuccessiveHalvingPruner(min_resource=warmup_epochs, reduction_factor=3)
        case "hyperband":
            return HyperbandPruner(min_resource=warmup_epochs, reduction_factor=3)
    return NopPruner()


def refuse_without_validation(pruner: str, val_size: int | None) -> None:
    """Raise UserError for a pruner that has no figures to compare. val_size: None where it is not known."""
    if pruner != "none" and val_size == 0:
        raise UserError(
            f"hydra.sweeper.pruner={pruner} compares figures of validation images: set data.val_size above 0, or "
            f"leave it out"
        )
