"""Metrics: numbers about a trained model, each with its error."""
