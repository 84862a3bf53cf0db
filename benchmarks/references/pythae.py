"""The library pythae, where it is installed."""

import time
from tempfile import mkdtemp
from typing import Any

from pythae.models import VAE, VAEConfig
from pythae.pipelines import TrainingPipeline
from pythae.trainers import BaseTrainerConfig
from pythae.trainers.training_callbacks import TrainingCallback

from benchmarks.references.loops import images
from benchmarks.turns import Turns


class Gate(TrainingCallback):
    """An epoch for each turn."""

    def __init__(self) -> None:
        self.turns = Turns()

    def on_epoch_begin(self, training_config: Any, **kwargs: Any) -> None:
        self.turns.wait()
        self.started = time.perf_counter()

    def on_epoch_end(self, training_config: Any, **kwargs: Any) -> None:
        self.turns.answer(seconds=time.perf_counter() - self.started)


def train(batch_size: int, num_images: int, device: str) -> None:
    """pythae's own VAE, 784-512-2-512-784 by default, and its own trainer."""
    model = VAE(VAEConfig(input_dim=(1, 28, 28), latent_dim=2, reconstruction_loss="bce"))
    config = BaseTrainerConfig(
        output_dir=mkdtemp(),
        num_epochs=1000,
        learning_rate=1e-3,
        per_device_train_batch_size=batch_size,
        optimizer_cls="Adam",
        no_cuda=device == "cpu",
    )
    data = images(num_images, "cpu").float().div_(255)
    TrainingPipeline(model=model, training_config=config)(train_data=data, callbacks=[Gate()])
