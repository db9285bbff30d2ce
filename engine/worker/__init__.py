"""The worker: claims tasks, runs them in memory, commits."""

from engine.worker.loop import Worker

__all__ = ["Worker"]
