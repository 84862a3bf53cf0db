"""Networks: tensors to tensors, no probability.

An encoder maps images (B, C, H, W) to features (B, out_features), a decoder latents (..., D) to real numbers
(..., C', H, W). A codebook quantises maps, and a code prior predicts maps of codes. A denoising model undoes noise.
InitialWeights begin a model.
"""

from aevb.networks.code_prior import CodePrior
from aevb.networks.codebook import Codebook
from aevb.networks.conv_decoder import ConvDecoder, ConvMapDecoder, NotAMap
from aevb.networks.conv_encoder import ConvEncoder
from aevb.networks.corruption import GaussianNoise, MaskingNoise
from aevb.networks.decoder import Decoder, MapDecoder
from aevb.networks.dictionary import Dictionary
from aevb.networks.encoder import Encoder, MapEncoder
from aevb.networks.gradient_codebook import GradientCodebook
from aevb.networks.initial_weights import Glorot, InitialWeights, Kaiming, NormalWeights, TorchDefault
from aevb.networks.mlp import MLPDecoder, MLPEncoder
from aevb.networks.moving_average_codebook import MovingAverageCodebook
from aevb.networks.pixel_cnn import GatedPixelCNN

__all__ = [
    "CodePrior",
    "Codebook",
    "ConvDecoder",
    "ConvEncoder",
    "ConvMapDecoder",
    "Decoder",
    "Dictionary",
    "Encoder",
    "GatedPixelCNN",
    "GaussianNoise",
    "Glorot",
    "GradientCodebook",
    "InitialWeights",
    "Kaiming",
    "MLPDecoder",
    "MLPEncoder",
    "MapDecoder",
    "MapEncoder",
    "MaskingNoise",
    "MovingAverageCodebook",
    "NormalWeights",
    "NotAMap",
    "TorchDefault",
]
