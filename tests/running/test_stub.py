"""call_process with a stub: the first branch that fits answers, and nobody is called. Source: reference 3.6."""

from __future__ import annotations

import pytest

from tests.running.conftest import Lab

CALLER = """
process: Caller
id: 90
params: {secret: {type: string, secret: true}}
nodes:
  start: {go: call}
  call:
    call_process:
      conv: 123456
      data: {mode: "{{mode}}", n: "{{n}}", key: "{{secret}}"}
      stub:
        - {if: {"{{mode}}": error}, reply: {exception: "no luck with {{n}}", data: {status: bad}}}
        - {if: {mode: keys}, reply: {keys: [n, key]}}
        - {if: {mode: {regexp: "^d"}}, reply: {data: {doubled: "$.math({{n}} * 2)"}}, types: {doubled: string}}
    types: {n: number}
    error: failed
    go: done
  done: {end: success}
  failed: {end: error}
"""


@pytest.fixture
def caller(lab: Lab) -> Lab:
    lab.deploy(CALLER)
    return lab


def test_the_first_branch_that_fits_answers_from_what_would_be_sent(caller: Lab) -> None:
    view = caller.submit(90, {"mode": "double", "n": "4", "secret": "s"})

    assert view.node == "done"
    assert view.data["doubled"] == "8"
    assert view.data["__logic_stub_mode__"] is True


def test_keys_are_those_of_what_would_be_sent_and_secrets_stay_secret(caller: Lab) -> None:
    view = caller.submit(90, {"mode": "keys", "n": "4", "secret": "hidden"})

    assert view.data["n"] == 4
    assert view.data["key"] == "hidden"
    assert view.masked().data["key"] == "***"


def test_an_exception_takes_the_error_route_as_a_reply_does(caller: Lab) -> None:
    view = caller.submit(90, {"mode": "error", "n": "4", "secret": "s"})

    assert view.node == "failed"
    assert view.data["__conveyor_rpc_return_type_tag__"] == "rpc_reply_exception"
    assert view.data["__conveyor_rpc_return_description__"] == "no luck with 4"
    assert view.data["status"] == "bad"


def test_no_branch_that_fits_is_an_error_and_calls_nobody(caller: Lab) -> None:
    view = caller.submit(90, {"mode": "other", "n": "4", "secret": "s"})

    assert view.node == "failed"
    assert view.data["__conveyor_rpc_return_description__"] == "no branch of the stub fits what was sent"
