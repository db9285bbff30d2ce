"""A store of before is sealed in the background, once every worker can read it; another key takes the place of one."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from engine.app import Engine
from engine.config import Settings
from engine.errors import Rejected, SecretKeyError
from engine.resealing import Progress
from engine.store import calls
from engine.store.client import Store
from engine.store.records import Delivery
from engine.store.roster import WorkerState, beat, leave
from engine.vault import read_keys
from engine.vault.key import FILE, read_file
from engine.worker import Worker
from tests.running.conftest import Lab
from tests.vault.conftest import KEY, OTHER, everything, written
from tests.waiting import eventually

CANARY = "Kanarienvogel-73915462"
STATE = """
diagram: Kept
id: 3
params: {token: {secret: true}}
nodes:
  start: {go: kept}
  kept: {set_state: {}}
"""
WAITS = """
process: Waits
id: 4
nodes:
  start: {go: hold}
  hold: {queue: {data: {made: "{{conv[3].ref[r0].token}}"}}, error: done, go: done}
  done: {end: success}
"""
CALLS = """
process: Calls
id: 5
params: {token: {secret: true}}
nodes:
  start: {go: sleep}
  sleep: {delay: 1h, go: done}
  done: {end: success}
"""


def fill(lab: Lab, tasks: int = 20) -> None:
    """Secrets in tasks, in mail, in what a queue keeps, and in variables."""
    (lab.folder / "variables.yaml").write_text(f"token: {{value: {CANARY}, secret: true}}\n")
    lab.deploy(STATE, WAITS, CALLS)
    for number in range(tasks):
        lab.engine.submit(3, {"token": f"{CANARY}{number}", "n": number}, ref=f"r{number}")
    lab.engine.submit(5, {"token": CANARY}, ref="asleep")
    lab.run()
    lab.engine.submit(4, {}, ref="held")
    lab.run()
    lab.engine.store.one(  # kept for the next callback node
        calls.deliver(
            lab.engine.current.partition(5, "asleep"),
            [Delivery("e", "modify", "", "asleep", data=f'{{"made":"{CANARY}"}}'.encode(), secrets=b'["made"]')],
        )
    )


@contextlib.contextmanager
def working(store: Store, settings: Settings) -> Iterator[Worker]:
    worker = Worker(store, settings)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield worker
    finally:
        worker.stop()
        thread.join()


def values_of(lab: Lab, tasks: int = 20) -> list[object]:
    return [lab.engine.task(3, f"r{number}").data["token"] for number in range(tasks)]


def as_submitted(tasks: int = 20) -> list[object]:
    return [f"{CANARY}{number}" for number in range(tasks)]


@pytest.fixture
def opened(settings: Settings, tmp_path: Path) -> Iterator[Lab]:
    """A store that has no key yet, with secrets in the open."""
    folder = tmp_path / "opened"
    folder.mkdir()
    with Engine.open(settings) as engine:
        lab = Lab(engine, folder)
        fill(lab)
        yield lab


def test_a_store_of_before_is_sealed_in_the_background(
    opened: Lab, settings: Settings, redis_client: redis.Redis
) -> None:
    assert CANARY.encode() in everything(redis_client, settings.namespace)
    keyed = dataclasses.replace(settings, secret_key=KEY)

    with Engine.open(keyed) as engine, working(engine.store, keyed):
        registry = engine.registry

        def is_done() -> bool:
            registry.versions()
            return registry.seal is not None and registry.seal.is_done

        eventually(is_done)
        found = everything(redis_client, settings.namespace)
        lab = Lab(engine, opened.folder)
        assert values_of(lab) == as_submitted()
        assert [one.value for one in engine.variables()] == [CANARY]
        assert engine.audit().is_clean
        engine.submit(3, {"token": "new" + CANARY}, ref="new")
        eventually(lambda: engine.task(3, "new").place == "parked")
        assert CANARY.encode() not in everything(redis_client, settings.namespace)
    assert CANARY.encode() not in found
    # Who has no key is told so, and reads nothing.
    with pytest.raises(SecretKeyError, match="there is none here"), Engine.open(settings) as other:
        other.task(3, "r1")


def test_what_a_queue_kept_and_mail_held_arrive_as_they_were(
    opened: Lab, settings: Settings, redis_client: redis.Redis
) -> None:
    keyed = dataclasses.replace(settings, secret_key=KEY)
    with Engine.open(keyed) as engine:
        engine.registry.load()
        assert engine.registry.begin_sealing()
        engine.rotate_key()
        assert CANARY.encode() not in everything(redis_client, settings.namespace)
        lab = Lab(engine, opened.folder)
        lab.deploy("""
            process: Takes
            id: 6
            nodes:
              start: {go: take}
              take: {get_from_queue: {conv: 4, node: hold}, error: failed, go: done}
              done: {end: success}
              failed: {end: error}
            """)
        task = lab.submit(6, {})
        assert task.node == "done"
        assert CANARY + "0" in str(task.data)


def test_nothing_is_sealed_before_every_worker_has_the_key(opened: Lab, settings: Settings) -> None:
    keyed = dataclasses.replace(settings, secret_key=KEY)
    older = WorkerState("older", "there", 1, 1, fences=True, opens=True)  # it has another key, or none
    with Engine.open(keyed) as engine:
        engine.store.one(beat(older))
        engine.registry.load()

        assert not engine.registry.begin_sealing()
        assert not engine.store.box.key

        engine.store.one(leave(older.name))
        assert engine.registry.begin_sealing()
        assert engine.store.box.key == read_keys(KEY, "")[0].id


def test_a_deploy_beside_an_older_worker_goes_on_in_the_open(settings: Settings, tmp_path: Path) -> None:
    with Engine.open(dataclasses.replace(settings, secret_key=KEY)) as engine:
        engine.store.one(beat(WorkerState("older", "there", 1, 1)))
        Lab(engine, tmp_path).deploy(STATE)

        assert engine.registry.seal is None


# --- Another key --------------------------------------------------------------------------------------------------


def test_another_key_seals_everything_under_load(
    opened: Lab, settings: Settings, redis_client: redis.Redis, tmp_path: Path
) -> None:
    old, new = (read_keys(text, "")[0].id for text in (KEY, OTHER))
    with Engine.open(dataclasses.replace(settings, secret_key=KEY)) as engine:
        engine.registry.load()
        engine.registry.begin_sealing()
        engine.rotate_key()  # what was in the open
    both = dataclasses.replace(settings, secret_key=f"{OTHER} {KEY}")
    stop = threading.Event()
    sent: list[str] = []

    def load() -> None:
        with Engine.open(both) as engine:
            while not stop.is_set():
                for ref in ("r1", "r2", "r3"):
                    engine.modify(3, ref, {"token": f"{CANARY}{len(sent)}"})
                    sent.append(ref)

    with Engine.open(both) as engine, working(engine.store, both):
        engine.registry.load()
        assert engine.store.box.key == old, "the store says which key seals"
        thread = threading.Thread(target=load)
        thread.start()
        try:
            assert engine.rotate_key() == new
        finally:
            stop.set()
            thread.join()
        assert engine.run_until_idle(30)
    assert sent
    found = everything(redis_client, settings.namespace)
    assert b"\x01" + new.encode() in found
    assert b"\x01" + old.encode() not in found
    # The old key may go.
    with Engine.open(dataclasses.replace(settings, secret_key=OTHER)) as engine:
        assert engine.task(3, "r5").data["token"] == f"{CANARY}5"
        assert engine.task(3, "r3").data["token"] != f"{CANARY}3"
        assert engine.task(5, "asleep").mails == 1
    with (
        pytest.raises(SecretKeyError, match="only others"),
        Engine.open(dataclasses.replace(settings, secret_key=KEY)) as engine,
    ):
        engine.task(3, "r5")


def test_a_rotation_that_was_broken_off_is_gone_on_with(
    sealed: Lab, settings: Settings, redis_client: redis.Redis
) -> None:
    fill(sealed)
    both = dataclasses.replace(settings, secret_key=f"{OTHER} {KEY}")

    class BrokenOff(Exception):
        pass

    def break_off(progress: Progress) -> None:
        raise BrokenOff

    with Engine.open(both) as engine:
        with pytest.raises(BrokenOff):
            engine.rotate_key(break_off)
        assert engine.task(3, "r1").data["token"] == f"{CANARY}1", "both keys open"

        assert engine.rotate_key() == read_keys(OTHER, "")[0].id

        seal = engine.registry.load().seal
        assert seal is not None
        assert seal.is_done
    assert read_keys(KEY, "")[0].id.encode() not in everything(redis_client, settings.namespace)


def test_no_key_is_changed_that_a_worker_does_not_have(sealed: Lab, settings: Settings) -> None:
    fill(sealed)
    old = read_keys(KEY, "")[0].id
    with Engine.open(dataclasses.replace(settings, secret_key=f"{OTHER} {KEY}")) as engine:
        engine.store.one(beat(WorkerState("busy", "there", 1, 1, opens=True, keys=[old], seals=old)))

        with pytest.raises(Rejected, match=r"not known to every worker \(busy\)"):
            engine.rotate_key()

        assert engine.store.box.key == old


def test_without_another_key_nothing_is_changed(sealed: Lab, lab: Lab) -> None:
    fill(sealed)
    with pytest.raises(SecretKeyError, match="there is no other key"):
        sealed.engine.rotate_key()


def test_where_nothing_is_sealed_there_is_no_key_to_change(lab: Lab) -> None:
    lab.deploy(STATE)
    with pytest.raises(SecretKeyError, match="CONV_SECRET_KEY"):
        lab.engine.rotate_key()


def test_an_older_versions_store_is_sealed_a_day_after_its_last_worker_or_by_hand(
    opened: Lab, settings: Settings, redis_client: redis.Redis
) -> None:
    meta = f"{{{settings.namespace}:reg}} meta"
    redis_client.hdel(meta, "opens")  # that version knew nothing of it
    with Engine.open(dataclasses.replace(settings, secret_key=KEY)) as engine:
        engine.registry.load()
        assert not engine.registry.begin_sealing()
        mine = WorkerState("mine", "there", 1, 1, opens=True, keys=engine.store.box.ids)
        engine.store.one(beat(mine))
        assert not engine.registry.begin_sealing()
        redis_client.hset(meta, "opens", 1)

        engine.store.one(beat(WorkerState("older", "there", 1, 1)))
        engine.store.one(beat(mine))
        assert int(redis_client.hget(meta, "opens") or 0) > 1
        engine.store.one(leave("older"))
        redis_client.hincrby(meta, "opens", 1000 - 86_400_000)
        assert not engine.registry.begin_sealing()
        redis_client.hincrby(meta, "opens", -1000)

        assert engine.registry.begin_sealing()


def test_by_hand_it_is_sealed_at_once(opened: Lab, settings: Settings, redis_client: redis.Redis) -> None:
    redis_client.hdel(f"{{{settings.namespace}:reg}} meta", "opens")
    with Engine.open(dataclasses.replace(settings, secret_key=KEY)) as engine:
        assert engine.rotate_key() == read_keys(KEY, "")[0].id

        assert CANARY.encode() not in everything(redis_client, settings.namespace)


def test_the_embedded_store_makes_its_new_key_itself(home: Path, tmp_path: Path) -> None:
    settings = Settings(home=home)
    with Engine.open(settings) as engine:
        lab = Lab(engine, tmp_path)
        fill(lab)
        [first] = read_file(home / FILE)

        new = engine.rotate_key()

        assert [key.id for key in read_file(home / FILE)] == [new]
        assert new != first.id
        assert values_of(lab) == as_submitted()
        assert first.id.encode() not in everything(engine.store.client, "conv")
        # Its file is written anew, and says nothing of before.
        eventually(lambda: b"\x01" + first.id.encode() not in written(home))
    assert CANARY.encode() not in written(home)


def test_what_does_not_open_is_named_and_the_old_key_stays(
    sealed: Lab, settings: Settings, redis_client: redis.Redis
) -> None:
    fill(sealed)
    partition = sealed.engine.current.partition(3, "r1")
    task = sealed.engine.store.one(calls.read(partition, ["r1"])).tasks[0]
    assert task is not None
    key = f"{{{settings.namespace}:3.{partition.number}}} t:{task.task_id}"
    redis_client.hset(key, "d", task.data[:-1])
    said: list[Progress] = []

    class Enough(Exception):
        pass

    def look(progress: Progress) -> None:
        if progress.broken:
            said.append(progress)
            raise Enough

    with Engine.open(dataclasses.replace(settings, secret_key=f"{OTHER} {KEY}")) as engine:
        with pytest.raises(Enough):
            engine.rotate_key(look)
        assert said[0].broken == [f"task {task.task_id} of conv 3"]
        engine.delete(3, "r1")
        engine.rotate_key()
