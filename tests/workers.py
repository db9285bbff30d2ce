"""Workers in threads of a test's own process."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from engine.app import Engine
from engine.worker import Worker
from tests.waiting import PATIENCE_S


@contextlib.contextmanager
def working(engine: Engine) -> Iterator[Worker]:
    """A worker of this engine in a thread, until the block ends."""
    worker = engine.worker()
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield worker
    finally:
        worker.stop()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()
