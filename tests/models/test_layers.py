"""The layers of a model: their order, their shapes, their number, and that looking changes nothing."""

from collections.abc import Callable
from functools import partial

import pytest
import torch
from hydra.utils import instantiate
from omegaconf import DictConfig
from torch import Tensor, nn

from aevb.distributions import VampPrior
from aevb.losses import MSE
from aevb.models import VAE, VQVAE, Autoencoder, ImageModel, SeedEnsemble, VQPrior, layer_table, parts_of
from aevb.networks import GatedPixelCNN, GaussianNoise, MLPDecoder, MLPEncoder
from tests.models.test_models import small_autoencoder

Configure = Callable[..., DictConfig]
CHAINS = {
    "mlp_vae": ["encoder", "posterior", "prior", "decoder", "likelihood"],
    "conv_vae": ["encoder", "posterior", "prior", "decoder", "likelihood"],
    "conv_ae": ["encoder", "to_code", "decoder"],
    "vq_vae": ["encoder", "to_code", "codebook", "decoder"],
}


def build(configure: Configure, *options: str) -> ImageModel:
    torch.manual_seed(0)
    model: ImageModel = instantiate(configure("data=digits", *options).model, _convert_="all")
    return model


def trained_numbers(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)


@pytest.mark.parametrize(
    "options",
    [*([f"model={name}"] for name in CHAINS), ["noise=masking"], ["likelihood=gaussian", "likelihood.scale=learned"],
     ["posterior=flow", "prior=flow", "loss=sgvb_a"], ["prior=vamp", "loss=sgvb_a"],
     ["codebook=gradient", "model=vq_vae"]],
)  # fmt: skip
def test_every_trained_number_counts_once_and_looking_changes_nothing(configure: Configure, options: list[str]) -> None:
    model = build(configure, *options)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    state = torch.get_rng_state()
    parts = parts_of(model)
    assert sum(part.trainable for part in parts) == trained_numbers(model)
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert all(module.training and not module._forward_hooks for module in model.modules())
    for part in parts:
        assert part.shape is not None
        assert all(layer.shape is not None for layer in part.layers)


@pytest.mark.parametrize("name", CHAINS)
def test_parts_come_in_the_order_of_the_data(configure: Configure, name: str) -> None:
    parts = parts_of(build(configure, f"model={name}"))
    assert [part.name for part in parts] == CHAINS[name]
    assert [part.name for part in parts if not part.takes_input] == [n for n in CHAINS[name] if n == "prior"]
    assert parts[-1].shape == (1, 8, 8)


def test_shapes_are_those_of_one_image(configure: Configure) -> None:
    encoder, *_ = parts_of(build(configure, "model=conv_vae", "encoder.channels=[3,5]"))
    shapes = [layer.shape for layer in encoder.layers]
    assert shapes == [(3, 4, 4), (3, 4, 4), (5, 2, 2), (5, 2, 2)]
    assert encoder.shape == (20,)
    assert [layer.trainable for layer in encoder.layers] == [3 * 9 + 3, 0, 5 * 3 * 9 + 5, 0]


def test_a_prior_of_codes_stands_between_them_and_the_decoder(configure: Configure) -> None:
    vq_vae = build(configure, "model=vq_vae", "latent_dim=4")
    assert isinstance(vq_vae, VQVAE)
    frozen = trained_numbers(vq_vae)
    model = VQPrior(vq_vae, partial(GatedPixelCNN, channels=4, layers=1))
    parts = parts_of(model)
    assert [part.name for part in parts][-2:] == ["code_prior", "vq_vae.decoder"]
    assert [part.trainable for part in parts] == [0, 0, 0, trained_numbers(model), 0]
    assert sum(part.frozen for part in parts) == frozen
    assert layer_table(model).splitlines()[-1].split() == ["not", "trained", f"{frozen:,}"]
    assert not vq_vae.training
    assert model.code_prior.training


def test_several_seeds_show_one_copy(small_vae: Callable[..., VAE]) -> None:
    assert layer_table(SeedEnsemble([small_vae(), small_vae()])) == layer_table(small_vae())


def test_what_no_image_passes_is_counted_too() -> None:
    model = small_autoencoder(MSE())
    model.loss.weight = nn.Parameter(torch.ones(7))
    *_, last = parts_of(model)
    assert (last.name, last.shape, last.trainable) == ("loss", None, 7)


def test_a_shared_layer_counts_once() -> None:
    class Twice(MLPEncoder):
        def __init__(self) -> None:
            super().__init__((1, 4, 4), [16])
            self.again = self.hidden[0]
            self.tied = nn.Linear(16, 16)
            self.tied.weight = next(self.hidden.parameters())

        def forward(self, x: Tensor) -> Tensor:
            hidden: Tensor = self.tied(self.again(super().forward(x)))
            return hidden

    model = Autoencoder(2, Twice(), partial(MLPDecoder, latent_dim=2, hidden_sizes=[3]), MSE(), GaussianNoise(0.1))
    noise, encoder, *_ = parts_of(model)
    assert noise.name == "noise"
    assert encoder.trainable == 16 * 16 + 16 + 16
    assert [layer.name for layer in encoder.layers] == ["hidden.0", "hidden.1", "tied"]


def test_pseudo_inputs_do_not_hide_the_encoder(small_vae: Callable[..., VAE]) -> None:
    model = small_vae(prior=partial(VampPrior, num_components=3))
    encoder, _, prior, *_ = parts_of(model)
    assert encoder.layers[0].shape == (8,)
    assert (prior.kind, prior.trainable) == ("VampPrior", 3 * 16)
