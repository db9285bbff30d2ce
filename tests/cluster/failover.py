"""A primary swapped on purpose under load: what was acknowledged, what of it is lost or was done twice, for how long
nothing was taken, and what a worker says about it.

    python -m tests.cluster.failover [--binary PATH]     prints a table of all events with each durability
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import itertools
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from engine.app import Engine
from engine.config import Durability, Settings
from engine.errors import NotFound, StoreError
from engine.store.embedded import server_binary
from tests.cluster import servers
from tests.cluster.load import environment
from tests.waiting import eventually

MAIN, COPIES = 200, 201
CLIENTS = 4
PARTITIONS = 3
LEASE_MS = 2_000
SENTINEL, CLUSTER = "sentinel 1 + 2", "cluster 3 + 3"

DEFINITIONS = {
    "main.yaml": """
process: Main
id: 200
nodes:
  start: {go: copy}
  copy:
    copy_task: {conv: 201, data: {of: "{{root.ref}}"}}
    error: failed
    go: done
  done: {end: success}
  failed: {end: error}
""",
    "copies.yaml": """
process: Copies
id: 201
nodes:
  start: {go: done}
  done: {end: success}
""",
}


@dataclasses.dataclass
class Outcome:
    """`tasks` were acknowledged; `lost` are gone, `doubled` had their effect twice; `pause_s` is the longest time in
    which no submit was acknowledged; `log` is what the worker said."""

    tasks: int = 0
    lost: int = 0
    doubled: int = 0
    pause_s: float = 0.0
    log: list[str] = dataclasses.field(default_factory=list)


class Load:
    """Clients that submit one task after the other, each again under its ref until it is acknowledged."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(CLIENTS)
        self.acknowledged: list[str] = []
        self.times: list[float] = []

    def __enter__(self) -> Load:
        self._clients = [self._pool.submit(self._submit_all, number) for number in range(CLIENTS)]
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._pool.shutdown()
        for client in self._clients:
            client.result()

    def go_on(self, tasks: int, timeout_s: float = 60.0) -> None:
        """Wait until so many more were acknowledged."""
        until = len(self.acknowledged) + tasks
        eventually(lambda: len(self.acknowledged) >= until, timeout_s)

    def pause_s(self) -> float:
        return max(later - earlier for earlier, later in itertools.pairwise(sorted(self.times)))

    def _submit_all(self, client: int) -> None:
        with Engine.open(self._settings) as engine:
            number = 0
            while not self._stop.is_set():
                ref = f"{client}.{number}"
                if self._submit(engine, ref):
                    with self._lock:
                        self.acknowledged.append(ref)
                        self.times.append(time.monotonic())
                    number += 1

    def _submit(self, engine: Engine, ref: str) -> bool:
        try:
            engine.submit(MAIN, {}, ref=ref, key=ref)  # see story.submit
        except StoreError:
            self._stop.wait(0.02)
            return False
        return True


@contextlib.contextmanager
def worker(settings: Settings, log: Path) -> Iterator[None]:
    """A worker as an operator runs it."""
    with log.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "engine.cli", "worker"],
            env=environment(settings),
            stderr=file,
            cwd=Path(__file__).parents[2],
        )
        try:
            yield
            assert process.poll() is None, "the worker outlived all of it"
        except AssertionError as error:
            error.add_note(f"The worker said: {log.read_text()[-2000:]}")
            raise
        finally:
            process.terminate()
            process.wait(timeout=60)


def play(settings: Settings, folder: Path, event: Callable[[], None], tasks: int) -> Outcome:
    """Submit; after so many tasks let it happen; after as many more look at what is left."""
    folder.mkdir()
    for name, text in DEFINITIONS.items():
        (folder / name).write_text(text)
    outcome = Outcome()
    with Engine.open(settings) as engine:
        report = engine.deploy([folder])
        assert report.is_deployed, report.problems
        with worker(settings, folder / "log"):
            eventually(lambda: engine.workers_alive() == 1, 30)
            with Load(settings) as load:
                load.go_on(tasks)
                event()
                load.go_on(tasks)
            outcome.tasks, outcome.pause_s = len(load.acknowledged), load.pause_s()
            eventually(lambda: is_quiet(engine), 120, every_s=0.2)
            outcome.lost = sum(not is_there(engine, ref) for ref in load.acknowledged)
            copies = Counter(view.data["of"] for view in engine.archive(COPIES, "done", limit=1_000_000))
            outcome.doubled = sum(times > 1 for times in copies.values())
            assert engine.audit().is_clean
        outcome.log = (folder / "log").read_text().splitlines()
    return outcome


def is_quiet(engine: Engine) -> bool:
    """Every task that the store knows has ended."""
    with contextlib.suppress(StoreError):
        return not any(node.now for node in engine.show(MAIN).nodes if node.name not in ("done", "failed"))
    return False


def is_there(engine: Engine, ref: str) -> bool:
    try:
        engine.task(MAIN, ref)
    except NotFound:
        return False
    return True


# --- Events -------------------------------------------------------------------------------------------------------


def planned(whole: servers.Watched) -> Callable[[], None]:
    """An operator asks the Sentinels for another primary."""

    def happen() -> None:
        before = whole.primary()
        whole.sentinels[0].command("SENTINEL", "FAILOVER", "conv")
        eventually(lambda: whole.primary() is not before, 30, every_s=0.05)

    return happen


def planned_in(cluster: servers.Cluster, key: str) -> Callable[[], None]:
    """An operator lets the replica of one shard take over."""

    def happen() -> None:
        before = cluster.owner(key)
        cluster.replica_of(before).command("CLUSTER", "FAILOVER")
        eventually(lambda: cluster.owner(key) is not before, 30, every_s=0.05)

    return happen


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.cluster.failover")
    parser.add_argument("--binary", type=Path, default=None, help="the server; without it the embedded store's")
    parser.add_argument("--tasks", type=int, default=1_000)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    binary = options.binary or server_binary()
    for durability in Durability:
        for kind in (SENTINEL, CLUSTER):
            if options.only not in f"{kind} {durability}":
                continue
            with tempfile.TemporaryDirectory(prefix="conv-") as name:
                outcome = measure(binary, kind, durability, Path(name), options.tasks)
            row = (f"{kind}, {durability}", outcome.tasks, outcome.lost, outcome.doubled, f"{outcome.pause_s:.1f}")
            print(f"| {' | '.join(map(str, (*row, len(outcome.log))))} |", flush=True)
            print("\n".join(f"    {line}" for line in outcome.log[:20]), file=sys.stderr)


def measure(binary: Path, kind: str, durability: Durability, folder: Path, tasks: int) -> Outcome:
    settings = Settings(
        namespace=f"f{uuid.uuid4().hex[:12]}",
        home=folder / ".conv",
        partitions=PARTITIONS,
        lease_ms=LEASE_MS,
        durability=durability,
        replica_timeout_ms=2_000,
    )
    more = servers.persistence(durability)
    if kind == SENTINEL:
        with servers.watched(binary, *more, replicas=2) as whole:
            return play(dataclasses.replace(settings, redis_url=whole.url), folder / "d", planned(whole), tasks)
    with servers.cluster(binary, None, *more) as cluster:
        key = f"{{{settings.namespace}:{MAIN}.0}} gate"
        return play(dataclasses.replace(settings, redis_url=cluster.url), folder / "d", planned_in(cluster, key), tasks)


if __name__ == "__main__":
    main()
