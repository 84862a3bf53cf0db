"""The code that made a result: its revision and versions."""

import platform
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

CODE = Path(__file__).resolve()


def revision() -> str | None:
    """The git commit of the code, with "-dirty" where tracked files differ from it.

    None without git, and where the code is in no repository: installed, if only into a folder inside one.
    """
    if shutil.which("git") is None:
        return None

    def git(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["git", "-C", str(CODE.parent), *arguments], capture_output=True, text=True, check=False)

    if git("ls-files", "--error-unmatch", CODE.name).returncode != 0:
        return None
    described = git("describe", "--always", "--abbrev=40", "--dirty")
    return described.stdout.strip() if described.returncode == 0 else None


def versions() -> dict[str, str]:
    """The versions that decide a result, of Python and of the packages that are installed."""
    found = {"python": platform.python_version()}
    for package in ("aevb", "torch", "torchvision", "lightning"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
