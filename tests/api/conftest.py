"""The API, served in a thread of the test on the test's own store."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from engine.api.server import Place, Server, bound
from engine.app import Engine
from engine.config import Settings
from tests.waiting import PATIENCE_S, eventually

SHOP = """
process: Order
id: 1
alias: order
params: { amount: { type: number, required: true }, card: { type: string, secret: true } }
nodes:
  start: { go: decide }
  decide:
    condition: [{ if: { amount: { more: 100 } }, go: big }]
    go: done
  big: { delay: 1h, go: done }
  done: { end: success }
"""
PRICES = """
diagram: Prices
id: 2
nodes: { start: { go: kept }, kept: { set_state: {} } }
"""
PAID = """
process: Paid
id: 3
nodes:
  start: { go: ask }
  ask:
    wait_for_callback: {}
    condition: [{ if: { paid: true }, go: done }]
    go: refused
  refused: { end: error }
  done: { end: success }
"""


@dataclass
class Client:
    """Sends as a program would. Answers are checked to be what the API says all are."""

    url: str
    engine: Engine
    server: Server
    session: requests.Session = field(default_factory=requests.Session)

    def __call__(self, method: str, path: str, body: Any = None, **more: Any) -> requests.Response:
        if body is not None:
            more["json"] = body
        answer = self.session.request(method, self.url + path, timeout=PATIENCE_S, **more)
        assert answer.headers["x-request-id"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        if answer.status_code >= 400 and method != "HEAD":
            assert answer.headers["content-type"] == "application/problem+json"
            problem = answer.json()
            assert problem["status"] == answer.status_code
            assert problem["code"]
            assert problem["detail"]
        return answer

    def run(self) -> None:
        """Run all ready work of all convs."""
        assert self.engine.run_until_idle(PATIENCE_S)


@contextlib.contextmanager
def served(settings: Settings, folder: Path, *, is_open: bool) -> Iterator[Client]:
    for name, text in (("order", SHOP), ("prices", PRICES), ("paid", PAID)):
        (folder / f"{name}.yaml").write_text(text, "utf-8")
    with Engine.open(settings) as engine:
        engine.deploy(folder)
        listening, place = bound(Place(port=0))
        server = Server(engine, place, is_open=is_open)
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            eventually(lambda: server.started)
            yield Client(place.url, engine, server)
        finally:
            server.should_exit = True
            thread.join(PATIENCE_S)
            listening.close()


@pytest.fixture
def api(settings: Settings, tmp_path: Path) -> Iterator[Client]:
    """An open server."""
    with served(settings, tmp_path, is_open=True) as client:
        yield client


@pytest.fixture
def guarded(settings: Settings, tmp_path: Path) -> Iterator[Client]:
    """A server that asks for keys."""
    with served(settings, tmp_path, is_open=False) as client:
        yield client
