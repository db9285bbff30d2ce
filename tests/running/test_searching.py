"""Finding tasks: by filter, page by page, in any place; by ref in all convs; archives by page and as a stream."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from engine.app import Filter, Page
from engine.app import searching as module
from engine.errors import NotFound, UnknownNode, WrongCondition, WrongCursor, WrongData
from engine.store import calls
from engine.views import TaskView
from tests.running.conftest import Lab

ORDERS = """
    process: Orders
    id: 1
    params:
      card: {type: string, secret: true}
    nodes:
      start: {go: judge}
      judge:
        condition:
          - {if: {kind: wait}, go: wait}
          - {if: {kind: sleep}, go: sleep}
          - {if: {kind: queue}, go: queue}
          - {if: {kind: bad}, go: look}
        go: done
      wait: {wait_for_callback: {}, go: done}
      sleep: {delay: 1h, go: done}
      queue: {queue: {data: {}}, go: done}
      look: {set_parameters: {x: "{{conv[2].ref[nobody].y}}"}, error: failed, go: done}
      done: {end: success}
      failed: {end: error}
    """
STORED = """
    diagram: Stored
    id: 2
    nodes:
      start: {go: kept}
      kept: {set_state: {}}
    """


@pytest.fixture
def orders(lab: Lab) -> Lab:
    lab.deploy(ORDERS, STORED)
    return lab


def put(lab: Lab, *tasks: tuple[str, dict[str, Any]]) -> None:
    lab.engine.submit_many(1, [*tasks])
    lab.run()


def refs(found: Page | list[TaskView]) -> list[str]:
    return [view.ref for view in (found.tasks if isinstance(found, Page) else found)]


def search(lab: Lab, **what: Any) -> set[str]:
    page = lab.engine.search(1, Filter(**what), limit=1000)
    assert page.cursor is None
    return set(refs(page))


def pages(lab: Lab, what: Filter, limit: int) -> list[str]:
    found: list[str] = []
    cursor = None
    while True:
        page = lab.engine.search(1, what, limit=limit, cursor=cursor)
        assert len(page.tasks) <= limit
        found += refs(page)
        cursor = page.cursor
        if cursor is None:
            return found


def test_tasks_are_found_in_every_place(orders: Lab) -> None:
    put(orders, *((kind, {"kind": kind}) for kind in ("wait", "sleep", "queue", "bad", "good")))
    orders.engine.submit(1, {"kind": "ready"}, ref="ready")

    assert search(orders) == {"wait", "sleep", "queue", "bad", "good", "ready"}
    assert search(orders, places=("ready",)) == {"ready"}
    assert search(orders, places=("held",)) == {"ready"}
    assert search(orders, places=("final",)) == {"bad", "good"}
    assert search(orders, places=("waiting", "delayed", "queued")) == {"wait", "sleep", "queue"}
    assert search(orders, nodes=("wait", "failed")) == {"wait", "bad"}
    assert search(orders, nodes=("wait",), places=("final",)) == set()
    assert search(orders, failed=True) == {"bad"}
    assert search(orders, error="missing_reference") == {"bad"}
    assert search(orders, error="other") == set()
    assert search(orders, where='kind = "sleep" or kind ~ "^g"') == {"sleep", "good"}


def test_a_task_that_runs_and_one_that_was_set_aside_are_found(orders: Lab) -> None:
    orders.engine.submit(1, {}, ref="runs")
    [partition] = orders.engine.current.partitions(1)
    store = orders.engine.store
    claimed = store.one(calls.claim(partition, "run", 1, "T", 60_000)).tasks
    assert search(orders, places=("leased",)) == {"runs"} == search(orders)

    assert store.one(calls.set_aside(partition, "T", [(claimed[0].task_id, "broken")])) == ["ok"]

    assert search(orders, places=("aside",)) == {"runs"} == search(orders, failed=True) == search(orders)


def test_tasks_are_found_by_when_they_changed(orders: Lab) -> None:
    for number in range(3):
        put(orders, (f"t{number}", {"kind": "wait"}))
        orders.forward(10)
    changed = {view.ref: view.change_ms for view in orders.engine.search(1).tasks}

    assert search(orders, since_ms=changed["t1"]) == {"t1", "t2"}
    assert search(orders, until_ms=changed["t1"]) == {"t0"}
    assert search(orders, since_ms=changed["t1"], until_ms=changed["t2"]) == {"t1"}
    assert refs(orders.engine.search(1)) == ["t2", "t1", "t0"]


@pytest.mark.parametrize("limit", [1, 7, 100])
def test_pages_miss_and_repeat_nothing(orders: Lab, limit: int) -> None:
    put(orders, *((f"a{n}", {"kind": "wait"}) for n in range(20)), *((f"b{n}", {}) for n in range(20)))
    orders.engine.submit_many(1, [(f"c{n}", {}) for n in range(20)])

    found = pages(orders, Filter(), limit)

    assert len(found) == len(set(found)) == 60
    assert {ref[0] for ref in found[:20]} == {"c"}, "those under way come first"


def test_a_search_goes_over_all_partitions(orders: Lab) -> None:
    orders.deploy(ORDERS.replace("queue: {queue: {data: {}}, go: done}", "queue: {delay: 1h, go: done}"))
    put(orders, *((f"a{n}", {"kind": "wait"}) for n in range(30)), *((f"b{n}", {}) for n in range(30)))
    orders.engine.repartition(1, 5)
    orders.engine.submit_many(1, [(f"c{n}", {}) for n in range(30)])

    found = pages(orders, Filter(), 7)

    assert len(found) == len(set(found)) == 90
    views = orders.engine.search(1, Filter(places=("waiting", "final")), limit=60).tasks
    changes = [view.change_ms for view in views]
    assert changes == sorted(changes, reverse=True)


def test_a_task_that_moves_between_two_pages_comes_once_at_most(orders: Lab) -> None:
    orders.engine.submit_many(1, [(f"r{n}", {}) for n in range(5)])
    for n in range(10):
        put(orders, (f"w{n}", {"kind": "wait"}))
    orders.engine.submit_many(1, [(f"s{n}", {}) for n in range(5)])
    first = orders.engine.search(1, limit=8)
    assert set(refs(first)) >= {f"s{n}" for n in range(5)}

    for n in range(10):
        orders.engine.modify(1, f"w{n}", {})
    orders.run()
    rest: list[str] = []
    cursor = first.cursor
    while cursor:
        page = orders.engine.search(1, limit=8, cursor=cursor)
        rest += refs(page)
        cursor = page.cursor

    assert set(refs(first)).isdisjoint(rest)
    assert {f"r{n}" for n in range(5)} <= set(rest), "those that did not move are found"


def test_a_search_under_load_finds_each_once_and_all_that_rest(orders: Lab) -> None:
    resting = {f"w{n}" for n in range(50)}
    put(orders, *((ref, {"kind": "wait"}) for ref in sorted(resting)))
    stop = threading.Event()

    def load() -> None:
        number = 0
        while not stop.is_set():
            orders.engine.submit_many(1, [(f"m{number}-{n}", {}) for n in range(20)])
            orders.engine.run_until_idle()
            number += 1

    with ThreadPoolExecutor(1) as executor:
        loading = executor.submit(load)
        for _ in range(5):
            found = pages(orders, Filter(), 13)
            assert len(found) == len(set(found))
            assert resting <= set(found)
        stop.set()
        loading.result()


def test_a_page_ends_with_what_it_has_read(orders: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    put(orders, *((f"a{n}", {"n": n}) for n in range(30)))
    monkeypatch.setattr(module, "PAGE_TASKS", 10)

    page = orders.engine.search(1, Filter(where="n < 0"))

    assert (page.tasks, page.looked_at) == ([], 10)
    assert page.cursor is not None
    assert sorted(pages(orders, Filter(where="n >= 28"), 100)) == ["a28", "a29"]
    assert sorted(view.ref for view in orders.engine.stream(1, Filter(where="n >= 28"))) == ["a28", "a29"]


def test_a_large_task_has_a_round_trip_of_its_own(orders: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    put(orders, *((f"a{n}", {"text": "x" * 2000}) for n in range(30)))
    monkeypatch.setattr(calls.finding, "ROWS_BYTES", 5000)

    assert len(search(orders, where='text ~ "^x+$"')) == 30


@pytest.mark.parametrize(
    "cursor", ["", "x", "!!!", "A" * 401, "AAAAAAAAAAAAAAAA", "\u00e4", "=" * 8, "\ud800", 3, b"x"]
)
def test_a_wrong_cursor_is_an_error(orders: Lab, cursor: Any) -> None:
    with pytest.raises((WrongCursor, WrongData), match="cursor"):
        orders.engine.search(1, cursor=cursor)


def test_a_cursor_belongs_to_its_search_and_is_short(orders: Lab) -> None:
    put(orders, ("a", {}), ("b", {}))
    cursor = orders.engine.search(1, Filter(where="a != 1 or kind ~ '.'" + " or a = 1" * 50), limit=1).cursor
    assert cursor is None
    cursor = orders.engine.search(1, limit=1).cursor
    assert cursor is not None
    assert len(cursor) < 150
    with pytest.raises(WrongCursor, match="another search"):
        orders.engine.search(1, Filter(failed=True), cursor=cursor)
    with pytest.raises(WrongCursor, match="another search"):
        orders.engine.search(2, cursor=cursor)
    spoiled = cursor[:-1] + ("A" if cursor[-1] != "A" else "B")
    with pytest.raises(WrongCursor):
        orders.engine.search(1, cursor=spoiled)
    assert len(orders.engine.search(1, limit=5, cursor=cursor).tasks) == 1


@pytest.mark.parametrize(
    ("what", "error", "words"),
    [
        ({"nodes": ("waits",)}, UnknownNode, 'did you mean "wait"'),
        ({"places": ("wating",)}, WrongCondition, 'did you mean "waiting"'),
        ({"where": "a >"}, WrongCondition, "character 4"),
        ({"since_ms": -1}, WrongCondition, "since_ms"),
        ({"until_ms": 1.5}, WrongCondition, "until_ms"),
        ({"where": 'card = "4111"'}, WrongCondition, "secret"),
        ({"where": 'a = 1 or card ~ "^4"'}, WrongCondition, "secret"),
        ({"nodes": "wait"}, WrongCondition, "nodes are a list"),
        ({"error": 3}, WrongData, "error tag"),
    ],
)
def test_a_wrong_filter_is_refused(orders: Lab, what: dict[str, Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        orders.engine.search(1, Filter(**what))


def test_secrets_cannot_be_searched_wherever_they_were_copied(lab: Lab) -> None:
    lab.deploy(
        """
        process: Copies
        id: 1
        params:
          card: {type: string, secret: true}
        nodes:
          start: {go: copy}
          copy: {set_parameters: {other: "{{card}}", text: "a {{card}} b", open: 1}, go: done}
          done: {end: success}
        """
    )
    lab.submit(1, {"card": "4111111111111111", "note": "of 4111111111111111"}, ref="a")

    assert search(lab, where="open = 1") == {"a"}
    for where in ('other ~ "."', 'text ~ "4111"', 'other != "x"', 'note ~ "4111"'):
        assert search(lab, where=where) == set(), where
    assert search(lab, where='note = "of ***"') == {"a"}


def test_a_task_that_cannot_be_read_hides_no_other(orders: Lab) -> None:
    put(orders, ("a", {"n": 1}), ("b", {"n": 1}))
    task_id = orders.engine.task(1, "a").task_id
    store = orders.engine.store
    store.client.hset(f"{{{store.namespace}:1.0}} t:{task_id}", "d", b"{")

    assert search(orders, where="n = 1") == {"b"}
    assert search(orders) == {"a", "b"}


# --- By ref -------------------------------------------------------------------------------------


def test_a_ref_is_found_in_all_convs(orders: Lab) -> None:
    put(orders, ("same", {}), ("one", {}))
    orders.submit(2, ref="same")
    task_id = orders.engine.task(1, "one").task_id
    orders.engine.repartition(2, 4)

    assert [(view.conv_id, view.ref) for view in orders.engine.find_ref("same")] == [(1, "same"), (2, "same")]
    assert [view.ref for view in orders.engine.find_ref(task_id)] == ["one"]
    assert orders.engine.find_ref("none") == []
    with pytest.raises(WrongData):
        orders.engine.find_ref("")


# --- Archives -----------------------------------------------------------------------------------


def test_an_archive_comes_by_page_and_as_a_stream(orders: Lab) -> None:
    put(orders, *((f"a{n}", {}) for n in range(25)), *((f"w{n}", {"kind": "wait"}) for n in range(5)))

    first = orders.engine.archive_page(1, "done", limit=10)
    found, cursor = refs(first), first.cursor
    while cursor:
        page = orders.engine.archive_page(1, "done", limit=10, cursor=cursor)
        found += refs(page)
        cursor = page.cursor

    assert found == refs(orders.engine.archive(1, "done"))
    assert found == refs([*orders.engine.archive_stream(1, "done")])
    assert len(refs([*orders.engine.archive_stream(1, "wait")])) == 5
    with pytest.raises(UnknownNode):
        orders.engine.archive_page(1, "nowhere")
    with pytest.raises(NotFound):
        orders.engine.task(1, "nowhere")
