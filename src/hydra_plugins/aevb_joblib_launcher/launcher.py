"""Jobs beside each other by joblib, which outlive the process of one that is killed."""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hydra.core.singleton import Singleton
from hydra.core.utils import JobReturn, JobStatus, configure_log
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

from aevb.command_line.sweeps import record
from aevb.errors import UserError

KILLED = "its process was killed, perhaps for want of memory: give it a smaller model, or run fewer jobs at once"


class JoblibLauncher(Launcher):
    """Runs each job as hydra-joblib-launcher does, and goes on where the process of one is killed.

    joblib then ends all of them, and does not tell which job it was. Those that were running go on from their last
    checkpoints, one at a time. A job whose process is killed while it runs alone has failed.
    """

    def __init__(self, **options: Any) -> None:
        self.options = options  # of joblib.Parallel

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        if not find_spec("hydra_plugins.hydra_joblib_launcher"):
            raise UserError("hydra-joblib-launcher is a plugin that is not installed: pip install 'aevb[sweeps]'")
        n_jobs = self.options["n_jobs"]
        if not isinstance(n_jobs, int) or n_jobs < 1:
            raise UserError(f"hydra.launcher.n_jobs={n_jobs}: expected how many jobs run at once, at least 1")
        self.context, self.task, self.config = hydra_context, task_function, config

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        from joblib.externals.loky.process_executor import TerminatedWorkerError  # joblib takes its time to import

        configure_log(self.config.hydra.hydra_logging, self.config.hydra.verbose)
        jobs = dict(enumerate(job_overrides, initial_job_idx))
        returned: dict[int, JobReturn] = {}
        suspects: list[int] = []
        while left := [number for number in jobs if number not in returned]:
            batch = suspects[:1] or left[: 1 if self.options["n_jobs"] == 1 else None]
            try:
                found = self._run({number: jobs[number] for number in batch})
            except TerminatedWorkerError:
                if len(batch) > 1:
                    suspects = self._running(left)
                    print("The process of a job was killed. Those that were running go on one at a time.", flush=True)
                    continue
                found = [self._failed(batch[0], jobs[batch[0]])]
            returned |= zip(batch, found, strict=True)
            suspects = suspects[1:]
        return [returned[number] for number in jobs]

    def _run(self, jobs: dict[int, Sequence[str]]) -> Sequence[JobReturn]:
        """What jobs return, by their numbers; each runs in a process of its own, also where it is the only one."""
        from hydra_plugins.hydra_joblib_launcher._core import execute_job, process_joblib_cfg
        from joblib import Parallel, delayed

        context = (self.context, self.config, self.task, Singleton.get_state())
        options = {**self.options, "n_jobs": max(2, self.options["n_jobs"]), "backend": "loky"}
        process_joblib_cfg(options)  # numbers that Hydra gives as text
        tasks = (delayed(execute_job)(number, overrides, *context) for number, overrides in jobs.items())
        returned: list[JobReturn] = Parallel(**options)(tasks)
        return returned

    def _running(self, left: Sequence[int]) -> list[int]:
        """The jobs that may have been running: joblib starts them in their order."""
        ended = {job.number for job in record.read(Path(str(self.config.hydra.sweep.dir))).jobs}
        return [number for number in left if number not in ended][: self.options["n_jobs"]]

    def _failed(self, number: int, overrides: Sequence[str]) -> JobReturn:
        config = self.context.config_loader.load_sweep_config(self.config, [*overrides])
        sweep, folder = Path(str(config.hydra.sweep.dir)), str(config.hydra.sweep.subdir)
        record.add(sweep, record.Job(number, folder, [*overrides], "failed", None, 0.0, KILLED))
        failed = JobReturn(overrides=overrides, cfg=config, status=JobStatus.FAILED)
        failed.return_value = UserError(KILLED)
        return failed
