"""get_from_queue: where it looks for a queue, what it refuses, and what it waits for.

What the two nodes do together stands in test_queue.py. Source: reference 3.11.
"""

from __future__ import annotations

import pytest

from tests.running.conftest import Lab

QUEUE = """
process: Jobs
id: 70
alias: jobs
params: {token: {type: string, secret: true}}
nodes:
  start: {go: held}
  held: {queue: {}, error: failed, go: fetched}
  fetched: {end: success}
  failed: {end: error}
"""

TAKER = """
process: Taker
id: 72
nodes:
  start: {{go: take}}
  take: {{get_from_queue: {{{what}}}, error: failed, go: done}}
  done: {{end: success}}
  failed: {{end: error}}
"""

TAG = "__conveyor_get_task_return_type_tag__"


@pytest.mark.parametrize("conv", ["70", "'@jobs'", "Jobs", "'{{where}}'"])
@pytest.mark.parametrize("node", ["held", "'{{which}}'"])
def test_a_queue_is_named_by_id_alias_title_or_template(lab: Lab, conv: str, node: str) -> None:
    lab.deploy(QUEUE, TAKER.format(what=f"conv: {conv}, node: {node}"))
    held = lab.submit(70, {"n": 5, "token": "hidden-word"})

    got = lab.submit(72, {"where": "70", "which": "held"})

    assert got.node == "done"
    assert got.data["__queue_task_id__"] == held.task_id
    assert got.data["__queue_task_data__"] == {"n": 5, "token": "hidden-word"}
    assert "hidden-word" not in str(got.masked().data)


@pytest.mark.parametrize(
    ("data", "tag"),
    [
        ({"where": "70", "which": "fetched"}, "queue_wrong_logic"),
        ({"where": "70", "which": "nowhere"}, "queue_wrong_logic"),
        ({"where": "71", "which": "held"}, "not_found_main_node"),
        ({"where": "70"}, "missing_reference"),
    ],
)
def test_where_there_is_no_queue_is_an_error(lab: Lab, data: dict[str, str], tag: str) -> None:
    lab.deploy(QUEUE, TAKER.format(what="conv: '{{where}}', node: '{{which}}'"))
    lab.submit(70, {"n": 1})

    view = lab.submit(72, data)

    assert (view.node, view.data[TAG]) == ("failed", tag)
    assert lab.engine.show(70).living == 1


def test_one_of_several_comes_in_lists_too(lab: Lab) -> None:
    lab.deploy(QUEUE, TAKER.format(what="conv: 70, node: held, count: 2"))
    held = lab.submit(70, {"n": 1})

    view = lab.submit(72)

    assert view.data["__queue_task_id__"] == [held.task_id]
    assert view.data["__queue_task_data__"] == [{"n": 1}]


def test_it_asks_again_until_its_time_is_over_and_not_after(lab: Lab) -> None:
    lab.deploy(QUEUE, TAKER.format(what="conv: 70, node: held, timeout: 1500ms"))
    assert lab.submit(72, ref="early").place == "delayed"

    lab.forward(1.1)
    assert lab.engine.task(72, "early").place == "delayed"
    lab.forward(0.5)

    assert lab.engine.task(72, "early").data[TAG] == "get_task_executing_error"
    lab.submit(70, {"n": 1})
    assert lab.engine.show(70).living == 1


def test_each_is_taken_once_though_the_queue_is_named_by_what_must_be_read_first(lab: Lab) -> None:
    lab.deploy(
        QUEUE,
        TAKER.format(what="conv: 70, node: '{{conv[73].ref[which].name}}', count: 3"),
        """
        diagram: Names
        id: 73
        nodes:
          start: {go: kept}
          kept: {set_state: {}}
        """,
    )
    lab.submit(73, {"name": "held"}, ref="which")
    held = [lab.submit(70, {"n": n}).task_id for n in range(3)]

    view = lab.submit(72)

    assert view.data["__queue_task_id__"] == held
    assert view.data["__queue_task_data__"] == [{"n": n} for n in range(3)]
