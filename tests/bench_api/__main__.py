"""`make bench-api`: submits over HTTP against an empty endpoint behind the same doors, in one run, by turns.

The load comes from `wrk` (a package of most systems). Ends with one line of JSON: `ratio_4` … `ratio_64` (submits one
per request over empty requests, at so many connections), `ratio_batch` (100 per request over `submit_each`), `p99_ms`
(at half of the most, the best of three), `empty_p99_ms`, `loop_lag_ms` (while a graph of 300 nodes is laid out and an
archive of 100 000 is streamed).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests

from engine.app import Engine
from engine.config import Settings

CONNECTIONS = (4, 8, 32, 64)
ROUNDS = 5
SECONDS = 2
BATCH = 100

LUA = """
local n = 0
local mark = tostring(os.time()) .. tostring(math.random(1, 1e9))
wrk.method = "POST"
wrk.body = BODY
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer KEY"
request = function()
  n = n + 1
  wrk.headers["Idempotency-Key"] = mark .. n
  return wrk.format()
end
done = function(summary, latency, requests)
  io.write(string.format("RESULT %d %d %d %f\\n", summary.requests, summary.duration, summary.errors.status,
    latency:percentile(99)))
end
"""


class Load:
    """One server, and `wrk` against it."""

    def __init__(self, url: str, key: str, folder: Path) -> None:
        self.url = url
        self.key = key
        self._folder = folder

    def rate(self, path: str, body: Any, connections: int) -> float:
        """Requests a second. Raises RuntimeError when one was answered by an error."""
        script = self._folder / "load.lua"
        text = LUA.replace("BODY", json.dumps(json.dumps(body))).replace("KEY", self.key)
        script.write_text(f"math.randomseed({time.time_ns() % 2**31})\n{text}")
        said = subprocess.run(
            [str(shutil.which("wrk")), "-t1", f"-c{connections}", f"-d{SECONDS}s", "-s", str(script), self.url + path],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        found = re.search(r"RESULT (\d+) (\d+) (\d+)", said)
        if found is None or int(found[3]):
            raise RuntimeError(f"{path}: {said}")
        return int(found[1]) / (int(found[2]) / 1e6)

    def p99_ms(self, path: str, body: Any, rate: float, seconds: float = 5.0) -> float:
        """Of requests that are sent at this rate from a few connections, from when they were due."""
        threads = 16
        took: list[float] = []
        begin = time.perf_counter() + 0.2

        def send(number: int) -> None:
            session = requests.Session()
            headers = {"authorization": f"Bearer {self.key}"}
            for step in range(int(rate * seconds / threads)):
                due = begin + (step * threads + number) / rate
                time.sleep(max(0.0, due - time.perf_counter()))
                session.post(self.url + path, json=body, headers=headers, timeout=30)
                took.append(time.perf_counter() - due)

        senders = [threading.Thread(target=send, args=(number,)) for number in range(threads)]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        return sorted(took)[int(len(took) * 0.99)] * 1000


@contextlib.contextmanager
def load() -> Iterator[Load]:
    with tempfile.TemporaryDirectory(prefix="conv-") as folder:
        server = subprocess.Popen(
            [sys.executable, "-m", "tests.bench_api.server"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        try:
            assert server.stdout is not None
            said = json.loads(server.stdout.readline())
            url = f"http://127.0.0.1:{said['port']}"
            made = Load(url, said["key"], Path(folder))
            while True:
                with contextlib.suppress(requests.ConnectionError):
                    if requests.get(f"{url}/healthz", timeout=5).ok:
                        break
            yield made
        finally:
            server.communicate("")


def ratios(running: Load) -> dict[str, float]:
    found = {}
    submit, empty = "/v1/convs/1/tasks", "/v1/empty"
    body = {"data": {"order": "A-17", "amount": 129.9, "city": "Lviv", "paid": True, "note": "ring twice"}}
    for connections in CONNECTIONS:
        pairs = []
        for _ in range(ROUNDS):
            pairs.append(running.rate(submit, body, connections) / running.rate(empty, body, connections))
        found[f"ratio_{connections}"] = round(statistics.median(pairs), 3)
        print(f"{connections:3} connections: {found[f'ratio_{connections}']:.3f}", flush=True)
    return found


def batch_ratio(running: Load) -> float:
    """Tasks a second by 100 in a request, over what `submit_each` does with as many at a time."""
    tasks = [{"data": {"order": f"A-{number}", "amount": 129.9}} for number in range(BATCH)]
    over_http = running.rate("/v1/convs/1/batch", {"tasks": tasks}, 4) * BATCH
    with tempfile.TemporaryDirectory(prefix="conv-") as folder:
        file = Path(folder) / "bench.yaml"
        file.write_text("process: Bench\nid: 1\nnodes: { start: { go: end }, end: { end: success } }\n", "utf-8")
        with Engine.open(Settings(home=Path(folder) / ".conv")) as engine:
            engine.deploy(file)
            pairs = [(None, task["data"]) for task in tasks]
            began, done = time.perf_counter(), 0
            while time.perf_counter() - began < SECONDS:
                engine.submit_each(1, pairs)
                done += BATCH
            direct = done / (time.perf_counter() - began)
    print(f"100 per request: {over_http:,.0f} tasks a second, submit_each alone {direct:,.0f}", flush=True)
    return round(over_http / direct, 3)


def loop_lag(running: Load) -> float:
    """While a graph of 300 nodes is laid out and an archive of 100 000 is streamed."""
    headers = {"authorization": f"Bearer {running.key}"}
    requests.get(f"{running.url}/v1/lag", timeout=5)
    looking = [
        threading.Thread(target=requests.get, args=(running.url + path,), kwargs={"headers": headers, "timeout": 300})
        for path in ("/v1/convs/2/graph", "/v1/convs/1/nodes/end/archive.ndjson")
    ]
    for thread in looking:
        thread.start()
    for thread in looking:
        thread.join()
    return float(requests.get(f"{running.url}/v1/lag", timeout=5).json()["ms"])


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench-api", description=__doc__)
    parser.parse_args()
    if shutil.which("wrk") is None:
        print(
            "make bench-api: the program wrk makes the load; apt-get install wrk, or brew install wrk", file=sys.stderr
        )
        return 2
    with load() as running:
        found: dict[str, float] = ratios(running)
        found["ratio_batch"] = batch_ratio(running)
        body = {"data": {"order": "A-17"}}
        most = running.rate("/v1/convs/1/tasks", body, 32)
        half = min(most / 2, 1_000)  # more, and this program would measure itself
        found["p99_ms"] = round(min(running.p99_ms("/v1/convs/1/tasks", body, half) for _ in range(3)), 2)
        found["empty_p99_ms"] = round(min(running.p99_ms("/v1/empty", body, half) for _ in range(3)), 2)
        found["loop_lag_ms"] = round(loop_lag(running), 1)
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
