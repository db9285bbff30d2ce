"""The worker process of the benchmark: `conv worker`, and its own count of round trips when it stops."""

from __future__ import annotations

import json
import signal

from engine.app import Engine


def main() -> None:
    with Engine.open() as engine:
        worker = engine.worker()
        signal.signal(signal.SIGTERM, lambda *_: worker.stop())
        print("ready", flush=True)
        worker.run()
        print(json.dumps({"round_trips": worker.round_trips, "committed": worker.committed}), flush=True)


if __name__ == "__main__":
    main()
