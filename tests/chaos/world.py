"""What a fault befalls: a store behind a proxy, worker processes, a client that submits the story of tests/crash all
the time, and an HTTP server that remembers every request. Afterwards: did anything get lost, or happen twice?
"""

from __future__ import annotations

import contextlib
import dataclasses
import random
import resource
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from engine.app import Engine
from engine.config import Durability, Settings
from engine.errors import EngineError, NotFound, StoreError
from tests.chaos.proxy import Proxy
from tests.cluster import servers
from tests.cluster.load import environment
from tests.crash import story
from tests.ports import free_port
from tests.waiting import PATIENCE_S, eventually

PROJECT = Path(__file__).parents[2]
CONVS = (story.MAIN, story.COPIES, story.COUNTER, story.CALLED)
LEASE_MS = 1000
KEY = bytes(range(32)).hex()  # secrets are sealed
WORKERS = 2
SETTLED_S = 120.0


@dataclass
class Held:
    """What a fault left behind.

    `lost`: acknowledged tasks that are gone, where that is documented; `waiting`: those that wait in a named place for
    something that was lost with them; `recover_s`: how long after the fault and the last submit all had ended; `note`:
    what was measured.
    """

    tasks: int = 0
    moves: int = 0
    lost: int = 0
    waiting: int = 0
    recover_s: float = 0.0
    note: str = ""


@dataclass
class Scale:
    """How much of everything: a short form for each change, a long one for a long look."""

    faults: int
    rate: float  # submits a second
    timers: int
    clients: int

    @classmethod
    def short(cls) -> Scale:
        return cls(faults=2, rate=60, timers=3_000, clients=100)

    @classmethod
    def long(cls) -> Scale:
        return cls(faults=6, rate=120, timers=100_000, clients=1_000)


class World:
    """`direct` is an engine that no fault stands between; everybody else comes by `settings`."""

    def __init__(self, settings: Settings, direct: Settings, folder: Path, rng: random.Random, scale: Scale) -> None:
        self.settings = settings
        self.folder = folder
        self.rng = rng
        self.scale = scale
        self.note = ""
        self.ledger = story.Ledger(slow_s=0.01)
        self.direct = Engine.open(direct)
        self.workers: list[subprocess.Popen[str]] = []
        self.acknowledged = 0
        self._stop = threading.Event()
        self._executor = ThreadPoolExecutor(1)
        self._load: Future[None] | None = None
        report = self.direct.deploy([story.write(folder / "story")])
        assert report.is_deployed, report.problems

    def close(self) -> None:
        self._stop.set()
        self._executor.shutdown()
        for worker in self.workers:
            worker.send_signal(signal.SIGCONT)
            worker.terminate()
        for worker in self.workers:
            worker.communicate(timeout=PATIENCE_S)
        self.direct.close()
        self.ledger.close()

    # --- Faults ---------------------------------------------------------------------------------------------------

    def sleep(self, low_s: float, high_s: float) -> None:
        """Let everybody work on for a while."""
        time.sleep(self.rng.uniform(low_s, high_s))

    def start_worker(self, **more: str) -> subprocess.Popen[str]:
        """A worker that is ready; `more` goes into its environment."""
        with (self.folder / "workers.log").open("a") as log:
            worker = subprocess.Popen(
                [sys.executable, "-m", "tests.chaos.worker"],
                env={**environment(self.settings), "CONV_EGRESS_ALLOW": "127.0.0.1", **more},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=PROJECT,
            )
        self.workers.append(worker)
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
        return worker

    def kill_worker(self) -> None:
        victim = self.workers.pop(self.rng.randrange(len(self.workers)))
        victim.kill()
        victim.communicate()

    # --- Load -----------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def load(self) -> Iterator[None]:
        """Somebody submits the story all the time, as a careful client does: again until it is acknowledged."""
        self._load = self._executor.submit(self._submit_all)
        yield
        self._stop.set()
        self._load.result(PATIENCE_S)

    def _submit_all(self) -> None:
        with contextlib.closing(open_engine(self.settings)) as engine:
            number = 0
            while not self._stop.wait(1 / self.scale.rate):
                self._submit(engine, f"task-{number}")
                number += 1
                self.acknowledged = number

    def _submit(self, engine: Engine, ref: str) -> None:
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                engine.submit(story.MAIN, {"url": self.ledger.url}, ref=ref, key=ref)  # see story.submit
                return
            except StoreError as error:
                if time.monotonic() > end:
                    raise AssertionError("not taken for a minute") from error
                self._stop.wait(0.02)

    # --- Afterwards -----------------------------------------------------------------------------------------------

    def check(self, *, may_lose: bool = False) -> Held:
        """Every acknowledged task ended, each of its effects happened once, and the auditor finds nothing.

        `may_lose`: the fault has a documented window in which acknowledged writes are lost; what is left must still be
        in order, and nothing happened twice.
        """
        held = Held(tasks=self.acknowledged, note=self.note)
        began = time.monotonic()
        if may_lose:
            held.lost, held.waiting = self._count_losses()
        else:
            eventually(self._all_ended, SETTLED_S, every_s=0.05)
            held.recover_s = time.monotonic() - began
            story.check(self.direct, self.ledger, self.acknowledged)
        held.recover_s = held.recover_s or time.monotonic() - began
        assert not (doubled := self._doubled()), f"happened twice: {doubled}"
        # What waits for the answer of a task that was lost is told so by the repair; nothing else may be found.
        report = self.direct.audit(repair=may_lose)
        found = [
            (finding.slot, finding.key, finding.text) for finding in report.findings if finding.what != "no_target"
        ]
        assert not found, found[:10]
        assert report.is_clean, [finding.as_dict() for finding in report.findings][:10]
        held.moves = sum(node.entered for conv in CONVS for node in self.direct.show(conv).nodes)
        return held

    def _all_ended(self) -> bool:
        with contextlib.suppress(StoreError):
            expected = {story.MAIN: "done", story.COPIES: "done", story.COUNTER: "counting", story.CALLED: "done"}
            for conv, node in expected.items():
                ends = story.ends(self.direct, conv)
                assert ends == {node: self.acknowledged}, (conv, ends, self.acknowledged)
            return True
        return False

    def _count_losses(self) -> tuple[int, int]:
        eventually(self._is_quiet, SETTLED_S, every_s=0.2)
        lost = waiting = 0
        for number in range(self.acknowledged):
            try:
                view = self.direct.task(story.MAIN, f"task-{number}")
            except NotFound:
                lost += 1
                continue
            if view.place != "final":
                waiting += 1
                assert self.direct.why(story.MAIN, view.ref).reason
        return lost, waiting

    def _is_quiet(self) -> bool:
        """Nobody works any more: twice the same counts, and nothing under way."""
        with contextlib.suppress(StoreError):
            return self.direct.run_until_idle(5.0)
        return False

    def _doubled(self) -> list[str]:
        copies = Counter(view.data["from"] for view in self.direct.archive(story.COPIES, "done", limit=1_000_000))
        counters = self.direct.archive(story.COUNTER, "counting", limit=1_000_000)
        return [ref for ref, times in copies.items() if times > 1] + [
            view.ref for view in counters if view.data["n"] not in (0, 1)
        ]


