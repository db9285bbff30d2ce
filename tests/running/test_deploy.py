"""Deploying over tasks that are under way: what a plan says, what is refused, and that the tasks go on."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from engine.deploy import Deployment, NodeChange
from engine.errors import LostRace, StrandedTasks, WrongNodeMap
from engine.store.call import Partition
from engine.store.calls import create, stats
from engine.store.client import Hint
from engine.store.ids import new_task_id
from engine.store.records import NewTask
from tests.running.conftest import Lab
from tests.waiting import PATIENCE_S
from tests.workers import working

LIVE = """
process: Live
id: 1
nodes:
  start: {go: wait}
  wait: {delay: 1h, go: check}
  check: {condition: [{if: {n: 1}, go: done}], go: failed}
  done: {end: success}
  failed: {end: error}
"""

VERSION = """
process: Version
id: 71
nodes: {start: {go: LAST}, LAST: {end: success}}
"""


@pytest.fixture
def live(lab: Lab) -> Lab:
    """A conv with three tasks in its node `wait`."""
    lab.deploy(LIVE)
    for number in range(3):
        lab.submit(1, {"n": 1}, ref=f"r{number}")
    return lab


def changed(lab: Lab, text: str) -> Any:
    (lab.folder / "1.yaml").write_text(text)
    return [lab.folder]


def test_a_plan_counts_the_tasks_in_what_changes_and_writes_nothing(live: Lab) -> None:
    text = LIVE.replace("{n: 1}", "{n: 2}").replace("delay: 1h", "delay: 2h").replace("go: failed}", "go: other}")
    paths = changed(live, text + "  other: {end: error}\n")
    version = live.engine.registry.version()

    [plan] = live.engine.plan(paths).plans

    assert plan.nodes == [
        NodeChange("wait", "changed", tasks=3),
        NodeChange("check", "changed"),
        NodeChange("other", "added"),
    ]
    assert plan.stranded == []
    assert live.engine.registry.version() == version


def test_a_plan_says_which_tasks_would_be_stranded(live: Lab) -> None:
    paths = changed(live, LIVE.replace("wait", "sleep"))

    [plan] = live.engine.plan(paths).plans

    assert plan.stranded == [NodeChange("wait", "removed", tasks=3)]
    with pytest.raises(StrandedTasks, match='--map "1:wait=new name"'):
        live.engine.deploy(paths)


def test_a_node_map_moves_the_tasks_to_the_new_node(live: Lab) -> None:
    paths = changed(live, LIVE.replace("wait", "sleep"))

    [plan] = live.engine.plan(paths, node_map={1: {"wait": "sleep"}}).plans
    assert live.engine.deploy(paths, node_map={1: {"wait": "sleep"}}).is_deployed

    assert NodeChange("sleep", "renamed", "wait", 3) in plan.nodes
    assert {live.engine.task(1, f"r{number}").node for number in range(3)} == {"sleep"}
    live.forward(3601)
    assert {live.engine.task(1, f"r{number}").node for number in range(3)} == {"done"}


@pytest.mark.parametrize(
    ("node_map", "message"),
    [
        ({1: {"wrong": "sleep"}}, 'no deployed node "wrong"'),
        ({1: {"wait": "wrong"}}, 'no node "wrong"'),
        ({1: {"wait": "check"}}, "has tasks of its own"),
        ({1: {"check": "sleep"}}, "is still there"),
        ({2: {"wait": "sleep"}}, "names conv 2"),
    ],
)
def test_a_wrong_node_map_changes_nothing(live: Lab, node_map: dict[int, dict[str, str]], message: str) -> None:
    version = live.engine.registry.version()

    with pytest.raises(WrongNodeMap, match=message):
        live.engine.deploy(changed(live, LIVE.replace("wait", "sleep")), node_map=node_map)

    assert live.engine.registry.version() == version


def test_tasks_under_way_go_on_with_what_was_deployed_since(live: Lab) -> None:
    assert live.engine.deploy(changed(live, LIVE.replace("{n: 1}", "{n: 2}"))).is_deployed

    live.forward(3601)

    assert {live.engine.task(1, f"r{number}").node for number in range(3)} == {"failed"}


def test_of_racing_deploys_one_loses_cleanly(live: Lab) -> None:
    paths = changed(live, LIVE.replace("delay: 1h", "delay: 2h"))
    engine = live.engine
    both_have_looked = threading.Barrier(2)
    ends: list[str] = []

    class Racing(Deployment):
        def _prepare(self, *args: Any) -> Any:
            prepared = super()._prepare(*args)
            both_have_looked.wait(PATIENCE_S)
            return prepared

    def race() -> None:
        try:
            Racing(engine.registry, engine.store, engine.settings).deploy(paths)
            ends.append("deployed")
        except LostRace:
            ends.append("lost")

    threads = [threading.Thread(target=race) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(ends) == ["deployed", "lost"]
    assert engine.deploy(paths).changed == []


def test_a_worker_passes_by_the_tasks_of_a_conv_that_is_not_deployed(live: Lab) -> None:
    elsewhere = Partition(4711, 0)
    live.engine.store.one(create(elsewhere, [NewTask(new_task_id(None, time.time()), "", "1", "run", b"{}", b"{}")]))
    worker = live.engine.worker()

    worker.inbox.put(Hint(4711, 0, "run", None))
    assert worker.run_until_idle(time.monotonic() + PATIENCE_S, lambda: False)

    assert live.engine.store.one(stats(elsewhere)).lanes == {"run": 1}


def test_a_task_submitted_after_a_deploy_runs_by_what_was_deployed(lab: Lab) -> None:
    lab.deploy(VERSION.replace("LAST", "first"))
    ended = []
    with working(lab.engine):
        for number in range(8):
            lab.deploy(VERSION.replace("LAST", f"v{number}"))
            task = lab.engine.submit("Version", {}, watched=True)
            found = lab.engine.wait(task, PATIENCE_S)
            assert found is not None
            ended.append(found.node)

    assert ended == [f"v{number}" for number in range(8)]
