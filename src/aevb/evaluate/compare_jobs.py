"""One table for all jobs of a multirun."""

from typing import Any

from hydra.core.utils import JobReturn, JobStatus
from hydra.experimental.callback import Callback
from omegaconf import DictConfig


class CompareJobs(Callback):
    """Collects what the jobs of a multirun return, and prints one table at its end."""

    def __init__(self) -> None:
        self.evaluations: list[dict[str, Any]] = []

    def on_job_end(self, config: DictConfig, job_return: JobReturn, **kwargs: Any) -> None:
        if job_return.status == JobStatus.COMPLETED:
            self.evaluations.extend(job_return.return_value)

    def on_multirun_end(self, config: DictConfig, **kwargs: Any) -> None:
        if len(self.evaluations) > 1:
            from aevb.evaluate.ranking import print_comparison  # rich takes its time, and --help does not need it

            print_comparison(self.evaluations)
