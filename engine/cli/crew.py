"""The processes of `conv up`, workers and the API: started, started again when they die, stopped together."""

from __future__ import annotations

import contextlib
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from .status import UNREACHABLE

SOON_S = 5.0  # a worker that dies this soon after its start is started again with growing pauses
LONGEST_PAUSE_S = 30.0
FOREVER_S = 3600.0


@dataclass(frozen=True, slots=True)
class Ended:
    """A process has ended; `status` as subprocess gives it: negative for a signal."""

    number: int
    pid: int
    status: int


class Helper(NamedTuple):
    """A process beside the workers: `name` for people, the `words` of its command, the files that it inherits."""

    name: str
    words: tuple[str, ...]
    files: tuple[int, ...] = ()


@dataclass(slots=True)
class Member:
    helper: Helper
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    due: float = 0.0
    pause_s: float = 0.0
    settled: bool = False  # has run long enough once, so its setting is good
    statuses: list[int] = field(default_factory=list)


class Crew:
    """`size` workers, and `helpers`. Puts Ended into `events` when one ends; the owner then calls `ended` and, later,
    `start_due`."""

    def __init__(self, size: int, events: queue.SimpleQueue[Ended | int], helpers: Sequence[Helper] = ()) -> None:
        self.size = size
        self.last_status = 1
        self._events = events
        workers = [Helper(f"Worker {number}", ("worker",)) for number in range(1, size + 1)]
        self._members = [Member(helper) for helper in (*workers, *helpers)]

    def __enter__(self) -> Crew:
        self.start_due()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        for member in self._members:
            if member.process is not None:
                member.process.wait()

    # --- Starting ---------------------------------------------------------------------------------

    def start_due(self) -> None:
        """Start every worker that is not there and whose pause is over."""
        now = time.monotonic()
        for number, member in enumerate(self._members):
            if member.process is None and member.due <= now:
                self._start(number, member)

    def _start(self, number: int, member: Member) -> None:
        # Its own process group: a Ctrl-C at the terminal reaches us only, and we stop the workers. Its standard input
        # is a pipe that we hold: when we die, however, it ends, and the worker stops.
        member.process = subprocess.Popen(
            [sys.executable, "-P", "-m", __package__, *member.helper.words, "--with-parent"],
            stdin=subprocess.PIPE,
            process_group=0,
            pass_fds=member.helper.files,
        )
        member.started = time.monotonic()
        threading.Thread(target=self._wait, args=(number, member.process), daemon=True).start()

    def _wait(self, number: int, process: subprocess.Popen[bytes]) -> None:
        self._events.put(Ended(number, process.pid, process.wait()))

    def ended(self, event: Ended) -> str:
        """Take note of a worker that died, and when to start it again; a line about it."""
        member = self._members[event.number]
        self.buried(event)
        ran_s = time.monotonic() - member.started
        member.settled = member.settled or ran_s >= SOON_S
        member.pause_s = 0.0 if ran_s >= SOON_S else min(LONGEST_PAUSE_S, max(0.5, member.pause_s * 2))
        member.due = time.monotonic() + member.pause_s
        how = f"was killed by signal {-event.status}" if event.status < 0 else f"ended with status {event.status}"
        again = f"in {member.pause_s:.1f} s" if member.pause_s else "at once"
        return f"{member.helper.name} (process {event.pid}) {how}; it is started again {again}."

    def buried(self, event: Ended) -> None:
        """A worker has ended and is not to be started again."""
        member = self._members[event.number]
        member.process = None
        member.statuses.append(event.status)
        self.last_status = event.status if event.status > 0 else 1

    @property
    def is_hopeless(self) -> bool:
        """Whether no worker could ever be started: each ended by itself, three times, with an error.

        A store that does not answer is no such error: it answered `conv up`, and is waited for.
        """
        return all(
            not member.settled
            and len(member.statuses) >= 3
            and all(status > 0 and status != UNREACHABLE for status in member.statuses)
            for member in self._members[: self.size]
        )

    def wait_s(self) -> float:
        """How long until a worker is to be started."""
        due = [member.due for member in self._members if member.process is None]
        return max(0.01, min(due) - time.monotonic()) if due else FOREVER_S

    # --- Stopping -----------------------------------------------------------------------------------

    def pids(self) -> list[int]:
        """Of the workers that are there."""
        return [member.process.pid for member in self._members[: self.size] if member.process is not None]

    @property
    def is_alive(self) -> bool:
        return any(member.process is not None for member in self._members)

    def stop(self) -> None:
        """Ask every worker to end when what it runs is committed."""
        for member in self._members:
            if member.process is not None:
                member.process.terminate()

    def kill(self) -> None:
        for member in self._members:
            if member.process is not None:
                with contextlib.suppress(ProcessLookupError):
                    member.process.kill()
