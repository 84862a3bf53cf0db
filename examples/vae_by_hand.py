"""A VAE by hand: build it from parts, train it with a plain Lightning Trainer, evaluate it, draw it. No Hydra.

python examples/vae_by_hand.py [epochs]
"""

import sys
from functools import partial

import torch
from lightning.pytorch import Trainer

from aevb.data import Digits, ImageData
from aevb.distributions import Bernoulli, NormalPosterior, StandardNormal
from aevb.draw import draw
from aevb.evaluate import evaluate
from aevb.evaluate.sections.elbo import ELBO
from aevb.evaluate.sections.importance import Importance
from aevb.losses import SGVBA
from aevb.models import VAE
from aevb.networks import MLPDecoder, MLPEncoder
from aevb.train import ImageDataModule, LightningModel

LATENT_DIM = 2


def build() -> VAE:
    """One choice on each axis. What depends on another part's size is a partial, which the model completes."""
    return VAE(
        encoder=MLPEncoder(image_shape=(1, 8, 8), hidden_sizes=[256]),
        posterior=partial(NormalPosterior, latent_dim=LATENT_DIM),
        prior=StandardNormal(LATENT_DIM),
        decoder=partial(MLPDecoder, latent_dim=LATENT_DIM, hidden_sizes=[256]),
        likelihood=Bernoulli(),
        loss=SGVBA(num_samples=1, warmup_epochs=5),
    )


def main(epochs: int = 60) -> None:
    torch.manual_seed(0)
    data = ImageData(Digits, channels=1, image_size=8, batch_size=64, val_size=300, binarize="threshold")
    model = build()
    module = LightningModel(model, optimizer=partial(torch.optim.Adam, lr=2e-3))
    trainer = Trainer(max_epochs=epochs, logger=False, enable_checkpointing=False, enable_model_summary=False)
    trainer.fit(module, datamodule=ImageDataModule(data))

    x, labels = data.images("test")
    found = evaluate(model, x, labels, sections={"elbo": ELBO(), "importance": Importance([1, 100, 5000])})
    for name in ("elbo", "log_px_100", "log_px_5000"):
        print(f"{name:14} {found[name].value:8.3f} ± {found[name].standard_error:.3f} {found[name].unit}")

    for name, picture in draw(model, x, labels, ["latent_scatter", "decoded_grid"]).items():
        picture.savefig(f"{name}.png")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
