"""The server that is measured: the API, and beside its routes one that does nothing.

`python -m tests.bench_api.server` prints `PORT KEY`, and serves until its standard input ends.
"""

from __future__ import annotations

import json
import os
import tempfile
import threading
from pathlib import Path
from typing import Any

from engine.api import server as serving
from engine.api.route import Nothing, Request, route
from engine.app import Engine
from engine.config import Settings
from tests.bench_api.lag import LAG

ARCHIVED = 100_000  # tasks, before anything is measured

PROCESS = """
process: Bench
id: 1
nodes: { start: { go: end }, end: { end: success } }
"""


@route("POST", "/v1/empty", role="", body=dict[str, Any], answers=dict[str, bool], query=Nothing, alters=True)
async def empty(request: Request) -> dict[str, bool]:
    """Nothing, behind what is around every request."""
    return {"ok": True}


@route("GET", "/v1/lag", role="", answers=dict[str, float])
async def lag(request: Request) -> dict[str, float]:
    """The longest that the loop was late since the last time that this was asked, in ms."""
    return {"ms": LAG.take()}


def wide(nodes: int) -> str:
    """A definition of many nodes, for the layout."""
    lines = ["process: Wide", "id: 2", "nodes:", "  start: { go: n0 }"]
    for number in range(nodes):
        there = f"n{number + 1}" if number + 1 < nodes else "end"
        back = f"n{(number * 7) % nodes}"
        lines.append(f"  n{number}: {{ condition: [{{ if: {{ a: {number} }}, go: {back} }}], go: {there} }}")
    return "\n".join([*lines, "  end: { end: success }"])


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="conv-") as folder:
        (Path(folder) / "bench.yaml").write_text(PROCESS, "utf-8")
        (Path(folder) / "wide.yaml").write_text(wide(300), "utf-8")
        settings = Settings(home=Path(folder) / ".conv", server_rate=1_000_000)
        with Engine.open(settings) as engine:
            engine.deploy([Path(folder) / "bench.yaml", Path(folder) / "wide.yaml"])
            filled(engine)
            made = engine.keyring.create("bench", [("admin", "*")], [], None, "bench")
            listening, place = serving.bound(serving.Place(port=0))
            server = serving.Server(engine, place, is_open=False)
            threading.Thread(target=_end, args=(server,), daemon=True).start()
            # The access log is on, as an operator would have it, into nothing.
            serving.log_requests(Path(os.devnull).open("w"))  # noqa: SIM115
            print(json.dumps({"port": place.port, "key": made.text}), flush=True)
            server.run(sockets=[listening])


def filled(engine: Engine) -> None:
    """A long archive."""
    for start in range(0, ARCHIVED, 1_000):
        engine.submit_many(1, [(None, {"order": f"A-{number}"}) for number in range(start, start + 1_000)])
    if not engine.run_until_idle(600):
        raise TimeoutError("the archive did not fill")


def _end(server: serving.Server) -> None:
    while os.read(0, 1):
        pass
    server.should_exit = True


if __name__ == "__main__":
    main()
