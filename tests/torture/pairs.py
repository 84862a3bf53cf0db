"""Two processes that begin together and want the same thing: nothing is lost."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import torch

from aevb.data import ImageData
from tests.torture.commands import fork, run, start
from tests.torture.kills import MLP
from tests.torture.outcome import differences

ARCHIVES = Path("data")


def torture(n: int, folder: Path) -> list[str]:
    """n pairs for each thing; returns what went wrong, a line each."""
    wrong = []
    for what, pair in {"one folder": one_folder, "first extraction": extraction, "a classifier": classifier}.items():
        found = [f"{what}, pair {i}: {text}" for i in range(n) if (text := pair(folder / what.replace(" ", "_")))]
        for line in found:
            print(line, flush=True)
        print(f"{n} pairs with {what}: {n - len(found)} lost nothing", flush=True)
        wrong += found
    return wrong


def one_folder(folder: Path) -> str:
    """Two runs in one folder: one trains as if it were alone, and the other is refused."""
    options = [*MLP, "trainer.max_epochs=1"]
    for seed in (0, 1):
        alone = folder / f"alone-{seed}"
        if not alone.exists():
            run("train", [*options, f"seed={seed}", f"hydra.run.dir='{alone}'"], folder / "alone.txt")
    shared = folder / "shared"
    shutil.rmtree(shared, ignore_errors=True)
    where = f"hydra.run.dir='{shared}'"
    commands = [start("train", [*options, f"seed={s}", where], folder / f"{s}.txt") for s in (0, 1)]
    codes = [command.wait() for command in commands]
    texts = [command.text() for command in commands]
    if codes == [0, 0]:  # one after the other: the second has replaced the first
        return "both ended well" if all(differences(shared, folder / f"alone-{s}") for s in (0, 1)) else ""
    if sorted(codes) != [0, 1] or "Traceback" in "".join(texts) or str(shared) not in texts[codes.index(1)]:
        return f"{codes}: {texts[0][-300:]} | {texts[1][-300:]}"
    return "; ".join(differences(shared, folder / f"alone-{codes.index(0)}"))


def extraction(folder: Path) -> str:
    """The archives of MNIST, extracted by two at once: both have all images."""
    root = folder / "data"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ARCHIVES, root, ignore=shutil.ignore_patterns("*-ubyte"))

    def read(file: Path) -> Callable[[], None]:
        return lambda: torch.save({name: images for name, (images, _) in _mnist(root).splits.items()}, file)

    files = [folder / "first.pt", folder / "second.pt"]
    commands = [fork(read(file), file.with_suffix(".txt")) for file in files]
    codes = [command.wait() for command in commands]
    if codes != [0, 0]:
        return " | ".join(command.text()[-300:] for command in commands)
    wanted = _mnist(ARCHIVES).splits
    for file in files:
        found = torch.load(file, weights_only=True)
        if not all(torch.equal(found[name], images) for name, (images, _) in wanted.items()):
            return f"{file.name} has other images"
    return ""


def classifier(folder: Path) -> str:
    """Two evaluations that train the classifier of samples at once: both have the numbers of one alone."""
    trained = folder / "run"
    if not trained.exists():
        run("train", [*MLP, "trainer.max_epochs=1", f"hydra.run.dir='{trained}'"], folder / "run.txt")
        _evaluate(folder, trained, "alone")
    shutil.rmtree(folder / "cache", ignore_errors=True)
    commands = [start("evaluate", _samples(folder, trained, name), folder / f"{name}.txt") for name in ("a", "b")]
    codes = [command.wait() for command in commands]
    if codes != [0, 0]:
        return " | ".join(command.text()[-300:] for command in commands)
    found = [_numbers(folder / name) for name in ("alone", "a", "b")]
    return "" if found[0] == found[1] == found[2] else "the numbers differ"


def _evaluate(folder: Path, trained: Path, name: str) -> None:
    code, text = run("evaluate", _samples(folder, trained, name), folder / f"{name}.txt")
    if code:
        raise RuntimeError(text)


def _samples(folder: Path, trained: Path, name: str) -> list[str]:
    cache = f"sections.samples.cache='{folder / 'cache'}'"
    few = "sections.samples.num_samples=100"
    return [f"run='{trained}'", "sections=[samples]", few, cache, f"out='{folder / name}'"]


def _numbers(folder: Path) -> object:
    return json.loads((folder / "evaluation.json").read_text())["results"]


def _mnist(root: Path) -> ImageData:
    from functools import partial

    from torchvision.datasets import MNIST

    data = ImageData(partial(MNIST, root=str(root), download=True), channels=1, image_size=28, batch_size=100)
    return data.load()
