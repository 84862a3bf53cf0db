"""Reading a data set into two tensors, and telling what is wrong with its files."""

import gzip
import shutil
import struct
import subprocess
import tempfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from aevb.data.colours import CHANNELS, on_white
from aevb.data.image_set import ImageSet
from aevb.errors import UserError
from aevb.files import write_atomically

NO_LABEL = -1


def read_images(dataset: Callable[..., Any], train: bool) -> tuple[Tensor, Tensor]:
    """Images, uint8 (N, C, H, W), and labels, int64 (N,), of the training or the test split; labels of -1 are none.

    dataset: makes an object with `data` and `targets` when called with `train`, as torchvision's image sets do.
    Raises UserError, naming the file and the remedy, where an archive is corrupt, or missing and cannot be downloaded.
    """
    try:
        if hasattr(getattr(dataset, "func", dataset), "resources"):
            _extract_archives(dataset)
        split = dataset(train=train)
    except (RuntimeError, OSError, ValueError, EOFError, TypeError, AssertionError, LookupError) as error:
        raise UserError(_how_to_get(dataset, error)) from error
    for name in ("data", "targets"):
        if not hasattr(split, name):
            raise UserError(f"The data set {type(split).__name__} has no attribute {name!r}: see aevb.data.ImageSet")
    try:
        images = torch.as_tensor(split.data)
        labels = torch.full((len(images),), NO_LABEL) if split.targets is None else torch.as_tensor(split.targets)
        return _checked(images, labels, none_is_right=not train)
    except (ValueError, TypeError, RuntimeError) as error:
        raise UserError(f"The data set {type(split).__name__} cannot be used: {error}") from error


def _checked(images: Tensor, labels: Tensor, none_is_right: bool) -> tuple[Tensor, Tensor]:
    """Images as (N, C, H, W) and labels as int64; ValueError for other kinds or shapes than ImageSet's."""
    if images.dtype != torch.uint8:
        raise ValueError(f"its data are {images.dtype}: expected torch.uint8, grey levels from 0 to 255")
    shape = tuple(images.shape)
    if images.ndim == 3:
        images = images.unsqueeze(1)
    elif images.ndim == 4 and images.shape[1] not in CHANNELS:
        images = images.permute(0, 3, 1, 2)
    if images.ndim != 4 or images.shape[1] not in (*CHANNELS, 4) or 0 in shape[none_is_right:]:
        raise ValueError(f"its data have shape {shape}: expected (N, H, W), (N, C, H, W) or (N, H, W, C), C = 1 or 3")
    if images.shape[1] == 4:
        images = on_white(images)
    if tuple(labels.shape) != (len(images),) or labels.is_floating_point() or labels.is_complex():
        raise ValueError(
            f"its targets are {labels.dtype} of shape {tuple(labels.shape)}: expected whole numbers, ({len(images)},)"
        )
    return images.contiguous(), labels.long()


def _raw_folder(dataset: Callable[..., Any]) -> Path:
    """Where torchvision keeps the archives."""
    return Path(dataset.keywords["root"], dataset.func.__name__, "raw")  # type: ignore[attr-defined]


def _extract_archives(dataset: Callable[..., Any]) -> None:
    """Put what the archives hold beside them, where it is not there yet, or not whole; download what is missing.

    torchvision would do so in place, and then trust whatever it finds. Here other processes see whole files only, and
    may do the same at the same time. UserError for an archive with the wrong MD5; archives stay as they are.
    """
    from torchvision.datasets.utils import check_integrity  # torchvision takes a second to import

    source: Any = dataset.func  # type: ignore[attr-defined]
    options: dict[str, Any] = dataset.keywords  # type: ignore[attr-defined]
    for name, md5 in source.resources:
        archive = _raw_folder(dataset) / name
        extracted = archive.with_suffix("")
        if not archive.exists():
            if extracted.exists() or not options.get("download"):
                continue
            _download(source.mirrors, archive, md5)
        if not check_integrity(archive, md5):
            raise UserError(f"{archive} is corrupt: its MD5 is not the official {md5}. {_remedy(archive)}")
        content = archive.read_bytes()
        crc, size = struct.unpack("<II", content[-8:])  # a gzip file ends with the CRC-32 and the size of its content
        if not extracted.exists() or extracted.stat().st_size != size or zlib.crc32(extracted.read_bytes()) != crc:
            write_atomically(extracted, gzip.decompress(content))


def _download(mirrors: Sequence[str], archive: Path, md5: str) -> None:
    """Fetch an archive from the first mirror that has it, into a folder of its own until it is whole."""
    from torchvision.datasets.utils import download_url

    archive.parent.mkdir(parents=True, exist_ok=True)
    failures = []
    for mirror in mirrors:
        with tempfile.TemporaryDirectory(prefix=f"{archive.name}.", suffix=".part", dir=archive.parent) as folder:
            try:
                download_url(f"{mirror}{archive.name}", folder, archive.name, md5)
            except (RuntimeError, OSError) as error:  # a URLError is an OSError
                failures.append(f"{mirror}: {error}")
            else:
                (Path(folder) / archive.name).replace(archive)
                return
    raise RuntimeError("; ".join(failures))


def _remedy(archive: Path) -> str:
    """How to get a good archive in the place of a corrupt one."""
    ask = ["git", "ls-files", "--error-unmatch", str(archive)]
    if shutil.which("git") and subprocess.run(ask, capture_output=True).returncode == 0:
        return f"Get the good one back with 'git checkout -- {archive}'."
    return "Delete it, and the next run downloads it again."


def _how_to_get(dataset: Callable[..., Any], error: Exception) -> str:
    """What to do about a data set that could not be read."""
    source: Any = getattr(dataset, "func", dataset)
    if isinstance(source, type) and issubclass(source, ImageSet) and isinstance(error, ValueError):
        return f"data: {error}"  # in its own words
    if not hasattr(source, "resources"):
        return f"The data set {source.__name__} could not be read: {error}"
    if not isinstance(dataset.keywords["root"], str):  # type: ignore[attr-defined]
        return f"data.dataset.root={dataset.keywords['root']}: expected a folder"  # type: ignore[attr-defined]
    folder = _raw_folder(dataset)
    missing = [name for name, _ in source.resources if not (folder / name).exists()]
    if not missing:
        return f"The data set in {folder} could not be read or extracted: {error}"
    remedy = (
        f"Put these files there: {', '.join(missing)} (published at {source.mirrors[0]}), or, if git tracks them, say "
        f"'git checkout -- {folder}'."
    )
    if not dataset.keywords.get("download"):  # type: ignore[attr-defined]
        return f"{source.__name__} is not in {folder}, and nothing is downloaded here. {remedy}"
    failure = " ".join(str(error).split())
    return f"{source.__name__} is not in {folder}, and downloading it failed. {remedy} The failure was: {failure}"
