"""hydra/launcher=joblib."""
