"""Networks: tensors to tensors, no probability.

An encoder maps images (B, C, H, W) to features (B, out_features). A decoder maps latents (..., D) to real numbers
(..., C', H, W), without a final non-linearity: what they mean is for a loss or a likelihood to say.
"""

from aevb.networks.codebook import Codebook
from aevb.networks.conv import ConvDecoder, ConvEncoder, ConvMapDecoder
from aevb.networks.corruption import GaussianNoise, MaskingNoise
from aevb.networks.encoder import Encoder
from aevb.networks.gradient_codebook import GradientCodebook
from aevb.networks.mlp import MLPDecoder, MLPEncoder
from aevb.networks.moving_average_codebook import MovingAverageCodebook
from aevb.networks.pixel_cnn import GatedPixelCNN

__all__ = [
    "Codebook",
    "ConvDecoder",
    "ConvEncoder",
    "ConvMapDecoder",
    "Encoder",
    "GatedPixelCNN",
    "GaussianNoise",
    "GradientCodebook",
    "MLPDecoder",
    "MLPEncoder",
    "MaskingNoise",
    "MovingAverageCodebook",
]
