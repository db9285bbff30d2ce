"""The worker's rooms without its loop: a test calls them by hand, on a real store."""

from __future__ import annotations

import re
import textwrap
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.app import Engine
from engine.store import calls
from engine.store.call import Partition
from engine.views import TaskView
from engine.worker import Worker
from engine.worker.run import Run

TOKEN = "T"  # of the lease that a test works with
LEASE_MS = 60_000


class Clock:
    """In place of the module `time`: it goes on only when a test turns it; `each_look_s`: so much with each look."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.each_look_s = 0.0

    def turn(self, seconds: float) -> None:
        self.now += seconds

    def monotonic(self) -> float:
        self.now += self.each_look_s
        return self.now

    time = perf_counter = monotonic

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Rooms:
    """`worker` owns the rooms, and never runs."""

    worker: Worker

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine = engine
        self.folder = folder

    def deploy(self, *texts: str, **settings: Any) -> Rooms:
        """Deploy these definitions, and make a worker that knows them; with settings of its own."""
        for text in texts:
            conv_id = re.search(r"^\s*id: *(\d+)", text, re.MULTILINE)
            assert conv_id is not None
            (self.folder / f"{conv_id[1]}.yaml").write_text(textwrap.dedent(text))
        assert self.engine.deploy([self.folder]).is_deployed
        self.worker = Worker(self.engine.store, replace(self.engine.settings, **settings))
        return self

    def submit(self, conv: int, *refs: str, **data: Any) -> None:
        for ref in refs:
            self.engine.submit(conv, data, ref=ref)

    def task(self, conv: int, ref: str) -> TaskView:
        return self.engine.task(conv, ref)

    def place(self, conv: int, ref: str) -> str:
        view = self.task(conv, ref)
        return view.node if view.place == "final" else f"{view.node}, {view.place}"

    def lent(self, conv: int, count: int = 100, *, token: str = TOKEN, number: int = 0) -> list[Run]:
        """Runs of what is ready, claimed by hand."""
        partition = Partition(conv, number)
        batch = self.engine.store.one(calls.claim(partition, "run", count, token, LEASE_MS))
        program = self.worker.deployed.convs.program(conv)
        return [Run(program, claimed, batch.now_ms, self.engine.store.box) for claimed in batch.tasks]

    def ran(self, conv: int, count: int = 100, *, token: str = TOKEN, number: int = 0) -> list[Run]:
        """The same, run until they rest."""
        runs = self.lent(conv, count, token=token, number=number)
        done: list[Run] = []
        self.worker.batches.add(0, runs)
        while self.worker.batches.waiting:  # a busy machine needs several turns
            self.worker.batches.run(self.worker.outcalls.free, done.extend)
        return done

    def sent(self) -> list[str]:
        """The scripts that the next round calls."""
        return [item.call.script for item in self.worker.rounds.pending]

    def answer(self) -> list[str]:
        """One round; the scripts that it called."""
        sent = self.sent()
        self.worker.rounds.begin()
        if self.worker.rounds.under_way:
            self.worker.rounds.take()
        return sent

    def settle(self) -> list[str]:
        """Rounds until there is nothing more to send; the scripts that they called."""
        sent: list[str] = []
        while self.worker.rounds.pending or self.worker.rounds.under_way:
            sent += self.answer()
        return sent
