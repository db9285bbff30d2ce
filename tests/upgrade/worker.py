"""A worker of whichever engine comes first on the path: says where that is, then works until SIGTERM.

Run as a file, so that the folder of the tests is not on the path. What goes wrong is on standard error.
"""

from __future__ import annotations

import logging
import signal
from pathlib import Path

import engine
from engine.app import Engine


def main() -> None:
    logging.basicConfig(level=logging.WARNING)
    with Engine.open() as opened:
        worker = opened.worker()
        signal.signal(signal.SIGTERM, lambda *_: worker.stop())
        print(Path(engine.__file__).parent.parent, flush=True)
        worker.run()


if __name__ == "__main__":
    main()
