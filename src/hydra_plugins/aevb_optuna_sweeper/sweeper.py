"""A search for good options with Optuna, whose jobs any launcher runs."""

from collections.abc import Sequence
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.plugins import Plugins
from hydra.core.utils import JobReturn, JobStatus
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf

from aevb.command_line.sweeps.resources import jobs_at_once
from aevb.errors import UserError
from aevb.files import shell_path, write_text_atomically
from hydra_plugins.aevb_optuna_sweeper.space import fixed, space

if TYPE_CHECKING:
    from optuna import Study, Trial
    from optuna.samplers import BaseSampler

SAMPLERS = ("tpe", "random")
STORAGE = "optuna.log"
BEST = "optuna.yaml"
CUT_SHORT = "cut short"  # an attribute of a trial that has to be run again


class OptunaSweeper(Sweeper):
    """Minimises what a job returns over a space of options.

    The study is kept in the folder of the sweep: run again, it goes on, up to n_trials in all. A job that fails or
    diverges is a failed trial, and ends nothing, unless the share of those is above max_failure_rate.

    sampler: tpe (Bergstra et al. 2011) or random. seed: of the sampler. at_once: how many jobs are launched together;
    null: what the launcher runs at once. params: a space to search beside that of the command line.
    """

    def __init__(
        self,
        n_trials: int,
        sampler: str,
        seed: int,
        at_once: int | None,
        max_failure_rate: float,
        params: dict[str, str] | None,
    ) -> None:
        if sampler not in SAMPLERS:
            raise UserError(f"hydra.sweeper.sampler={sampler}: expected one of {', '.join(SAMPLERS)}")
        if not (isinstance(n_trials, int) and n_trials > 0):
            raise UserError(f"hydra.sweeper.n_trials={n_trials}: expected a whole number of at least 1")
        if not 0 <= max_failure_rate <= 1:
            raise UserError(f"hydra.sweeper.max_failure_rate={max_failure_rate}: expected a share, from 0 to 1")
        self.n_trials = n_trials
        self.sampler = sampler
        self.seed = seed
        self.at_once = at_once
        self.max_failure_rate = max_failure_rate
        self.params = params or {}

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        self.hydra_context = hydra_context
        self.config = config
        self.launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments: list[str]) -> Any:
        """Ask for trials, launch them, tell their results, until there are enough."""
        assert self.config is not None
        assert self.hydra_context is not None
        assert self.launcher is not None
        folder = Path(self.config.hydra.sweep.dir)
        folder.mkdir(parents=True, exist_ok=True)
        OmegaConf.save(self.config, folder / "multirun.yaml")
        params = [f"{name}={values}" for name, values in self.params.items()]
        overrides = OverridesParser.create(config_loader=self.hydra_context.config_loader).parse_overrides(
            [*params, *arguments]
        )
        searched = space(overrides)
        if not searched:
            raise UserError("There is nothing to search: give an option several values, as in latent_dim=range(2,10)")
        study = self._study(folder)
        _renew_cut_short(study)
        failed: JobReturn | None = None
        while (left := self.n_trials - len(_told(study))) > 0:
            trials = [study.ask(searched) for _ in range(min(left, self._batch()))]
            batch = [
                [*fixed(overrides), *(f"{name}={value}" for name, value in trial.params.items())] for trial in trials
            ]
            self.validate_batch_is_legal(batch)
            returns = self.launcher.launch(batch, initial_job_idx=len(_told(study)))
            for trial, job in zip(trials, returns, strict=True):
                failed = _tell(study, trial, job) or failed
            self._check_failures(study)
        self._report(study, folder)
        if failed is not None:
            _ = failed.return_value  # raises, as for any sweep
        return study.best_value if _complete(study) else None

    def _batch(self) -> int:
        assert self.config is not None
        if self.at_once is not None:
            return self.at_once
        return 1 if self.config.hydra.launcher._target_.endswith(".BasicLauncher") else jobs_at_once()

    def _study(self, folder: Path) -> "Study":
        try:
            import optuna
            from optuna.storages import JournalStorage
            from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
        except ImportError as error:
            raise UserError("hydra/sweeper=optuna needs Optuna: pip install 'aevb[sweeps]'") from error
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        file = str(folder / STORAGE)
        storage = JournalStorage(JournalFileBackend(file, lock_obj=JournalFileOpenLock(file)))
        study = optuna.create_study(storage=storage, study_name="search", load_if_exists=True, direction="minimize")
        # A sampler that begins anew would propose what it has proposed before.
        study.sampler = self._sampler(self.seed + len(study.trials))
        return study

    def _sampler(self, seed: int) -> "BaseSampler":
        from optuna.samplers import RandomSampler, TPESampler

        return TPESampler(seed=seed, constant_liar=True) if self.sampler == "tpe" else RandomSampler(seed=seed)

    def _check_failures(self, study: "Study") -> None:
        told = _told(study)
        failures = len(told) - len(_complete(study))
        if failures > self.max_failure_rate * max(len(told), self._batch()):
            raise UserError(
                f"{failures} of {len(told)} trials failed, more than hydra.sweeper.max_failure_rate="
                f"{self.max_failure_rate}: the search ends here"
            )

    def _report(self, study: "Study", folder: Path) -> None:
        if not _complete(study):
            print("No trial came to its end, so that there is no best one.")
            return
        best = study.best_trial
        run = folder / str(best.user_attrs["folder"])
        found = {"trial": best.number, "value": best.value, "folder": str(run), "options": dict(best.params)}
        write_text_atomically(folder / BEST, yaml.safe_dump(found, sort_keys=False))
        options = " ".join(f"{name}={value}" for name, value in best.params.items())
        print(f"The best of {len(_told(study))} trials is {options}, with {best.value:.6g}: {shell_path(run)}")


def _tell(study: "Study", trial: "Trial", job: JobReturn) -> JobReturn | None:
    """Tell the study what a job has returned; returns the job if it failed."""
    from optuna.trial import TrialState

    trial.set_user_attr("folder", Path(job.hydra_cfg.hydra.runtime.output_dir).name if job.hydra_cfg else "")
    value = job._return_value  # the public name raises the error of a job that failed
    if job.status == JobStatus.COMPLETED and isinstance(value, int | float) and isfinite(value):
        study.tell(trial, float(value))
        return None
    study.tell(trial, state=TrialState.FAIL)
    return job if job.status == JobStatus.FAILED else None


def _renew_cut_short(study: "Study") -> None:
    """Have the trials that a kill has left without a result run first; their folders say how far they came."""
    from optuna.trial import TrialState

    for trial in study.get_trials(states=(TrialState.RUNNING,)):
        study._storage.set_trial_user_attr(trial._trial_id, CUT_SHORT, True)
        study.tell(trial.number, state=TrialState.FAIL)
        study.enqueue_trial(trial.params)


def _told(study: "Study") -> Sequence[Any]:
    """The trials that have a result, or failed."""
    return [trial for trial in study.trials if trial.state.is_finished() and CUT_SHORT not in trial.user_attrs]


def _complete(study: "Study") -> Sequence[Any]:
    from optuna.trial import TrialState

    return [trial for trial in study.trials if trial.state == TrialState.COMPLETE]
