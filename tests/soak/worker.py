"""The worker process of the soak: it remembers effects for 40 s, not for ten minutes, so the store comes to rest."""

from __future__ import annotations

from engine.store.calls import effects
from tests.bench import worker

effects.FENCE_MS, effects.SETTLED_MS = 20_000, 40_000

if __name__ == "__main__":
    worker.main()
