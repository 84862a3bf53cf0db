"""Networks: tensors to tensors, no probability.

An encoder maps images (B, C, H, W) to features (B, out_features). A decoder maps latents (..., D) to real numbers
(..., C', H, W), without a final non-linearity: what they mean is for a loss or a likelihood to say.
"""

from src.networks.codebook import Codebook
from src.networks.conv import ConvDecoder, ConvEncoder, ConvMapDecoder
from src.networks.encoder import Encoder
from src.networks.gradient_codebook import GradientCodebook
from src.networks.mlp import MLPDecoder, MLPEncoder
from src.networks.moving_average_codebook import MovingAverageCodebook
from src.networks.noise import GaussianNoise, MaskingNoise
from src.networks.pixel_cnn import GatedPixelCNN

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
