"""Saves a store as workers of this version leave it when they are killed, for the versions that follow.

    .venv/bin/python -m tests.upgrade.make          writes tests/upgrade/stores/<version>-<commit>/ (see saved.py)

Run it in a clone at the commit that is to be saved. Each step ends with a worker that was killed (-9) or that kills
itself at one exact moment (mortal.py), so that the store holds tasks in every place, and effects on every part of their
way. The last step checks that nothing is missing.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

import msgspec

from engine.app import Engine
from engine.config import Settings
from engine.store import calls, supervisor
from engine.store.call import Partition
from engine.store.ids import new_task_id
from engine.store.records import LANE_RUN, Delivery
from tests.upgrade import mortal
from tests.upgrade.ledger import Ledger
from tests.upgrade.saved import (
    ACCOUNTS,
    ANSWER,
    ASK,
    COMPUTE,
    COPY,
    FRAGILE,
    LATER,
    LINE,
    NOTES,
    PACED,
    PAY,
    PLAIN,
    SEND,
    STORES,
    TAKE,
    TARGETS,
    TELL,
    UNSENT,
    WATCHED,
    Facts,
    pack,
)
from tests.waiting import PATIENCE_S, eventually

HERE = Path(__file__).parent
PROJECT = HERE.parents[1]
LEASE_MS = 120_000  # longer than all of this takes: nobody takes over what a killed worker held
SHORT_LEASE_MS = 100
LATE_MS = 13 * 3_600_000
ACCOUNT_REFS = ("a1", "a2", "a3", "a4", "a5", "a6", "a7")

# What no worker needs, and would make the archive twice as large.
LEFT_OUT = ("cli", "demo", "exchange", "graph", "javascript/libs", "reference.py", "schema.json", "schema.py")

Predicate = Callable[[], bool]


class Maker:
    """A store under way to what is to be saved."""

    def __init__(self, engine: Engine, home: Path, ledger: Ledger) -> None:
        self.engine = engine
        self.home = home
        self.ledger = ledger
        self.applied: dict[str, str] = {}
        self.asked: dict[str, str] = {}

    # --- Workers ------------------------------------------------------------------------------------------------

    def _start(self, *arguments: str, lease_ms: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, HERE / "mortal.py", *arguments],
            env={
                **os.environ,
                "PYTHONPATH": str(PROJECT),
                "CONV_HOME": str(self.home),
                "CONV_LEASE_MS": str(lease_ms),
                "CONV_POISON_ATTEMPTS": "1",
                "CONV_BATCH": "1000",  # all that is ready at once
            },
        )

    def work_until(self, *conditions: Predicate) -> None:
        """A worker lives until all of this is so, and is killed."""
        worker = self._start(lease_ms=LEASE_MS)
        try:
            for condition in conditions:
                eventually(condition, every_s=0.02)
        finally:
            worker.kill()
            worker.wait()

    def die_at(self, script: str, conv_id: int, *, lease_ms: int = LEASE_MS) -> None:
        """A worker lives until a script has done something for a conv."""
        worker = self._start(script, str(conv_id), lease_ms=lease_ms)
        try:
            worker.wait(PATIENCE_S)
        finally:
            worker.kill()

    # --- Tasks --------------------------------------------------------------------------------------------------

    def submit(self, conv: int, *refs: str, **data: object) -> None:
        for ref in refs:
            self.engine.submit(conv, data, ref=ref)

    def stand(self, conv: int, *refs: str, place: str = "final") -> Predicate:
        return lambda: all(self.engine.task(conv, ref).place == place for ref in refs)

    def places(self) -> dict[str, dict[str, int]]:
        """How many tasks of each conv are in each place, a ready one by its lane."""
        return {str(view.conv_id): self._places(view.conv_id) for view in self.engine.convs()}

    def _places(self, conv_id: int) -> dict[str, int]:
        found: Counter[str] = Counter()
        for partition in self.engine.current.partitions(conv_id):
            keys = {key.decode() for page in self.engine.store.scan(partition) for key in page}
            ids = sorted(key.rpartition(" t:")[2] for key in keys)
            for task in self.engine.store.one(calls.read(partition, ids)).tasks:
                if task is not None:
                    special = task.place == "ready" and task.lane != LANE_RUN
                    found[f"ready in {task.lane}" if special else task.place] += 1
        return dict(sorted(found.items()))

    def count(self, name: bytes, command: str) -> int:
        """Of all keys with this name, after their tag: the sum of what the command answers."""
        keys = [key for page in self.engine.store.scan() for key in page if key.partition(b"} ")[2].startswith(name)]
        return sum(int(self.engine.store.client.execute_command(command, key)) for key in set(keys))

    # --- The steps ----------------------------------------------------------------------------------------------

    def deploy(self, folder: Path) -> None:
        """All with one partition, but the notes, which have two from the beginning."""
        notes = folder.parent / "notes"
        notes.mkdir()
        shutil.copy(folder / "notes.yaml", notes)
        settings = Settings(home=self.home, partitions=2)
        with contextlib.closing(Engine.open(settings)) as first:
            assert first.deploy([notes]).is_deployed
        report = self.engine.deploy([folder])
        assert report.is_deployed, report.problems

    def set_one_aside(self) -> None:
        """A task that has lost its worker twice."""
        self.submit(FRAGILE, "fragile")
        for _ in range(2):
            self.die_at("claim", FRAGILE, lease_ms=SHORT_LEASE_MS)
        self.work_until(self.stand(FRAGILE, "fragile", place="aside"))

    def bring_all_to_rest(self) -> None:
        """Tasks at rest in each way there is; ended ones; outside calls under way, and others that wait for a slot."""
        self.submit(ACCOUNTS, *ACCOUNT_REFS, sum=0, payments=0, pay=0)
        self.submit(NOTES, "n1", "n2", "n3", "n4", text="ä 😀", big=9007199254740993)
        self.submit(NOTES, "secret", token="only here")
        self.submit(LATER, "w1", "w2", "w3")
        self.submit(TARGETS, "kept", "waited for")
        self.submit(TARGETS, "sleeping", sleeps=True)
        self.submit(COPY, "c1")
        self.submit(COMPUTE, "k1", n=1)
        self.submit(PLAIN, "p1", "p2")
        self.submit(PLAIN, "p3", fails=True)
        for number in range(1, 5):
            self.submit(WATCHED, f"m{number}", amount=f"{number}.1")
            self.submit(SEND, f"s{number}", n=number, text="ä 😀 \x1a", big=[])
        for number in range(1, 4):
            self.submit(ASK, f"q{number}", n=number)
            self.submit(PACED, f"r{number}")
        self.submit(PAY, "y0", account="a5", pay=5)
        self.work_until(
            self.stand(ACCOUNTS, *ACCOUNT_REFS, place="parked"),
            self.stand(PAY, "y0"),
            self.stand(NOTES, "n1", "n2", "n3", "n4", "secret", place="parked"),
            self.stand(LATER, "w1", "w2", "w3", place="delayed"),
            self.stand(TARGETS, "kept", "waited for", place="parked"),
            self.stand(WATCHED, "m1", "m2", "m3", "m4", place="waiting"),
            lambda: self.queue("l1", "l2", "l3", "l4"),
            self.stand(ASK, "q1", "q2", "q3", place="waiting"),
            self.stand(COPY, "c1"),
            self.stand(COMPUTE, "k1"),
            self.stand(PLAIN, "p1", "p2", "p3"),
            lambda: len(self.engine.archive(ANSWER, "wait")) == 3,
            lambda: len(self.engine.archive(WATCHED, "told")) == 1,
            lambda: self.places()[str(SEND)].get("calling") == 2,
            lambda: self.places()[str(PACED)].get("calling") == 1,
            lambda: len(self.ledger.requests) == 3,
            lambda: "ready" not in {*self.places()[str(SEND)], *self.places()[str(PACED)]},
            lambda: self.repartition(),
            lambda: self.take("t1"),
        )
        for view in self.engine.archive(ANSWER, "wait"):
            self.asked[f"q{view.data['n']}"] = view.task_id

    def repartition(self) -> bool:
        self.engine.repartition(ACCOUNTS, 3)
        return True

    def queue(self, *refs: str) -> bool:
        """One after another, so that nobody can doubt their order."""
        for number, ref in enumerate(refs, 1):
            self.submit(LINE, ref, n=number)
            eventually(self.stand(LINE, ref, place="queued"))
        return True

    def take(self, ref: str) -> bool:
        """One task out of the queue, to its end."""
        self.submit(TAKE, ref)
        eventually(self.stand(TAKE, ref))
        return True

    def leave_synchronous_mail(self) -> None:
        """Modifies whose senders wait, delivered to accounts that have not run since: their conv is paused."""
        self.submit(PAY, "y1", account="a1", pay=1)
        self.submit(PAY, "y2", account="a1", pay=2)
        self.submit(PAY, "y3", account="a2", pay=3)
        self.submit(PAY, "y5", account="a6", pay=5)
        self.submit(PAY, "y6", account="a7", pay=6)
        self.die_at("deliver", ACCOUNTS)
        self.engine.pause(ACCOUNTS)
        self.work_until(self.stand(PAY, "y1", "y2", "y3", "y5", "y6", place="waiting"))

    def leave_effects(self) -> None:
        """A copy, modifies, a take, a call and a reply that were committed and not sent; a script under way."""
        self.submit(COPY, "c2", "c3")
        self.submit(PAY, "y4", account="a3", pay=4)
        self.submit(TELL, "e1", note="n1")
        self.submit(TELL, "e2", note="n1")
        self.submit(TAKE, "t2")
        self.submit(ASK, "q4", n=4)
        self.submit(UNSENT, "u1")
        self.submit(COMPUTE, "k2", "k3", n=2)
        self.engine.callback(ANSWER, self.asked["q1"], {})
        self.die_at("commit", mortal.ANY)
        assert self.count(b"out", "XLEN") == 9, self.places()
        assert self.places()[str(COMPUTE)]["calling"] == 2

    def set_an_effect_aside(self) -> None:
        """The copy of `u1`: for half a day nobody could deliver it."""
        unsent = Partition(UNSENT, 0)
        self.engine.store.one(calls.set_offset(unsent, LATE_MS))
        self.engine.store.one(calls.outbox(unsent, 10))
        self.engine.store.one(calls.set_offset(unsent, 0))
        assert self.engine.task(UNSENT, "u1").place == "aside"

    def leave_mail(self) -> None:
        """Modifies by hand: several for one task, after synchronous ones, for tasks that stand at no callback node.

        Of two accounts with a synchronous one in their mail the first is cancelled, and the second deleted.
        """
        self.engine.resume(ACCOUNTS)
        self.engine.cancel(ACCOUNTS, "a6")
        self.engine.delete(ACCOUNTS, "a7")
        self.engine.modify(ACCOUNTS, "a1", {"pay": 10})
        for pay in (100, 200, 300):
            self.engine.modify(ACCOUNTS, "a4", {"pay": pay})
        for data in ({"x": 1}, {"y": [2]}, {"z": "3", "x": 4}):
            self.engine.modify(NOTES, "n2", data)
        self.engine.modify(NOTES, "secret", {"token": "changed"})
        self.engine.modify(LATER, "w2", {"first": 1})
        self.engine.modify(LATER, "w2", {"second": 2, "last": True})
        self.engine.modify(SEND, "s4", {"late": True})
        self.engine.callback(ANSWER, self.asked["q2"], {})

    def remember_answers(self) -> None:
        """Effect ids that TARGETS has applied, or refused for each reason that there is."""
        now_s = 1_700_000_000.0
        there, new = self.engine.task(TARGETS, "kept").task_id, new_task_id("new", now_s)
        node = self.engine.find(TARGETS).node_ids["start"]

        def create(ref: str, task_id: str) -> Delivery:
            return Delivery("", "create", task_id, ref, node, data=b"{}", meta=b"{}")

        wanted = {
            "ok": create("new", new),
            "ref_taken": create("kept", new_task_id("kept", now_s)),
            "same": create("kept", there),
            "not_found": Delivery("", "modify", ref="nobody", data=b"{}"),
            "no_callback": Delivery("", "modify", ref="sleeping", data=b"{}", sync=True),
            "late": Delivery("", "reply", new_task_id(None, now_s), visit=1, event=b'{"type":"reply"}'),
        }
        for answer, delivery in wanted.items():
            self._apply(answer, delivery)
        self._apply("ok", Delivery("", "modify", ref="waited for", data=b'{"first":true}', sync=True), "first modify")
        self._apply("duplicate_callback", Delivery("", "modify", ref="waited for", data=b'{"second":true}', sync=True))
        self.engine.pause(TARGETS)
        self._apply("inactive", Delivery("", "modify", ref="kept", data=b"{}"))
        self.engine.resume(TARGETS)

    def _apply(self, answer: str, delivery: Delivery, name: str = "") -> None:
        effect_id = f"effect answered {name or answer}"
        made = delivery._replace(effect_id=effect_id)
        assert self.engine.store.one(calls.deliver(Partition(TARGETS, 0), [made])) == [answer]
        self.applied[effect_id] = answer

    def leave_batches(self) -> None:
        """A batch that was lent and not committed, with a noted cancel and delete; tasks that lost such a lease; new
        ones."""
        others = [view.conv_id for view in self.engine.convs() if view.conv_id != PLAIN]
        for conv_id in others:
            self.engine.pause(conv_id)
        self.submit(PLAIN, "x1", "x2")
        self.die_at("claim", PLAIN, lease_ms=SHORT_LEASE_MS)
        plain = Partition(PLAIN, 0)
        eventually(lambda: self.engine.store.one(calls.expire(plain, 10)).freed == 2)
        self.submit(PLAIN, "b1", "b2", "b3", "b4")
        self.die_at("claim", PLAIN)
        assert self.engine.cancel(PLAIN, "b1") == "noted"
        assert self.engine.delete(PLAIN, "b2") == "noted"
        self.submit(PLAIN, "z1", "z2")
        for conv_id in others:
            self.engine.resume(conv_id)

    def check(self) -> dict[str, dict[str, int]]:
        """That nothing is missing; what is there."""
        places = self.places()
        print(msgspec.json.format(msgspec.json.encode(places)).decode())
        every = Counter(place.partition(" ")[0] for found in places.values() for place in found)
        lanes = {conv: place for conv, found in places.items() for place in found if place.startswith("ready in ")}
        assert set(every) >= {
            "ready", "leased", "calling", "waiting", "parked", "queued", "delayed", "sending", "aside", "final",
        }, every  # fmt: skip
        assert set(lanes) == {str(SEND), str(PACED), str(PLAIN)}, lanes
        assert self.count(b"mail:", "LLEN") == 3 + 1 + 1 + 3 + 1 + 3 + 1 + 2 + 1 + 1
        assert self.count(b"out", "XLEN") == 9, "what was sent, and the answer to the sender of a deleted task's mail"
        assert self.count(b"noted", "SCARD") == 2
        assert set(self.applied.values()) == {
            "ok", "same", "ref_taken", "inactive", "not_found", "no_callback", "duplicate_callback", "late",
        }  # fmt: skip
        report = self.engine.audit()
        assert report.is_clean, [(finding.slot, finding.key, finding.text) for finding in report.findings]
        return places


@contextlib.contextmanager
def store_in(home: Path) -> Iterator[Engine]:
    """An embedded store that has stopped properly at the end."""
    with Engine.open(Settings(home=home)) as engine:
        yield engine

    def has_stopped() -> bool:
        lock = supervisor.take(str(home / supervisor.SUPERVISOR_LOCK))
        if lock is not None:
            os.close(lock)
        return lock is not None

    eventually(has_stopped, every_s=0.1)


def name_of_version() -> str:
    """Of the engine here, which must be that of a commit."""

    def git(*arguments: str) -> str:
        program = shutil.which("git")
        assert program is not None
        return subprocess.run([program, *arguments], cwd=PROJECT, check=True, capture_output=True, text=True).stdout

    changed = git("status", "--porcelain", "--", "engine")
    assert not changed, f"the engine differs from that of the last commit:\n{changed}"
    return f"{version('conv-engine')}-{git('log', '-1', '--format=%h', '--abbrev=7', '--', 'engine').strip()}"


def engine_files() -> list[str]:
    files = []
    for path in (PROJECT / "engine").rglob("*"):
        name = path.relative_to(PROJECT / "engine").as_posix()
        left_out = any(name == other or name.startswith(f"{other}/") for other in LEFT_OUT)
        if path.is_file() and "__pycache__" not in path.parts and not left_out:
            files.append(f"engine/{name}")
    return files


def make(store: Path, folder: Path) -> None:
    """Save a store in `store`; `folder` is for what is under way."""
    definitions = Path(shutil.copytree(HERE / "definitions", folder / "definitions"))
    ledger = Ledger()
    os.environ["CONV_VAR_LEDGER"] = ledger.address
    home = folder / ".conv"
    with contextlib.closing(ledger), store_in(home) as engine:
        maker = Maker(engine, home, ledger)
        maker.deploy(definitions)
        maker.set_one_aside()
        maker.bring_all_to_rest()
        maker.leave_synchronous_mail()
        maker.leave_effects()
        maker.set_an_effect_aside()
        maker.leave_mail()
        maker.remember_answers()
        engine.backup(folder / "backup.conv")
        maker.leave_batches()
        places = maker.check()
        now_ms = engine.store.one(calls.read(Partition(PLAIN, 0))).now_ms
        facts = Facts(now_ms, sorted(ledger.requests), maker.applied, maker.asked, places)
    store.mkdir(parents=True)
    shutil.copytree(definitions, store / "definitions")
    shutil.copyfile(folder / "backup.conv", store / "backup.conv")
    pack(store / "store.tar.xz", home, [supervisor.DATA])
    pack(store / "engine.tar.xz", PROJECT, engine_files())
    (store / "facts.json").write_bytes(msgspec.json.format(msgspec.json.encode(facts)) + b"\n")


def main() -> None:
    store = STORES / name_of_version()
    assert not store.exists(), f"{store} is there already"
    with tempfile.TemporaryDirectory(prefix="conv-") as folder:
        make(store, Path(folder))
    sizes = {path.name: path.stat().st_size for path in store.iterdir() if path.is_file()}
    print(f"{store}: {sizes}")


if __name__ == "__main__":
    main()
