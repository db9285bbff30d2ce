"""A server that stops: who waits is answered, and nothing that was accepted is lost."""

from __future__ import annotations

import signal
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.cli.conftest import Shell, conv, empty  # noqa: F401 - fixtures
from tests.waiting import PATIENCE_S, eventually


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_who_waits_is_answered_when_the_server_stops(conv: Shell, number: signal.Signals) -> None:  # noqa: F811
    process = conv.start("api", "--open", "--port", "0")
    assert process.stderr is not None
    url = process.stderr.readline().decode().split("The API is at ")[1].split("/v1/")[0]
    with ThreadPoolExecutor(1) as executor:
        waiting = executor.submit(
            requests.post, f"{url}/v1/convs/Greet/tasks?wait=60", json={"data": {"name": "Ada"}}, timeout=PATIENCE_S
        )
        eventually(lambda: conv("show", "Greet", "--json").json["living"] == 1)
        process.send_signal(number)
        answer = waiting.result()

    assert answer.status_code == 201
    assert "task" not in answer.json(), "it has not ended, but it was accepted"
    _, err = process.communicate(timeout=PATIENCE_S)
    assert b"Traceback" not in err
    assert process.returncode in (0, 130, -number)
