"""conv backup and conv restore: everything comes back, a damaged file changes nothing. Under load: tests/chaos."""

from __future__ import annotations

import dataclasses
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.app import Engine
from engine.backup import file as backup_file
from engine.errors import DamagedBackup, MovedAlready, NotEmpty
from engine.mover import Mover
from engine.statistics import StepName
from engine.store import calls, move
from engine.store.client import Store
from engine.store.records import Confirm, Delivery, Effect, Record
from engine.store.registry import ConvRecord, Registry
from engine.views import TaskView
from tests.running.conftest import Lab
from tests.store.words import LEASE_MS, claimed, committed, outcome, rest, submit
from tests.store.words import P as PARTITION

DEFINITIONS = """
diagram: States
id: 20
alias: states
params: {token: {type: string, secret: true}}
nodes:
  start: {go: kept}
  kept: {set_state: {}}
"""

FLOW = """
process: Flow
id: 21
nodes:
  start: {go: sleep}
  sleep: {delay: 1h, go: call}
  call: {call_process: {conv: 22, data: {n: "{{root.ref}}"}}, error: failed, go: done}
  failed: {end: error}
  done: {end: success}
"""

CALLED = """
process: Called
id: 22
nodes:
  start: {go: answer}
  answer: {reply_to_process: {data: {got: "{{n}}"}}, error: failed, go: done}
  failed: {end: error}
  done: {end: success}
"""

STEPS: tuple[StepName, ...] = ("minute", "hour")
TASKS = 40


@pytest.fixture
def full(lab: Lab) -> Lab:
    """Tasks that rest, sleep and have ended, in convs with one partition and with three."""
    lab.deploy(DEFINITIONS, FLOW, CALLED)
    lab.engine.repartition(20, 3)
    for number in range(TASKS):
        lab.engine.submit(20, {"n": number, "token": "hidden"}, ref=f"r{number}")
        lab.engine.submit(21, {}, ref=f"r{number}")
    lab.run()
    for number in range(0, TASKS, 4):
        lab.engine.cancel(21, f"r{number}")
    lab.run()
    return lab


@pytest.fixture
def other(full: Lab) -> Iterator[Engine]:
    """An empty namespace beside."""
    with Engine.open(
        dataclasses.replace(full.engine.settings, namespace=full.engine.settings.namespace + "b")
    ) as engine:
        yield engine


def everything(engine: Engine) -> list[Any]:
    tasks: list[TaskView] = [engine.task(conv, f"r{number}") for conv in (20, 21) for number in range(TASKS)]
    return [engine.convs(), *tasks]


def counted(engine: Engine) -> list[Any]:
    """Per conv and node what was counted in each minute and hour."""
    return [
        [(node.node, node.points) for node in engine.statistics(conv, step=step).nodes]
        for conv in (20, 21)
        for step in STEPS
    ]


def test_everything_comes_back(full: Lab, other: Engine, tmp_path: Path) -> None:
    saved = full.engine.backup(tmp_path / "b")
    assert (saved.tasks, saved.convs) == (2 * TASKS, 3)

    told: list[tuple[int, int]] = []
    restored = other.restore(tmp_path / "b", lambda tasks, of: told.append((tasks, of)))

    assert restored == saved
    assert told[-1] == (2 * TASKS, 2 * TASKS)
    assert everything(other) == everything(full.engine)
    assert counted(other) == counted(full.engine)
    assert other.audit().findings == []
    assert len(other.current.partitions(20)) == 3
    assert full.engine.audit().findings == []


def test_what_comes_back_goes_on(full: Lab, other: Engine, tmp_path: Path) -> None:
    full.engine.backup(tmp_path / "b")
    other.restore(tmp_path / "b")

    beside = Lab(other, tmp_path)
    beside.forward(3601)

    ended = [other.task(21, f"r{number}") for number in range(TASKS)]
    assert [view.node for view in ended] == ["error" if n % 4 == 0 else "done" for n in range(TASKS)]
    assert all(view.data == {"got": view.ref} for view in ended if view.node == "done")
    other.modify(20, "r7", {"n": "new"})
    assert other.run_until_idle()
    assert other.task(20, "r7").data["n"] == "new"
    assert other.audit().findings == []