def open_engine(settings: Settings) -> Engine:
    """Also while the store cannot be reached just now."""
    opened: list[Engine] = []

    def tried() -> bool:
        with contextlib.suppress(EngineError):
            opened.append(Engine.open(settings))
        return bool(opened)

    eventually(tried, every_s=0.1)
    return opened[0]


# --- Worlds -----------------------------------------------------------------------------------------------------------


@dataclass
class Servers:
    """One server with an append-only file, behind a proxy; what befalls the server itself."""

    binary: Path
    folder: Path
    appendfsync: str = "everysec"
    node: servers.Node = field(init=False)
    proxy: Proxy = field(init=False)

    def __post_init__(self) -> None:
        port = free_port()
        options = [
            *("--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", ".", "--logfile", "log"),
            *("--appendonly", "yes", "--appendfsync", self.appendfsync, "--enable-debug-command", "yes"),
        ]
        self.node = servers.Node(self.binary, self.folder / "server", port, *options)
        self.wait()
        self.proxy = Proxy(port)

    def wait(self) -> None:
        eventually(lambda: servers.tolerant(lambda: bool(self.node.client.ping())))

    def kill(self) -> None:
        self.node.kill()
        self.node.start()
        self.wait()

    def limit_files(self, size: int) -> None:
        """No file of the server may grow beyond `size` bytes, as if the disk were full; -1: any."""
        hard = resource.prlimit(self.node.process.pid, resource.RLIMIT_FSIZE)[1]
        resource.prlimit(self.node.process.pid, resource.RLIMIT_FSIZE, (size if size >= 0 else hard, hard))

    def file_size(self) -> int:
        """Of the largest append-only file, in bytes."""
        return max(file.stat().st_size for file in (self.folder / "server").rglob("*.aof"))

    def close(self) -> None:
        self.proxy.close()
        self.node.close()


@contextlib.contextmanager
def single(
    binary: Path, folder: Path, rng: random.Random, scale: Scale, *, appendfsync: str = "everysec"
) -> Iterator[tuple[World, Servers]]:
    """A world around one server."""
    server = Servers(binary, folder, appendfsync)
    try:
        direct = Settings(
            redis_url=f"redis://127.0.0.1:{server.node.port}",
            lease_ms=LEASE_MS,
            home=folder / ".conv",
            secret_key=KEY,
            durability=Durability.NONE if appendfsync == "no" else Durability(appendfsync),
        )
        settings = dataclasses.replace(direct, redis_url=f"redis://127.0.0.1:{server.proxy.port}")
        world = World(settings, direct, folder, rng, scale)
        try:
            yield world, server
        finally:
            server.proxy.heal()
            world.close()
    finally:
        server.close()


@contextlib.contextmanager
def sharded(
    cluster: servers.Cluster, folder: Path, rng: random.Random, scale: Scale, *, replicated: bool
) -> Iterator[World]:
    """A world around a cluster, in a namespace of its own."""
    settings = Settings(
        redis_url=cluster.url,
        namespace=f"c{uuid.uuid4().hex[:12]}",
        home=folder / ".conv",
        partitions=6,
        lease_ms=LEASE_MS,
        secret_key=KEY,
        durability=Durability.REPLICATED if replicated else Durability.NONE,
        replica_timeout_ms=2_000,
    )
    world = World(settings, settings, folder, rng, scale)
    try:
        yield world
    finally:
        cluster.heal()
        world.close()


@contextlib.contextmanager
def watched(
    binary: Path, folder: Path, rng: random.Random, scale: Scale, *, replicated: bool
) -> Iterator[tuple[World, servers.Watched]]:
    """A world around a primary with two replicas, watched by Sentinels."""
    with servers.watched(binary, replicas=2) as primary:
        settings = Settings(
            redis_url=primary.url,
            home=folder / ".conv",
            lease_ms=LEASE_MS,
            secret_key=KEY,
            durability=Durability.REPLICATED if replicated else Durability.NONE,
            replica_timeout_ms=2_000,
        )
        world = World(settings, settings, folder, rng, scale)
        try:
            yield world, primary
        finally:
            world.close()
