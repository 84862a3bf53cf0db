"""What README, the pages and the examples say is true: commands run, Python runs, links lead somewhere."""

import importlib.util
import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from omegaconf import DictConfig, OmegaConf

from aevb.compare import main as compare
from aevb.compare_estimators import main as compare_estimators
from aevb.draw import main as draw
from aevb.evaluate import main as evaluate
from aevb.train import main as train
from tests.conftest import RunCommand
from tests.pages import PAGES, ROOT, blocks, commands, declarations, files, name_of

ENTRIES = {
    "train": train,
    "draw": draw,
    "evaluate": evaluate,
    "compare": compare,
    "compare_estimators": compare_estimators,
}
# What makes a command of a page quick; the rest of it runs as it stands.
SHORT = {
    "train": ["trainer=cpu", "trainer.max_epochs=1", "data.limit=100", "data.val_size=100", "data.batch_size=50"],
    "draw": ["max_images=100"],
    "evaluate": ["num_images=20"],
    "compare": [],
    "compare_estimators": ["num_images=4", "repetitions=20", "num_samples=[1,2]"],
}
SECTIONS = [  # for an evaluation by all of them
    "sections.importance.num_samples=[1,20]",
    "sections.annealed.num_images=3",
    "sections.annealed.num_temperatures=10",
    "sections.annealed.num_simulated=3",
    "sections.quadrature.num_images=2",
    "sections.quadrature.tolerance=0.1",
    "sections.gap.num_images=3",
    "sections.gap.num_steps=5",
    "sections.gap.num_samples=20",
]
FLAGS = ("--help", "--cfg")
COMMANDS = {
    line: name_of(page) for page in PAGES if page.name != "CONTRIBUTING.md" for line in commands(page, "python ")
}
RUNS = {  # what the placeholders stand for
    "outputs/<run>": ["data=digits"],
    "outputs/<other run>": ["data=digits", "latent_dim=3"],
    "outputs/<run of a VQ-VAE>": ["experiment=vq_vae"],
    "outputs/<run of a denoising autoencoder>": ["experiment=gsn", "data=digits"],
    "outputs/multirun/<sweep>": ["-m", "data=digits", "latent_dim=2,3"],
}


