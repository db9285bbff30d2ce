"""One Engine for many threads: a server's threads share it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine.app import Engine, Submitted
from engine.config import Settings
from engine.errors import BadParameter, EngineError, RefTaken, UnknownConv, WrongData
from tests.waiting import PATIENCE_S

ADD = """
process: Add
id: 1
params: { n: { type: number, required: true } }
nodes:
  start: { go: end }
  end: { end: success }
"""


@pytest.fixture
def engine(settings: Settings, tmp_path: Path) -> Iterator[Engine]:
    (tmp_path / "add.yaml").write_text(ADD, "utf-8")
    with Engine.open(settings) as engine:
        engine.deploy(tmp_path / "add.yaml")
        yield engine


def test_threads_submit_look_and_deploy_at_once(engine: Engine, tmp_path: Path) -> None:
    each, threads = 30, 6
    begin = threading.Barrier(threads + 1)

    def submit(thread: int) -> list[Submitted]:
        begin.wait(PATIENCE_S)
        found = []
        for number in range(each):
            found.append(engine.submit("Add", {"n": number}, ref=f"{thread}-{number}"))
            assert engine.task("Add", f"{thread}-{number}").data == {"n": number}
            assert engine.show("Add").kind == "process"
        return found

    def deploy() -> None:
        begin.wait(PATIENCE_S)
        for number in range(each):
            (tmp_path / "other.yaml").write_text(
                ADD.replace("Add", f"Other {number}").replace("id: 1", "id: 2"), "utf-8"
            )
            engine.deploy(tmp_path / "other.yaml")
            assert engine.find(f"Other {number}").conv_id == 2, "who deployed sees it at once"

    with ThreadPoolExecutor(threads + 1) as executor:
        deployed = executor.submit(deploy)
        submitted = [one for found in executor.map(submit, range(threads)) for one in found]
        deployed.result()

    assert engine.run_until_idle(PATIENCE_S)
    assert len({one.task_id for one in submitted}) == each * threads
    assert engine.show("Add").archived == each * threads
    assert engine.registry.lost == 0, "an answer that came late is no loss"


def test_many_threads_wait_for_their_tasks(engine: Engine) -> None:
    with ThreadPoolExecutor(9) as executor:
        tasks = [engine.submit("Add", {"n": n}, watched=True) for n in range(8)]
        waiting = [executor.submit(engine.wait, task, PATIENCE_S) for task in tasks]
        assert engine.run_until_idle(PATIENCE_S)
        ended = [future.result() for future in waiting]

    assert [view.data["n"] for view in ended if view] == [*range(8)]


def test_an_old_answer_that_comes_late_is_no_loss(engine: Engine, tmp_path: Path) -> None:
    """As when one thread asks, another deploys and asks, and only then the first hears."""
    registry = engine.registry
    late = registry.version()
    (tmp_path / "other.yaml").write_text(ADD.replace("Add", "Other").replace("id: 1", "id: 2"), "utf-8")
    engine.deploy(tmp_path / "other.yaml")
    assert registry.version() > late

    registry._compare(late, late)

    assert registry.lost == 0
    assert registry._version > late


def test_each_task_has_an_outcome_of_its_own(engine: Engine) -> None:
    engine.submit("Add", {"n": 1}, ref="taken")

    outcomes = engine.submit_each(
        "Add", [("a", {"n": 1}), ("taken", {"n": 2}), ("b", {}), ("", {"n": 1}), ("c", {"n": 3}), ("c", {"n": 4})]
    )

    assert [type(outcome) for outcome in outcomes] == [
        Submitted,
        RefTaken,
        BadParameter,
        WrongData,
        Submitted,
        RefTaken,
    ]
    assert [engine.task("Add", ref).data for ref in ("a", "c")] == [{"n": 1}, {"n": 3}]
    assert isinstance(outcomes[0], Submitted)
    assert outcomes[0] == Submitted(engine.task("Add", "a").task_id, "a", 1)


def test_submit_each_of_nothing_and_of_nowhere(engine: Engine) -> None:
    assert engine.submit_each("Add", []) == []
    with pytest.raises(UnknownConv):
        engine.submit_each("Nowhere", [])


def test_submit_many_raises_what_the_first_refused_met_and_the_others_exist(engine: Engine) -> None:
    engine.submit("Add", {"n": 1}, ref="taken")

    with pytest.raises(EngineError) as caught:
        engine.submit_many("Add", [("a", {"n": 1}), ("taken", {"n": 2}), ("b", {"n": 3})])

    assert isinstance(caught.value, RefTaken)
    assert [engine.task("Add", ref).data for ref in ("a", "taken", "b")] == [{"n": 1}, {"n": 1}, {"n": 3}]
