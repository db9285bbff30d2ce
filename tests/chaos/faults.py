"""The faults, by name. Each is given a world (and its servers), does its worst while the load goes on, and returns what
the checks found. Which moment and which victim comes from the world's random numbers.
"""

from __future__ import annotations

import contextlib
import dataclasses
import random
import signal
import tempfile
import textwrap
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from engine.app import Engine
from engine.errors import RefTaken, StoreError, TaskTooLarge
from engine.store.calls import set_offset
from engine.store.client import Store
from engine.vault import open_box
from tests.accounts import ACCOUNT, PAYER
from tests.chaos.proxy import Proxy
from tests.chaos.world import (
    CONVS,
    SETTLED_S,
    WORKERS,
    Held,
    Scale,
    Servers,
    World,
    open_engine,
    sharded,
    single,
    watched,
)
from tests.cluster import servers
from tests.cluster.failover import planned
from tests.cluster.outages import busy, no_replicas
from tests.crash import story
from tests.waiting import PATIENCE_S, eventually

HOUR_S = 3600


@dataclass
class Ground:
    """Where faults happen: the server program, a folder, and a cluster that is started when it is first needed."""

    binary: Path
    folder: Path
    stack: contextlib.ExitStack
    cluster: servers.Cluster | None = None
    lines: list[Proxy] | None = None

    def get_cluster(self) -> servers.Cluster:
        """Its nodes reach each other's bus through `lines`, one for each node."""
        if self.cluster is None:
            lines: list[Proxy] = []

            def between(bus: int) -> int:
                line = Proxy(bus)
                self.stack.callback(line.close)
                lines.append(line)
                return line.port

            self.cluster = self.stack.enter_context(servers.cluster(self.binary, between))
            self.lines = lines
        return self.cluster


Fault = Callable[[Ground, random.Random, Scale], Held]
FAULTS: dict[str, Fault] = {}


def fault(name: str) -> Callable[[Fault], Fault]:
    def note(play: Fault) -> Fault:
        FAULTS[name] = play
        return play

    return note


@contextlib.contextmanager
def crew(
    ground: Ground, rng: random.Random, scale: Scale, appendfsync: str = "everysec"
) -> Iterator[tuple[World, Servers]]:
    """A world around one server, with its workers."""
    folder = Path(tempfile.mkdtemp(dir=ground.folder))
    with single(ground.binary, folder, rng, scale, appendfsync=appendfsync) as (world, server):
        for _ in range(WORKERS):
            world.start_worker()
        yield world, server


# --- Workers ----------------------------------------------------------------------------------------------------------


@fault("workers killed")
def workers_killed(ground: Ground, rng: random.Random, scale: Scale) -> Held:
    with crew(ground, rng, scale) as (world, _):
        with world.load():
            for _ in range(2 * scale.faults):
                world.sleep(0.2, 0.8)
                world.kill_worker()
                world.start_worker()
        return world.check()


@fault("workers stopped past their lease")
def workers_stopped(ground: Ground, rng: random.Random, scale: Scale) -> Held:
    with crew(ground, rng, scale) as (world, _):
        with world.load():
            for _ in range(scale.faults):
                world.sleep(0.1, 0.5)
                victim = rng.choice(world.workers)
                victim.send_signal(signal.SIGSTOP)
                world.sleep(1.5, 2.5)  # leases are 1 s
                victim.send_signal(signal.SIGCONT)
        return world.check()


@fault("clocks of workers an hour off")
def skewed_clocks(ground: Ground, rng: random.Random, scale: Scale) -> Held:
    folder = Path(tempfile.mkdtemp(dir=ground.folder))
    with single(ground.binary, folder, rng, scale) as (world, _):
        for skew_s in (HOUR_S, -HOUR_S):
            world.start_worker(CHAOS_SKEW_S=str(skew_s))
        with world.load():
            world.sleep(scale.faults, scale.faults + 1)
        return world.check()


WRITERS = 64


