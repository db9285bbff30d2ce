"""What a power cut loses with append-only file `everysec`: the file is cut to its last flush.

While a client submits, the supervisor flushes the file each second and notes how much of it was on the disk then. At
the cut both are killed, and the file is cut to that size: what a machine without power would find. Run as a program it
prints one line per cut.

    python -m tests.crash.power_cut 5
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from engine.app import Engine
from engine.config import Settings
from engine.errors import NotFound
from engine.store.supervisor import DATA, FLUSHED
from tests.waiting import PATIENCE_S

CONV = 1
DEFINITION = """
process: Submitted
id: 1
nodes:
  start: {go: wait}
  wait: {delay: 10ms, go: done}
  done: {end: success}
"""


class Loss(NamedTuple):
    """`lost` of `acknowledged` submits were gone; `window_ms`: how long before the cut the oldest of them was."""

    acknowledged: int
    lost: int
    window_ms: float
    ended: int


def cut(home: Path, load_s: float) -> Loss:
    """Submit for load_s seconds, cut the power, start again, and look what is left."""
    settings = Settings(home=home / ".conv")
    (home / "submitted.yaml").write_text(DEFINITION)
    acknowledged: dict[str, float] = {}
    with Engine.open(settings) as engine:
        assert engine.deploy([home / "submitted.yaml"]).is_deployed
        pid = int(engine.store.client.info("server")["process_id"])
        supervisor = _parent(pid)
        begin = time.monotonic()
        while time.monotonic() - begin < load_s:
            task = engine.submit(CONV, {"n": len(acknowledged)})
            acknowledged[task.task_id] = time.monotonic()
        os.kill(supervisor, signal.SIGKILL)  # it would start the server again at once
        os.kill(pid, signal.SIGKILL)
        now = time.monotonic()
        file, size = (settings.home / FLUSHED).read_text().split()
        os.truncate(settings.home / DATA / file, int(size))
    with Engine.open(settings) as engine:
        lost = [task_id for task_id in acknowledged if not _is_there(engine, task_id)]
        deadline = time.monotonic() + PATIENCE_S
        while engine.show(CONV).living and time.monotonic() < deadline:
            engine.run_until_idle(PATIENCE_S)
        ended = engine.show(CONV).archived
    window_ms = max((now - acknowledged[task_id]) * 1000 for task_id in lost) if lost else 0.0
    return Loss(len(acknowledged), len(lost), window_ms, ended)


def _parent(pid: int) -> int:
    text = Path(f"/proc/{pid}/stat").read_text()
    return int(text.rsplit(")", 1)[1].split()[1])


def _is_there(engine: Engine, task_id: str) -> bool:
    try:
        engine.task(CONV, task_id)
    except NotFound:
        return False
    return True


def main() -> None:
    for number in range(int(sys.argv[1]) if len(sys.argv) > 1 else 5):
        with tempfile.TemporaryDirectory(prefix="conv-") as folder:
            loss = cut(Path(folder), 1.5 + number * 0.23)
            print(
                f"cut {number + 1}: {loss.lost} of {loss.acknowledged} acknowledged tasks lost, "
                f"the oldest {loss.window_ms:.0f} ms before the cut; {loss.ended} ended afterwards",
                flush=True,
            )


if __name__ == "__main__":
    main()
