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

from aevb.command_line.arguments import hydra_quoted
from aevb.command_line.sweeps import record
from aevb.command_line.sweeps.pruned import Pruned
from aevb.command_line.sweeps.resources import jobs_at_once
from aevb.command_line.sweeps.search import PRUNERS, SearchTrial, pruner_called, refuse_without_validation, study_in
from aevb.errors import UserError
from aevb.files import shell_path, write_text_atomically
from hydra_plugins.aevb_optuna_sweeper.comparable import Comparable
from hydra_plugins.aevb_optuna_sweeper.space import fixed, space

if TYPE_CHECKING:
    from optuna import Study, Trial
    from optuna.distributions import BaseDistribution
    from optuna.samplers import BaseSampler

SAMPLERS = ("tpe", "random")
BEST = "optuna.yaml"
FOLDER = "folder"  # an attribute of a trial whose job has ended: the name of the job's folder


class OptunaSweeper(Sweeper):
    """Minimises what a job returns over a space of options.

    The study is kept in the folder of the sweep: run again, it goes on, up to n_trials in all. A job that fails or
    diverges is a failed trial, and ends nothing, unless the share of those is above max_failure_rate.

    sampler: tpe (Bergstra et al. 2011) or random. seed: of the sampler. pruner, warmup_epochs: which jobs are ended
    early, and from which epoch on; see `pruner_called`. at_once: how many jobs are launched together; null: what the
    launcher runs at once. params: a space to search beside that of the command line, without what is given there.
    """

    def __init__(
        self,
        n_trials: int,
        sampler: str,
        seed: int,
        pruner: str,
        warmup_epochs: int,
        at_once: int | None,
        max_failure_rate: float,
        params: dict[str, str] | None,
    ) -> None:
        if sampler not in SAMPLERS:
            raise UserError(f"hydra.sweeper.sampler={sampler}: expected one of {', '.join(SAMPLERS)}")
        if pruner not in PRUNERS:
            raise UserError(f"hydra.sweeper.pruner={pruner}: expected one of {', '.join(PRUNERS)}")
        for name, value in {"n_trials": n_trials, "warmup_epochs": warmup_epochs}.items():
            if type(value) is not int or value < 1:
                raise UserError(f"hydra.sweeper.{name}={value}: expected a whole number of at least 1")
        if not 0 <= max_failure_rate <= 1:
            raise UserError(f"hydra.sweeper.max_failure_rate={max_failure_rate}: expected a share, from 0 to 1")
        self.n_trials = n_trials
        self.sampler = sampler
        self.seed = seed
        self.pruner = pruner
        self.warmup_epochs = warmup_epochs
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
        given = {argument.lstrip("+~").partition("=")[0] for argument in arguments}
        params = [f"{name}={values}" for name, values in self.params.items() if name not in given]
        overrides = OverridesParser.create(config_loader=self.hydra_context.config_loader).parse_overrides(
            [*params, *arguments]
        )
        searched = space(overrides)
        if not searched:
            raise UserError("There is nothing to search: give an option several values, as in latent_dim=range(2,10)")
        if "data.val_size" not in searched:
            refuse_without_validation(self.pruner, OmegaConf.select(self.config, "data.val_size"))
        study = self._study(folder)
        comparable = Comparable(folder)
        self._check_comparable(comparable, study)
        if before := len(_told(study)):
            record.begin(folder, self.n_trials, before)
        waiting = _cut_short(study, searched)
        failed: JobReturn | None = None
        while (left := self.n_trials - len(_told(study))) > 0:
            number = min(left, self._batch())
            trials, waiting = waiting[:number], waiting[number:]
            trials += [study.ask(searched) for _ in range(number - len(trials))]
            batch = [[*fixed(overrides), *self._overrides(trial, folder)] for trial in trials]
            self.validate_batch_is_legal(batch)
            returns = self.launcher.launch(batch, initial_job_idx=len(_told(study)))
            for trial, job in zip(trials, returns, strict=True):
                failed = _tell(study, trial, job) or failed
            self._check_comparable(comparable, study)
            self._check_failures(study)
        self._report(study, folder)
        if failed is not None:
            _ = failed.return_value  # raises, as for any sweep
        return study.best_value if _complete(study) else None

    def _overrides(self, trial: "Trial", folder: Path) -> list[str]:
        """The options of a trial, and what its job has to know to report to the study."""
        options = [f"{name}={value}" for name, value in trial.params.items()]
        if self.pruner == "none":
            return options
        described = SearchTrial(str(folder.resolve()), trial._trial_id, self.pruner, self.warmup_epochs)
        return [
            *options,
            *(f"hydra.job.env_set.{key}={hydra_quoted(text)}" for key, text in described.environment().items()),
        ]

    def _batch(self) -> int:
        assert self.config is not None
        if self.at_once is not None:
            return self.at_once
        return 1 if self.config.hydra.launcher._target_.endswith(".BasicLauncher") else jobs_at_once()

    def _study(self, folder: Path) -> "Study":
        study = study_in(folder)
        study.pruner = pruner_called(self.pruner, self.warmup_epochs)
        # A sampler that begins anew would propose what it has proposed before.
        study.sampler = self._sampler(self.seed + len(study.trials))
        return study

    def _sampler(self, seed: int) -> "BaseSampler":
        from optuna.samplers import RandomSampler, TPESampler

        return TPESampler(seed=seed, constant_liar=True) if self.sampler == "tpe" else RandomSampler(seed=seed)

    def _check_comparable(self, comparable: Comparable, study: "Study") -> None:
        try:
            comparable.check(str(trial.user_attrs[FOLDER]) for trial in _told(study) if trial not in _failed(study))
        except UserError:
            (comparable.sweep / BEST).unlink(missing_ok=True)
            raise

    def _check_failures(self, study: "Study") -> None:
        told = _told(study)
        failures = len(_failed(study))
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
        run = folder / str(best.user_attrs[FOLDER])
        found = {"trial": best.number, "value": best.value, "folder": str(run), "options": dict(best.params)}
        write_text_atomically(folder / BEST, yaml.safe_dump(found, sort_keys=False))
        options = " ".join(f"{name}={value}" for name, value in best.params.items())
        pruned = len(_told(study)) - len(_complete(study)) - len(_failed(study))
        ended_early = f" ({pruned} pruned)" if pruned else ""
        print(
            f"The best of {len(_told(study))} trials{ended_early} is {options}, with {best.value:.6g}: "
            f"{shell_path(run)}"
        )


