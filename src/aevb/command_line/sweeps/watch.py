"""What Hydra tells about the jobs of a sweep."""

import logging
import os
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from time import time
from traceback import format_exception
from typing import Any

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.utils import JobReturn, JobStatus
from hydra.errors import HydraException
from hydra.experimental.callback import Callback
from hydra.types import RunMode
from omegaconf import DictConfig, read_write

from aevb.command_line import PACKAGE
from aevb.command_line.messages import message_of
from aevb.command_line.sweeps import record
from aevb.command_line.sweeps.folders import leave_fixed_options_out
from aevb.command_line.sweeps.go_on import how_to_go_on
from aevb.command_line.sweeps.lines import Lines, ended
from aevb.command_line.sweeps.output import FILE, Output
from aevb.command_line.sweeps.preflight import refuse_impossible_sweep
from aevb.command_line.sweeps.pruned import Pruned
from aevb.command_line.sweeps.resources import jobs_at_once, take_share
from aevb.command_line.sweeps.slots import wait_for_slot
from aevb.command_line.sweeps.stop import EndWithSweep, stop_jobs, wait_for_jobs
from aevb.errors import Refused, UserError
from aevb.files import disk_errors, shell_path
from aevb.lock import locked
from aevb.signals import before_end

IN_USE = "is running a sweep there. Wait until it has ended, or give this one another name."
METRICS = "metrics.json"  # which a run writes at its end
OF_THIS_PROCESS = (".BasicLauncher",)
OF_THIS_MACHINE = (".JoblibLauncher", ".LocalLauncher")  # whose jobs end with the sweep


class Watch(Callback):
    """Holds the lock of a sweep's folder, keeps the record of its jobs, and prints a line for each that has ended.

    A job that runs beside others has a share of the machine, and its output goes into a file. The reason for which a
    job failed is also written into its log.
    """

    folder: Path | None = None  # of the sweep that this process has started
    closing = ExitStack()  # what is to be done at its end
    claimed: frozenset[Path] = frozenset()  # what jobs of the sweep have written
    place = Path()  # of the run of the job that this process runs
    metrics: tuple[int, int] | None = None  # the version of its metrics.json when it began
    ends_with_sweep = False  # whether this process, which runs jobs, does

    def on_run_start(self, config: DictConfig, **kwargs: Any) -> None:
        close_sweep()

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        close_sweep()
        try:
            self._begin(config)
        except UserError as error:  # Hydra would warn, and go on
            raise Refused from error

    def _begin(self, config: DictConfig) -> None:
        refuse_impossible_sweep(config)
        folder = Path(str(config.hydra.sweep.dir))
        Watch.closing.enter_context(locked(folder, IN_USE))
        Watch.folder = folder.resolve()
        before_end(partial(_farewell, config))
        wait_for_jobs(Watch.folder)
        leave_fixed_options_out(config)
        with disk_errors(shell_path(folder), "Choose another place with hydra.sweep.dir=/some/folder."):
            record.begin(folder, num_jobs(config))
        if _is_beside_others(config):
            _let_processes_find_the_code()
            os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # Ray would send statistics
            print(f"The output of each job is in {shell_path(folder)}/<job>/{FILE}.", flush=True)
            lines = Lines(Watch.folder)
            lines.start()
            Watch.closing.callback(lines.end)

    def on_job_start(self, config: DictConfig, **kwargs: Any) -> None:
        folder, self.output, self.slot = Path(config.hydra.runtime.output_dir), None, None
        if _is_beside_others(config):
            at_once = jobs_at_once()
            take_share(config.hydra.job.num, at_once)
            if _launcher_is(config, OF_THIS_MACHINE) and not Watch.ends_with_sweep:
                Watch.ends_with_sweep = True
                EndWithSweep(folder.parent).start()
            if config.hydra.launcher._target_.endswith(".LocalLauncher"):
                self.slot = wait_for_slot(folder.parent / ".slots", at_once)
            self.output = Output(folder)
        self.began = time()
        Watch.enter(folder)

    @staticmethod
    def enter(folder: Path) -> None:
        """Note that the job's run is in this folder, before anything is written there."""
        Watch.place, Watch.metrics = folder, _version(folder / METRICS)

    def on_job_end(self, config: DictConfig, job_return: JobReturn, **kwargs: Any) -> None:
        reason = ""
        if job_return.status == JobStatus.FAILED:
            error: Exception = job_return._return_value  # the public name prints, and raises it
            message = message_of(error, config.hydra.job.config_name)
            log_failure(error, message)
            reason = message or repr(error)
            if self.output is not None:  # the error has to reach another process, which not every class does
                trace = "".join(format_exception(error))
                job_return.return_value = UserError(message) if message else RuntimeError(trace)
        if config.hydra.mode == RunMode.MULTIRUN:
            self._note(config, job_return, reason)
        if self.output is not None:
            self.output.give_back()
        if self.slot is not None:
            os.close(self.slot)

    def _note(self, config: DictConfig, job_return: JobReturn, reason: str) -> None:
        hydra = config.hydra
        folder, result = Watch.place, job_return._return_value
        skipped = Watch.metrics is not None and Watch.metrics == _version(folder / METRICS)
        if job_return.hydra_cfg is not None:
            with read_write(job_return.hydra_cfg.hydra.runtime):
                job_return.hydra_cfg.hydra.runtime.output_dir = str(folder)
        outcome: record.Outcome = "finished before" if skipped else "finished"
        if reason:
            outcome = "failed"
        elif isinstance(result, Pruned):
            outcome = "pruned"
        job = record.Job(
            number=hydra.job.num,
            folder=folder.name,
            options=[*hydra.overrides.task],
            outcome=outcome,
            value=result if isinstance(result, float) else None,
            seconds=time() - self.began,
            reason=str(result) if isinstance(result, Pruned) else reason,
        )
        sweep = Path(hydra.sweep.dir)
        record.add(sweep, job)
        if self.output is None:
            print(ended(job, record.read(sweep)), flush=True)


