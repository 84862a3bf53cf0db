"""The callbacks that only look on."""

# By name: with or without them a run has the same results.
OBSERVERS = (
    *("best", "last", "every_checkpoint", "within_epoch"),
    *("progress", "latent_histograms", "embedding", "gradient_norms"),
)
