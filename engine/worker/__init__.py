"""The worker: claims tasks, runs them in memory, commits."""

from engine.worker.worker import Worker

__all__ = ["Worker"]
