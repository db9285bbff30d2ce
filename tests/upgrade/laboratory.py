"""A copy of a saved store, workers of the version that saved it and of this one, and what must have become of it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine.app import Engine
from engine.errors import NotFound
from engine.store import calls
from engine.store.records import Stats
from engine.views import TaskView
from tests.upgrade.ledger import Ledger
from tests.upgrade.saved import (
    ACCOUNTS,
    ANSWER,
    ASK,
    COMPUTE,
    COPIED,
    COPY,
    FRAGILE,
    LINE,
    NOTES,
    PACED,
    PAY,
    PLAIN,
    SEND,
    TAKE,
    TARGETS,
    TELL,
    UNSENT,
    WATCHED,
    read_facts,
    unpack,
)
from tests.waiting import PATIENCE_S, eventually

HERE = Path(__file__).parent
PROJECT = HERE.parents[1]


class Worker:
    """A worker process, of this version or of an older one."""

    def __init__(self, code: Path, home: Path, log: Path, **settings: str) -> None:
        self.log = log
        with log.open("w") as errors:
            self.process = subprocess.Popen(
                [sys.executable, HERE / "worker.py"],
                env={
                    **os.environ,
                    "PYTHONPATH": str(code),
                    "CONV_HOME": str(home),
                    "CONV_POISON_ATTEMPTS": "100",  # a busy machine is not to blame the tasks
                    **settings,
                },
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        assert self.process.stdout is not None
        assert self.process.stdout.readline().strip() == str(code), log.read_text()

    def stop(self) -> None:
        """It has worked to the end, and had nothing to complain of."""
        self.process.terminate()
        self.process.communicate(timeout=PATIENCE_S)
        assert self.log.read_text() == ""
        assert self.process.returncode == 0

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()


class Laboratory:
    """One engine of this version, and its workers."""

    def __init__(self, engine: Engine, store: Path, folder: Path, ledger: Ledger) -> None:
        self.engine = engine
        self.store = store
        self.folder = folder
        self.ledger = ledger
        self.facts = read_facts(store)
        self.workers: list[Worker] = []

    def start_new(self, **settings: str) -> Worker:
        return self._start("new", PROJECT, settings)

    def start_old(self, **settings: str) -> Worker:
        code = self.folder / "old"
        if not code.exists():
            unpack(self.store / "engine.tar.xz", code)
        return self._start("old", code, settings)

    def deploy_old(self, file: Path) -> list[str]:
        """The older version deploys a file: whether it has, and what it changed."""
        code = self.folder / "old"
        if not code.exists():
            unpack(self.store / "engine.tar.xz", code)
        said = subprocess.run(
            [sys.executable, HERE / "deployer.py", file],
            env={**os.environ, "PYTHONPATH": str(code), "CONV_HOME": str(self.engine.settings.home)},
            capture_output=True,
            text=True,
            check=True,
            timeout=PATIENCE_S,
        )
        where, *answer = said.stdout.splitlines()
        assert where == str(code), said.stderr
        return answer

    def _start(self, name: str, code: Path, settings: dict[str, str]) -> Worker:
        worker = Worker(code, self.engine.settings.home, self.folder / f"{name}.log", **settings)
        self.workers.append(worker)
        return worker

    def close(self) -> None:
        for worker in self.workers:
            worker.close()

    # --- The clock ----------------------------------------------------------------------------------------------

    def hours_since_saved(self) -> float:
        return (time.time() * 1000 - self.facts.saved_ms) / 3_600_000

    def turn_clock(self, hours: float = 0.0) -> None:
        """To so many hours after the moment in which the store was saved. Leases and rates keep real time."""
        offset_ms = self.facts.saved_ms - int(time.time() * 1000) + int(hours * 3_600_000)
        for view in self.engine.convs():
            for partition in self.engine.current.partitions(view.conv_id):
                self.engine.store.one(calls.set_offset(partition, offset_ms))

    def timers_as_saved(self) -> None:
        """As long as each timer had to run when the store was saved, so long it runs from now on.

        For a store that comes from a backup: what it sends counts as sent at the restore, so its clock cannot go back.
        """
        late_ms = int(time.time() * 1000) - self.facts.saved_ms
        client = self.engine.store.client
        for view in self.engine.convs():
            for partition in self.engine.current.partitions(view.conv_id):
                tag = f"{{{self.engine.store.namespace}:{partition.conv_id}.{partition.number}}}"
                timers: list[tuple[bytes, float]] = client.zrange(f"{tag} due", 0, -1, withscores=True)  # type: ignore[assignment]
                for task_id, due_ms in timers:
                    client.zadd(f"{tag} due", {task_id: int(due_ms) + late_ms})
                    client.hset(f"{tag} t:{task_id.decode()}", "u", str(int(due_ms) + late_ms))

    # --- Looking ------------------------------------------------------------------------------------------------

    def task(self, conv: int, ref: str) -> TaskView:
        return self.engine.task(conv, ref)

    def data(self, conv: int, ref: str) -> dict[str, Any]:
        return self.task(conv, ref).data

    def meta(self, conv: int, ref: str) -> dict[str, Any]:
        """A living task's meta, as the store has it."""
        (found,) = self.engine.store.one(calls.read(self.engine.current.partition(conv, ref), [ref])).tasks
        assert found is not None
        meta: dict[str, Any] = msgspec.json.decode(found.meta)
        return meta

    def nodes(self, conv: int, *refs: str) -> set[str]:
        """The nodes in which these tasks are, with their places unless they have ended."""
        views = [self.task(conv, ref) for ref in refs]
        return {view.node if view.place == "final" else f"{view.node}, {view.place}" for view in views}

    def is_gone(self, conv: int, ref: str) -> bool:
        try:
            self.task(conv, ref)
        except NotFound:
            return True
        return False

    def eventually(self, conv: int, *refs: str, node: str) -> None:
        def arrived() -> bool:
            nodes = self.nodes(conv, *refs)
            assert nodes == {node}, (conv, nodes)
            return True

        eventually(arrived, every_s=0.02)

    def copies(self) -> Counter[str]:
        return Counter(view.data["from"] for view in self.engine.archive(COPIED, "done", limit=10_000))

    def stats(self, read: Callable[[Stats], int]) -> int:
        """A number of each partition, added up."""
        partitions = [p for view in self.engine.convs() for p in self.engine.current.partitions(view.conv_id)]
        return sum(read(self.engine.store.one(calls.stats(partition))) for partition in partitions)

    # --- What must have become of it ------------------------------------------------------------------------------

    def settle(self) -> None:
        """All that needs no time and nobody from outside has come to where its definition says."""
        self.eventually(PAY, "y0", "y1", "y2", "y3", "y4", node="done")
        self.eventually(PAY, "y5", "y6", node="failed")
        self.eventually(TELL, "e1", "e2", node="done")
        self.eventually(SEND, "s1", "s2", "s3", "s4", node="done")
        self.eventually(PACED, "r1", "r2", "r3", node="done")
        self.eventually(ASK, "q1", "q2", node="done")
        self.eventually(ASK, "q3", "q4", node="ask, waiting")
        self.eventually(COPY, "c1", "c2", "c3", node="done")
        self.eventually(COMPUTE, "k1", "k2", "k3", node="done")
        self.eventually(TAKE, "t1", "t2", node="done")
        self.eventually(LINE, "l1", "l2", node="done")
        self.eventually(ACCOUNTS, "a1", "a2", "a3", "a4", "a5", node="open, parked")
        self.eventually(ACCOUNTS, "a6", node="error")
        self.eventually(NOTES, "n1", "n2", "n3", "n4", "secret", node="kept, parked")
        self.eventually(TARGETS, "kept", "waited for", "new", node="kept, parked")

    def settle_batches(self) -> None:
        """So have the tasks of the batches that the last workers held."""
        self.eventually(PLAIN, "p1", "p2", "x1", "x2", "b3", "b4", "z1", "z2", node="done")
        self.eventually(PLAIN, "b1", node="error")
        eventually(lambda: self.is_gone(PLAIN, "b2"))

    def check(self) -> None:
        """Each effect took place once, each answer came, and what rested still does."""
        self._check_accounts()
        self.check_notes()
        self.check_calls()
        assert {ref: self.data(ASK, ref)["answered"] for ref in ("q1", "q2")} == {"q1": 2, "q2": 3}
        assert self.engine.task(ANSWER, self.facts.asked["q3"]).place == "waiting"
        assert self.copies() == {"c1": 2, "c2": 2, "c3": 2}
        assert self.data(TAKE, "t2")["__queue_task_data__"] == {"n": 2}
        assert self.nodes(LINE, "l3", "l4") == {"line, queued"}
        assert {ref: self.data(COMPUTE, ref)["twice"] for ref in ("k1", "k2", "k3")} == {"k1": 2, "k2": 4, "k3": 4}
        assert self.nodes(PLAIN, "p3") == {"failed"}
        assert self.nodes(WATCHED, "m1", "m2", "m3", "m4") == {"hold, waiting"}
        assert len(self.engine.archive(WATCHED, "told")) == 1
        assert self.engine.evaluate(f"{{{{conv[{WATCHED}].node[add].total}}}}")[0] == pytest.approx(10.4)
        assert self.engine.evaluate(f"{{{{conv[{WATCHED}].node[hold].count}}}}")[0] == 4
        assert self.task(FRAGILE, "fragile").place == self.task(UNSENT, "u1").place == "aside"
        self.check_order()

    def _check_accounts(self) -> None:
        """Those for which one modify waited."""
        accounts = {ref: self.data(ACCOUNTS, ref) for ref in ("a2", "a3", "a5")}
        totals = {ref: (data["sum"], data["payments"]) for ref, data in accounts.items()}
        assert totals == {"a2": (3, 1), "a3": (4, 1), "a5": (5, 1)}
        refused = [self.data(PAY, ref)["__conveyor_copy_task_return_type_tag__"] for ref in ("y5", "y6")]
        assert refused == ["not_found_task", "not_found_task"], "one account was cancelled, the other deleted"

    def check_notes(self) -> None:
        """Every modify has left its data, and what was there before is unchanged."""
        rest = {"text": "ä 😀", "big": 9007199254740993}
        assert self.data(NOTES, "n1") in ({**rest, "told": "e1"}, {**rest, "told": "e2"})
        assert self.data(NOTES, "n2") == {**rest, "x": 4, "y": [2], "z": "3"}
        assert self.data(NOTES, "n3") == self.data(NOTES, "n4") == rest
        secret = self.task(NOTES, "secret")
        assert (secret.data, secret.secrets) == ({"token": "changed"}, ("token",))

    def check_calls(self) -> None:
        """Each was made once here; those that were under way, as they were before, under the same key."""
        ended = [view for conv in (SEND, PACED) for view in self.engine.archive(conv, "done", limit=10_000)]
        assert all(view.data["answer"] == view.ref for view in ended)
        keys = Counter(request.key for request in self.ledger.requests)
        assert len(keys) == keys.total() == len(ended)
        before = {request.key: request for request in self.facts.requests}
        again = {request.key: request for request in self.ledger.requests if request.key in before}
        assert again == before

    def check_order(self) -> None:
        """Nothing is under way any more, and the auditor finds nothing."""
        eventually(lambda: not self.stats(lambda stats: stats.outbox + stats.leases))
        report = self.engine.audit()
        assert report.is_clean, [(finding.slot, finding.key, finding.text) for finding in report.findings]
