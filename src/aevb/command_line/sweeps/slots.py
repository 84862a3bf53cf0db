"""Turns of jobs whose launcher would start all of them at once."""

import fcntl
import os
from pathlib import Path
from time import sleep

SECONDS = 0.2  # between two tries


def wait_for_slot(folder: Path, number: int) -> int:
    """Wait until one of so many slots is free, and take it; returns a descriptor that holds it until it is closed."""
    folder.mkdir(parents=True, exist_ok=True)
    while True:
        for i in range(number):
            descriptor = os.open(folder / str(i), os.O_RDWR | os.O_CREAT, 0o666)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
            else:
                return descriptor
        sleep(SECONDS)
