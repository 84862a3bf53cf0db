"""Callbacks that only look on, and change no result."""

OBSERVERS = frozenset(
    {
        *("best", "last", "every_checkpoint", "within_epoch", "progress"),
        *("latent_histograms", "embedding", "gradient_norms"),
    }
)
