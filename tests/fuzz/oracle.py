"""What is right: a clean success with whole files and finite, consistent numbers, or one clear message."""

import csv
import json
import re
from collections.abc import Iterator
from math import isclose, isfinite
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
import yaml

from tests.fuzz.cases import Case, parsed
from tests.fuzz.forked import TRACEBACK, Ended

LONGEST = 1500  # characters of a message
OPTION = re.compile(r"\b[a-z_]+(\.\w+)*[=:]|latent_dim|checkpoint|a posterior there")
PNG_END = b"IEND\xaeB`\x82"


def faults(case: Case, ended: Ended, folder: Path) -> list[str]:
    """What is wrong with how a case ended; empty where all is right."""
    found = [f"left behind: {path.relative_to(folder)}" for path in folder.rglob("*.part")]
    if ended.code == TRACEBACK or "Traceback (most recent call last)" in ended.err:
        return [*found, "a traceback"]
    if ended.code < 0:
        return [*found, f"ended by signal {-ended.code} after {ended.seconds:.0f} s"]
    if ended.code == 0:
        return [*found, *_of_a_success(case, ended, folder)]
    return [*found, *_of_a_refusal(case, ended)]


def _of_a_refusal(case: Case, ended: Ended) -> Iterator[str]:
    lines = [line for line in ended.err.splitlines() if not line.startswith("Error executing job with overrides")]
    message = "\n".join(lines[next((i for i, line in enumerate(lines) if line.startswith("Error: ")), 0) :])
    if ended.err.count("Error: ") < 1:
        yield f"exit {ended.code} without a message"
    if len(message) > LONGEST:
        yield f"a message of {len(message)} characters"
    for python in ("object is not", "has no attribute", "unsupported operand", "has no len()", "not iterable"):
        if python in message and "HYDRA_FULL_ERROR=1" not in message:
            yield f"a message in Python's words: {python}"
    given = [option.lstrip("+~").partition("=") for option in case.tried]
    named = [word for name, _, value in given for word in (*name.split("."), value) if word]
    # Choices that do not go together, made before anything nasty, are named by what mends them.
    if not (OPTION.search(message) or any(word in message for word in (*named, "no figure could be drawn"))):
        yield "a message that names no option"


def _of_a_success(case: Case, ended: Ended, folder: Path) -> Iterator[str]:
    if any("--help" in argument or argument.startswith("hydra.") for argument in case.tried):
        return
    for path in folder.rglob("*"):
        if path.is_file() and (fault := _unreadable(path)):
            yield f"{path.relative_to(folder)}: {fault}"
    if case.command == "train":
        yield from _of_metrics(case, folder)
        yield from _of_the_configuration(case, folder)
    elif not any(option.lstrip("+").startswith("out=") for option in case.tried) and not any(
        path.suffix in (".png", ".gif", ".json", ".csv") for path in folder.rglob("*")
    ):
        yield "success, and no file"


def _of_metrics(case: Case, folder: Path) -> Iterator[str]:
    files = [*folder.rglob("metrics.json")]
    if not files and not any(option.lstrip("+").startswith("run_dir=") for option in case.tried):
        yield "success without metrics.json"
    for file in files:
        metrics = json.loads(file.read_text("utf-8"))
        if not metrics["test"]:
            yield "an empty test"
        for stage in ("test", "validation", "train"):
            terms = metrics[stage]
            for name, value in terms.items():
                if not isfinite(value):
                    yield f"{stage} {name}={value}"
            if {"elbo", "reconstruction", "kl"} <= terms.keys() and stage != "train":
                total = terms["reconstruction"] + terms["kl"] + terms.get("kl_weights_per_image", 0)
                if not isclose(-terms["elbo"], total, rel_tol=1e-3, abs_tol=1e-3 * (1 + abs(terms["kl"]))):
                    yield f"{stage}: elbo {terms['elbo']} is not -({terms['reconstruction']} + {terms['kl']})"
            made_of = {"reconstruction", "penalty", "codebook"} & terms.keys()
            if "elbo" not in terms and {"loss", "reconstruction"} <= terms.keys() and "sparsity" not in terms:
                total = sum(terms[name] for name in made_of)
                if not isclose(terms["loss"], total, rel_tol=1e-3, abs_tol=1e-3):
                    yield f"{stage}: loss {terms['loss']} is not {total}"
        if metrics["epochs"] < 1:
            yield "no epoch"


def _of_the_configuration(case: Case, folder: Path) -> Iterator[str]:
    """What was given is what the run says that it did."""
    given = {name.lstrip("+"): value for name, _, value in (option.partition("=") for option in case.tried) if value}
    given = {name: value for name, value in given.items() if f"~{name}" not in case.tried}
    for file in folder.glob("run/config.yaml"):
        for name, text in given.items():
            found: Any = yaml.safe_load(file.read_text("utf-8"))
            for key in name.split("."):
                found = found.get(key) if isinstance(found, dict) else None
            value = parsed(text)
            if isinstance(value, int | float | bool | list) and found != value:
                yield f"config.yaml has {name}={found}"


def _unreadable(path: Path) -> str | None:
    """Why a file cannot be read; None where it can."""
    content = path.read_bytes()
    try:
        match path.suffix:
            case ".json":
                json.loads(content)
            case ".yaml":
                yaml.safe_load(content)
            case ".ckpt":
                state: Any = torch.load(path, map_location="cpu", weights_only=True)["state_dict"]
                if not all(tensor.isfinite().all() for tensor in state.values()):
                    return "weights that are not finite"
            case ".csv":
                rows = [*csv.DictReader(content.decode().splitlines())]
                if not rows or any(value in ("nan", "inf", "-inf") for row in rows for value in row.values()):
                    return "no rows, or not finite"
            case ".png":
                if not content.endswith(PNG_END):
                    return "cut short"
    except (ValueError, OSError, RuntimeError, KeyError, UnpicklingError, yaml.YAMLError) as error:
        return str(error)
    return None
