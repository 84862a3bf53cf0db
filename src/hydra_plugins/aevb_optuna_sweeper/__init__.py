"""The Hydra plugin of hydra/sweeper=optuna. Hydra finds sweepers in the namespace hydra_plugins only."""
