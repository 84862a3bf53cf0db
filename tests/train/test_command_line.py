"""Mistakes on the command line: one message, an exit code that is not 0, no traceback."""

import errno
import json
import os
import shlex
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hydra.core.global_hydra import GlobalHydra
from lightning.pytorch import Trainer

from aevb.command_line.plain_errors import plain_errors
from aevb.lock import locked
from aevb.train import LightningModel, main

QUICK = ("data=digits", "trainer=cpu", "trainer.max_epochs=1", "figures=[]")

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Run the command line in a temporary folder; returns its exit code and what it printed as an error."""
    monkeypatch.setenv("HYDRA_FULL_ERROR", "0")
    monkeypatch.chdir(tmp_path)
    interrupt = signal.getsignal(signal.SIGINT)

    def command(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["src/train.py", *arguments])
        os.environ["HYDRA_FULL_ERROR"] = "0"
        GlobalHydra.instance().clear()
        code: Any = 0
        try:
            with plain_errors("train"):
                main()
        except SystemExit as stop:
            code = stop.code
        return code, capsys.readouterr().err

    yield command
    signal.signal(signal.SIGINT, interrupt)  # Lightning ignores it after a Ctrl-C


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("latnt_dim=3", ["'latnt_dim'", "Did you mean latent_dim?"]),
        ("modle=conv_vae", ["'modle'", "Did you mean model?"]),
        ("encoder.hiden_sizes=[3]", ["Did you mean encoder.hidden_sizes?", "encoder.activation"]),
        ("model=conv_vae encoder.chanels=[3]", ["Did you mean encoder.channels?", "encoder.kernel_size"]),
        ("trainer.nothing.at.all=1", ["trainer.nothing", "trainer.max_epochs"]),
        ("model=conv_vea", ["no model 'conv_vea'", "Did you mean conv_vae?", "mlp_ae"]),
        ("latent_dim", ["latent_dim"]),
        ("--resolve", ["--resolve", "--cfg"]),
        ("+encoder@second=mlp", ["+encoder@second=mlp has no effect", "no option 'second'"]),
        ("model=[vae,conv_vae]", ["model must be one choice", "-m model=a,b"]),
        ("experiment=[quick,aevb]", ["experiment must be one choice"]),
        ("trainer.gradient_clip_val=1", ["a plus sign adds it, as in +trainer.gradient_clip_val="]),
        ("callbacks.best.every_n_epochs=2", ["as in +callbacks.best.every_n_epochs="]),
        ("optimizer={}", ["optimizer={} has no effect"]),
        ("--shell-completion", ["install"]),
        ("+encoder.foo=1", ["there is no option 'encoder.foo'", "encoder.hidden_sizes"]),
        ("latent_dim=0", ["latent_dim=0", "at least 1"]),
        ("latent_dim=two", ["latent_dim='two'", "at least 1"]),
        ("seed=-1", ["seed=-1", "at least 0"]),
        ("seed=99999999999", ["seed=99999999999", "at most 4,294,967,295"]),
        ("data.batch_size=-1", ["batch_size=-1", "at least 1"]),
        ("data.val_size=1500", ["data.val_size=1500", "1500 training images"]),
        ("data.stream=700", ["data.stream=700: expected a divisor of the 1200 training images, such as 600"]),
        (
            "data.stream=300 trainer.max_epochs=5",
            ["trainer.max_epochs=5: the 1,200 training images", "make 4 epochs", "set trainer.max_epochs=4"],
        ),
        (
            "encoder.activation=${oc.env:NOT_THERE} encoder.activation=relu",
            ["encoder.activation=${oc.env:NOT_THERE}: "],
        ),
        ("loss.beta=99999999999999999999999", ["of at least 0; so large a whole number is written 1e+23"]),
        ("seed=${nothing} seed=1", ["seed=${nothing}: Interpolation key 'nothing' not found"]),
        ("~data.batch_size", ["data.batch_size is missing: leave ~data.batch_size out"]),
        ("~decoder.hidden_sizes", ["decoder.hidden_sizes is missing: leave ~decoder.hidden_sizes out"]),
        (
            "+trainer.min_epochs=10",
            ["+trainer.min_epochs=10 has no effect: nothing that is chosen ends training early"],
        ),
        ("data.val_size=0 +trainer.limit_val_batches=2", ["has no effect: there are no validation images"]),
        ("+trainer.overfit_batches=2 +trainer.limit_train_batches=3", ["limit_train_batches=3 has no effect"]),
        ("-m seed=0,1 hydra.run.dir=x", ["hydra.run.dir=x has no effect: hydra.sweep.dir is the folder of a sweep"]),
        ("hydra.sweep.dir=x", ["hydra.sweep.dir=x has no effect: it is for a sweep, with -m"]),
        ("data.binarize=grey", ["binarize='grey'", "threshold"]),
        ("trainer.max_epochs=0", ["trainer.max_epochs=0"]),
        ("trainer.accelerator=abacus", ["abacus", "cpu"]),
        ("model=conv_vae encoder.kernel_size=9", ["kernel_size=9", "8x8"]),
        ("encoder.hidden_sizes=512", ["hidden_sizes=512", "list"]),
        ("encoder.activation=rleu", ["'rleu'", "relu"]),
        ("posterior.scale=variance", ["'variance'", "log_variance"]),
        ("loss=mse", ["expected VariationalBound, got MSE", "loss=sgvb_a, loss=sgvb_b"]),
        ("model=vq_vae encoder=mlp", ["expected MapEncoder, got MLPEncoder: use encoder=conv"]),
        ("model=vq_vae decoder=conv", ["use decoder=conv_map"]),
        ("model=mlp_ae loss=sgvb_b", ["loss=bce, loss=mse"]),
        ("model=mlp_ae likelihood=gaussian", ["model=mlp_ae has no likelihood"]),
        ("penalty=contractive", ["has no penalty. Its parts are encoder"]),
        ("model=mlp_ae penalty.weight=1", ["penalty.weight"]),
        ("model=vq_vae penalty=sparse", ["model=vq_vae has no penalty"]),
        ("model=mlp_ae penalty=sparse penalty.kind=l2", ["penalty.kind='l2': expected one of l1, kl"]),
        ("model=mlp_ae penalty=contractive penalty.weight=0", ["penalty.weight=0: expected a finite number above 0"]),
        ("model=psd decoder=mlp", ["expected Dictionary, got MLPDecoder: use decoder=dictionary"]),
        ("model=psd loss=bce", ["model=psd has no loss. Its parts are encoder, decoder."]),
        ("optimizer.lr=-1", ["optimizer.lr=-1: expected a finite number above 0"]),
        ("scheduler=step scheduler.step_size=0", ["scheduler", "step_size"]),
        ("scheduler=plateau data.val_size=0", ["plateau", "data.val_size"]),
        ("~callbacks.last", ["callbacks.last"]),
        ("figures=[lattent]", ["no figure 'lattent'", "Did you mean latent_scatter?"]),
        ("logger=tensorbord", ["no logger 'tensorbord'", "Did you mean tensorboard?"]),
        ("callbacks=[defalt]", ["no callback 'defalt'", "Did you mean default?"]),
        ("logger=[none,csv]", ["logger=[none,csv]: none goes with no other choice. Give logger=[csv], or logger=none"]),
        ("callbacks=[default,ema] callbacks.ema.decay=1", ["callbacks.ema.decay=1: expected a finite", "below 1"]),
        ("logger=mlflow logger.mlflow.experiment_name=", ["logger.mlflow.experiment_name='': expected a name"]),
        ("+logger.mine._target_=json.NoSuch", ["logger.mine: json has no NoSuch."]),
        ("+logger.mine._target_=lightning.pytorch.loggers.CSVLoger", ["has no CSVLoger. Did you mean CSVLogger?"]),
        ("+callbacks.mine._target_=json.NoSuch", ["callbacks.mine: json has no NoSuch."]),
        ("+logger.mine._target_=no_package.Own", ["needs a package that is not installed (No module named"]),
        ("model=null", ["Config group override must be a string", "conf/"]),
        ("posterior.latent_dim=3", ["shape (3,)", "shape (2,)", "set latent_dim"]),
        ("experiment=keras_vae r_loss_factor=-5", ["r_loss_factor=-5: expected a finite number above 0"]),
        ("experiment=mlp_ae lr_step=2", ["lr_step=2: expected a share of the epochs"]),
        ("model.map_estimate=maybe", ["map_estimate='maybe': expected true or false"]),
        ("prior=gamma", ["Normal, lives on all real numbers", "choose a posterior there, such as gamma"]),
        ("posterior=uniform loss=stl", ["CentredUniform", "use loss=sgvb_a"]),
        ("prior=mixture", ["MixtureSameFamily", "loss=sgvb_a"]),
        ("encoder.image_shape=[1,9,9]", ["do not fit together", "data.image_size"]),
        ("scheduler=plateau scheduler.patience=abc", ["scheduler", "abc"]),
        ("figures=[decoded_grid] +figures.decoded_grid.colour=red", ["no option 'colour'", "box, quantiles, dims, n"]),
        ("data.dataset.train=3", ["data.dataset.train"]),
        ("run_dir=null", ["run_dir=null: expected a path"]),
        ("ckpt_path=3", ["ckpt_path=3: expected a path"]),
        ("+trainer.max_steps=0", ["trainer.max_steps=0", "at least 1, or -1"]),
        ("ckpt_path=nothing.ckpt", ["There is no checkpoint nothing.ckpt"]),
        ("hydra.run.dir=/dev/null/run", ["/dev/null/run", "hydra.run.dir"]),
    ],
)
def test_a_mistake_gets_one_clear_message(run: Run, arguments: str, expected: list[str]) -> None:
    code, message = run(*QUICK, *arguments.split())
    assert code == 1
    assert "Traceback" not in message
    assert message.count("Error: ") == 1
    for words in expected:
        assert words in message


@pytest.mark.parametrize(
    "figure",
    ["decoded_grid.n=0", "decoded_grid.box=[1,0]", "prior_samples.n=x", "tsne.split=tets", "prior_samples.sample=3"],
)
def test_a_wrong_option_of_a_figure_shows_before_training(run: Run, figure: str, tmp_path: Path) -> None:
    code, message = run(
        "data=digits", "trainer=cpu", "trainer.max_epochs=1", "figures=[default,tsne]", f"++figures.{figure}"
    )
    assert code == 1
    assert f"figures.{figure.split('.')[0]}" in message
    assert not list(tmp_path.rglob("*.ckpt"))


def test_no_gpu(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: False)
    code, message = run(*QUICK, "trainer=gpu")
    assert code == 1
    assert "trainer=gpu: torch finds no GPU" in message


def test_a_corrupt_checkpoint(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.ckpt").write_bytes(b"PK" + bytes(100))
    code, message = run(*QUICK, "ckpt_path=bad.ckpt")
    assert code == 1
    assert "bad.ckpt is not a checkpoint that can be read" in message
    assert "Traceback" not in message


def test_a_missing_data_set_without_a_network(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torchvision.datasets.KMNIST.mirrors", ["http://localhost:9/"])
    code, message = run(*QUICK, "data=kmnist")
    assert code == 1
    assert "data/KMNIST/raw" in message
    assert "train-images-idx3-ubyte.gz" in message
    assert "Traceback" not in message


def test_a_full_disk(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/tmp/scratch")

    monkeypatch.setattr(Trainer, "save_checkpoint", full)
    code, message = run(*QUICK)
    assert code == 1
    assert "outputs/mlp_vae-sgvb_b-z2/" in message
    assert "could not be written: the disk is full" in message


def test_ctrl_c_keeps_the_last_checkpoint_and_says_how_to_resume(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def interrupt(model: LightningModel) -> None:
        if model.current_epoch == 2:
            raise KeyboardInterrupt

    options = [*QUICK, "trainer.max_epochs=4", "encoder.hidden_sizes=[8,8]"]
    with monkeypatch.context() as patch:
        patch.setattr(LightningModel, "on_train_epoch_start", interrupt)
        code, message = run(*options)
    assert code == 130
    command = message.strip().splitlines()[-1]
    assert " -m aevb.train " in command
    assert "Traceback" not in message
    assert run(*shlex.split(command)[3:])[0] == 0
    (metrics,) = tmp_path.rglob("metrics.json")
    assert json.loads(metrics.read_text())["epochs"] == 4


def test_ctrl_c_before_the_first_checkpoint(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: LightningModel) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(LightningModel, "on_train_epoch_start", interrupt)
    code, message = run(*QUICK)
    assert code == 130
    assert "before the first checkpoint" in message


def test_a_job_of_a_sweep_can_be_resumed_by_the_printed_command(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def interrupt(model: LightningModel) -> None:
        if model.current_epoch == 1:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(LightningModel, "on_train_epoch_start", interrupt)
        code, message = run("-m", *QUICK, "trainer.max_epochs=2", "latent_dim=2,3")
    assert code == 130
    assert len(list(tmp_path.rglob("last.ckpt"))) == 1  # the second job was not begun
    assert run(*shlex.split(message.strip().splitlines()[-1])[3:])[0] == 0


def test_every_job_of_a_sweep_that_fails_is_named_with_its_reason(run: Run, tmp_path: Path) -> None:
    code, message = run("-m", *QUICK, "latent_dim=2,0", "seed=1,-1")
    assert code == 1
    assert "Error: 3 of 4 jobs failed" in message
    folders = ("", "latent_dim-2_seed--1", "latent_dim-0_seed-1", "latent_dim-0_seed--1")
    for number, reason in ((1, "seed=-1"), (2, "latent_dim=0: expected"), (3, "latent_dim=0: expected")):
        job = folders[number]
        assert any(f"job {number} (" in line and reason in line for line in message.splitlines())
        (log,) = tmp_path.glob(f"outputs/multirun/*/{job}/train.log")
        assert reason in log.read_text()
    assert len(list(tmp_path.rglob("metrics.json"))) == 1


@pytest.mark.parametrize("folder", ["hydra.sweep.subdir=same", "run_dir=same"])
def test_a_job_of_a_sweep_does_not_take_the_place_of_another(run: Run, tmp_path: Path, folder: str) -> None:
    code, message = run("-m", *QUICK, "seed=0,1", "hydra.sweep.dir=sweep", folder)
    assert code == 1
    assert "1 of 2 jobs failed" in message
    assert "has a run of this sweep with other options: data.seed was 0 and is now 1; seed was 0" in message
    (metrics,) = tmp_path.rglob("same/metrics.json")
    assert json.loads(metrics.read_text())["seed"] == 0


def test_a_folder_in_which_a_run_is_under_way_is_refused_before_anything_is_written(run: Run, tmp_path: Path) -> None:
    with locked(tmp_path / "here"):
        code, message = run(*QUICK, "hydra.run.dir=here")
    assert code == 1
    assert "here is in use" in message
    assert [file.name for file in (tmp_path / "here").iterdir()] == ["train.log"]


def test_a_run_that_is_refused_leaves_the_earlier_one_whole(run: Run, tmp_path: Path) -> None:
    quick = QUICK[:-1]
    assert run(*quick, "figures=[reconstructions]", "hydra.run.dir=here")[0] == 0
    before = {file: file.read_bytes() for file in (tmp_path / "here").rglob("*") if file.is_file()}
    wrong = ("figures=[reconstructions,decoded_grid]", "figures.decoded_grid.n=0", "latent_dim=3")
    assert run(*quick, *wrong, "hydra.run.dir=here")[0] == 1
    assert all(file.read_bytes() == content for file, content in before.items() if file.suffix != ".log")
    assert run(*quick, "figures=[]", "data.val_size=0", "latent_dim=3", "hydra.run.dir=here")[0] == 0
    assert {file.name for file in (tmp_path / "here").rglob("*.*") if file.suffix in (".ckpt", ".png")} == {
        "last.ckpt",
        "sprite.png",
    }


def test_options_stand_on_either_side_of_the_flag_and_paths_need_no_quotes_of_hydras(run: Run, tmp_path: Path) -> None:
    assert run(*QUICK, "latent_dim=2,3", "-m", "seed=1", "hydra.sweep.dir=my runs/[a=1,b]")[0] == 0
    assert len(list((tmp_path / "my runs" / "[a=1,b]").glob("*/metrics.json"))) == 2


def test_a_run_can_go_on_in_its_own_folder(run: Run) -> None:
    assert run(*QUICK, "hydra.run.dir=here")[0] == 0
    assert run(*QUICK, "hydra.run.dir=here", "trainer.max_epochs=3", "ckpt_path=here")[0] == 0
    assert json.loads(Path("here/metrics.json").read_text())["epochs"] == 3


def test_a_sweep_with_long_overrides_has_folders_the_file_system_takes(run: Run, tmp_path: Path) -> None:
    sizes = "[" + ",".join(["16"] * 60) + "]"
    assert run("-m", *QUICK, f"encoder.hidden_sizes={sizes}", "data.dataset._target_=aevb.data.Digits")[0] == 0
    assert len(list(tmp_path.rglob("metrics.json"))) == 1


def test_the_configuration_of_another_command_is_named(run: Run) -> None:
    assert "is missing: is --config-name, or --config-path, that of another command?" in run("-cn", "evaluate")[1]


def test_a_bug_keeps_its_traceback(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def bug(_: LightningModel) -> None:
        raise AssertionError("a bug")

    monkeypatch.setattr(LightningModel, "on_train_epoch_start", bug)
    with pytest.raises(AssertionError, match="a bug"):
        run(*QUICK)


def test_runs_are_in_folders_named_after_them_and_never_share_one(run: Run, tmp_path: Path) -> None:
    for _ in range(2):
        assert run(*QUICK, "latent_dim=3") == (0, "")
    assert len(list((tmp_path / "outputs" / "mlp_vae-sgvb_b-z3").iterdir())) == 2


@pytest.mark.slow
def test_a_multirun_gives_independent_runs_in_folders_that_tell_them_apart(run: Run, tmp_path: Path) -> None:
    code, _ = run("-m", *QUICK, "model=mlp_vae,conv_vae", "loss=sgvb_a,sgvb_b", "latent_dim=2,3")
    assert code == 0
    (sweep,) = (tmp_path / "outputs" / "multirun").iterdir()
    folders = {folder.name: folder for folder in sweep.iterdir() if folder.is_dir()}
    assert len(folders) == 8
    for model in ("mlp_vae", "conv_vae"):
        for loss in ("sgvb_a", "sgvb_b"):
            for latent_dim in (2, 3):
                words = (f"model-{model}", f"loss-{loss}", f"latent_dim-{latent_dim}")
                (folder,) = [path for name, path in folders.items() if all(word in name for word in words)]
                metrics = json.loads((folder / "metrics.json").read_text())
                assert (metrics["choices"]["model"], metrics["choices"]["loss"]) == (model, loss)
                assert metrics["latent_dim"] == latent_dim
    # The last of the eight gives what it gives alone: nothing of the other seven is left over.
    assert run(*QUICK, "model=conv_vae", "loss=sgvb_b", "latent_dim=3")[0] == 0
    (alone,) = (tmp_path / "outputs" / "conv_vae-sgvb_b-z3").rglob("metrics.json")
    assert json.loads(alone.read_text())["test"] == metrics["test"]
