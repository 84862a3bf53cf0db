"""Metrics: estimates for a trained model, with standard errors. They know models and no files."""
