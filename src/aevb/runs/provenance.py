"""The code that made a result: its revision and versions."""

import os
import platform
import shutil
import subprocess
from importlib.metadata import distributions
from importlib.util import find_spec
from pathlib import Path

import aevb

CODE = Path(__file__).resolve()


def revision() -> str | None:
    """The git commit of the code, with "-dirty" where tracked files differ from it.

    None without git, and where the code is in no repository: installed, if only into a folder inside one.
    """
    if shutil.which("git") is None:
        return None

    # A hook of git's, or a user, may have set GIT_DIR to another repository; and who owns the files does not matter.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", "--no-optional-locks", "-c", "safe.directory=*", "-C", str(CODE.parent)]

    def git(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*command, *arguments], env=environment, capture_output=True, text=True, check=False)

    if git("ls-files", "--error-unmatch", CODE.name).returncode != 0:
        return None
    described = git("describe", "--always", "--abbrev=40", "--dirty")
    return described.stdout.strip() if described.returncode == 0 else None


def versions() -> dict[str, str]:
    """The versions that decide a result, of Python and of the packages, as they stand beside the code that runs."""
    found = {"python": platform.python_version(), "aevb": aevb.__version__}
    for package in ("torch", "torchvision", "lightning"):
        spec = find_spec(package)  # imports nothing
        if spec and spec.origin:
            for distribution in distributions(name=package, path=[str(Path(spec.origin).parents[1])]):
                found[package] = distribution.version
    return found