@fault("64 writers on one counter, workers killed")
def counter_of_64(ground: Ground, rng: random.Random, scale: Scale) -> Held:
    """Half of what comes is sent by clients, who repeat what was not acknowledged, half by tasks; the sum is exact."""
    each = 5 * scale.faults
    with crew(ground, rng, scale) as (world, _):
        for name, text in (("account", ACCOUNT), ("payer", PAYER.replace("pay: 10}", "pay: 1000}"))):
            (world.folder / "story" / f"{name}.yaml").write_text(textwrap.dedent(text))
        assert world.direct.deploy([world.folder / "story"]).is_deployed
        world.direct.submit(2, {"sum": 0}, ref="account")

        def write(writer: int) -> None:
            with contextlib.closing(open_engine(world.settings)) as engine:
                for number in range(each):
                    engine.submit(1, {}, key=f"{writer}.{number}")
                    engine.modify(2, "account", {"pay": 1}, key=f"{writer}.{number}")

        with world.load(), ThreadPoolExecutor(WRITERS) as pool:
            writing = [pool.submit(write, writer) for writer in range(WRITERS)]
            for _ in range(2 * scale.faults):
                world.sleep(0.2, 0.8)
                world.kill_worker()
                world.start_worker()
            for written in writing:
                written.result()
        count = WRITERS * each

        def is_exact() -> bool:
            account = world.direct.task(2, "account")
            assert (account.data["sum"], account.place, account.mails) == (1001 * count, "parked", 0)
            assert story.ends(world.direct, 1) == {"done": count}
            return True

        eventually(is_exact, SETTLED_S, every_s=0.05)
        world.note = f"{2 * count} events, each counted once"
        return world.check()


POISON = """
process: Poison
id: 104
nodes:
  start: {go: done}
  done: {end: success}
"""


@fault("poison tasks")
def poison_tasks(ground: Ground, rng: random.Random, scale: Scale) -> Held:
    with crew(ground, rng, scale) as (world, _):
        (world.folder / "story" / "poison.yaml").write_text(POISON)
        assert world.direct.deploy([world.folder / "story"]).is_deployed
        for worker in world.workers:
            worker.kill()
            worker.communicate()
        world.workers.clear()
        deaths = 0

        def is_aside() -> bool:
            nonlocal deaths
            for worker in [*world.workers]:
                if worker.poll() is not None:
                    deaths += 1
                    world.workers.remove(worker)
                    worker.communicate()
            while len(world.workers) < WORKERS:
                world.start_worker(CHAOS_POISON="1", CONV_POISON_ATTEMPTS="2")
            return world.direct.task(104, "poison").place == "aside"

        with world.load():
            world.direct.submit(104, {}, ref="poison")
            eventually(is_aside, every_s=0.05)
        world.direct.delete(104, "poison")  # a cancel would run it to its end
        world.note = f"set aside after {deaths} dead workers"
        return world.check()


# --- The store and its disk -------------------------------------------------------------------------------------------


def store_killed(appendfsync: str) -> Fault:
    def play(ground: Ground, rng: random.Random, scale: Scale) -> Held:
        with crew(ground, rng, scale, appendfsync) as (world, server):
            with world.load():
                for _ in range(scale.faults):
                    world.sleep(0.3, 1.0)
                    server.kill()
            return world.check()

    return play


for _setting in ("always", "everysec", "no"):
    FAULTS[f"store killed, appendfsync {_setting}"] = store_killed(_setting)


@fault("disk full")
def disk_full(ground: Ground, rng: random.Random, scale: Scale) -> Held:
    refused = 0
    with crew(ground, rng, scale) as (world, server):
        with world.load():
            for _ in range(scale.faults):
                world.sleep(0.3, 1.0)
                server.limit_files(server.file_size() + rng.randrange(20_000))
                eventually(lambda: server.node.client.info("persistence")["aof_last_write_status"] == "err")
                world.sleep(0.5, 2.0)
                refused += server.node.client.info("errorstats").get("errorstat_MISCONF", {}).get("count", 0)
                server.limit_files(-1)
                eventually(lambda: server.node.client.info("persistence")["aof_last_write_status"] == "ok")
        world.note = f"{refused} calls refused meanwhile"
        return world.check()


@fault("store that cannot write for the moment")
def refusing(ground: Ground, rng: random.Random, scale: Scale) -> Held:
    with crew(ground, rng, scale) as (world, server):
        with world.load():
            for turn in range(scale.faults):
                world.sleep(0.3, 1.0)
                with (no_replicas, busy)[turn % 2](server.node):
                    world.sleep(0.5, 2.0)
        return world.check()


# --- The network ------------------------------------------------------------------------------------------------------


