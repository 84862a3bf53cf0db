"""Optimiser steps: how they are taken so that nothing but arithmetic takes time."""

from aevb.train.steps.chunk import Chunk, ChunkCallback
from aevb.train.steps.chunks import Chunks

__all__ = ["Chunk", "ChunkCallback", "Chunks"]
