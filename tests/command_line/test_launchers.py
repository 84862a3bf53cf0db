"""A process's place among others: what the environment of a lone one says does not matter."""

import os

import pytest
from omegaconf import OmegaConf

from aevb.command_line.launchers import is_follower, settle_place
from aevb.errors import UserError
from aevb.signals import RANK_ARGUMENTS

PLACES = [
    {"LOCAL_RANK": "1"},
    {"RANK": "abc", "WORLD_SIZE": "-3", "NODE_RANK": "x", "GROUP_RANK": "2"},
    {"SLURM_PROCID": "3", "SLURM_NTASKS": "8", "SLURM_JOB_NAME": "x", "SLURM_LOCALID": "3"},
    {"TORCHELASTIC_RUN_ID": "none", "RANK": "1", "LOCAL_RANK": "1", "WORLD_SIZE": "2", "MASTER_ADDR": "nowhere"},
    {"LSB_JOBID": "3", "LSB_DJOB_RANKFILE": "/nothing", "JSM_NAMESPACE_LOCAL_RANK": "1", "JSM_NAMESPACE_SIZE": "2"},
    {"OMPI_COMM_WORLD_RANK": "2", "PMI_RANK": "2", "PL_TRAINER_MAX_STEPS": "3"},
]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("trainer", [{"devices": 1}, {"devices": "1", "strategy": "ddp"}, {"devices": [0]}])
def test_a_run_on_one_device_is_alone(
    monkeypatch: pytest.MonkeyPatch, place: dict[str, str], trainer: dict[str, object]
) -> None:
    for name, value in place.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    settle_place(OmegaConf.create({"trainer": trainer}))
    assert not place.keys() & os.environ.keys()
    assert os.environ["OMP_NUM_THREADS"] == "1"
    assert not is_follower()


def test_a_process_that_another_has_started_keeps_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(RANK_ARGUMENTS, "[]")
    monkeypatch.setenv("LOCAL_RANK", "1")
    settle_place(OmegaConf.create({"trainer": {"devices": 2, "strategy": "ddp"}}))
    assert is_follower()


@pytest.mark.parametrize("strategy", ["ddp_spawn", "ddp_notebook", "fsdp", "deepspeed_stage_2", "nonsense"])
def test_a_strategy_that_does_not_repeat_the_command_is_refused(strategy: str) -> None:
    with pytest.raises(UserError, match=f"trainer.strategy={strategy}: expected one of auto, ddp"):
        settle_place(OmegaConf.create({"trainer": {"devices": 2, "strategy": strategy}}))


def test_several_machines_need_torchrun() -> None:
    with pytest.raises(UserError, match="start the processes with torchrun"):
        settle_place(OmegaConf.create({"trainer": {"devices": 1, "num_nodes": 2}}))
