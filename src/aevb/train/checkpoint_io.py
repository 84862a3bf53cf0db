"""Lightning's checkpoints: the old one stays until the new one is whole, and a damaged one is not read."""

from pathlib import Path
from typing import Any

from lightning.pytorch.plugins.io import TorchCheckpointIO

from aevb.runs import load_checkpoint
from aevb.sealed import write_sealed


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes beside the checkpoint and then renames, which a full disk or a Ctrl-C cannot leave half done.

    Lightning writes to the system's temporary folder first; where that is another disk, its last step is a copy.
    """

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None) -> None:
        write_sealed(Path(path), checkpoint)

    def load_checkpoint(self, path: str | Path, map_location: Any = None, weights_only: bool | None = None) -> Any:
        return load_checkpoint(path)
