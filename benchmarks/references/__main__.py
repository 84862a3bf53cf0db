"""One reference, an epoch for each turn."""

import sys
import time

import torch

from benchmarks.references.loops import LOOPS
from benchmarks.references.models import MODELS
from benchmarks.turns import Turns

loop, name, batch_size, num_images, device = sys.argv[1:]
if loop == "pythae":
    from benchmarks.references.pythae import train

    train(int(batch_size), int(num_images), device)
    sys.exit()
torch.manual_seed(0)
turns = Turns()
epoch = LOOPS[loop](MODELS[name]().to(device), int(batch_size), int(num_images), device)
while True:
    turns.wait()
    started = time.perf_counter()
    epoch()
    turns.answer(seconds=time.perf_counter() - started)
