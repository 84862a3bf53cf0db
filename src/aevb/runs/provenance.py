"""Which code made a result."""

import platform
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version


def revision() -> str | None:
    """The git commit of the code, with "-dirty" where tracked files differ from it; None outside git or without it."""
    if shutil.which("git") is None:
        return None
    git = subprocess.run(["git", "describe", "--always", "--abbrev=40", "--dirty"], capture_output=True, text=True)
    return git.stdout.strip() if git.returncode == 0 else None


def versions() -> dict[str, str]:
    """The versions that decide a result, of Python and of the packages that are installed."""
    found = {"python": platform.python_version()}
    for package in ("aevb", "torch", "torchvision", "lightning"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
