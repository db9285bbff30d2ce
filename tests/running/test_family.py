"""Parents and children of a task, as far as records say."""

from __future__ import annotations

import pytest

from engine.app import Family
from engine.errors import NotFound
from tests.running.conftest import Lab

PARENT = """
    process: Parent
    id: 1
    nodes:
      start: {go: plain}
      plain: {copy_task: {conv: 2, data: {n: 1}}, error: failed, go: named}
      named: {copy_task: {conv: 2, ref: "{{order}}", data: {n: 2}}, error: failed, go: call}
      call: {call_process: {conv: "@callee", data: {}}, error: failed, go: done}
      done: {end: success}
      failed: {end: error}
    """
CHILD = """
    process: Child
    id: 2
    nodes:
      start: {go: judge}
      judge: {condition: [{if: {n: 2}, go: copy}], go: wait}
      copy: {copy_task: {conv: 4, ref: "g-{{n}}", wait: true, data: {}}, error: failed, go: done}
      wait: {wait_for_callback: {}, go: done}
      done: {end: success}
      failed: {end: error}
    """
CALLEE = """
    process: Callee
    id: 3
    alias: callee
    nodes:
      start: {go: wait}
      wait: {wait_for_callback: {}, go: reply}
      reply: {reply_to_process: {data: {}}, go: done}
      done: {end: success}
    """
GRAND = """
    process: Grand
    id: 4
    nodes:
      start: {go: wait}
      wait: {wait_for_callback: {}, go: done}
      done: {end: success}
    """


@pytest.fixture
def family(lab: Lab) -> Lab:
    lab.deploy(GRAND, CALLEE, CHILD, PARENT)
    lab.submit(1, {"order": "o7"}, ref="p")
    return lab


def relatives(found: Family) -> tuple[set[tuple[str, str, str]], set[tuple[str, str, str]]]:
    parents, children = (
        {(one.relation, one.conv, one.node) for one in some} for some in (found.parents, found.children)
    )
    return parents, children


def test_the_children_of_a_task_are_found(family: Lab) -> None:
    found = family.engine.family(1, "p")

    parents, children = relatives(found)
    assert parents == set()
    assert {one[1:] for one in children} == {("Child", "wait"), ("Child", "done"), ("Callee", "wait")}
    assert len(found.children) == 3, "the one that is waited for comes once"
    assert any('"named"' in words for words in found.unknown), "its ref was made of a parameter"


def test_the_parents_of_a_task_are_found(family: Lab) -> None:
    [callee] = [one for one in family.engine.family(1, "p").children if one.conv == "Callee"]
    assert relatives(family.engine.family(3, callee.task_id))[0] == {("called it", "Parent", "call")}
    assert relatives(family.engine.family(2, "o7"))[0] == {("first ancestor", "Parent", "call")}
    [grand] = family.engine.family(2, "o7").children
    assert (grand.conv, grand.ref, grand.node) == ("Grand", "g-2", "wait")
    found = family.engine.family(4, "g-2")
    assert relatives(found)[0] == {("first ancestor", "Parent", "call")}
    assert any("2 copies and calls away" in words for words in found.unknown)


def test_who_waits_and_who_is_waited_for(lab: Lab) -> None:
    slow = GRAND.replace("wait_for_callback: {}", "delay: 1h")
    lab.deploy(slow, CALLEE, CHILD, PARENT)
    lab.submit(2, {"n": 2}, ref="c")

    [child] = lab.engine.family(2, "c").children
    assert (child.relation, child.conv, child.ref) == ("made by it", "Grand", "g-2")
    [parent] = lab.engine.family(4, "g-2").parents
    assert (parent.relation, parent.conv, parent.ref, parent.node) == ("waits for it", "Child", "c", "copy")


def test_what_is_no_more_and_what_cannot_be_known_is_said(family: Lab) -> None:
    family.engine.callback(4, "g-2", {})
    family.run()
    family.engine.delete(1, "p")
    family.run()

    found = family.engine.family(4, "g-2")

    assert found.parents == ()
    assert any("is no more" in words for words in found.unknown)
    assert any("2 copies and calls away" in words for words in found.unknown)


def test_a_task_alone_has_no_family(family: Lab) -> None:
    family.submit(4, ref="alone")

    assert family.engine.family(4, "alone") == Family((), (), ())
    with pytest.raises(NotFound):
        family.engine.family(4, "nobody")
