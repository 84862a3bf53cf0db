"""Writing checkpoints so that the old one stays until the new one is whole."""

import io
import os
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch.plugins.io import TorchCheckpointIO


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes beside the checkpoint and then renames, which a full disk or a Ctrl-C cannot leave half done.

    Lightning writes to the system's temporary folder first; where that is another disk, its last step is a copy.
    """

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None) -> None:
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        content = io.BytesIO()
        torch.save(checkpoint, content)  # to memory, because its own writer hides why a disk failed
        unfinished = path.with_name(path.name + ".part")
        try:
            unfinished.write_bytes(content.getbuffer())
            os.replace(unfinished, path)
        finally:
            unfinished.unlink(missing_ok=True)
