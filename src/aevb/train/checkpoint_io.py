"""Lightning's checkpoints, written so that the old one stays until the new one is whole."""

import io
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch.plugins.io import TorchCheckpointIO

from aevb.files import write_atomically


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes beside the checkpoint and then renames, which a full disk or a Ctrl-C cannot leave half done.

    Lightning writes to the system's temporary folder first; where that is another disk, its last step is a copy.
    """

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None) -> None:
        content = io.BytesIO()
        torch.save(checkpoint, content)  # to memory, because its own writer hides why a disk failed
        write_atomically(Path(path), content.getbuffer())