def _tell(study: "Study", trial: "Trial", job: JobReturn) -> JobReturn | None:
    """Tell the study what a job has returned; returns the job if it failed."""
    from optuna.trial import TrialState

    trial.set_user_attr(FOLDER, Path(job.hydra_cfg.hydra.runtime.output_dir).name if job.hydra_cfg else "")
    value = job._return_value  # the public name raises the error of a job that failed
    if job.status == JobStatus.COMPLETED and isinstance(value, Pruned):
        study.tell(trial, state=TrialState.PRUNED)
        return None
    if job.status == JobStatus.COMPLETED and isinstance(value, int | float) and isfinite(value):
        study.tell(trial, float(value))
        return None
    study.tell(trial, state=TrialState.FAIL)
    return job if job.status == JobStatus.FAILED else None


def _cut_short(study: "Study", searched: dict[str, "BaseDistribution"]) -> list["Trial"]:
    """The trials that a kill has left without a result; their folders say how far they came.

    Those of another space are given up.
    """
    from optuna import Trial
    from optuna.trial import TrialState

    left: list[Trial] = []
    for trial in study.get_trials(states=(TrialState.RUNNING,)):
        if trial.params.keys() == searched.keys():
            left.append(Trial(study, trial._trial_id))
        else:
            study.tell(trial.number, state=TrialState.FAIL)
    return left


def _told(study: "Study") -> Sequence[Any]:
    """The trials whose jobs have ended, well or not."""
    return [trial for trial in study.trials if trial.state.is_finished() and FOLDER in trial.user_attrs]


def _complete(study: "Study") -> Sequence[Any]:
    from optuna.trial import TrialState

    return [trial for trial in study.trials if trial.state == TrialState.COMPLETE]


def _failed(study: "Study") -> Sequence[Any]:
    from optuna.trial import TrialState

    return [trial for trial in _told(study) if trial.state == TrialState.FAIL]
