"""The jobs that failed, each with its reason."""

import logging
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.core.utils import JobReturn, JobStatus
from hydra.experimental.callback import Callback
from hydra.types import RunMode
from omegaconf import DictConfig

from aevb.command_line.messages import message_of
from aevb.errors import UserError
from aevb.files import shell_path


class FailedJobs(Callback):
    """Writes the reason into the log of a job that fails, and remembers it for the end of a sweep."""

    jobs = 0  # that have ended
    failed: tuple[str, ...] = ()  # each job with its reason
    claimed: frozenset[Path] = frozenset()  # what jobs of the sweep have written

    def on_run_start(self, config: DictConfig, **kwargs: Any) -> None:
        self.on_multirun_start(config)

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        FailedJobs.jobs, FailedJobs.failed, FailedJobs.claimed = 0, (), frozenset()

    def on_job_end(self, config: DictConfig, job_return: JobReturn, **kwargs: Any) -> None:
        FailedJobs.jobs += 1
        if job_return.status != JobStatus.FAILED:
            return
        error: Exception = job_return._return_value  # the public name prints, and raises it
        message = message_of(error, config.hydra.job.config_name)
        log_failure(error, message)
        if config.hydra.mode == RunMode.MULTIRUN:
            name = f"job {config.hydra.job.num} ({', '.join(config.hydra.overrides.task)})"
            FailedJobs.failed = (*FailedJobs.failed, f"{name}: {message or repr(error)}")


def claim(path: Path, advice: str) -> None:
    """Raise UserError if an earlier job of this sweep has written this file or folder, which would be lost."""
    if not (HydraConfig.initialized() and HydraConfig.get().mode == RunMode.MULTIRUN):
        return
    place = path.resolve()
    if place in FailedJobs.claimed:
        raise UserError(f"An earlier job of this sweep has written {shell_path(path)}, which would be lost: {advice}")
    FailedJobs.claimed = FailedJobs.claimed | {place}


def log_failure(error: BaseException, message: str | None) -> None:
    """Write the reason, for a bug with its traceback, into the log files alone: the terminal shows it at the end."""
    trace = None if message else (type(error), error, error.__traceback__)
    record = logging.LogRecord("aevb", logging.ERROR, "", 0, message or repr(error), None, trace)
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.FileHandler):
            handler.handle(record)


def summary_of_failures() -> str | None:
    """Every job of a sweep that failed, with its reason; None where no sweep has failed."""
    if not FailedJobs.failed:
        return None
    count = f"{len(FailedJobs.failed)} of {FailedJobs.jobs} jobs"
    return "\n  ".join([f"{count} failed:", *FailedJobs.failed])
