"""Bits that a disk or a network has changed: every one in a checkpoint is noticed."""

import random
import shutil
from pathlib import Path

from tests.torture.commands import run
from tests.torture.kills import MLP

VERBS = ("draw", "evaluate", "train")


def torture(n: int, seed: int, folder: Path) -> list[str]:
    """Change n bits, one at a time, and use the checkpoint; returns those that nothing noticed, a line each."""
    wrong = []
    choices = random.Random(seed)
    whole = folder / "run"
    options = [*MLP, "trainer.max_epochs=1", "seeds=2"]
    code, text = run("train", [*options, f"hydra.run.dir='{whole}'"], folder / "run.txt")
    if code:
        raise RuntimeError(text)
    files = sorted(file.relative_to(whole) for file in whole.glob("**/*.ckpt"))
    for _ in range(n):
        ours = folder / "changed"
        shutil.rmtree(ours, ignore_errors=True)
        shutil.copytree(whole, ours)
        verb = choices.choice(VERBS)
        # A run of several seeds is gone on with as a whole, and drawn and evaluated by seed.
        changed = ours / choices.choice(
            [file for file in files if file.parts[0].startswith("seed") == (verb != "train")]
        )
        content = bytearray(changed.read_bytes())
        byte, bit = choices.randrange(len(content)), choices.randrange(8)
        content[byte] ^= 1 << bit
        changed.write_bytes(content)
        code, text = run(verb, _arguments(verb, options, changed, folder), folder / "changed.txt")
        if code != 1 or changed.name not in text or "Traceback" in text:
            wrong.append(f"{verb} with bit {bit} of byte {byte} of {changed.relative_to(ours)}: {code}, {text[-300:]}")
            print(wrong[-1], flush=True)
    print(f"{n} changed bits: {n - len(wrong)} noticed", flush=True)
    return wrong


def _arguments(verb: str, options: list[str], changed: Path, folder: Path) -> list[str]:
    match verb:
        case "draw":
            return [f"run='{changed}'", "figures=[reconstructions]", f"out='{folder / 'out'}'"]
        case "evaluate":
            return [f"run='{changed}'", "sections=[elbo]", f"out='{folder / 'out'}'"]
        case _:
            return [*options, "trainer.max_epochs=2", f"ckpt_path='{changed}'", f"hydra.run.dir='{folder / 'rest'}'"]