def short(name: str, *arguments: str) -> list[str]:
    """The arguments of a command, and what makes it quick; a resumed run has an epoch left."""
    if any(argument.startswith(FLAGS) for argument in arguments):
        return list(arguments)
    options = [*arguments, *SHORT[name], *(["figures=[]"] if "-m" in arguments and name == "train" else [])]
    if name == "evaluate" and not any(argument.startswith("sections=") for argument in arguments):
        options += SECTIONS
    if name == "train" and not any(argument.startswith(("data=", "experiment=")) for argument in arguments):
        options += ["data=digits"]
    if any(argument.startswith("ckpt_path=") for argument in arguments):
        options += ["trainer.max_epochs=2"]
    return options


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the commands run: it has the data of this clone, and what was trained before."""
    folder = tmp_path_factory.mktemp("clone")
    (folder / "data").symlink_to(ROOT / "data")
    return folder


LONG = ("hydra/launcher=", "experiment=vq_prior vq_vae=", "hydra/sweeper=")  # those that take tens of seconds


def marks(line: str, page: str) -> list[pytest.MarkDecorator]:
    """The commands of the README run in every test run, the others in a long one."""
    return [] if page == "README.md" and not any(map(line.__contains__, LONG)) else [pytest.mark.slow]


@pytest.fixture
def filled_in(folder: Path, monkeypatch: pytest.MonkeyPatch, run_command: RunCommand) -> Callable[[str], str]:
    """A text with the folders of runs for its placeholders; they are trained when they are first needed."""
    monkeypatch.chdir(folder)
    trained: dict[str, str] = {}

    def fill(text: str) -> str:
        for placeholder, options in RUNS.items():
            if placeholder not in text:
                continue
            name = re.sub(r"\W+", "_", placeholder)
            if not Path(name).exists():
                where = f"hydra.{'sweep' if '-m' in options else 'run'}.dir={name}"
                code, _, errors = run_command(train, "train", *short("train", *options), "figures=[]", where)
                assert code == 0, errors
            trained[placeholder] = name
            text = text.replace(placeholder, name)
        return text

    return fill


@pytest.mark.parametrize(
    "line",
    [pytest.param(line, id=f"{page}: {line}", marks=marks(line, page)) for line, page in COMMANDS.items()],
)
def test_every_command_of_the_pages_runs(line: str, filled_in: Callable[[str], str], run_command: RunCommand) -> None:
    _, flag, module, *arguments = shlex.split(filled_in(line))
    assert flag == "-m", line
    name = module.removeprefix("src.")
    code, output, errors = run_command(ENTRIES[name], name, *short(name, *arguments))
    assert code == 0, errors
    assert output


@pytest.mark.parametrize(
    "line", [line for line in COMMANDS if " src.train " in line and " -m src.train -m" not in line]
)
def test_every_training_of_the_pages_composes(line: str, configure: Callable[..., DictConfig]) -> None:
    arguments = shlex.split(line)[3:]
    if not any(argument.startswith((*FLAGS, "vq_vae=")) for argument in arguments):
        configure(*(argument for argument in arguments if "<" not in argument))


def test_every_make_target_of_the_pages_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    wanted = {shlex.split(line)[1] for page in PAGES for line in commands(page, "make ")}
    assert wanted <= targets


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python") and not files(page)], ids=name_of)
def test_the_python_of_the_pages_runs(page: Path, filled_in: Callable[[str], str]) -> None:
    for block in blocks(page, "python"):
        exec(compile(filled_in(block), name_of(page), "exec"), {"__name__": "page"})


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_to_a_file(page: Path) -> None:
    for link in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
        assert link.startswith("https://") or (page.parent / link).exists(), link


OPTIONS = [
    options
    for row in re.findall(r"^\|.*\|$", (ROOT / "docs/systems.md").read_text(), re.MULTILINE)
    for options in re.findall(r"`([^`]*=[^`]*)`", row)
]


@pytest.mark.parametrize("options", OPTIONS)
def test_every_row_of_results_names_options_that_compose(options: str, configure: Callable[..., DictConfig]) -> None:
    arguments = shlex.split(options.removeprefix("none: ").replace("<that run>", "."))
    configure(*(argument for argument in arguments if not argument.startswith("vq_vae=")))


def test_the_table_of_systems_is_what_its_runs_have_written() -> None:
    spec = importlib.util.spec_from_file_location("systems", ROOT / "docs" / "systems.py")
    assert spec is not None
    assert spec.loader is not None
    systems = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(systems)
    rows: Any = OmegaConf.to_container(OmegaConf.load(ROOT / "docs" / "systems.yaml"))
    figures = json.loads((ROOT / "docs" / "systems.json").read_text(encoding="utf-8"))
    assert systems.table(rows, figures) in (ROOT / "docs" / "systems.md").read_text(encoding="utf-8")
    for name, found in figures.items():
        assert found["options"] == rows[name]["options"]


@pytest.fixture(scope="module")
def with_new_parts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this clone with the parts that CONTRIBUTING.md adds, as a stranger would type them."""
    copy = tmp_path_factory.mktemp("contributed")
    for name in ("src", "conf", "tests"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    (copy / "data").symlink_to(ROOT / "data")
    for path, content in files(ROOT / "CONTRIBUTING.md").items():
        (copy / path).write_text(content)
    declared = copy / "src/aevb/command_line/declared/parts.py"
    before, opening, after = declared.read_text().partition("PARTS: Mapping[str, Kind] = {\n")
    declared.write_text("".join([before, opening, declarations(ROOT / "CONTRIBUTING.md"), after]))
    return copy


def run_in(folder: Path, *arguments: str) -> str:
    """What Python prints, with these arguments, in a folder."""
    done = subprocess.run([sys.executable, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_parts_of_contributing_train_and_pass_their_tests(with_new_parts: Path) -> None:
    new = [Path(path).stem for path in files(ROOT / "CONTRIBUTING.md") if path.startswith("conf/")]
    run_in(
        with_new_parts, "-m", "pytest", "tests/losses/test_renyi.py", "tests/test_configs.py", "-k", " or ".join(new)
    )
    for line in commands(ROOT / "CONTRIBUTING.md", "python "):
        _, _, module, *arguments = shlex.split(line.replace("outputs/<run>", "run"))
        options = short(module.removeprefix("src."), *arguments)
        run_in(with_new_parts, "-m", module, *options, *(["hydra.run.dir=run"] if module == "src.train" else []))


def test_the_parts_of_contributing_are_well_formed(with_new_parts: Path) -> None:
    new = [path for path in files(ROOT / "CONTRIBUTING.md") if path.endswith(".py")]
    run_in(with_new_parts, "-m", "ruff", "check", *new)
    run_in(with_new_parts, "-m", "ruff", "format", "--check", *new)


@pytest.mark.slow
def test_no_other_test_minds_the_parts_of_contributing(with_new_parts: Path) -> None:
    of_a_clone = ("test_pages", "test_wheel", "test_benchmarks", "test_imports", "data/test_archives")
    ignored = [f"--ignore=tests/{name}.py" for name in of_a_clone]
    run_in(with_new_parts, "-m", "pytest", "-n", "2", "-m", "not slow", *ignored)


@pytest.mark.slow
def test_the_parts_of_contributing_are_typed(with_new_parts: Path) -> None:
    new = [path for path in files(ROOT / "CONTRIBUTING.md") if path.endswith(".py")]
    run_in(with_new_parts, "-m", "mypy", *new)


def test_the_example_by_hand_trains_evaluates_and_draws(tmp_path: Path) -> None:
    output = run_in(tmp_path, str(ROOT / "examples/vae_by_hand.py"), "1")
    estimates = re.findall(r"^(\w+) +(-?[\d.]+) ± ([\d.]+) nats", output, re.MULTILINE)
    values = [float(value) for _, value, _ in estimates]
    assert values == sorted(values), "the bounds rise with K"
    assert len(values) == 3
    assert {picture.name for picture in tmp_path.glob("*.png")} == {"latent_scatter.png", "decoded_grid.png"}


@pytest.mark.slow
def test_the_notebook_runs(tmp_path: Path) -> None:
    notebook: Any = nbformat.read(ROOT / "examples/measure_a_run.ipynb", as_version=4)
    for cell in notebook.cells:
        cell.source = re.sub(r"epochs = \d+", "epochs = 1", cell.source)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    drawn = [out for cell in notebook.cells for out in cell.get("outputs", []) if "image/png" in out.get("data", {})]
    assert len(drawn) == 5


def test_the_notebook_as_it_is_shown_was_run_in_order() -> None:
    notebook: Any = nbformat.read(ROOT / "examples/measure_a_run.ipynb", as_version=4)
    counts = [cell.execution_count for cell in notebook.cells if cell.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))
