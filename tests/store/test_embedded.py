"""The embedded server, with real processes: one server per folder whoever starts or dies, and nothing lost."""

from __future__ import annotations

import contextlib
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import redis

from engine.app import Engine
from engine.config import Durability, Settings
from engine.errors import ConfigError, StoreFull, StoreUnavailable
from engine.store import embedded, open_store, supervisor
from engine.store.connect import open_connection
from engine.store.embedded import EmbeddedServer, attach
from engine.store.memory import available_bytes
from tests.store.folder import clear, is_free, is_quiet, server_pid, supervisor_pid
from tests.waiting import PATIENCE_S, eventually

# A user in a process of its own: says where the server listens and which run of it this is, then stays until told.
USER = """
import sys
from pathlib import Path
from engine.store.embedded import attach
import redis
sys.stdin.readline()
server = attach(Path(sys.argv[1]))
with redis.Redis(unix_socket_path=server.socket_path) as client:
    print(server.socket_path, client.info("server")["run_id"], flush=True)
sys.stdin.readline()
"""

# A user that adds numbers to a set for as long as its input is open and prints each that was acknowledged.
WRITER = """
import select, sys
from pathlib import Path
from engine.config import Settings
from engine.store.connect import open_connection
client = open_connection(Settings(home=Path(sys.argv[1])))
number = 0
while not select.select([sys.stdin], [], [], 0)[0]:
    number += 1
    client.sadd("written", f"{sys.argv[2]}.{number}")
    print(f"{sys.argv[2]}.{number}", flush=True)
"""


@pytest.fixture
def home(short_folder: Path) -> Iterator[Path]:
    """A folder for a server, which is stopped at the end; other folders' servers end when their folder is deleted."""
    home = short_folder / ".conv"
    yield home
    clear(home)


def client_of(server: EmbeddedServer) -> redis.Redis:
    return redis.Redis(unix_socket_path=server.socket_path)


def run_id(server: EmbeddedServer) -> str:
    with client_of(server) as client:
        return str(client.info("server")["run_id"])


