"""The worker process of the fault tests: `conv worker`, with a clock that may be wrong, and deadly for one task."""

from __future__ import annotations

import os
import signal
import time

from engine.app import Engine


def main() -> None:
    if skew_s := float(os.environ.get("CHAOS_SKEW_S", "0")):
        right = time.time
        time.time = lambda: right() + skew_s
    if os.environ.get("CHAOS_POISON"):
        from tests.crash.zygote import crash_on_poison

        crash_on_poison()
    with Engine.open() as engine:
        worker = engine.worker()
        signal.signal(signal.SIGTERM, lambda *_: worker.stop())
        print("ready", flush=True)
        worker.run()


if __name__ == "__main__":
    main()
