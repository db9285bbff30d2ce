"""The worker: claims tasks, runs them in memory, commits."""

from .worker import Worker

__all__ = ["Worker"]
