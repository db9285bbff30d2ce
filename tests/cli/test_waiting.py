"""--wait of every command that is about one task: they take effect in their order, and say where the task stands."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.conftest import Shell
from tests.cli.test_workers import worker
from tests.waiting import eventually

RATES = """
    diagram: Rates
    id: 20
    params: {usd: {type: number, required: true}}
    nodes:
      start: {go: current}
      current: {set_state: {}, condition: [{if: {closed: true}, go: ended}], error: failed}
      ended: {end: success}
      failed: {end: error}
"""

PRICE = """
    process: Price
    id: 10
    params: {amount: {type: number, required: true}}
    nodes:
      start: {go: convert}
      convert: {set_parameters: {usd: "$.math({{amount}} * {{conv[20].ref[today].usd}})"}, error: tell, go: judge}
      tell: {set_parameters: {told: "{{root.error.tag}} in {{root.error.node}}"}, error: no rate, go: no rate}
      judge: {condition: [{if: {usd: {more: 1000}}, go: ask}], go: sold}
      ask:
        wait_for_callback: {obj_id_path: order}
        condition:
          - {if: {approved: true}, go: sold}
          - {if: {approved: later}, go: pause}
        go: refused
      pause: {delay: 1h, go: sold}
      sold:
        copy_task: {conv: 21, ref: "sold-{{root.task_id}}", data: {amount: "{{amount}}"}, wait: true}
        error: refused
        go: done
      no rate: {end: error}
      refused: {end: error}
      done: {end: success}
"""

NAPS = """
    diagram: Naps
    id: 22
    nodes:
      start: {go: nap}
      nap: {delay: 1h, go: kept}
      kept: {set_state: {}}
"""

SALES = """
    diagram: Sales
    id: 21
    nodes:
      start: {go: kept}
      kept: {set_state: {}}
