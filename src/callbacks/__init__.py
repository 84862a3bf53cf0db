"""Callbacks: when something is drawn, saved, shown or checked, and where it goes. They know no mathematics."""

from src.callbacks.draw_figure import DrawFigure
from src.callbacks.finite_guard import FiniteGuard
from src.callbacks.history import History
from src.callbacks.progress import Progress
from src.callbacks.repeatable_noise import RepeatableNoise
from src.callbacks.save_config import SaveConfig
from src.callbacks.throughput import Throughput

__all__ = ["DrawFigure", "FiniteGuard", "History", "Progress", "RepeatableNoise", "SaveConfig", "Throughput"]