def test_only_its_owner_can_read_the_file_and_nothing_lies_beside_it(full: Lab, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    full.engine.backup(folder / "b")

    assert stat.S_IMODE((folder / "b").stat().st_mode) == 0o600
    assert [file.name for file in folder.iterdir()] == ["b"]


@pytest.fixture(scope="module")
def whole_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("backup") / "whole"
    with backup_file.Writer(path) as writer:
        writer.put(backup_file.Header(backup_file.VERSION, 1, "conv"))
        writer.put(backup_file.Tasks([(b"id", True, [b"d", bytes(range(256))], [])] * 20))
        writer.put(backup_file.Deployed([], b"{}", {}))
    assert backup_file.verify(path).tasks == 20
    return path


@settings(max_examples=300)
@given(st.data())
def test_a_damaged_file_is_told_from_a_whole_one(whole_file: Path, tmp_path: Path, data: st.DataObject) -> None:
    whole = whole_file.read_bytes()
    position = data.draw(st.integers(10, len(whole) - 1))  # before: gzip's own head, most of which means nothing
    is_cut = data.draw(st.booleans())
    if is_cut:
        damaged = whole[:position]
    else:
        damaged = whole[:position] + bytes([whole[position] ^ data.draw(st.integers(1, 255))]) + whole[position + 1 :]
    (tmp_path / "damaged").write_bytes(damaged)

    try:
        records = [*backup_file.read(tmp_path / "damaged")]
    except DamagedBackup:
        return
    assert not is_cut
    assert records == [*backup_file.read(whole_file)], "a bit that fills a byte up, and means nothing, may differ"


@pytest.mark.parametrize("content", [b"", b"hello", b"\x1f\x8b", bytes(1000)])
def test_another_file_is_refused_and_nothing_changes(other: Engine, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "b").write_bytes(content)

    with pytest.raises(DamagedBackup):
        other.restore(tmp_path / "b")

    assert list(other.store.scan()) == [] or not any(other.store.scan())


def test_a_store_that_is_not_empty_is_left_alone(full: Lab, tmp_path: Path) -> None:
    full.engine.backup(tmp_path / "b")
    before = everything(full.engine)

    with pytest.raises(NotEmpty, match="is not empty; restore into another one"):
        full.engine.restore(tmp_path / "b")

    assert everything(full.engine) == before


def test_a_restore_that_was_broken_off_begins_anew(
    full: Lab, other: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full.engine.backup(tmp_path / "b")

    def break_off(tasks: int, of: int) -> None:
        if tasks > of // 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        other.restore(tmp_path / "b", break_off)
    assert other.convs() == [], "nothing runs yet"

    other.restore(tmp_path / "b")
    assert everything(other) == everything(full.engine)
    assert other.audit().findings == []


def test_a_backup_that_was_broken_off_leaves_no_file_and_everything_working(full: Lab, tmp_path: Path) -> None:
    def break_off(tasks: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        full.engine.backup(tmp_path / "b", break_off)

    assert not list(tmp_path.glob("b*"))
    assert full.engine.audit().findings == []
    assert full.modify(20, "r1", {"x": 1}).data["x"] == 1
    assert full.engine.backup(tmp_path / "b").tasks == 2 * TASKS


def test_a_backup_and_a_repartition_keep_out_of_each_others_way(full: Lab, tmp_path: Path) -> None:
    Mover(full.engine.store, full.engine.registry.load(), 21).lead()

    with pytest.raises(MovedAlready, match="or makes a backup just now"):
        full.engine.backup(tmp_path / "b")

    assert not list(tmp_path.glob("b*"))


# --- The store's side: tasks in hands and effects under way -------------------------------------------------------

CREATE = Effect("sender:1:1:0", 9, "t", "create", b"body", blocking=True)


def deployed(store: Store) -> Store:
    record = ConvRecord(PARTITION.conv_id, "process", "P", b"{}", {"start": "1", "end": "9"}, 10)
    assert Registry(store).deploy(0, [record], {}) == 1
    return store


def saved(store: Store, path: Path, change: Callable[[], Any] = lambda: None) -> Store:
    """Backed up and restored into a namespace beside; `change` while it is made, once the one task is saved."""
    from engine.backup import backup, restore

    backup(store, path, lambda tasks: change() if tasks else None)
    beside = Store.connect(store.address, store.namespace + "b")
    restore(beside, path)
    return beside


@pytest.fixture
def store(store_url: str, namespace: str) -> Iterator[Store]:
    store = Store.connect(store_url, namespace)
    yield deployed(store)
    store.close()


def read_task(store: Store, ref: str) -> Record:
    record = store.one(calls.read(PARTITION, [ref])).tasks[0]
    assert record is not None
    return record


def test_a_call_under_way_is_made_again_with_its_request(store: Store, tmp_path: Path) -> None:
    submit(store, "out", lane="5", node="5")
    [lent] = store.one(calls.claim(PARTITION, "5", 1, "call", LEASE_MS, True)).tasks
    store.client.hset(f"{{{store.namespace}:{PARTITION.conv_id}.0}} t:{lent.task_id}", "q", b"\xffrequest")

    beside = saved(store, tmp_path / "b")

    record = read_task(beside, "out")
    assert (record.place, record.lane, record.node) == ("ready", "alone", "5")
    [again] = claimed(beside, "again", "alone")
    assert again.request == b"\xffrequest"
    beside.close()


def test_an_effect_that_waits_is_sent_after_the_restore_however_old_the_backup(store: Store, tmp_path: Path) -> None:
    task_id = rest(store, "sender", "sending", effects=(CREATE,))

    beside = saved(store, tmp_path / "b")

    [entry] = beside.one(calls.outbox(PARTITION, 10))
    assert (entry.task_id, entry.effect) == (task_id, CREATE)
    assert entry.age_ms < 60_000
    beside.one(calls.confirm(PARTITION, [Confirm(entry.out_id, task_id, entry.visit, b"sent", False)]))
    assert read_task(beside, "sender").place == "ready", "it waits for the entry under its new id"
    beside.close()


def test_an_effect_confirmed_while_the_backup_is_made_is_sent_again(store: Store, tmp_path: Path) -> None:
    rest(store, "sender", "sending", effects=(CREATE._replace(blocking=False),))

    def confirm() -> None:
        for entry in store.one(calls.outbox(PARTITION, 10)):
            store.one(calls.confirm(PARTITION, [Confirm(entry.out_id, entry.task_id, entry.visit, b"", False)]))

    beside = saved(store, tmp_path / "b", confirm)

    assert store.one(calls.outbox(PARTITION, 10)) == []
    assert [entry.effect.effect_id for entry in beside.one(calls.outbox(PARTITION, 10))] == [CREATE.effect_id]
    beside.close()


def test_what_was_applied_before_is_not_applied_again(store: Store, tmp_path: Path) -> None:
    rest(store, "target", "parked", callback=True)
    before = Delivery("before", "modify", ref="target", data=b"1")
    after = Delivery("after", "modify", ref="target", data=b"2")
    assert store.one(calls.deliver(PARTITION, [before])) == ["ok"]

    beside = saved(store, tmp_path / "b", lambda: store.one(calls.deliver(PARTITION, [after])))

    assert beside.one(calls.deliver(PARTITION, [before, after])) == ["same", "ok"]
    [task] = claimed(beside)
    assert [mail.data for mail in task.mail] == [b"1", b"2"]
    beside.close()


def test_a_marked_effect_has_its_target_saved_before_it_takes_it(store: Store, tmp_path: Path) -> None:
    rest(store, "target", "parked", callback=True)
    mover = Mover(store, Registry(store).load(), PARTITION.conv_id)
    mover.arm()
    mover.one(move.keep(PARTITION, mover.name, "b1"))
    marked = Delivery("late", "modify", ref="target", data=b"2", backup="b1")
    stale = Delivery("other", "modify", ref="target", data=b"3", backup="b0")

    assert store.one(calls.deliver(PARTITION, [marked, stale])) == ["ok", "ok"]

    [image] = mover.one(move.export_images(PARTITION, 0))
    assert image.kept == [[]]
    assert image.fields[image.fields.index(b"p") + 1] == b"parked"
    assert mover.one(move.export_after(PARTITION)) == {b"late", b"other"}
    [task] = claimed(store)
    # And what it sends from now on is marked.
    [sent] = committed(store, [outcome(task, "waiting", effects=(CREATE._replace(blocking=False),), mail_taken=2)])
    assert sent.out_ids[0].endswith("!b1")
    mover.one(move.keep(PARTITION, mover.name, ""))
