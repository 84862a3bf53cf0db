"""aevb: autoencoders and variational autoencoders, one small file for each part."""

__version__ = "0.3.0"
