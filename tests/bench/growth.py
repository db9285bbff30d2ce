"""`python -m tests.bench.growth`: what more workers and more shards bring, on this machine; ends with one line of JSON.

Tasks are submitted while the workers are stopped; what is measured is how fast they end them once they go on. Next to
the rate stands the processor time that one task takes, of the servers and of the workers: from these two follows
what many machines could do. Then: how long a reference takes to read with a thousand tasks in a state diagram, and with
a million.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from engine.app import Engine
from engine.config import Settings
from engine.store import calls
from engine.store.embedded import server_binary
from tests.bench.__main__ import FLOW, HERE, PARKED, eventually, say, task_body
from tests.cluster import servers

CHUNK = 1000
TICKS = os.sysconf("SC_CLK_TCK")
DURABLE = ("--appendonly", "yes", "--appendfsync", "everysec")
PARTITIONS = 12  # of the conv over three shards


def cpu_s(pid: int) -> float:
    """Processor time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


@contextlib.contextmanager
def shards(count: int) -> Iterator[tuple[str, list[int]]]:
    """The URL of one server or of a cluster of three, with append-only files; and the servers' pids."""
    with tempfile.TemporaryDirectory(prefix="conv-") as folder:
        if count == 1:
            with servers.server(server_binary(), Path(folder) / "n", *DURABLE) as node:
                yield f"redis://{node.name}", [node.process.pid]
        else:
            with servers.cluster(server_binary(), None, *DURABLE, replicas=False) as cluster:
                yield cluster.url, [node.process.pid for node in cluster.nodes]


@contextlib.contextmanager
def workers(settings: Settings, count: int) -> Iterator[list[int]]:
    """So many worker processes; their pids."""
    environment = {**os.environ, "CONV_REDIS_URL": settings.redis_url, "CONV_NAMESPACE": settings.namespace}
    crew = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.bench.worker"], env=environment, stdout=subprocess.PIPE, text=True
        )
        for _ in range(count)
    ]
    try:
        for worker in crew:
            assert worker.stdout is not None
            worker.stdout.readline()
        yield [worker.pid for worker in crew]
    finally:
        for worker in crew:
            worker.terminate()
        for worker in crew:
            worker.communicate(timeout=60)


def ended(engine: Engine) -> int:
    record = engine.find(FLOW)
    reads = [calls.read(p, nodes=[record.node_ids["done"]]) for p in engine.current.partitions(FLOW)]
    return sum(int(snapshot.counts[0].now) for snapshot in engine.store.run(reads))


def drain(url: str, server_pids: list[int], crew: int, tasks: int, partitions: int) -> dict[str, float]:
    """Tasks ended per second, and processor time of one task in microseconds."""
    settings = Settings(redis_url=url, namespace=f"grow{crew}", partitions=partitions, home=Path("unused"))
    with Engine.open(settings) as engine:
        assert engine.deploy([HERE / "definitions"]).is_deployed
        with workers(settings, crew) as pids:
            for part in ("warm", "measured"):
                count = tasks // 10 if part == "warm" else tasks
                target = ended(engine) + count
                for start in range(0, count, CHUNK):
                    rows = [(None, task_body(start + n)) for n in range(min(CHUNK, count - start))]
                    if not start:
                        for pid in pids:
                            os.kill(pid, signal.SIGSTOP)
                    engine.submit_many(FLOW, rows)
                before = sum(map(cpu_s, server_pids)), sum(map(cpu_s, pids))
                begin = time.perf_counter()
                for pid in pids:
                    os.kill(pid, signal.SIGCONT)
                eventually(lambda target=target: ended(engine) >= target, "tasks do not end")  # type: ignore[misc]
                took = time.perf_counter() - begin
            server_s, worker_s = sum(map(cpu_s, server_pids)) - before[0], sum(map(cpu_s, pids)) - before[1]
    return {
        "tasks_per_s": round(tasks / took),
        "server_us": round(server_s / tasks * 1e6, 1),
        "worker_us": round(worker_s / tasks * 1e6, 1),
    }


def reference_ms(url: str, parked: int) -> float:
    """The median time of reading one reference in a state diagram with so many parked tasks."""
    settings = Settings(redis_url=url, namespace=f"parked{parked}", home=Path("unused"))
    with Engine.open(settings) as engine:
        assert engine.deploy([HERE / "definitions"]).is_deployed
        with workers(settings, 2):
            for start in range(0, parked, CHUNK):
                engine.submit_many(PARKED, [(f"r{start + n}", task_body(n)) for n in range(CHUNK)])
            eventually(
                lambda: next(node.now for node in engine.show(PARKED).nodes if node.name == "parked") >= parked,
                "tasks do not park",
                600,
            )
        [p] = engine.current.partitions(PARKED)
        times = []
        for _ in range(5000):
            call = calls.read(p, [f"r{random.randrange(parked)}"])
            begin = time.perf_counter()
            assert engine.store.one(call).tasks[0] is not None
            times.append(time.perf_counter() - begin)
    return statistics.median(times[500:]) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.growth", description=__doc__)
    parser.add_argument("--tasks", type=int, default=60_000)
    parser.add_argument("--parked", type=int, default=1_000_000)
    options = parser.parse_args()
    numbers: dict[str, object] = {"cores": os.cpu_count()}
    say("shards  workers  tasks/s  server µs/task  worker µs/task")
    for count in (1, 3):
        with shards(count) as (url, pids):
            for crew in (1, 2, 4, 8):
                found = drain(url, pids, crew, options.tasks, 1 if count == 1 else PARTITIONS)
                say(
                    f"{count:>6}  {crew:>7}  {found['tasks_per_s']:>7,}  {found['server_us']:>14}  "
                    f"{found['worker_us']:>14}"
                )
                numbers[f"{count} shards, {crew} workers"] = found
    with shards(1) as (url, _):
        few, many = reference_ms(url, 1000), reference_ms(url, options.parked)
    say(f"a reference among 1,000 parked tasks {few:.3f} ms, among {options.parked:,} {many:.3f} ms: {many / few:.2f}")
    numbers |= {"reference_ms_1k": round(few, 4), "reference_ms_many": round(many, 4), "ratio": round(many / few, 3)}
    print(json.dumps(numbers))


if __name__ == "__main__":
    main()
