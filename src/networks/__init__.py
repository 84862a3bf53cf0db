"""Networks: tensors to tensors, no probability.

An encoder maps images (B, C, H, W) to features (B, out_features). A decoder maps latents (..., D) to real numbers
(..., C', H, W), without a final non-linearity: what they mean is for a loss or a likelihood to say.
"""

from src.networks.conv import ConvDecoder, ConvEncoder
from src.networks.encoder import Encoder
from src.networks.mlp import MLPDecoder, MLPEncoder

__all__ = ["ConvDecoder", "ConvEncoder", "Encoder", "MLPDecoder", "MLPEncoder"]
