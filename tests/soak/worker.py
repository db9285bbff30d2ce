"""The worker process of the soak: it remembers effects for 40 s, not for ten minutes, so the store comes to rest."""

from __future__ import annotations

from engine.store import calls
from tests.bench import worker

calls.FENCE_MS, calls.SETTLED_MS = 20_000, 40_000

if __name__ == "__main__":
    worker.main()
