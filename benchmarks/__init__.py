"""How fast aevb is, as ratios to references that run beside it: python -m benchmarks [--short] [part ...]."""