@contextlib.contextmanager
def process(script: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", script, *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as started:
        try:
            yield started
        finally:
            started.kill()


def tell(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def hear(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


# --- Starting and stopping -----------------------------------------------------------------------------------------


def test_a_server_is_started_durable_and_private(home: Path) -> None:
    with attach(home) as server, client_of(server) as client:
        assert client.config_get("appendonly")["appendonly"] == "yes"
        assert client.config_get("appendfsync")["appendfsync"] == "no", "the supervisor flushes; see its docstring"
        assert client.config_get("hash-max-listpack-value")["hash-max-listpack-value"] == "1024"
        assert client.config_get("maxmemory-policy")["maxmemory-policy"] == "noeviction"
        assert int(client.config_get("maxmemory")["maxmemory"]) == available_bytes() // 2
        assert client.config_get("port")["port"] == "0"
        assert Path(server.socket_path).parent.stat().st_mode & 0o077 == 0
        assert home.stat().st_mode & 0o077 == 0


def modes(home: Path) -> dict[str, int]:
    """What of the folder others may do something with."""
    return {path.name: path.stat().st_mode & 0o777 for path in home.rglob("*") if path.stat().st_mode & 0o077}


def test_no_file_is_for_others_whatever_the_umask(home: Path, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with attach(home) as server, client_of(server) as client:
            client.set("a", "b")
            client.bgrewriteaof()
            eventually(lambda: client.info("persistence")["aof_rewrite_in_progress"] == 0)
            eventually((home / supervisor.FLUSHED).exists)
            assert modes(home) == {}
    finally:
        os.umask(before)


def test_a_folder_that_others_can_read_is_closed_with_a_word(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    with attach(home) as server, client_of(server) as client:
        client.set("a", "b")
    eventually(lambda: is_quiet(home))
    for path in (home, *home.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)

    with attach(home):
        assert home.stat().st_mode & 0o777 == 0o700
        assert modes(home) == {}

    assert f"{home} could be read by others; it is yours alone now (chmod 700)" in caplog.text


def test_a_folder_of_many_users_is_refused(home: Path) -> None:
    home.mkdir()
    home.chmod(0o1777)

    with pytest.raises(ConfigError, match="can be read by others and is not yours alone; choose a folder of its own"):
        attach(home)

    assert home.stat().st_mode & 0o7777 == 0o1777
    assert list(home.iterdir()) == []


def test_a_server_is_full_after_what_it_is_given(home: Path, tmp_path: Path) -> None:
    with Engine.open(Settings(home=home, embedded_memory_bytes=8_000_000)) as engine:
        (tmp_path / "p.yaml").write_text("process: P\nid: 5\nnodes: {start: {go: done}, done: {end: success}}\n")
        assert engine.deploy([tmp_path / "p.yaml"]).is_deployed
        tasks: list[tuple[str | None, dict[str, Any]]] = [(None, {"text": "x" * 5000}) for _ in range(100)]

        def fill() -> None:
            for _ in range(100):
                engine.submit_many(5, tasks)

        with pytest.raises(StoreFull):
            fill()
        used, limit = engine.memory()
        assert (used < limit, limit) == (True, 8_000_000)


def test_users_of_a_folder_share_one_server(home: Path) -> None:
    with attach(home) as first, attach(home) as second:
        assert run_id(first) == run_id(second)


def test_two_folders_have_two_servers(home: Path, short_folder: Path) -> None:
    with attach(home) as one, attach(short_folder / "other") as other:
        assert run_id(one) != run_id(other)


def test_the_last_user_gone_stops_the_server_and_the_next_finds_the_data(home: Path) -> None:
    with attach(home) as server, client_of(server) as client:
        client.set("a", "kept")
        socket_path = server.socket_path
        pid = server_pid(home)

    eventually(lambda: is_quiet(home))

    assert not Path(socket_path).exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert "ready to exit, bye bye" in (home / "server.log").read_text()
    with attach(home) as server, client_of(server) as client:
        assert client.get("a") == b"kept"


def test_the_server_stays_while_one_user_is_left(home: Path) -> None:
    with attach(home) as staying:
        before = run_id(staying)
        for _ in range(30):
            with attach(home):
                pass
        assert run_id(staying) == before
        assert not is_free(home, supervisor.USERS)


def test_a_closed_hold_says_so(home: Path) -> None:
    server = attach(home)
    server.close()
    server.close()

    with pytest.raises(StoreUnavailable, match="was closed"):
        server.ensure()


def test_commands_started_at_the_same_instant_share_one_server(home: Path) -> None:
    with contextlib.ExitStack() as stack:
        users = [stack.enter_context(process(USER, str(home))) for _ in range(6)]
        for user in users:
            tell(user)

        heard = {hear(user) for user in users}

        assert len(heard) == 1


def test_commands_started_while_the_server_is_stopped_get_the_next(home: Path) -> None:
    with contextlib.ExitStack() as stack:
        users = [stack.enter_context(process(USER, str(home))) for _ in range(4)]
        with attach(home) as first:
            before = run_id(first)
        os.kill(supervisor_pid(home), signal.SIGTERM)
        for user in users:
            tell(user)

        heard = {hear(user).split()[1] for user in users}

        assert len(heard - {before}) <= 1, "all of the next one, or of the one before if that has not stopped yet"


def test_a_command_waits_while_the_supervisor_stops_the_server(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = threading.Event()
    sleep = time.sleep

    def note_refusal(seconds: float) -> None:
        refused.set()
        sleep(seconds)

    monkeypatch.setattr("time.sleep", note_refusal)
    home.mkdir()
    stopping = supervisor.take(str(home / supervisor.USERS))
    assert stopping is not None
    with ThreadPoolExecutor() as pool:
        attached = pool.submit(attach, home)
        assert refused.wait(PATIENCE_S)

        os.close(stopping)

        with attached.result() as server:
            assert run_id(server)


def test_a_command_refused_for_too_long_says_why(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "STOPPING_S", 0.05)
    home.mkdir()
    stopping = supervisor.take(str(home / supervisor.USERS))
    assert stopping is not None

    with pytest.raises(StoreUnavailable, match=r"\.conv is being stopped; try again"):
        attach(home)

    os.close(stopping)


def test_ctrl_c_in_a_command_leaves_the_server_to_the_others(home: Path) -> None:
    command = [sys.executable, "-c", USER, str(home)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, process_group=0
    ) as first:
        tell(first)
        before = hear(first).split()[1]
        with attach(home) as second:
            os.killpg(first.pid, signal.SIGINT)
            first.wait()

            assert run_id(second) == before


# --- Somebody dies -------------------------------------------------------------------------------------------------


def test_a_killed_server_comes_back_with_its_data(home: Path) -> None:
    with contextlib.closing(open_connection(Settings(home=home))) as client:
        client.set("a", "kept")

        for _ in range(3):
            killed = server_pid(home)
            os.kill(killed, signal.SIGKILL)

            assert client.get("a") == b"kept"
            assert server_pid(home) != killed


def test_after_the_supervisor_died_the_server_goes_on_and_the_next_user_brings_another(home: Path) -> None:
    with attach(home) as server:
        before = run_id(server)
        os.kill(supervisor_pid(home), signal.SIGKILL)
        eventually(lambda: is_free(home, supervisor.SUPERVISOR_LOCK))
        assert run_id(server) == before

        with attach(home) as second:
            assert run_id(second) == before
            eventually(lambda: not is_free(home, supervisor.SUPERVISOR_LOCK))

    eventually(lambda: is_quiet(home))


def test_after_both_died_a_client_that_was_connected_starts_them_again(home: Path) -> None:
    with contextlib.closing(open_connection(Settings(home=home))) as client:
        client.set("a", "kept")
        os.kill(supervisor_pid(home), signal.SIGKILL)
        os.kill(server_pid(home), signal.SIGKILL)

        assert client.get("a") == b"kept"


def test_a_killed_user_does_not_keep_the_server(home: Path) -> None:
    with process(USER, str(home)) as user:
        tell(user)
        assert hear(user)
        user.kill()
        user.wait()

        eventually(lambda: is_quiet(home))


def test_whoever_is_killed_nothing_acknowledged_is_lost(home: Path) -> None:
    chance = random.Random(20)
    home.mkdir()
    victims: list[tuple[Callable[[Path], int], signal.Signals]] = [
        (server_pid, signal.SIGKILL),
        (supervisor_pid, signal.SIGKILL),
        (supervisor_pid, signal.SIGTERM),
        (server_pid, signal.SIGTERM),
    ] * 4
    chance.shuffle(victims)
    acknowledged: list[str] = []
    with contextlib.ExitStack() as stack:
        writers = [stack.enter_context(process(WRITER, str(home), str(number))) for number in range(3)]
        for pid_of, how in victims:
            for writer in writers:
                acknowledged += [hear(writer) for _ in range(chance.randrange(1, 60))]
            with contextlib.suppress(ProcessLookupError, FileNotFoundError):
                if pid := pid_of(home):
                    os.kill(pid, how)
        for writer in writers:
            tell(writer)
            assert writer.stdout is not None
            acknowledged += writer.stdout.read().split()
            assert writer.wait() == 0

    with attach(home) as server, client_of(server) as client:
        written = {member.decode() for member in client.smembers("written")}
    assert len(acknowledged) == len(set(acknowledged)) >= 3 * len(victims)
    assert set(acknowledged) <= written


# --- The folder ----------------------------------------------------------------------------------------------------


def test_a_deep_folder_works(home: Path) -> None:
    deep = home.joinpath(*["a-rather-long-name-of-a-folder"] * 10, ".conv")

    with attach(deep) as server, client_of(server) as client:
        assert client.ping()
        assert len(str(deep)) > 300
        assert len(server.socket_path) < 104


def test_a_temporary_folder_with_a_long_path_is_passed_over(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = home / ("x" * 100)
    long.mkdir(parents=True)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(long))

    with attach(home) as server:
        assert not server.socket_path.startswith(str(long))


@pytest.mark.parametrize("content", ["", "garbage", "1-1\n/nowhere/s.sock\n1\n", "\n\n\n", "\udcff"])
def test_a_stale_runtime_file_is_replaced(home: Path, content: str) -> None:
    home.mkdir()
    (home / supervisor.RUNTIME).write_bytes(os.fsencode(content))

    with attach(home) as server:
        assert supervisor.read_runtime(str(home)) == server.socket_path


def test_a_copied_folder_has_a_server_and_data_of_its_own(home: Path, short_folder: Path) -> None:
    with attach(home) as server, client_of(server) as client:
        client.set("a", "original")
        shutil.copytree(home, short_folder / "copy")

        with attach(short_folder / "copy") as copied, client_of(copied) as copied_client:
            assert run_id(copied) != run_id(server)
            assert copied_client.get("a") == b"original"
            copied_client.set("a", "copy")

        assert client.get("a") == b"original"


def test_a_folder_may_be_moved_while_its_server_runs(home: Path, short_folder: Path) -> None:
    with attach(home) as server:
        before = run_id(server)
        home.rename(short_folder / "moved")

        with attach(short_folder / "moved") as moved:
            assert run_id(moved) == before


def test_a_deleted_folder_ends_its_server(home: Path) -> None:
    with attach(home) as server:
        pid = server_pid(home)
        shutil.rmtree(home)
        eventually(lambda: supervisor.ping(server.socket_path) == "nothing")
        eventually(lambda: not Path(f"/proc/{pid}").exists())


def test_a_deleted_socket_brings_the_server_back_at_the_same_place(home: Path) -> None:
    with contextlib.closing(open_connection(Settings(home=home))) as client:
        client.set("a", "kept")
        client.connection_pool.disconnect()
        Path(supervisor.read_runtime(str(home)) or "").unlink()

        assert client.get("a") == b"kept"


def test_a_socket_folder_that_vanished_is_replaced_by_another(
    home: Path, short_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = short_folder / "session"
    session.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(session))
    with contextlib.closing(open_connection(Settings(home=home))) as client:
        client.set("a", "kept")
        os.kill(supervisor_pid(home), signal.SIGKILL)
        client.connection_pool.disconnect()
        shutil.rmtree(session)
        session.write_text("no folder any more")

        assert client.get("a") == b"kept"
        assert not (supervisor.read_runtime(str(home)) or "").startswith(str(session))


def test_a_folder_that_is_a_file_is_refused(short_folder: Path) -> None:
    (short_folder / "file").write_text("")

    with pytest.raises(ConfigError, match=r"CONV_HOME .*file cannot be used: ") as caught:
        attach(short_folder / "file")
    assert caught.value.where == "CONV_HOME"


def test_a_folder_on_which_nothing_fits_says_so(home: Path) -> None:
    # A limit on the size of files stands in for a full disk: a disk to fill takes rights that tests do not have.
    script = "import sys; from pathlib import Path; from engine.store.embedded import attach; attach(Path(sys.argv[1]))"
    failed = subprocess.run(
        [sys.executable, "-c", script, str(home)],
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)),
    )

    assert f"StoreUnavailable: the embedded server in {home} does not start: File too large: " in failed.stderr
    eventually(lambda: is_quiet(home))


def test_the_log_is_bounded(home: Path) -> None:
    home.mkdir()
    (home / supervisor.LOG).write_text("old\n" * 300_000)

    with attach(home):
        assert (home / supervisor.LOG).stat().st_size < 10_000
        assert (home / f"{supervisor.LOG}.1").stat().st_size == 1_200_000


# --- Settings ------------------------------------------------------------------------------------------------------


def test_durability_always_reaches_a_server_that_runs_already(home: Path) -> None:
    with contextlib.closing(open_store(Settings(home=home))) as store:
        assert store.client.config_get("appendfsync")["appendfsync"] == "no"

        with contextlib.closing(open_store(Settings(home=home, durability=Durability.ALWAYS))) as strict:
            assert store.client.config_get("appendfsync")["appendfsync"] == "always"

            os.kill(int(store.client.info("server")["process_id"]), signal.SIGKILL)
            assert strict.client.config_get("appendfsync")["appendfsync"] == "always", "the one started again, too"


def test_what_was_written_is_flushed_each_second(home: Path) -> None:
    with attach(home) as server, client_of(server) as client:
        (file,) = (home / supervisor.DATA).glob("*.incr.aof")

        def all_is_flushed() -> bool:
            return (home / supervisor.FLUSHED).read_text() == f"{file.name} {file.stat().st_size}\n"

        eventually((home / supervisor.FLUSHED).exists)
        client.set("key", "value")
        assert not all_is_flushed()
        eventually(all_is_flushed)


def test_durability_replicated_needs_another_server(home: Path) -> None:
    with pytest.raises(ConfigError, match="CONV_DURABILITY replicated needs a server that has replicas"):
        open_store(Settings(home=home, durability=Durability.REPLICATED))


def test_a_platform_without_a_server_is_told_to_name_one(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "riscv64")

    with pytest.raises(ConfigError, match=r"no embedded server for this platform \(\w+ riscv64\); set CONV_REDIS_URL"):
        attach(home)
    assert not home.exists()
