"""Errors of data that a metric does not suit."""


class TooFew(ValueError):
    """There are fewer images, codes or pixels than a metric needs."""


class NotFinite(ValueError):
    """Some of what is measured is NaN or infinite, as after a training that has diverged."""
