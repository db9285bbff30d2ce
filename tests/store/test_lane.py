"""The lane: rounds that gather, order, lost connections and answers, calls that are taken back, closing.

What it promises as any client of the store stands in test_client.py, and for a cluster in tests/cluster.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import logging
import random
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import redis

from engine.errors import Elsewhere, StoreError, StoreUnavailable
from engine.store.call import Call, Partition
from engine.store.calls import claim, create, deliver, discard, modify, pause, read, stats, wake
from engine.store.client import Store
from engine.store.gather import Gather
from engine.store.ids import effect_task_id
from engine.store.lane import ROUNDS, Lane
from engine.store.records import Delivery, Modify, QueueLimit
from engine.store.sizes import MAX_BYTES, MAX_ITEMS
from tests.muted_proxy import MutedProxy, muted_proxy
from tests.own_server import OwnServer
from tests.ports import free_port
from tests.store.words import P, contents, new_task, place, rest, submit
from tests.waiting import PATIENCE_S, eventually

PARTITIONS = [Partition(7, number) for number in range(4)]


@contextlib.asynccontextmanager
async def opened(store: Store) -> AsyncIterator[Lane]:
    """Connected, to a server that has the scripts."""
    lane = Lane(store)
    try:
        for _ in range(2):  # a connection on which they were missing is not kept
            await lane.send(stats(P))
        yield lane
    finally:
        await asyncio.wait_for(lane.close(), PATIENCE_S)


async def until(condition: Callable[[], Any]) -> Any:
    """As `eventually`, while the loop goes on."""
    async with asyncio.timeout(PATIENCE_S):
        while not (answer := condition()):
            await asyncio.sleep(0.001)
        return answer


async def flushed() -> None:
    """What was handed in is sent, where it may be."""
    await asyncio.sleep(0)
    await asyncio.sleep(0)


def scripts_run(store: Store, command: str = "fcall") -> int:
    """How many calls the server has had."""
    return int(store.client.info("commandstats").get(f"cmdstat_{command}", {}).get("calls", 0))


def in_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """A test in an event loop of its own, which must not hear of an error that nobody has caught."""

    @functools.wraps(test)
    def run(**fixtures: Any) -> None:
        errors: list[dict[str, Any]] = []

        async def there() -> None:
            asyncio.get_running_loop().set_exception_handler(lambda _, context: errors.append(context))
            await test(**fixtures)

        asyncio.run(there())
        assert errors == []

    return run


@contextlib.contextmanager
def own_server(binary: Path, folder: Path) -> Iterator[tuple[OwnServer, int]]:
    """A server of the test's own, and its port."""
    port = free_port()
    server = OwnServer(binary, folder, "--port", str(port), "--bind", "127.0.0.1")
    server.start()
    try:
        yield server, port
    finally:
        server.stop()


# --- Rounds that gather ------------------------------------------------------------------------


@in_loop
async def test_every_call_gets_its_own_answer(store: Store) -> None:
    async with opened(store) as lane:
        made = [lane.send(create(p, [new_task("a")])) for p in PARTITIONS]
        assert await asyncio.gather(*made) == [["ok"]] * len(PARTITIONS)
        found = await asyncio.gather(*[lane.send(read(p, ["a"])) for p in PARTITIONS])
        assert [answer.tasks[0].ref for answer in found if answer.tasks[0]] == ["a"] * len(PARTITIONS)
        assert lane.waiting == 0


@in_loop
async def test_what_gathers_while_two_rounds_are_under_way_is_one_call(store: Store) -> None:
    async with opened(store) as lane:
        gather = Gather(lane)
        store.client.client_pause(600_000, all=False)
        before = scripts_run(store)
        try:
            tasks = []
            for number in range(ROUNDS + 50):
                tasks.append(gather.create(P, new_task(f"task-{number}")))
                await flushed()
            assert lane.waiting == ROUNDS + 50
        finally:
            store.client.client_unpause()

        assert await asyncio.gather(*tasks) == ["ok"] * len(tasks)
        assert scripts_run(store) - before == ROUNDS + 1
        assert lane.waiting == 0


@in_loop
async def test_a_call_that_comes_alone_goes_at_once(store: Store) -> None:
    async with opened(store) as lane:
        gather = Gather(lane)
        before = scripts_run(store)
        for number in range(5):
            assert await gather.create(P, new_task(str(number))) == "ok"
        assert scripts_run(store) - before == 5


