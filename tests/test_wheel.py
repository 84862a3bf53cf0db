"""The wheel: all of the package, its configurations, and nothing else."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import aevb
from tests.conftest import CONF

ROOT = CONF.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (file,) = folder.glob("*.whl")
    return zipfile.ZipFile(file)


def test_it_has_the_code_the_configurations_and_the_types(wheel: zipfile.ZipFile) -> None:
    rooms = [*(ROOT / "src/aevb").rglob("*.py"), *(ROOT / "src/hydra_plugins").rglob("*.py")]
    package = {str(file.relative_to(ROOT / "src")) for file in rooms}
    conf = {f"aevb/conf/{file.relative_to(CONF)}" for file in CONF.rglob("*.yaml")}
    found = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert found == package | conf | {"aevb/py.typed"}


def test_its_version_is_that_of_the_package(wheel: zipfile.ZipFile) -> None:
    metadata = wheel.read(f"aevb-{aevb.__version__}.dist-info/METADATA").decode()
    assert f"Version: {aevb.__version__}\n" in metadata


@pytest.mark.slow
def test_it_trains_draws_and_evaluates_in_an_empty_folder(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    installed, work = tmp_path / "site", tmp_path / "work"
    wheel.extractall(installed)
    work.mkdir()
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)  # somebody else's repository
    environment = {**os.environ, "PYTHONPATH": str(installed)}

    def python(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments], cwd=work, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert python("-c", "import aevb; print(aevb.__file__)").strip() == str(installed / "aevb/__init__.py")
    python("-m", "aevb.train", "experiment=quick", "trainer.max_epochs=1", "figures=[]")
    (run,) = (file.parent for file in work.glob("outputs/*/*/metrics.json"))
    assert json.loads((run / "metrics.json").read_text())["git_revision"] is None, "no commit of another project"
    python("-m", "aevb.draw", f"run={run.relative_to(work)}", "figures=[decoded_grid]")
    python("-m", "aevb.evaluate", f"run={run.relative_to(work)}", "sections=[elbo]", "num_images=20")
    assert (run / "figures/decoded_grid.png").exists()
    assert (run / "evaluation.json").exists()
