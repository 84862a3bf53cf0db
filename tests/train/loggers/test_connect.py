"""A logger that cannot begin says why, soon, in one line."""

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from lightning.pytorch.loggers import MLFlowLogger, WandbLogger
from omegaconf import DictConfig, OmegaConf

from aevb.errors import UserError
from aevb.train.loggers import build_loggers, connect
from aevb.train.quiet import quiet_lightning

Configure = Callable[..., DictConfig]


@pytest.mark.parametrize("patience", [None, "1"])
def test_a_server_that_refuses_connections_is_named_within_seconds(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, patience: str | None
) -> None:
    pytest.importorskip("mlflow")
    monkeypatch.delenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", raising=False)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "0")
    if patience:
        monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", patience)
    logger = MLFlowLogger(tracking_uri="http://127.0.0.1:9")
    begin, before = time.monotonic(), dict(os.environ)
    with pytest.raises(UserError, match=r"http://127\.0\.0\.1:9 does not answer \(Connection refused\)\. Start its"):
        connect([logger])
    assert time.monotonic() - begin < 10
    assert dict(os.environ) == before
    retries = [record for record in caplog.records if "Retrying" in record.getMessage()]
    assert len(retries) == int(patience or 0)


@pytest.mark.parametrize("offline", [True, False])
def test_advice_is_for_what_is_wrong(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, offline: bool) -> None:
    wandb = pytest.importorskip("wandb")
    monkeypatch.setenv("WANDB_MODE", "offline" if offline else "online")

    def init(**options: object) -> None:
        raise wandb.errors.UsageError(options["project"])

    monkeypatch.setattr("wandb.init", init)
    for project, login in (("Invalid project name 'a:b'", False), ("No API key configured.", not offline)):
        with pytest.raises(UserError) as caught:
            connect([WandbLogger(project=project, save_dir=tmp_path, offline=offline)])
        assert str(caught.value).startswith(f"logger=wandb cannot begin a run: {project.rstrip('.')}.")
        assert ("Log in with wandb login" in str(caught.value)) is login


def test_only_the_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    save_dir = tmp_path / "file" / "below"
    cfg = OmegaConf.create({"csv": {"_target_": "lightning.pytorch.loggers.CSVLogger", "save_dir": str(save_dir)}})
    with pytest.raises(UserError, match=r"below could not be written: .*Choose another logger\.csv\.save_dir"):
        build_loggers(cfg, tmp_path, None)


def test_a_first_experiment_of_mlflow_is_no_news(caplog: pytest.LogCaptureFixture) -> None:
    quiet_lightning()
    log = logging.getLogger("lightning.pytorch.loggers.mlflow")
    log.warning("Experiment with name aevb not found. Creating it.")
    log.warning("Discarding metric")
    assert [record.getMessage() for record in caplog.records] == ["Discarding metric"]