@fault("network cut, or silent, between all and the store")
def network_cut(ground: Ground, rng: random.Random, scale: Scale) -> Held:
    with crew(ground, rng, scale) as (world, server):
        with world.load():
            for _ in range(scale.faults):
                world.sleep(0.3, 1.0)
                rng.choice([server.proxy.cut, server.proxy.silence])()
                world.sleep(0.5, 3.0)
                server.proxy.heal()
        return world.check()


@fault("latency of 5 to 50 ms")
def latency(ground: Ground, rng: random.Random, scale: Scale) -> Held:
    with crew(ground, rng, scale) as (world, server):
        server.proxy.slow(lambda: rng.uniform(0.005, 0.05))
        with world.load():
            world.sleep(scale.faults, scale.faults + 1)
        return world.check()


# --- Tasks ------------------------------------------------------------------------------------------------------------

TIMERS = """
process: Timers
id: 105
nodes:
  start: {go: wait}
  wait: {delay: {until: "{{due}}"}, go: done}
  done: {end: success}
"""


@fault("timers, all in one second")
def timer_storm(ground: Ground, rng: random.Random, scale: Scale) -> Held:
    with crew(ground, rng, scale) as (world, _):
        (world.folder / "story" / "timers.yaml").write_text(TIMERS)
        assert world.direct.deploy([world.folder / "story"]).is_deployed
        due_s = time.time() + HOUR_S
        for _ in range(scale.timers // 1000):
            dues = [(None, {"due": due_s + rng.random()}) for _ in range(1000)]
            world.direct.submit_many(105, dues)

        def count(node: str) -> int:
            return story.ends(world.direct, 105).get(node, 0)

        eventually(lambda: count("wait") == scale.timers, 300, every_s=0.1)
        [partition] = world.direct.current.partitions(105)
        with world.load():
            began = time.monotonic()
            world.direct.store.one(set_offset(partition, int((due_s - 1 - time.time()) * 1000)))
            eventually(lambda: count("done") == scale.timers, 300, every_s=0.05)
        world.note = f"{scale.timers} timers in {time.monotonic() - began - 1:.1f} s"
        for view in world.direct.archive(105, "done", limit=scale.timers):
            assert view.path[-1].time_ms >= int(view.data["due"] * 1000), "never early"
        return world.check()


COLLECTOR = """
diagram: Collector
id: 106
nodes:
  start: {go: kept}
  kept: {set_state: {}}
"""


@fault("64 writers on one ref")
def writers(ground: Ground, rng: random.Random, scale: Scale) -> Held:
    each = 4 * scale.faults
    with crew(ground, rng, scale) as (world, _):
        (world.folder / "story" / "collector.yaml").write_text(COLLECTOR)
        assert world.direct.deploy([world.folder / "story"]).is_deployed
        world.direct.submit(106, {}, ref="shared")

        def write(writer: int) -> None:
            with contextlib.closing(open_engine(world.settings)) as engine:
                for number in range(each):
                    engine.modify(106, "shared", {f"w{writer}": number, f"w{writer}.{number}": 1})

        with world.load(), ThreadPoolExecutor(64) as executor:
            for writing in [executor.submit(write, writer) for writer in range(64)]:
                writing.result(PATIENCE_S)
        names = {f"w{writer}.{number}" for writer in range(64) for number in range(each)}

        def has_all() -> bool:
            return names <= world.direct.task(106, "shared").data.keys()

        eventually(has_all, every_s=0.1)
        data = world.direct.task(106, "shared").data
        assert all(data[f"w{writer}"] == each - 1 for writer in range(64)), "each writer's words in their order"
        world.note = f"{64 * each} modifies, all there, in order"
        return world.check()


@fault("one ref submitted by many clients at once")
def same_ref(ground: Ground, rng: random.Random, scale: Scale) -> Held:
    with crew(ground, rng, scale) as (world, _):
        barrier = threading.Barrier(scale.clients)
        (world.folder / "story" / "collector.yaml").write_text(COLLECTOR)
        assert world.direct.deploy([world.folder / "story"]).is_deployed

        def submit(_: int) -> bool:
            store = Store.connect(world.settings.redis_url, world.settings.namespace)
            store.box = open_box(world.settings)
            with contextlib.closing(Engine(store, world.settings)) as engine:
                engine.find(106)
                barrier.wait(PATIENCE_S)
                while True:
                    try:
                        engine.submit(106, {}, ref="same")
                        return True
                    except RefTaken:
                        return False
                    except StoreError:
                        time.sleep(0.05)

        with world.load(), ThreadPoolExecutor(scale.clients) as executor:
            created = sum(executor.map(submit, range(scale.clients)))
        # A client whose answer was lost may be told that the ref is taken: by itself.
        assert created <= 1, f"{created} clients were told that they had created it"
        eventually(lambda: story.ends(world.direct, 106) == {"kept": 1})
        world.note = f"{scale.clients} clients, one task"
        return world.check()


GROWS = """
process: Grows
id: 107
nodes:
  start: {go: grow}
  grow:
    set_parameters: {text: "{{text}}{{text}}"}
    error: too large
    go: grow
  too large: {end: error}
"""


@fault("convs repartitioned")
def repartitioned(ground: Ground, rng: random.Random, scale: Scale) -> Held:
    with crew(ground, rng, scale) as (world, _):
        with world.load():
            moved = move_about(world, rng, 3 * scale.faults)
        world.note = f"{moved} tasks moved"
        return world.check()


def move_about(world: World, rng: random.Random, times: int) -> int:
    """Give convs other numbers of partitions, again and again; how many tasks went over."""
    moved = 0
    with contextlib.closing(open_engine(world.settings)) as engine:
        for _ in range(times):
            world.sleep(0.1, 0.5)
            moved += engine.repartition(rng.choice(CONVS), rng.randint(1, 6))
    return moved


@fault("backup under load, and restored")
def backed_up(ground: Ground, rng: random.Random, scale: Scale) -> Held:
    with crew(ground, rng, scale) as (world, _):
        with world.load():
            for turn in range(scale.faults):
                world.sleep(0.5, 1.0)
                with contextlib.closing(open_engine(world.settings)) as engine:
                    saved = engine.backup(world.folder / "backup")
                tasks = restored(world, f"restored{turn}")
                world.note += f"{saved.tasks} tasks saved, {tasks} processes ended after the restore; "
        return world.check()


def restored(world: World, namespace: str) -> int:
    """Restore the backup beside the original, with workers that wait for it; how many tasks of the story it had."""
    second = dataclasses.replace(world.settings, namespace=namespace)
    workers = [world.start_worker(CONV_NAMESPACE=namespace) for _ in range(WORKERS)]
    with contextlib.closing(open_engine(second)) as engine:
        engine.restore(world.folder / "backup")

        def all_ended() -> bool:
            ends = story.ends(engine, story.MAIN)
            assert set(ends) == {"done"}, ends
            assert set(story.ends(engine, story.CALLED)) == {"done"}
            return True

        eventually(all_ended, every_s=0.05)
        refs = [view.ref for view in engine.archive(story.MAIN, "done", limit=100_000)]
        copies = Counter(view.data["from"] for view in engine.archive(story.COPIES, "done", limit=100_000))
        added = {view.ref: view.data["n"] for view in engine.archive(story.COUNTER, "counting", limit=100_000)}
        assert not (doubled := [ref for ref, times in copies.items() if times > 1]), doubled
        assert not (lost := [ref for ref in refs if copies[ref] != 1]), lost
        assert not (wrong := [(ref, added.get(ref)) for ref in refs if added.get(ref) != 1]), wrong
        report = engine.audit()
        assert report.is_clean, [finding.as_dict() for finding in report.findings][:10]
    for worker in workers:
        world.workers.remove(worker)
        worker.terminate()
        worker.communicate(timeout=PATIENCE_S)
    return len(refs)


@fault("oversize tasks")
def oversize(ground: Ground, rng: random.Random, scale: Scale) -> Held:
    with crew(ground, rng, scale) as (world, _):
        (world.folder / "story" / "grows.yaml").write_text(GROWS)
        assert world.direct.deploy([world.folder / "story"]).is_deployed
        limit = world.settings.task_size_bytes
        with world.load():
            for number in range(10 * scale.faults):
                with contextlib.suppress(TaskTooLarge):
                    world.direct.submit(
                        story.MAIN, {"url": "x" * (limit + rng.randrange(limit))}, ref=f"large {number}"
                    )
                    raise AssertionError("a task over the limit was taken")
                world.direct.submit(107, {"text": "x" * rng.randrange(1, 1000)}, ref=f"grows {number}")
            eventually(lambda: story.ends(world.direct, 107) == {"too large": 10 * scale.faults}, every_s=0.05)
        return world.check()


# --- Sentinels --------------------------------------------------------------------------------------------------------

UNDER_WAY = 20  # acknowledged while the replica was promoted; until the old primary is told (8 s) it would be hundreds


def primary_swapped(*, replicated: bool) -> Fault:
    def play(ground: Ground, rng: random.Random, scale: Scale) -> Held:
        folder = Path(tempfile.mkdtemp(dir=ground.folder))
        with watched(ground.binary, folder, rng, scale, replicated=replicated) as (world, primary):
            for _ in range(WORKERS):
                world.start_worker()
            with world.load():
                world.sleep(0.5, 1.5)
                planned(primary)()
                world.sleep(2.0, 4.0)
            held = world.check(may_lose=not replicated)
            assert held.lost <= UNDER_WAY, f"{held.lost} of {held.tasks} acknowledged tasks lost"
            return held

    return play


FAULTS["primary swapped by Sentinels, asynchronous"] = primary_swapped(replicated=False)
FAULTS["primary swapped by Sentinels, durability replicated"] = primary_swapped(replicated=True)


# --- The cluster ------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def cluster_crew(ground: Ground, rng: random.Random, scale: Scale, *, replicated: bool = False) -> Iterator[World]:
    folder = Path(tempfile.mkdtemp(dir=ground.folder))
    with sharded(ground.get_cluster(), folder, rng, scale, replicated=replicated) as world:
        for _ in range(WORKERS):
            world.start_worker()
        yield world


def gate(world: World, rng: random.Random) -> str:
    """The declared key of one partition, whichever: its slot is the partition's."""
    conv = rng.choice(CONVS)
    return f"{{{world.settings.namespace}:{conv}.{rng.randrange(world.settings.partitions)}}} gate"


def replica_promoted(*, replicated: bool) -> Fault:
    def play(ground: Ground, rng: random.Random, scale: Scale) -> Held:
        with cluster_crew(ground, rng, scale, replicated=replicated) as world:
            cluster = ground.get_cluster()
            with world.load():
                for _ in range(max(1, scale.faults // 2)):
                    world.sleep(0.5, 1.5)
                    cluster.fail_over(gate(world, rng))
                    cluster.heal()
            return world.check(may_lose=not replicated)

    return play


FAULTS["replica promoted, asynchronous"] = replica_promoted(replicated=False)
FAULTS["replica promoted, durability replicated"] = replica_promoted(replicated=True)


@fault("network cut between shards")
def shards_cut(ground: Ground, rng: random.Random, scale: Scale) -> Held:
    with cluster_crew(ground, rng, scale, replicated=True) as world:
        cluster = ground.get_cluster()
        lines = ground.lines or []
        with world.load():
            for turn in range(max(1, scale.faults // 2)):
                world.sleep(0.5, 1.0)
                if turn % 2 == 0:
                    # One primary is alone: nobody hears it, and it hears nobody.
                    alone = cluster.nodes.index(cluster.owner(gate(world, rng)))
                    lines[alone].cut()
                    for line in lines:
                        line.cut_from(servers.source_address(alone))
                    eventually(partial(is_cut_off, cluster.nodes[alone]))
                else:
                    for line in lines:
                        line.cut()
                    eventually(lambda: all(is_cut_off(node) for node in cluster.nodes))
                world.sleep(0.5, 2.0)
                for line in lines:
                    line.heal()
                cluster.heal()
        return world.check()


def is_cut_off(node: servers.Node) -> bool:
    """Whether this node knows that it is."""
    return b"cluster_state:fail" in node.command("CLUSTER", "INFO")


@fault("convs repartitioned over a cluster")
def repartitioned_cluster(ground: Ground, rng: random.Random, scale: Scale) -> Held:
    with cluster_crew(ground, rng, scale) as world:
        with world.load():
            moved = move_about(world, rng, 3 * scale.faults)
        world.note = f"{moved} tasks moved"
        return world.check()


@fault("slots moved to other nodes")
def slots_moved(ground: Ground, rng: random.Random, scale: Scale) -> Held:
    moved = 0
    with cluster_crew(ground, rng, scale) as world:
        cluster = ground.get_cluster()
        with world.load():
            for _ in range(3 * scale.faults):
                world.sleep(0.1, 0.4)
                moved += cluster.move_slot_of(gate(world, rng))
        world.note = f"{moved} keys moved"
        return world.check()
