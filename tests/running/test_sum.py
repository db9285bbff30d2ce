"""sum: totals of a node, added once per visit, read by templates. Source: reference 3.12."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.app import Engine
from engine.config import Settings
from engine.nodes.sum import amount_of
from tests.running.conftest import Lab

SUMS = """
process: Sums
id: 80
nodes:
  start: {go: add}
  add:
    sum: {money: "{{amount}}", tasks: 1}
    error: failed
    go: done
  done: {end: success}
  failed: {end: error}
"""

READS = """
process: Reads
id: 81
nodes:
  start: {go: read}
  read:
    set_parameters: {money: "{{conv[80].node[add].money}}", tasks: "{{conv[80].node[add].tasks}}"}
    error: failed
    go: done
  done: {end: success}
  failed: {end: error}
"""


@pytest.fixture
def sums(lab: Lab) -> Lab:
    lab.deploy(SUMS, READS)
    return lab


def totals(lab: Lab) -> tuple[Any, Any]:
    data = lab.submit(81).data
    return data["money"], data["tasks"]


def test_values_are_added_and_read_elsewhere(sums: Lab) -> None:
    assert totals(sums) == (0, 0)
    for amount in (0.1, 0.2, "5", -3):
        view = sums.submit(80, {"amount": amount})
        assert view.data == {"amount": amount}, "the task itself stays as it is"

    assert totals(sums) == (2.3, 4)
    assert sums.engine.audit().findings == []


@pytest.mark.parametrize("amount", ["many", "", None, [1], {"a": 1}, True, 10**16])
def test_what_is_no_number_is_ignored(sums: Lab, amount: Any) -> None:
    view = sums.submit(80, {"amount": amount})

    assert view.node == "done"
    assert totals(sums) == (0, 1)


def test_totals_are_over_all_partitions_and_go_along(sums: Lab, tmp_path: Path, settings: Settings) -> None:
    sums.engine.repartition(80, 3)
    sums.engine.submit_many(80, [(f"t{n}", {"amount": n}) for n in range(30)])
    sums.run()
    assert totals(sums) == (435, 30)

    sums.engine.repartition(80, 1)
    assert totals(sums) == (435, 30)
    sums.engine.backup(tmp_path / "b")
    object.__setattr__(settings, "namespace", settings.namespace + "b")
    with Engine.open(settings) as other:
        other.restore(tmp_path / "b")
        assert totals(Lab(other, tmp_path)) == (435, 30)


def test_a_total_that_is_not_there_is_an_error_that_names_those_that_are(sums: Lab) -> None:
    sums.deploy(READS.replace("].tasks", "].task"))

    view = sums.submit(81)

    assert view.node == "failed"
    assert 'the node "add" has no total "task"; there are money, tasks' in view.note or any(
        "there are money, tasks" in str(value) for value in view.data.values()
    )


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        (1, "1"),
        (0.1, "0.1"),
        ("2.50", "2.5"),
        (0.000004, "0"),
        (0.000005, "0.00001"),
        (-7, "-7"),
        ("x", ""),
        (1e15, "1000000000000000"),
    ],
)
def test_amounts_have_five_decimals(value: Any, amount: str) -> None:
    assert amount_of(value) == amount
