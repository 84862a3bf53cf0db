"""A folder of image files."""

import logging
from collections import Counter
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor

from aevb.checks import one_of
from aevb.data.colours import with_channels
from aevb.data.decode import NOT_AN_IMAGE, SUFFIXES, Header, decoded, header
from aevb.data.fit_size import fit_size
from aevb.data.image_set import ImageSet

SPLITS = ("train", "test")
NAMED = 5  # files that a message names

log = logging.getLogger(__name__)


class FolderSet(ImageSet):
    """The PNG, JPEG, BMP, TIFF and WebP files at and below a folder, in the order of their paths; see `decoded`.

    Folders `train` and `test` in it have the images of these splits; where there are none, all images are for training,
    and ImageData sets some apart. Where all images are in folders of the root (or of train), those are the labels, in
    the order of their names.

    root: the folder. channels, height, width, fit: the shape of the images, and how they are brought to it; see
    `with_channels` and `fit_size`. corrupt: refuse or skip, files that cannot be read.

    Raises ValueError where there is no image, for a file that cannot be read, and for images of other sizes that `fit`
    does not bring to this one.
    """

    def __init__(
        self,
        train: bool,
        root: str,
        channels: int,
        height: int,
        width: int,
        fit: str = "auto",
        corrupt: str = "refuse",
    ) -> None:
        one_of("corrupt", corrupt, ("refuse", "skip"))
        folder = _folder_of(Path(root), train)
        files = [] if folder is None else _files(folder)
        images: list[Tensor] = []
        sources: list[Path] = []
        unread: dict[Path, Exception] = {}
        for file in files:
            try:
                pages = [torch.from_numpy(page).permute(2, 0, 1)[None] for page in decoded(file)]
            except NOT_AN_IMAGE as error:
                unread[file] = error
                continue
            try:
                images += [with_channels(fit_size(page, height, width, fit), channels) for page in pages]
            except ValueError as error:
                raise ValueError(f"{file}: {error}") from error
            sources += [file] * len(pages)
        _tell(root, unread, corrupt)
        if folder is not None:
            log.info("%s: %d images of %d files.", folder, len(images), len(files) - len(unread))
        self.data = torch.cat(images) if images else torch.zeros(0, channels, height, width, dtype=torch.uint8)
        self.targets = None if folder is None else _labels(sources, folder, Path(root))
        if train and not images:
            raise ValueError(f"{root}: none of its {len(files)} files can be read as an image")

    @classmethod
    def shape(cls, root: str) -> tuple[int, int | None, int | None]:
        """The channels (1 where all images are grey), height and width; None for sizes that are not common to all."""
        headers = _headers(root)
        sizes = Counter((found.height, found.width) for found in headers)
        channels = 1 if all(found.grey for found in headers) else 3
        if len(sizes) > 1:
            return channels, None, None
        ((size, _),) = sizes.items()
        return channels, *size


@lru_cache(maxsize=8)
def _headers(root: str) -> list[Header]:
    """What the readable files of a folder say about themselves; ValueError where there is none."""
    files, found = _files(Path(root)), []
    for file in files:
        try:
            found.append(header(file))
        except NOT_AN_IMAGE:
            log.debug("%s cannot be read.", file)
    if not found:
        raise ValueError(f"{root}: none of its {len(files)} files can be read as an image")
    return found


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise ValueError(f"{folder} is not a folder: expected one with images")
    files = [
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and path.is_file()
    ]
    if not files:
        raise ValueError(f"there is no image in {folder}: expected files that end with {', '.join(SUFFIXES)}")
    return sorted(files, key=lambda path: path.relative_to(folder).as_posix())


def _folder_of(root: Path, train: bool) -> Path | None:
    """The folder of a split: one named so, if there are both; else all are for training."""
    if all((root / split).is_dir() for split in SPLITS):
        return root / SPLITS[not train]
    return root if train else None


def _labels(files: list[Path], folder: Path, root: Path) -> Tensor | None:
    """The number of the folder that each file is in; None where some are in none, or all in the same."""
    inside = [file.relative_to(folder).parts for file in files]
    classes = folder if folder == root else root / SPLITS[0]  # those of training decide the numbers
    names = sorted(path.name for path in classes.iterdir() if path.is_dir() and not path.name.startswith("."))
    if len(names) < 2 or any(len(parts) < 2 or parts[0] not in names for parts in inside):
        return None
    return torch.tensor([names.index(parts[0]) for parts in inside])


def _tell(root: str, unread: dict[Path, Exception], corrupt: str) -> None:
    """Name the files that cannot be read, in a warning or an error."""
    if not unread:
        return
    named = "; ".join(f"{file} ({error})" for file, error in [*unread.items()][:NAMED])
    rest = f"; and {len(unread) - NAMED} more" if len(unread) > NAMED else ""
    if corrupt == "refuse":
        raise ValueError(
            f"{len(unread)} files of {root} cannot be read: {named}{rest}. Mend or remove them, or say "
            f"dataset.corrupt=skip"
        )
    log.warning("%d files of %s are skipped: %s%s.", len(unread), root, named, rest)
