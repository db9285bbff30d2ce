"""The client: errors by name, missing scripts loaded, one round trip. And the scripts' text, the registry, the ids."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import StoreFull, StoreUnavailable
from engine.store.call import Partition
from engine.store.calls import create, deliver, read
from engine.store.client import Store
from engine.store.ids import BUCKETS, bucket_of, effect_task_id, is_task_id, new_task_id, partition_of
from engine.store.library import library, script_text, scripts
from engine.store.records import Delivery
from engine.store.registry import Catalogue, ConvRecord, Registry
from tests.own_server import OwnServer
from tests.store.lanes import WAYS, Through
from tests.store.words import P, claimed, committed, new_task, outcome, place, submit
from tests.waiting import eventually


@pytest.fixture(params=WAYS)
def through(request: pytest.FixtureRequest) -> Through:
    """How calls reach the store: each way promises the same."""
    return WAYS[request.param]


@pytest.fixture
def store(store_url: str, namespace: str, through: Through) -> Iterator[Store]:
    with contextlib.closing(through(Store.connect(store_url, namespace))) as store:
        yield store


# --- Client -----------------------------------------------------------------------------------


def test_calls_on_many_partitions_are_one_round_trip_with_a_result_each(store: Store) -> None:
    partitions = [Partition(7, n) for n in range(5)]

    assert store.run([create(p, [new_task()]) for p in partitions]) == [["ok"]] * 5
    assert store.run([]) == []


def test_scripts_that_are_missing_are_loaded_and_the_calls_made_again(store: Store) -> None:
    submit(store, "a")
    store.client.function_flush()

    results = store.run([read(P, ["a"]), create(P, [new_task("b")])])

    assert results[0].tasks[0].ref == "a"
    assert results[1] == ["ok"]


def test_old_and_new_workers_share_a_server(store: Store) -> None:
    _, text = library()
    other = "#!lua name=conv_older\nredis.register_function('create_older', function() return 'old' end)"
    store.client.function_load(other, replace=True)

    submit(store, "a")

    assert store.client.fcall("create_older", 0) == b"old"
    assert text.startswith("#!lua name=conv_")
    store.client.function_delete("conv_older")


def test_a_connection_that_breaks_takes_the_idle_ones_along(
    server_binary: Path, short_folder: Path, through: Through
) -> None:
    """A network that is gone would let each of them wait for its time-out, one after another."""
    server = OwnServer(server_binary, short_folder)
    server.start()
    try:
        plain = Store.connect(server.url)
        store = through(plain)
        rounds = [plain.begin([read(P, ["r"])]) for _ in range(3)]
        assert all(one.results() for one in rounds)
        with redis.Redis.from_url(server.url, client_name="watcher") as watcher:

            def others() -> dict[str, str]:
                return {one["id"]: one["flags"] for one in watcher.client_list() if one["name"] != "watcher"}

            idle = others().keys()
            watcher.client_pause(600_000, all=False)  # calls that may write wait, and so hold their connection
            waiting = store.begin([create(P, [new_task("a")])])
            [held] = eventually(lambda: [number for number, flags in others().items() if "b" in flags])
            watcher.client_kill_filter(_id=held)
            watcher.client_unpause()

            assert waiting.results() == [["ok"]]
            assert len(idle) == 3
            assert held in idle
            eventually(lambda: not idle & others().keys())
        store.close()
    finally:
        server.stop()


def test_a_server_that_is_not_there_is_named(tmp_path: Path, through: Through) -> None:
    url = f"unix://{tmp_path}/nobody"
    store = through(Store.connect(url))

    with pytest.raises(StoreUnavailable, match="nobody"):
        store.run([read(P, ["a"])])
    with pytest.raises(StoreUnavailable, match="nobody"):
        store.subscribe()
    store.close()


def test_a_full_server_refuses_new_work_and_lets_old_work_end(store: Store) -> None:
    submit(store, "a")
    [lent] = claimed(store)
    effect = Delivery("e", "create", effect_task_id("e", "x"), "x", "1")
    store.client.config_set("maxmemory", 1_000_000)
    try:
        refused = store.run([create(P, [new_task("b")]), deliver(P, [effect]), read(P, ["b", "x"])])
        result = committed(store, [outcome(lent, "final")])
    finally:
        store.client.config_set("maxmemory", 0)

    assert isinstance(refused[0], StoreFull)
    assert isinstance(refused[1], StoreFull)
    assert refused[2].tasks == [None, None]
    assert result[0].status == "ok"
    assert place(store, "a") == "final"


def test_submits_are_refused_while_there_is_still_room_for_what_runs(
    store_url: str, namespace: str, through: Through
) -> None:
    plain = Store.connect(store_url, namespace)
    plain.run([read(P, ["a"])])  # the server has the scripts: a full one takes none
    # What earlier tests have deleted must be gone: it would leave room.
    eventually(lambda: plain.client.info("memory")["lazyfree_pending_objects"] == 0)
    used = plain.client.info("memory")["used_memory"]
    plain.client.config_set("maxmemory", int(used / 0.9))
    store = through(plain)
    try:
        refused, delivered = store.run(
            [create(P, [new_task("b")]), deliver(P, [Delivery("e", "create", effect_task_id("e", "x"), "x", "1")])]
        )
    finally:
        store.client.config_set("maxmemory", 0)

    assert isinstance(refused, StoreFull)
    assert delivered == ["ok"]
    store.close()


# --- Scripts, read as text ---------------------------------------------------------------------


def test_the_library_begins_with_its_name_and_every_function_ends_in_its_hash() -> None:
    digest, text = library()

    assert text.startswith(f"#!lua name=conv_{digest}\n")
    assert f"name .. '_{digest}'" in text
    assert "@HASH@" not in text


@pytest.mark.parametrize("name", scripts())
def test_every_script_says_what_it_promises_and_stays_in_its_slot(name: str) -> None:
    text = script_text(name)
    code = re.sub(r"--[^\n]*", "", text)

    assert text.startswith("-- ")
    assert "Reply:" in text
    own = name.rpartition("/")[2]
    assert re.findall(r"^register(?:_for_mover)?\('(\w+)', (\w+), ", code, re.MULTILINE) == [(own, own)]
    # A key is `T .. ' …'`, KEYS[1], or a local name made of these; never a text of its own.
    for argument in re.findall(r"redis\.call\('[A-Z]+', ([^,)]+)", code):
        key = argument.strip()
        assert re.match(r"T \.\. ' |keys\[1\]$|[a-z_]*keys?(\[\w+\])?$|unpack\(|archive_key\(T", key), key


# --- Registry ---------------------------------------------------------------------------------


def record(conv_id: int, title: str = "Get token") -> ConvRecord:
    return ConvRecord(conv_id, "process", title, b'{"start":{}}\xff', {"start": "1", "end": "2"}, 3, ["alias"])


def test_a_deploy_is_read_back_whole(store: Store) -> None:
    registry = Registry(store)
    assert registry.load() == Catalogue(0, {}, {}, 0, {}, {})

    assert registry.deploy(0, [record(1), record(2)], {"url": {"value": "x", "big": 9007199254740993}}) == 1

    catalogue = registry.load()
    assert catalogue.version == registry.version() == 1
    assert catalogue.convs == {1: record(1), 2: record(2)}
    assert catalogue.variables["url"]["big"] == 9007199254740993


def test_a_deploy_on_an_old_version_changes_nothing(store: Store) -> None:
    registry = Registry(store)
    registry.deploy(0, [record(1)])

    assert registry.deploy(0, [record(1, "other")], {}) is None

    assert registry.load() == Catalogue(1, {1: record(1)}, {}, 0, {}, {})


def test_a_deploy_keeps_what_it_does_not_name(store: Store) -> None:
    registry = Registry(store)
    registry.deploy(0, [record(1), record(2)], {"a": {"value": 1}})

    assert registry.deploy(1, [record(2, "new")], None, removed=[1]) == 2

    assert registry.load() == Catalogue(2, {2: record(2, "new")}, {"a": {"value": 1}}, 0, {}, {})


# --- Ids --------------------------------------------------------------------------------------


@given(
    ref=st.one_of(st.text(min_size=1), st.from_regex(r"[0-9a-f]{24}", fullmatch=True)), partitions=st.integers(1, 64)
)
def test_a_ref_and_its_id_lead_to_the_same_partition(ref: str, partitions: int) -> None:
    task_id = new_task_id(ref, 1_795_447_254.9)

    assert is_task_id(task_id)
    assert partition_of(1, partitions, task_id) == partition_of(1, partitions, ref) < partitions
    assert bucket_of(effect_task_id("effect", ref)) == bucket_of(ref) < BUCKETS


def test_the_same_effect_makes_the_same_id_and_another_one_another() -> None:
    sender = new_task_id(None, 1_795_447_254)

    assert effect_task_id(f"{sender}.1.0", "r") == effect_task_id(f"{sender}.1.0", "r")
    assert effect_task_id(f"{sender}.1.0", "r") != effect_task_id(f"{sender}.1.1", "r")
    assert effect_task_id(f"{sender}.1.0", None)[:8] == sender[:8]


def test_an_id_begins_with_its_second() -> None:
    assert int(new_task_id(None, 1_795_447_254.9)[:8], 16) == 1_795_447_254