def num_jobs(config: DictConfig) -> int | None:
    """The number of jobs of a sweep over all combinations; None where another sweeper decides it."""
    sweeper = config.hydra.sweeper
    if not sweeper._target_.endswith(".BasicSweeper"):
        trials: int | None = sweeper.get("n_trials")
        return trials
    params = [f"{key}={value}" for key, value in (sweeper.params or {}).items()]
    try:
        overrides = OverridesParser.create().parse_overrides([*params, *config.hydra.overrides.task])
        return len(BasicSweeper.split_arguments(overrides, None)[0])
    except HydraException:  # the sweeper will say so
        return None


def claim(path: Path, advice: str) -> None:
    """Raise UserError if an earlier job of this sweep has written this file or folder, which would be lost."""
    if not (HydraConfig.initialized() and HydraConfig.get().mode == RunMode.MULTIRUN):
        return
    place = path.resolve()
    if place in Watch.claimed:
        raise UserError(f"An earlier job of this sweep has written {shell_path(path)}, which would be lost: {advice}")
    Watch.claimed = Watch.claimed | {place}


def log_failure(error: BaseException, message: str | None) -> None:
    """Write the reason, for a bug with its traceback, into the log files alone: the terminal shows it at the end."""
    trace = None if message else (type(error), error, error.__traceback__)
    entry = logging.LogRecord("aevb", logging.ERROR, "", 0, message or repr(error), None, trace)
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.FileHandler):
            handler.handle(entry)


def summary_of_failures() -> str | None:
    """Every job of a sweep that failed, with its reason; None where no sweep has failed."""
    if Watch.folder is None:
        return None
    jobs = record.read(Watch.folder)
    if not jobs.failed:
        return None
    failures = [f"{job.described}: {job.reason}" for job in jobs.failed]
    return "\n  ".join([f"{len(jobs.failed)} of {len(jobs.jobs)} jobs failed:", *failures])


def close_sweep() -> None:
    """Let go of the sweep that this process had started."""
    before_end(None)
    Watch.closing.close()
    Watch.folder, Watch.claimed = None, frozenset()


def _is_beside_others(config: DictConfig) -> bool:
    """Whether the jobs run in processes of their own."""
    return config.hydra.mode == RunMode.MULTIRUN and not _launcher_is(config, OF_THIS_PROCESS)


def _launcher_is(config: DictConfig, names: tuple[str, ...]) -> bool:
    return str(config.hydra.launcher._target_).endswith(names)


def _farewell(config: DictConfig) -> str:
    """End the jobs of the sweep that this process has started, and say how to go on with it."""
    if Watch.folder is not None and _launcher_is(config, OF_THIS_MACHINE):
        stop_jobs(Watch.folder)
    return how_to_go_on(config.hydra.job.config_name, Watch.folder)


def _let_processes_find_the_code() -> None:
    """Have other processes import the code that this one does: a clone need not be installed."""
    known = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if (place := str(PACKAGE.parent)) not in known:
        os.environ["PYTHONPATH"] = os.pathsep.join([place, *filter(None, known)])


def _version(path: Path) -> tuple[int, int] | None:
    with suppress(OSError):
        status = os.stat(path)
        return status.st_ino, status.st_mtime_ns
    return None