@in_loop
async def test_each_of_those_that_gathered_learns_what_became_of_its_own_task(store: Store) -> None:
    submit(store, "taken")
    async with opened(store) as lane:
        gather = Gather(lane)
        refs = ["a", "taken", "b", "taken", "c"]

        assert await asyncio.gather(*[gather.create(P, new_task(ref)) for ref in refs]) == [
            "ok",
            "ref_taken",
            "ok",
            "ref_taken",
            "ok",
        ]


@in_loop
async def test_more_than_one_call_may_hold_goes_in_several(store: Store) -> None:
    async with opened(store) as lane:
        gather = Gather(lane)
        before = scripts_run(store)
        many = [gather.create(P, new_task()) for _ in range(2 * MAX_ITEMS + 1)]
        assert await asyncio.gather(*many) == ["ok"] * len(many)
        assert scripts_run(store) - before == 3
        large = [gather.create(P, new_task(data=b"x" * (MAX_BYTES // 3))) for _ in range(4)]
        assert await asyncio.gather(*large) == ["ok"] * 4
        assert scripts_run(store) - before == 5


@in_loop
async def test_a_task_that_no_call_can_hold_is_refused_before_it_gathers(store: Store) -> None:
    async with opened(store) as lane:
        gather = Gather(lane)
        other = gather.create(P, new_task("a"))
        with pytest.raises(ValueError, match="bytes in one call"):
            gather.create(P, new_task(data=b"x" * (MAX_BYTES + 1)))
        with pytest.raises(ValueError, match="not a task id"):
            gather.create(P, new_task()._replace(task_id="x"))
        # Just below: with the rest of the call it is too large, and no other suffers.
        tight = gather.create(P, new_task(data=b"x" * (MAX_BYTES - 35)))
        assert await other == "ok"
        with pytest.raises(ValueError, match="bytes in one call"):
            await tight
        assert lane.waiting == 0


@in_loop
async def test_a_queue_limit_belongs_to_its_own_tasks(store: Store) -> None:
    submit(store, "there")
    full = QueueLimit(1, ("run",))
    async with opened(store) as lane:
        gather = Gather(lane)
        answers = [gather.create(P, new_task(str(n)), full if n % 2 else None) for n in range(4)]

        assert await asyncio.gather(*answers) == ["ok", "queue_full", "ok", "queue_full"]


@in_loop
async def test_what_lies_in_another_partition_is_an_error_of_its_call_alone(store: Store) -> None:
    store.client.set(f"{{{store.namespace}:7.0}} buckets", "-" * 1024)
    there, elsewhere = PARTITIONS[1], PARTITIONS[0]
    async with opened(store) as lane:
        gather = Gather(lane)
        created = gather.create(elsewhere, new_task("a"))
        asked = [lane.send(wake(p, "a", b"{}")) for p in (there, elsewhere, there)]
        answers = await asyncio.gather(created, *asked, return_exceptions=True)

    assert answers[0] == "elsewhere"
    assert [answers[1], answers[3]] == ["not_found", "not_found"]
    assert isinstance(answers[2], Elsewhere)


@in_loop
async def test_an_answer_that_cannot_be_read_leaves_the_others_of_its_round_alone(store: Store) -> None:
    def stumble(reply: Any) -> Any:
        raise LookupError(reply)

    async with opened(store) as lane:
        wrong = lane.send(Call("stats", P, [], stumble, read_only=True))
        right = lane.send(stats(P))
        with pytest.raises(StoreError, match=r"the answer to <stats on 140896\.0> cannot be read"):
            await wrong
        await right


# --- Order -------------------------------------------------------------------------------------


async def ordered(lane: Lane, rounds: int, name: str = "") -> None:
    """Each create is between a pause and its end, or outside."""
    sent: list[asyncio.Future[Any]] = []
    for number in range(rounds):
        sent += [
            lane.send(pause(P, True)),
            lane.send(create(P, [new_task(f"{name}in-{number}")])),
            lane.send(pause(P, False)),
            lane.send(create(P, [new_task(f"{name}out-{number}")])),
        ]
        if number % 7 == 0:
            await asyncio.sleep(0)
    answers = await asyncio.gather(*sent)
    assert answers[1::4] == [["inactive"]] * rounds
    assert {status for [status] in answers[3::4]} <= {"ok", "same"}


@in_loop
async def test_calls_on_one_partition_take_effect_in_the_order_in_which_they_were_handed_in(store: Store) -> None:
    async with opened(store) as lane:
        await ordered(lane, 300)


@in_loop
async def test_what_is_under_way_and_what_waits_stays_in_order_when_the_connection_is_lost(store: Store) -> None:
    async with opened(store) as lane:
        store.client.client_pause(600_000, all=False)
        calls: list[asyncio.Future[Any]] = []
        try:
            for call in (pause(P, True), create(P, [new_task("a")]), pause(P, False), create(P, [new_task("b")])):
                calls.append(lane.send(call))  # two rounds, and two calls that wait
                await flushed()
            store.client.client_kill_filter(_type="normal", skipme=True)
        finally:
            store.client.client_unpause()

        assert await asyncio.gather(*calls[1::2]) == [["inactive"], ["ok"]]


@in_loop
async def test_and_so_they_do_when_connections_and_scripts_are_lost(server_binary: Path, short_folder: Path) -> None:
    with (
        own_server(server_binary, short_folder) as (server, _),
        contextlib.closing(Store.connect(server.url)) as store,
        trouble(server.url, scripts=True),
    ):
        async with opened(store) as lane:
            for number in range(5):
                await ordered(lane, 100, f"{number}-")


@contextlib.contextmanager
def trouble(url: str, *, scripts: bool = False) -> Iterator[None]:
    """Connections are killed all the time. `scripts`: and the server forgets them."""
    over = threading.Event()

    def make() -> None:
        with redis.Redis.from_url(url) as client:

            def served() -> int:
                stat = client.info("commandstats").get("cmdstat_fcall", {})
                return int(stat.get("calls", 0)) - int(stat.get("failed_calls", 0))

            def goes_on(before: int) -> bool:
                return over.is_set() or served() > before

            while not over.wait(random.uniform(0.01, 0.05)):
                before = served()
                client.client_kill_filter(_type="normal", skipme=True)
                if scripts and random.random() < 0.3:
                    client.function_flush()
                # A client tries so often, and loads scripts once: what it tries again must get through.
                eventually(functools.partial(goes_on, before))

    thread = threading.Thread(target=make)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


# --- Many at once ------------------------------------------------------------------------------


class Submitted(NamedTuple):
    acknowledged: int
    refused: int


async def submit_many(lane: Lane, number: int, clients: int = 64) -> Submitted:
    """Each client submits one after the other; one that gets no answer submits the same again."""
    gather = Gather(lane)
    numbers = iter(range(number))
    refused = 0

    async def client() -> int:
        nonlocal refused
        done = 0
        for n in numbers:
            p = PARTITIONS[n % len(PARTITIONS)]
            task = new_task(f"task-{n}")
            while True:
                try:
                    status = await gather.create(p, task)
                except StoreUnavailable:
                    refused += 1
                    continue
                assert status in ("ok", "same")
                done += 1
                break
        return done

    return Submitted(sum(await asyncio.gather(*[client() for _ in range(clients)])), refused)


def entered(store: Store) -> int:
    """How many tasks were ever created."""
    return sum(count.entered for p in PARTITIONS for count in store.one(stats(p)).counts.values())


@in_loop
async def test_ten_thousand_submits_by_many_clients(store: Store) -> None:
    before = scripts_run(store)
    async with opened(store) as lane:
        assert await submit_many(lane, 10_000) == Submitted(10_000, 0)

    assert entered(store) == 10_000
    assert scripts_run(store) - before < 5_000


@in_loop
async def test_submits_while_connections_are_killed_are_neither_lost_nor_doubled(
    server_binary: Path, short_folder: Path
) -> None:
    with own_server(server_binary, short_folder) as (server, _), contextlib.closing(Store.connect(server.url)) as store:
        with trouble(server.url, scripts=True):
            async with opened(store) as lane:
                done = await submit_many(lane, 4_000)

        assert done.acknowledged == 4_000
        assert entered(store) == 4_000


# --- A connection that is lost between a call and its answer -----------------------------------


class Kind(NamedTuple):
    prepare: Callable[[Store], Any]
    call: Callable[[], Call[Any]]
    answers: Callable[[Any], bool]


A_TASK = new_task("a")

KINDS = {
    "create": Kind(lambda store: None, lambda: create(P, [A_TASK]), lambda it: it in (["ok"], ["same"])),
    "modify": Kind(
        lambda store: rest(store, "a", "parked"),
        lambda: modify(P, Modify("a", "client:1", b'{"x":1}')),
        lambda it: it.status in ("ok", "kept"),
    ),
    "callback": Kind(
        lambda store: rest(store, "a", "waiting", callback=True),
        lambda: modify(P, Modify("a", "client:1", b'{"x":1}', must_stand=True)),
        lambda it: it.status == "ok",
    ),
    "effect": Kind(
        lambda store: None,
        lambda: deliver(P, [Delivery("e", "create", effect_task_id("e", "x"), "x", "1")]),
        lambda it: it in (["ok"], ["same"]),
    ),
    "wake": Kind(lambda store: rest(store, "a", "parked"), lambda: wake(P, "a", b"{}"), lambda it: it == "ok"),
    "discard": Kind(lambda store: submit(store, "a"), lambda: discard(P, "a"), lambda it: it in ("ok", "not_found")),
    "pause": Kind(lambda store: None, lambda: pause(P, True), lambda it: True),
    "claim": Kind(
        lambda store: submit(store, "a", "b", "c"),
        lambda: claim(P, "run", 2, "token", 60_000),
        lambda it: [task.ref for task in it.tasks] == ["a", "b"],
    ),
    "read": Kind(lambda store: submit(store, "a"), lambda: read(P, ["a"]), lambda it: it.tasks[0].ref == "a"),
}


@pytest.fixture(scope="module")
def far(server_binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, MutedProxy]]:
    """A server, and the way to it that can be broken."""
    folder = tmp_path_factory.mktemp("far", numbered=True)
    with own_server(server_binary, folder) as (server, port), muted_proxy(port) as proxy:
        yield server.url, proxy


def written(store: Store) -> dict[str, Any]:
    """All but when a record was last changed: a wake that is sent twice says so."""
    found = contents(store)
    for key in found:
        if key.startswith("t:"):
            found[key].pop(b"x", None)
    return found


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
@in_loop
async def test_an_answer_that_is_lost_is_asked_for_again_and_nothing_is_done_twice(
    far: tuple[str, MutedProxy], namespace: str, kind: Kind
) -> None:
    url, proxy = far
    with (
        contextlib.closing(Store.connect(url, namespace)) as near,
        contextlib.closing(Store.connect(f"redis://127.0.0.1:{proxy.port}", namespace)) as store,
    ):
        kind.prepare(near)
        async with opened(store) as lane:
            before, lost = written(near), proxy.lost
            proxy.lose_answers()
            answer = lane.send(kind.call())
            await until(lambda: proxy.lost > lost)
            done = written(near)
            assert not answer.done()
            proxy.cut()

            assert kind.answers(await answer)
        assert written(near) == done
        assert (done == before) == (kind is KINDS["read"])


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
@in_loop
async def test_a_call_that_is_lost_is_sent_again(far: tuple[str, MutedProxy], namespace: str, kind: Kind) -> None:
    url, proxy = far
    with (
        contextlib.closing(Store.connect(url, namespace)) as near,
        contextlib.closing(Store.connect(f"redis://127.0.0.1:{proxy.port}", namespace)) as store,
    ):
        kind.prepare(near)
        async with opened(store) as lane:
            before, lost = written(near), proxy.lost
            proxy.mute()
            answer = lane.send(kind.call())
            await until(lambda: proxy.lost > lost)
            proxy.cut()

            assert kind.answers(await answer)
        assert (written(near) == before) == (kind is KINDS["read"])


def connections_used(store: Store) -> int:
    return sum(
        number for number, labels in store.client.connection_pool.get_connection_count() if "used" in str(labels)
    )


@in_loop
async def test_an_idle_lane_notices_that_its_server_was_replaced(server_binary: Path, short_folder: Path) -> None:
    with own_server(server_binary, short_folder) as (server, _), contextlib.closing(Store.connect(server.url)) as store:
        async with opened(store) as lane:
            assert await lane.send(create(P, [A_TASK])) == ["ok"]
            server.stop()
            await until(lambda: not connections_used(store))
            server.start()

            assert await lane.send(create(P, [A_TASK])) == ["same"]


@in_loop
async def test_a_server_that_is_gone_is_given_up_for_each_call_and_found_again(
    server_binary: Path, short_folder: Path
) -> None:
    with own_server(server_binary, short_folder) as (server, _), contextlib.closing(Store.connect(server.url)) as store:
        async with opened(store) as lane:
            await lane.send(stats(P))
            server.stop()
            gather = Gather(lane)
            calls: list[asyncio.Future[Any]] = []
            for p in PARTITIONS * 20:
                calls += [lane.send(create(p, [new_task()])), gather.create(p, new_task())]
            errors = await asyncio.gather(*calls, return_exceptions=True)
            assert {type(error) for error in errors} == {StoreUnavailable}
            assert len({id(error) for error in errors}) == len(errors), "each has its own"
            assert lane.waiting == 0
            server.start()

            assert await lane.send(create(P, [A_TASK])) == ["ok"]


@pytest.mark.slow
@in_loop
async def test_a_silent_server_is_told_of_and_then_given_up(
    server_binary: Path, short_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "conv.store")
    with own_server(server_binary, short_folder) as (server, _), contextlib.closing(Store.connect(server.url)) as store:
        async with opened(store) as lane:
            await lane.send(stats(P))
            server.freeze()
            try:
                first, second = lane.send(create(P, [new_task()])), lane.send(stats(PARTITIONS[0]))
                await until(lambda: "has not answered for 2 s" in caplog.text)
                for call in (first, second):
                    with pytest.raises(StoreUnavailable):
                        await call
            finally:
                server.freeze(False)
            assert await lane.send(create(P, [A_TASK])) == ["ok"]
    assert caplog.text.count("has not answered") == 1
    assert "answers again, after" in caplog.text


@in_loop
async def test_more_than_the_line_takes_is_sent_as_it_takes_it(server_binary: Path, short_folder: Path) -> None:
    with (
        own_server(server_binary, short_folder) as (server, port),
        contextlib.closing(Store.connect(f"redis://127.0.0.1:{port}")) as store,
    ):
        async with opened(store) as lane:
            await lane.send(stats(P))
            server.freeze()
            try:
                data = b"x" * (MAX_BYTES - 1000)
                large = [lane.send(create(p, [new_task(data=data)])) for p in PARTITIONS for _ in range(2)]
                for _ in range(10):
                    await asyncio.sleep(0)  # the loop goes on
                assert not any(call.done() for call in large)
            finally:
                server.freeze(False)
            assert await asyncio.gather(*large) == [["ok"]] * len(large)
            found = await asyncio.gather(*[lane.send(stats(p)) for p in PARTITIONS])
            assert [one.counts["1"].entered for one in found] == [2] * len(PARTITIONS)


@in_loop
async def test_large_answers_are_read_piece_by_piece(far: tuple[str, MutedProxy], namespace: str) -> None:
    _, proxy = far
    with contextlib.closing(Store.connect(f"redis://127.0.0.1:{proxy.port}", namespace)) as store:
        async with opened(store) as lane:
            data = b"y" * 1_000_000
            for p in PARTITIONS:
                await lane.send(create(p, [new_task("a", data=data)]))
            answers = await asyncio.gather(*[lane.send(read(p, ["a"])) for p in PARTITIONS for _ in range(5)])
    assert all(answer.tasks[0] is not None and answer.tasks[0].data == data for answer in answers)


# --- Calls that are taken back -----------------------------------------------------------------


@in_loop
async def test_a_call_that_is_taken_back_before_it_is_sent_is_never_made(store: Store) -> None:
    async with opened(store) as lane:
        gather = Gather(lane)
        kept = lane.send(create(P, [new_task("kept")]))
        back: list[asyncio.Future[Any]] = [lane.send(create(P, [new_task("a")])), gather.create(P, new_task("b"))]
        kept_too = gather.create(P, new_task("kept too"))
        for call in back:
            call.cancel()
        assert await kept == ["ok"]
        assert await kept_too == "ok"
        assert lane.waiting == 0

    assert [place(store, ref) for ref in ("a", "b", "kept", "kept too")] == [None, None, "ready", "ready"]


@in_loop
async def test_nobody_suffers_from_one_that_waits_no_longer(store: Store) -> None:
    async with opened(store) as lane:
        gather = Gather(lane)
        await lane.send(stats(P))
        store.client.client_pause(600_000, all=False)
        try:
            calls: list[asyncio.Future[Any]] = [lane.send(create(P, [new_task("a")])), lane.send(stats(P))]
            tasks = [gather.create(P, new_task(ref)) for ref in "bcd"]
            await flushed()
            waiter = asyncio.ensure_future(asyncio.wait_for(tasks[1], 0.001))
            with pytest.raises(TimeoutError):
                await waiter
            calls[0].cancel()
        finally:
            store.client.client_unpause()
        await calls[1]
        assert [await tasks[0], await tasks[2]] == ["ok", "ok"]
        await until(lambda: lane.waiting == 0)
        assert await lane.send(discard(P, "a")) == "ok", "it was sent"


# --- The end -----------------------------------------------------------------------------------


@in_loop
async def test_a_lane_that_is_closed_under_load_has_answered_everything(store: Store) -> None:
    lane = Lane(store)
    gather = Gather(lane)
    acknowledged: list[str] = []
    refused: list[str] = []

    async def client(number: int) -> None:
        for n in range(1_000):
            ref = f"{number}-{n}"
            try:
                created = gather.create(PARTITIONS[number % 4], new_task(ref))
            except StoreError:
                refused.append(ref)
                return
            assert await created == "ok"
            acknowledged.append(ref)

    clients = [asyncio.ensure_future(client(number)) for number in range(64)]
    await until(lambda: len(acknowledged) > 200)
    closing = [asyncio.ensure_future(lane.close()) for _ in range(2)]
    await asyncio.wait_for(asyncio.gather(*closing, *clients), PATIENCE_S)

    assert len(refused) == 64
    assert entered(store) == len(acknowledged)
    assert lane.waiting == 0
    with pytest.raises(StoreError, match="this lane is closed; open another one"):
        lane.send(stats(P))
    await lane.close()


@in_loop
async def test_a_lane_that_is_given_up_tells_all_who_wait(store: Store) -> None:
    lane = Lane(store)
    gather = Gather(lane)
    await lane.send(stats(P))
    store.client.client_pause(600_000, all=False)
    try:
        sent: list[asyncio.Future[Any]] = [lane.send(create(P, [new_task("a")])), gather.create(P, new_task("b"))]
        await flushed()
        second = lane.send(create(P, [new_task("c")]))
        await flushed()
        unsent: list[asyncio.Future[Any]] = [lane.send(create(P, [new_task("d")])), gather.create(P, new_task("e"))]
        lane.abandon()
    finally:
        store.client.client_unpause()

    for call in (*sent, second):
        with pytest.raises(StoreUnavailable, match=r"it is unknown whether <create on .*> took effect"):
            await call
    for call in unsent:
        with pytest.raises(StoreUnavailable, match=r"<create on .*> was not sent"):
            await call
    assert lane.waiting == 0
    assert [place(store, ref) for ref in ("d", "e")] == [None, None]


@in_loop
async def test_a_lane_can_be_given_up_while_it_connects_or_tries_again(short_folder: Path) -> None:
    with contextlib.closing(Store.connect(f"unix://{short_folder}/nobody")) as store:
        for rounds in range(3):
            lane = Lane(store)
            call = lane.send(stats(P))
            for _ in range(rounds * 20):
                await asyncio.sleep(0.001)
            lane.abandon()
            with pytest.raises(StoreUnavailable):
                await call


def test_a_loop_that_is_closed_first_leaves_nothing_behind(
    server_binary: Path, short_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with own_server(server_binary, short_folder) as (server, _), contextlib.closing(Store.connect(server.url)) as store:

        async def leave(wait: bool) -> Lane:
            lane = Lane(store)
            if wait:
                await lane.send(stats(P))
            lane.send(create(P, [new_task()]))
            await asyncio.sleep(0)
            return lane

        for wait in (True, False):
            lane = asyncio.run(leave(wait))
            with pytest.raises(RuntimeError, match="closed"):
                lane.send(stats(P))
            lane.abandon()
            lane.abandon()
        gc.collect()
        with redis.Redis.from_url(server.url, client_name="watcher") as watcher:
            eventually(lambda: not [one for one in watcher.client_list() if one["name"] != "watcher"])
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_two_loops_may_share_a_store(store: Store) -> None:
    answers: list[list[str]] = []

    def work(number: int) -> None:
        async def there() -> None:
            async with opened(store) as lane:
                for n in range(50):
                    answers.append(await lane.send(create(P, [new_task(f"{number}-{n}")])))

        asyncio.run(there())

    threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == [["ok"]] * 100
