"""`make bench`: the engine against the floor, alternating in one run; ends with one line of JSON.

One submitting client (this process), one worker process, the embedded server with append-only file `everysec`, client
and worker at work together. Ratios are medians over alternating pairs, so that what else the machine does hits both.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from engine.app import Engine
from engine.config import Settings
from engine.store import calls
from engine.store.client import TaskDone
from engine.store.connect import open_connection
from tests.bench import floor

HERE = Path(__file__).parent
FLOW, HOP, PARKED, TIMER = 900001, 900002, 900004, 900005
CHUNK = 256


def task_body(number: int) -> dict[str, object]:
    """About 300 bytes of JSON."""
    return {
        "order_id": f"A-{number:08d}",
        "user": {"name": "Ann Smith", "email": "ann.smith@example.com", "address": {"city": "Lviv", "zip": "79000"}},
        "items": ["tea", "cup", "spoon"],
        "amount": "129.90",
        "currency": "EUR",
        "comment": "leave it at the door of the neighbour, please, and ring twice",
        "status": "new",
        "paid": True,
    }


def eventually(reached: Callable[[], bool], what: str, timeout_s: float = 120) -> None:
    deadline = time.monotonic() + timeout_s
    while not reached():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.002)


@contextlib.contextmanager
def process(*args: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    env = {**os.environ, **environment}
    child = subprocess.Popen([sys.executable, *args], stdout=subprocess.PIPE, text=True, env=env)
    try:
        yield child
    finally:
        child.terminate()
        child.wait()


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] * 1000


class Bench:
    """The server, and what is measured on it."""

    def __init__(self, settings: Settings, tasks: int) -> None:
        self.settings = settings
        self.tasks = tasks
        self.client = open_connection(settings)
        connection: Any = self.client.connection_pool.make_connection()
        self.url = f"unix://{connection.path}"
        self.bodies = [task_body(number) for number in range(tasks)]
        self.submit_round_trips = 0
        self.worker_numbers: dict[str, int] = {}

    # --- The floor ----------------------------------------------------------------------------

    def floor_rate(self) -> float:
        name = f"floor{uuid.uuid4().hex[:8]}"
        floor.prepare(self.client, name)
        body = msgspec.json.encode(self.bodies[0])
        ids = [f"{number:024x}" for number in range(self.tasks)]
        with process("-m", "tests.bench.floor", self.url, name):
            floor.submit(self.client, name, [f"x{CHUNK}"] * CHUNK, body)
            eventually(lambda: floor.finished(self.client, name) >= CHUNK, "the floor's worker does not start")
            begin = time.perf_counter()
            floor.submit(self.client, name, ids, body)
            eventually(lambda: floor.finished(self.client, name) >= self.tasks + CHUNK, "the floor does not finish")
            rate = self.tasks / (time.perf_counter() - begin)
            self.client.unlink(floor.keys(name)[3])
        self._forget(f"{{{name}}}*")
        return rate

    def floor_latency(self, count: int) -> list[float]:
        name = f"floor{uuid.uuid4().hex[:8]}"
        floor.prepare(self.client, name)
        body = msgspec.json.encode(self.bodies[0])
        done = self.client.pubsub(ignore_subscribe_messages=True)
        done.subscribe(floor.keys(name)[4])
        times = []
        with process("-m", "tests.bench.floor", self.url, name):
            for number in range(count + 50):
                begin = time.perf_counter()
                floor.submit(self.client, name, [f"w{number}"], body)
                while True:
                    message = done.get_message(timeout=5)
                    if message is not None:
                        break
                times.append(time.perf_counter() - begin)
            self.client.unlink(floor.keys(name)[3])
        done.close()
        self._forget(f"{{{name}}}*")
        return times[50:]

    def _forget(self, pattern: str) -> None:
        some = []
        for key in self.client.scan_iter(pattern, count=2000):
            some.append(key)
            if len(some) == 2000:
                self.client.unlink(*some)
                some = []
        if some:
            self.client.unlink(*some)

    # --- The engine ---------------------------------------------------------------------------

    @contextlib.contextmanager
    def engine(self, namespace: str) -> Iterator[Engine]:
        """An engine with the benchmark's definitions and one worker process."""
        settings = self.settings_of(namespace)
        with Engine.open(settings) as engine:
            report = engine.deploy([HERE / "definitions"])
            assert report.is_deployed, report.problems
            environment = {"CONV_HOME": str(settings.home), "CONV_NAMESPACE": namespace}
            with process("-m", "tests.bench.worker", **environment) as worker:
                assert worker.stdout is not None
                worker.stdout.readline()
                target = self._ended(engine) + CHUNK
                engine.submit_many(FLOW, [(None, body) for body in self.bodies[:CHUNK]])
                eventually(lambda: self._ended(engine) >= target, "no worker")
                yield engine
                worker.terminate()
                self.worker_numbers = json.loads(worker.stdout.readline())

    def settings_of(self, namespace: str) -> Settings:
        return Settings(home=self.settings.home, namespace=namespace)

    def _ended(self, engine: Engine) -> int:
        """How many tasks of the flow have ended; as cheap to ask as the floor's count."""
        record = engine.find(FLOW)
        call = calls.read(engine.current.partitions(FLOW)[0], nodes=[record.node_ids["done"]])
        return int(engine.store.one(call).counts[0].now)

    def rate(self, engine: Engine) -> float:
        target = self._ended(engine) + self.tasks
        rows = [(None, body) for body in self.bodies]
        begin = time.perf_counter()
        for start in range(0, self.tasks, CHUNK):
            engine.submit_many(FLOW, rows[start : start + CHUNK])
            self.submit_round_trips += 1
        eventually(lambda: self._ended(engine) >= target, "the engine does not finish")
        return self.tasks / (time.perf_counter() - begin)

    def latency(self, engine: Engine, conv: int, count: int, in_flight: int = 1) -> list[float]:
        """Seconds from submit to the client knowing that the task has ended, `in_flight` at a time."""
        begun: dict[str, float] = {}
        times: list[float] = []
        sent = 0
        with engine.store.subscribe(hints=False) as messages:
            while len(times) < count + 50:
                while len(begun) < in_flight and sent < count + 50 + in_flight:
                    now = time.perf_counter()
                    task = engine.submit(conv, self.bodies[sent % self.tasks], watched=True)
                    begun[task.task_id] = now
                    sent += 1
                message = messages.get(5.0)
                if not isinstance(message, TaskDone):
                    raise TimeoutError("a task does not end")
                start = begun.pop(message.task_id, None)
                if start is not None:
                    times.append(time.perf_counter() - start)
        return times[50:]

    def lateness(self, engine: Engine, count: int) -> list[float]:
        """Seconds between a timer's due time and the visit of the next node; a worker with nothing else to do."""
        with engine.store.subscribe(hints=False) as messages:
            for number in range(count):
                due = time.time() + 0.010 + (number * 7 % 290) / 1000
                engine.submit(TIMER, {"due": due}, watched=True)
                time.sleep(0.003)
            ended = 0
            while ended < count:
                if messages.get(5.0) is None:
                    raise TimeoutError("a timer does not fire")
                ended += 1
        views = engine.archive(TIMER, "done", limit=count)
        return [view.path[-1].time_ms / 1000 - view.data["due"] for view in views]

    def round_trips_per_task(self) -> float:
        """Of the last engine: those of its worker, and of the submits since `submit_round_trips` was set to 0."""
        trips = self.submit_round_trips + self.worker_numbers["round_trips"]
        return round(trips / self.worker_numbers["committed"], 4)

    def used_memory(self) -> int:
        return int(self.client.info("memory")["used_memory"])


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def measure(bench: Bench, pairs: int, archive: int) -> dict[str, float]:
    numbers: dict[str, float] = {}
    floors, rates = [], []
    for pair in range(pairs):
        floors.append(bench.floor_rate())
        with bench.engine(f"rate{pair}") as engine:
            bench.submit_round_trips = 0
            rates.append(bench.rate(engine))
        say(
            f"pair {pair + 1}/{pairs}: floor {floors[-1]:,.0f}/s, engine {rates[-1]:,.0f}/s, "
            f"{rates[-1] / floors[-1]:.2f}"
        )
        bench._forget(f"{{rate{pair}:*")
    numbers["tasks_per_s"] = round(statistics.median(rates))
    numbers["floor_per_s"] = round(statistics.median(floors))
    numbers["ratio"] = round(statistics.median(rate / low for rate, low in zip(rates, floors, strict=True)), 3)
    numbers["round_trips_per_task"] = bench.round_trips_per_task()

    say("one task in flight")
    floor_times = bench.floor_latency(2000)
    with bench.engine("latency") as engine:
        one = bench.latency(engine, FLOW, 2000)
        many = bench.latency(engine, FLOW, 6000, in_flight=64)
        hops = bench.latency(engine, HOP, 1000)
        late = bench.lateness(engine, 1000)
    numbers["p50_ms_1"] = round(percentile(one, 0.5), 3)
    numbers["p99_ms_1"] = round(percentile(one, 0.99), 3)
    numbers["floor_p50_ms_1"] = round(percentile(floor_times, 0.5), 3)
    numbers["p50_ms_64"] = round(percentile(many, 0.5), 3)
    numbers["p99_ms_64"] = round(percentile(many, 0.99), 3)
    numbers["hop_p50_ms"] = round(percentile(hops, 0.5), 3)
    numbers["timer_late_p50_ms"] = round(percentile(late, 0.5), 3)
    numbers["timer_late_p99_ms"] = round(percentile(late, 0.99), 3)

    say(f"rate with {archive} tasks archived over rate with none")
    with bench.engine("full") as engine:
        while bench._ended(engine) < archive:
            bench.rate(engine)
    ratios = []
    for pair in range(3):
        with bench.engine(f"none{pair}") as engine:
            empty = bench.rate(engine)
        with bench.engine("full") as engine:
            bench.submit_round_trips = 0
            full = bench.rate(engine)
        say(f"none {empty:,.0f}/s, archived {full:,.0f}/s, {full / empty:.2f}")
        ratios.append(full / empty)
    numbers["rate_ratio_100k"] = round(statistics.median(ratios), 3)
    numbers["round_trips_per_task_100k"] = bench.round_trips_per_task()

    say("bytes of the store per task")
    for namespace in ("full", "latency", *(f"none{pair}" for pair in range(3))):
        bench._forget(f"{{{namespace}:*")
    with bench.engine("bytes") as engine:
        before = bench.used_memory()
        for start in range(0, bench.tasks, CHUNK):
            engine.submit_many(PARKED, [(None, body) for body in bench.bodies[start : start + CHUNK]])
        eventually(lambda: _parked(engine) >= bench.tasks, "tasks do not park")
        numbers["bytes_per_parked"] = round((bench.used_memory() - before) / bench.tasks)
        before = bench.used_memory()
        bench.rate(engine)
        numbers["bytes_per_archived"] = round((bench.used_memory() - before) / bench.tasks)
    return numbers


def _parked(engine: Engine) -> int:
    return next(node.now for node in engine.show(PARKED).nodes if node.name == "parked")


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--tasks", type=int, default=20_000)
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--archive", type=int, default=100_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="conv-bench-") as folder:
        bench = Bench(Settings(home=Path(folder)), options.tasks)
        numbers = measure(bench, options.pairs, options.archive)
        bench.client.close()
    print(json.dumps(numbers))


if __name__ == "__main__":
    main()
