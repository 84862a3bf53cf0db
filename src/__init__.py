"""aevb: autoencoders and variational autoencoders, one small file for each part."""
