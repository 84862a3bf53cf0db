"""The index of an image that a user chooses."""


def image_index(name: str, index: int, num_images: int) -> int:
    """The index, if there is such an image; else a ValueError with the option's name."""
    if index not in range(num_images):
        raise ValueError(f"{name}={index}: expected the index of one of the images, 0 to {num_images - 1}")
    return index
