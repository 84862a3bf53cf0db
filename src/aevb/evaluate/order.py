"""The order in which images are evaluated."""

import torch
from torch import Tensor

from aevb.seeding import generator_for


def evaluation_order(num_images: int) -> Tensor:
    """A random order of the images of a split, int64 (N,), the same in every evaluation.

    Sections that measure n images take its first n: samples of the split, each within the next, so that their standard
    errors are those of the split's mean. The images as they come may be no sample: of MNIST's test images, the first
    half are the easier ones.
    """
    return torch.randperm(num_images, generator=generator_for("order of evaluation", num_images))
