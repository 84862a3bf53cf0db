"""kill -9 at random moments: a run that is gone on with ends as one that was never killed."""

import random
import shutil
import time
from pathlib import Path

from tests.torture.commands import run, seconds, start
from tests.torture.outcome import differences

SMALL = ("data=digits", "trainer=cpu", "trainer.max_epochs=4", "data.batch_size=120", "figures=[]")
MLP = (*SMALL, "encoder.hidden_sizes=[16]", "decoder.hidden_sizes=[16]")
WITHIN = ("callbacks=[default,within_epoch]", "callbacks.within_epoch.every_n_train_steps=5")
CASES: dict[str, tuple[str, ...]] = {
    "autoencoder": (*MLP, "model=mlp_ae"),
    "VAE, dynamic binarisation": (*MLP, "data.binarize=dynamic", "loss.warmup_epochs=2"),
    "VAE, saved within epochs": (*MLP, *WITHIN),
    "VAE, validated within epochs": (*MLP, *WITHIN, "+trainer.val_check_interval=0.5"),
    "VAE with pictures": (*MLP, "figures=[reconstructions,latent_scatter]", "trainer.max_epochs=2"),
    "VQ-VAE": (*SMALL, *WITHIN, "model=vq_vae", "encoder.channels=[4,8]", "decoder.channels=[4,8]", "data.limit=600"),
    "plateau": (*MLP, "scheduler=plateau", "scheduler.patience=0", "+scheduler.threshold=0.9"),
    "several seeds": (*MLP, "seeds=2", *WITHIN, "trainer.max_epochs=2"),
    "IWAE, accumulated": (*MLP, "loss=iwae", "loss.num_samples=3", "+trainer.accumulate_grad_batches=3", *WITHIN),
}


def torture(n: int, seed: int, folder: Path) -> list[str]:
    """Kill n runs, each up to three times, and go on with them; returns what went wrong, a line each."""
    wrong = []
    moments = random.Random(seed)
    lengths = {name: _uninterrupted(name, folder) for name in CASES}
    kills = 0
    for i in range(n):
        name = list(CASES)[i % len(CASES)]
        ours = folder / f"killed-{i}"
        times = moments.randint(1, 3)
        for _ in range(times):
            kills += _start_and_kill(name, ours, moments.uniform(0.0, lengths[name]))
        code, text = _go_on(name, ours)
        found = [f"exit code {code}: {text[-500:]}"] if code else differences(ours, folder / f"whole-{name}")
        if found:
            wrong.append(f"{name}, run {i}, killed {times} times: {'; '.join(found)}")
            print(wrong[-1], flush=True)
        else:
            shutil.rmtree(ours)
    print(f"{n} runs with {kills} kills: {n - len(wrong)} ended as if they had never been killed", flush=True)
    return wrong


def _uninterrupted(name: str, folder: Path) -> float:
    """Train a case to its end; returns its seconds."""

    def train() -> None:
        code, text = run("train", _arguments(name, folder / f"whole-{name}"), folder / f"whole-{name}.txt")
        if code:
            raise RuntimeError(f"{name} cannot be trained: {text}")

    return seconds(train)


def _start_and_kill(name: str, ours: Path, after: float) -> bool:
    """Begin or go on, and kill after some seconds; whether it was still running."""
    if (ours / "metrics.json").exists():
        return False
    command = start("train", _continued(name, ours), ours.with_suffix(".txt"))
    time.sleep(after)
    alive = not command.finished()
    command.kill()
    command.wait()
    return alive


def _go_on(name: str, ours: Path) -> tuple[int, str]:
    if (ours / "metrics.json").exists():
        return 0, ""
    return run("train", _continued(name, ours), ours.with_suffix(".txt"))


def _continued(name: str, ours: Path) -> list[str]:
    """The command that goes on from the last checkpoint, if there is one."""
    from_there = [f"ckpt_path='{ours}'"] if (ours / "checkpoints" / "last.ckpt").exists() else []
    return [*_arguments(name, ours), *from_there]


def _arguments(name: str, folder: Path) -> list[str]:
    return [*CASES[name], f"hydra.run.dir='{folder}'"]