"""


@pytest.fixture
def shop(empty: Shell) -> Shell:
    """Rates and prices, deployed, with no worker."""
    for path, text in (("diagrams/rates", RATES), ("processes/price", PRICE), ("diagrams/sales", SALES)):
        empty.write(f"{path}.yaml", text)
    said = empty("deploy")
    assert said.status == 0, said.err
    return empty


def count(shop: Shell, conv: str, node: str) -> int:
    found: int = next(entry["now"] for entry in shop("show", conv, "--json").json["nodes"] if entry["name"] == node)
    return found


def data(shop: Shell, conv: str, ref: str) -> Any:
    return shop("task", conv, ref, "--json").json["data"]


def test_a_modify_before_a_submit_counts(shop: Shell) -> None:
    shop("submit", "Rates", "usd:=1.08", "--ref", "today", "--wait")
    assert shop("submit", "Price", "amount:=100", "--wait", "--json").json["data"]["usd"] == 108

    assert shop("modify", "Rates", "today", "usd:=1.10").status == 0
    said = shop("submit", "Price", "amount:=5000", "--ref", "big", "--wait", "--json")

    assert said.json["data"]["usd"] == 5500


def test_older_submits_are_there_before_a_submit_reads_them(shop: Shell) -> None:
    shop("submit", "Rates", "usd:=2", "--ref", "today")

    assert shop("submit", "Price", "amount:=100", "--wait", "--json").json["data"]["usd"] == 200


def test_a_submit_that_is_refused_runs_nothing(shop: Shell) -> None:
    shop("submit", "Rates", "usd:=2", "--ref", "today")

    assert shop("submit", "Price", "--wait").status == 2
    assert shop("modify", "Nobody", "today", "usd:=3", "--wait").status == 5

    assert shop("task", "Rates", "today", "--json").json["place"] == "ready"


def test_older_tasks_that_take_too_long_are_overtaken_in_plain_sight(shop: Shell) -> None:
    shop("submit", "Rates", "usd:=2", "--ref", "today")

    said = shop("submit", "Price", "amount:=100", "--ref", "late", "--wait", "--timeout", "0s")

    assert said.status == 3
    assert "Older tasks still run after" in said.err
    assert shop("task", "Price", "late", "--json").json["place"] == "ready"


def test_modify_waits_until_the_state_has_taken_it(shop: Shell) -> None:
    shop("submit", "Rates", "usd:=2", "--ref", "today")
    shop("modify", "Rates", "today", "usd:=3", "eur:=1")

    said = shop("modify", "Rates", "today", "usd:=4", "--wait")

    assert said.status == 0
    assert 'parked in "current"' in said.out
    assert data(shop, "Rates", "today") == {"usd": 4, "eur": 1}


def test_modify_says_how_a_task_ended(shop: Shell) -> None:
    shop("submit", "Rates", "usd:=2", "--ref", "today", "--wait")

    said = shop("modify", "Rates", "today", "closed:=true", "--wait", "--json")

    assert (said.status, said.json["place"], said.json["node"]) == (0, "final", "ended")


def test_the_document_is_that_of_submit(shop: Shell) -> None:
    submitted = shop("submit", "Rates", "usd:=2", "--ref", "today", "--wait", "--json").json

    modified = shop("modify", "Rates", "today", "usd:=3", "--wait", "--json").json

    assert modified.keys() == submitted.keys()
    changed = {key for key in modified if modified[key] != submitted[key]}
    assert changed <= {"data", "change_ms", "path"}
    assert modified["data"] == {"usd": 3}


def test_a_callback_finds_a_task_that_only_then_comes_to_its_node(shop: Shell) -> None:
    shop("submit", "Rates", "usd:=2", "--ref", "today")
    shop("submit", "Price", "amount:=5000", "--ref", "big")

    said = shop("callback", "Price", "big", "approved:=true", "--wait")

    assert said.status == 0
    assert 'ended in "done" (success)' in said.out


def test_a_callback_that_names_its_task_in_the_data_waits_too(shop: Shell) -> None:
    shop("submit", "Rates", "usd:=2", "--ref", "today")
    task_id = shop("submit", "Price", "amount:=5000", "--ref", "big", "--json").json["task_id"]

    said = shop("callback", "Price", "--node", "ask", f"order={task_id}", "approved:=false", "--wait", "--json")

    assert (said.status, said.json["node"], said.json["ref"]) == (1, "refused", "big")


def test_a_task_that_sleeps_after_its_callback_is_status_3(shop: Shell) -> None:
    shop("submit", "Rates", "usd:=2", "--ref", "today")
    shop("submit", "Price", "amount:=5000", "--ref", "big")

    said = shop("callback", "Price", "big", "approved=later", "--wait")

    assert said.status == 3
    assert 'sleeps in "pause"' in said.err
    assert "Timers need a running worker: conv up" in said.err


def test_cancel_runs_nothing_of_the_task_first(shop: Shell) -> None:
    shop("submit", "Rates", "usd:=2", "--ref", "today", "--wait")
    shop("submit", "Price", "amount:=100", "--ref", "small")

    said = shop("cancel", "Price", "small", "--wait")

    assert said.status == 1
    assert 'ended in "error" (error)' in said.out
    assert "cancelled by hand" in said.out
    assert count(shop, "Sales", "kept") == 0


def test_retry_says_where_and_what_became_of_it(shop: Shell) -> None:
    assert shop("submit", "Price", "amount:=100", "--ref", "small", "--wait").status == 1
    again = 'again in node "convert", where it failed with missing_reference'

    said = shop("retry", "Price", "small", "--wait")
    assert (said.status, said.err) == (1, f'Retrying "small": {again}.\n')

    shop("submit", "Rates", "usd:=2", "--ref", "today")
    assert f'retrying "small": {again}\n' in shop("retry", "Price", "small").out
    assert shop("modify", "Rates", "today", "usd:=3", "--wait").status == 0
    assert shop("task", "Price", "small", "--json").json["node"] == "done"


def test_retry_says_the_node_that_it_is_given(shop: Shell) -> None:
    shop("submit", "Price", "amount:=100", "--ref", "small", "--wait")

    said = shop("retry", "Price", "small", "--node", "tell")

    assert said.out == 'retrying "small": again in node "tell"\n'


def test_why_says_what_a_retry_would_repeat(shop: Shell) -> None:
    shop("submit", "Price", "amount:=100", "--ref", "small", "--wait")

    assert 'runs it again in "convert", where it failed' in shop("why", "Price", "small").out


def test_with_a_worker_they_wait_for_it(shop: Shell) -> None:
    with worker(shop):
        eventually(lambda: shop("workers", "--ready").status == 0)
        assert shop("submit", "Price", "amount:=5000", "--ref", "big", "--wait").status == 1
        assert shop("submit", "Rates", "usd:=2", "--ref", "today", "--wait").status == 0
        assert shop("modify", "Rates", "today", "usd:=3", "--wait", "--json").json["data"] == {"usd": 3}
        assert shop("retry", "Price", "big", "--wait", "--timeout", "0s").status == 3
        eventually(lambda: shop("task", "Price", "big", "--json").json["place"] == "waiting")
        assert shop("callback", "Price", "big", "approved:=true", "--wait").status == 0
        assert shop("cancel", "Rates", "today", "--wait").status == 1
        assert data(shop, "Price", "big")["usd"] == 15_000


def test_what_was_made_of_a_secret_is_masked_unless_revealed(conv: Shell) -> None:
    conv("submit", "Keeper", "token=abcdef", "--ref", "t", "--wait")

    masked = conv("modify", "Keeper", "t", "token=uvwxyz", "--wait")

    assert "uvwxyz" not in masked.out + masked.err
    assert "abcdef" in conv("modify", "Keeper", "t", "token=abcdef", "--wait", "--reveal").out


# --- What is kept, and what came too late ------------------------------------------------------


def test_a_second_modify_is_kept_behind_the_first(shop: Shell) -> None:
    shop("submit", "Rates", "usd:=2", "--ref", "today", "--wait")
    assert shop("modify", "Rates", "today", "usd:=3").out == 'modified "today"\n'

    said = shop("modify", "Rates", "today", "usd:=4")
    assert said.out == (
        'kept for "today": it is busy with an earlier event in node "current", and takes this after it\n'
    )
    assert "2 modifies, not taken yet" in shop("task", "Rates", "today").out
    assert "2 modifies wait to be taken there" in shop("why", "Rates", "today").out

    assert shop("modify", "Rates", "today", "usd:=5", "--json").json["busy"] is True


def test_a_modify_of_a_task_that_sleeps_is_kept_for_a_later_node(empty: Shell) -> None:
    empty.write("diagrams/naps.yaml", NAPS)
    empty("deploy")
    empty("submit", "Naps", "--ref", "n", "--wait")

    said = empty("modify", "Naps", "n", "a=1")
    assert said.out == 'kept for "n": it is in node "nap" now, and takes this at the next state or callback node\n'
    assert "1 modify waits until it comes to a state or callback node" in empty("why", "Naps", "n").out
    assert 'is sleeping in node "nap", which waits for no callback' in empty("callback", "Naps", "n", "a=1").err

    said = empty("cancel", "Naps", "n", "--wait")
    assert "1 accepted modify had no effect: the task had ended by then" in said.out
    assert "1 accepted modify had no effect: the task had ended by then" in empty("show", "Naps").err
    assert 'the task "n" of "Naps" has ended' in empty("modify", "Naps", "n", "a=1").err


def test_a_busy_task_without_workers_is_no_reason_to_try_again(shop: Shell) -> None:
    shop("submit", "Rates", "usd:=2", "--ref", "today", "--wait")
    shop("callback", "Rates", "today", "usd:=3")

    said = shop("callback", "Rates", "today", "usd:=4")

    assert said.status == 2
    assert "busy with an earlier event" in said.err
    assert "no worker is running: conv up (duplicate_callback)" in said.err


def test_a_retry_of_what_has_not_failed_says_where_too(shop: Shell) -> None:
    shop("submit", "Rates", "usd:=2", "--ref", "today", "--wait")

    assert shop("retry", "Rates", "today").out == 'retrying "today": again in node "current"\n'
    assert shop("retry", "Rates", "today", "--json").json["node"] == "current"


def test_a_task_that_ended_well_is_run_again_before_its_end(shop: Shell) -> None:
    shop("submit", "Rates", "usd:=2", "--ref", "today", "--wait")
    shop("submit", "Price", "amount:=100", "--ref", "small", "--wait")

    said = shop("retry", "Price", "small", "--wait")

    assert said.err == 'Retrying "small": again in node "sold".\n'


def test_a_ref_beside_a_node_that_names_the_task_is_said_to_be_too_much(shop: Shell) -> None:
    said = shop("callback", "Price", "big", "--node", "ask", "approved:=true")

    assert said.status == 2
    assert 'with --node the data names the task; leave out "big"' in said.err
    assert 'has no node "askk"; did you mean "ask"?' in shop("callback", "Price", "--node", "askk", "order=1").err
