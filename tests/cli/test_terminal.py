"""Pipes, Ctrl-C, terminals and colours: what only a real process has."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import select
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import GREET, Shell
from tests.waiting import PATIENCE_S, eventually


def finish(process: subprocess.Popen[bytes]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=PATIENCE_S)
    return process.returncode, out.decode(), err.decode()


# --- Ctrl-C -------------------------------------------------------------------------------------


@pytest.fixture
def silent(short_folder: Path) -> Iterator[tuple[socket.socket, str]]:
    """A server that takes connections and never says a word, and its address."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(short_folder / "s"))
        server.listen(8)
        server.settimeout(PATIENCE_S)
        yield server, f"unix://{short_folder / 's'}"


WAITING = [
    ["deploy"],
    ["up"],
    ["worker"],
    ["submit", "Greet", "name=Ada", "--wait"],
    ["modify", "Greet", "a", "name=Ada"],
    ["callback", "Greet", "a", "name=Ada"],
    ["cancel", "Greet", "a"],
    ["retry", "Greet", "a"],
    ["delete", "Greet", "a"],
    ["task", "Greet", "a"],
    ["why", "Greet", "a"],
    ["archive", "Greet", "final"],
    ["eval", "{{a}}", "a=1"],
    ["list"],
    ["show", "Greet"],
    ["graph", "Greet"],
    ["vars"],
    ["pause", "Greet"],
    ["resume", "Greet"],
    ["watch", "Greet"],
    ["new", "process", "A"],
]


@pytest.mark.parametrize("as_json", [False, True], ids=["", "json"])
@pytest.mark.parametrize("words", WAITING, ids=lambda words: words[0])
def test_ctrl_c_while_waiting_for_the_store(
    empty: Shell, silent: tuple[socket.socket, str], words: list[str], as_json: bool
) -> None:
    server, empty.environment["CONV_REDIS_URL"] = silent
    empty.write("processes/greet.yaml", GREET)
    process = empty.start(*words, *["--json"] * as_json)
    connection, _ = server.accept()

    process.send_signal(signal.SIGINT)

    status, out, err = finish(process)
    connection.close()
    assert status == 130
    assert out == ""
    assert err.count("\n") == 1
    if as_json:
        assert json.loads(err)["error"]["code"] == "interrupted"
    else:
        assert err == "Interrupted\n"


IN_A_FINALIZER = """
import signal, sys, threading
from engine.cli import entry

class Connection:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)

def command(context):
    Connection()
    threading.Event().wait()

entry.conv.invoke = command
sys.exit(entry.run(["list"]))
"""


def test_ctrl_c_in_a_finalizer_is_not_lost(empty: Shell) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", IN_A_FINALIZER], cwd=empty.folder, env=empty.environment, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )  # fmt: skip

    assert finish(process) == (130, "", "Interrupted\n")


def test_ctrl_c_while_reading_definitions(empty: Shell) -> None:
    for number in range(1, 1001):
        text = GREET.replace("id: 11", f"id: {number}").replace("alias: greet", "")
        empty.write(f"processes/{number}.yaml", text)
    process = empty.start("lint")
    eventually(lambda: "yaml/_yaml" in Path(f"/proc/{process.pid}/maps").read_text())

    process.send_signal(signal.SIGINT)

    assert finish(process) == (130, "", "Interrupted\n")


def test_ctrl_c_in_the_demo(empty: Shell) -> None:
    process = empty.start("demo")
    eventually((empty.folder / "conv-demo" / ".conv").exists)

    process.send_signal(signal.SIGINT)

    status, _, err = finish(process)
    shutil.rmtree(empty.folder / "conv-demo")  # what plays in it goes with its folder
    assert (status, err) == (130, "Interrupted\n")


def test_ctrl_c_while_reading_standard_input(conv: Shell) -> None:
    process = conv.start("submit", "Greet", "--data", "-", stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(b'{"name": "a"}\n' * 2001)
    process.stdin.flush()
    eventually(lambda: conv("list", "--json").json[0]["living"] == 2000)

    process.send_signal(signal.SIGINT)

    status, _, err = finish(process)
    assert status == 130
    # The second thousand are there a moment before the process has heard of it.
    assert err in [f"Interrupted; {tasks} tasks before were submitted\n" for tasks in (1000, 2000)]


def test_ctrl_c_while_waiting_for_a_task_says_where_it_is(conv: Shell) -> None:
    worker = conv.start("worker")
    process = None
    try:
        eventually(lambda: "no worker" not in conv("vars").err and _workers(conv))
        process = conv.start("submit", "Sleeps", "--ref", "s", "--wait")
        eventually(lambda: conv("task", "Sleeps", "s").status == 0)

        process.send_signal(signal.SIGINT)

        status, _, err = finish(process)
        assert status == 130
        assert 'conv task 14 "s"' in err
    finally:
        worker.send_signal(signal.SIGTERM)
        assert finish(worker)[0] == 0


def _workers(conv: Shell) -> int:
    """How many workers listen: `conv modify` of a task that is there tells."""
    if conv("task", "Keeper", "probe").status:
        conv("submit", "Keeper", "token=abcdef", "--ref", "probe")
    workers: int = conv("modify", "Keeper", "probe", "a=1", "--json").json["workers"]
    return workers


def test_ctrl_c_ends_a_watch_with_a_last_look(conv: Shell) -> None:
    process = conv.start("watch", "Greet", "--every", "50ms")
    assert process.stdout is not None
    first = process.stdout.readline().decode()

    process.send_signal(signal.SIGINT)

    status, _, err = finish(process)
    assert first == "Greet: 0 living, 0 archived\n"
    assert (status, err) == (130, first)


# --- Pipes --------------------------------------------------------------------------------------


def test_a_reader_that_has_enough_is_no_error(conv: Shell) -> None:
    conv.write("rows.jsonl", ('{"name": "' + "x" * 500 + '"}\n') * 1000)
    assert conv("submit", "Greet", "--data", "rows.jsonl").status == 0
    process = conv.start("archive", "Greet", "start", "--limit", "1000", "--jsonl")
    assert process.stdout is not None
    process.stdout.readline()

    process.stdout.close()

    assert process.wait(timeout=PATIENCE_S) == 0
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()


def test_watch_tells_a_pipe_only_what_changes(conv: Shell) -> None:
    process = conv.start("watch", "Greet", "--every", "50ms", "--json")
    assert process.stdout is not None
    first = json.loads(process.stdout.readline())

    conv("submit", "Greet", "name=Ada")

    second = json.loads(process.stdout.readline())
    process.send_signal(signal.SIGINT)
    assert finish(process)[0] == 130
    assert (first["living"], second["living"]) == (0, 1)


# --- Terminals ----------------------------------------------------------------------------------


def read_until(terminal: int, text: bytes) -> bytes:
    """What a terminal shows, up to `text`."""
    shown = b""
    while text not in shown:
        readable, _, _ = select.select([terminal], [], [], PATIENCE_S)
        assert readable, shown
        try:
            piece = os.read(terminal, 4096)
        except OSError:  # the other side has gone
            piece = b""
        assert piece, shown
        shown += piece
    return shown


@contextlib.contextmanager
def on_terminal(conv: Shell, *words: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    ours, theirs = pty.openpty()
    process = conv.start(*words, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    try:
        yield process, ours
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def test_a_missing_secret_is_asked_for_and_not_shown(conv: Shell) -> None:
    with on_terminal(conv, "submit", "Keeper", "--ref", "asked", "--wait") as (process, terminal):
        read_until(terminal, b"token: ")

        os.write(terminal, b"typed-in\n")

        shown = read_until(terminal, b"***")
        assert process.wait(timeout=PATIENCE_S) == 0
    assert b"typed-in" not in shown
    assert conv("task", "Keeper", "asked", "--json", "--reveal").json["data"] == {"token": "typed-in"}


def test_ctrl_c_at_the_question_leaves_nothing(conv: Shell) -> None:
    with on_terminal(conv, "submit", "Keeper", "--ref", "asked") as (process, terminal):
        read_until(terminal, b"token: ")

        os.write(terminal, b"\x03")
        process.send_signal(signal.SIGINT)

        assert process.wait(timeout=PATIENCE_S) == 130
    assert conv("task", "Keeper", "asked").status == 5


def test_colours_only_where_they_are_seen_and_wanted(conv: Shell) -> None:
    with on_terminal(conv, "list") as (_, terminal):
        assert b"\x1b[" in read_until(terminal, b"Greet")

    conv.environment["NO_COLOR"] = "1"
    with on_terminal(conv, "list") as (_, terminal):
        assert b"\x1b[" not in read_until(terminal, b"Greet")

    _, out, _ = finish(conv.start("list"))
    assert "\x1b[" not in out


def test_colours_of_errors_obey_too(conv: Shell) -> None:
    with on_terminal(conv, "lst") as (_, terminal):
        assert b"\x1b[" in read_until(terminal, b"conv list")

    conv.environment["NO_COLOR"] = "1"
    with on_terminal(conv, "lst") as (_, terminal):
        assert b"\x1b[" not in read_until(terminal, b"conv list")


def test_a_disk_that_is_full_is_one_line(conv: Shell) -> None:
    with Path("/dev/full").open("wb") as full:
        process = conv.start("list", stdout=full)
        _, err = process.communicate(timeout=PATIENCE_S)

    assert (process.returncode, err) == (1, b"error: No space left on device\n")


def test_a_word_that_is_not_utf_8_is_wrong_use(conv: Shell) -> None:
    process = conv.start("submit", "Greet", b"name=caf\xe9")

    status, out, err = finish(process)

    assert (status, out) == (2, "")
    assert "not UTF-8" in err


def test_letters_that_the_terminal_does_not_know_are_still_shown(conv: Shell) -> None:
    conv.environment.update(PYTHONIOENCODING="latin-1")

    status, out, err = finish(conv.start("submit", "Greet", "name=\u0410\u0434\u0430", "--wait"))

    assert (status, err) == (0, "")
    assert "\\u0410" in out


def test_a_mistake_of_ours_is_one_line_too(conv: Shell) -> None:
    broken = """
import sys, types, click
from engine.cli import group, main

@click.command()
def broken():
    1 / 0

sys.modules["engine.cli.commands.broken"] = types.SimpleNamespace(broken=broken)
group.COMMANDS["broken"] = group.Entry("broken", "broken", "Broken.")
main()
"""
    said = subprocess.run(
        [sys.executable, "-c", broken, "broken"], env=conv.environment, capture_output=True, text=True, check=False
    )

    assert said.returncode == 1
    assert said.stderr.count("\n") == 1
    assert "ZeroDivisionError" in said.stderr
    assert "Traceback" not in said.stderr


def test_long_work_shows_that_it_goes_on(empty: Shell) -> None:
    # So many nodes that no machine reads them before it shows that it is at work.
    steps = [
        f'  n{n}: {{set_parameters: {{x: "{{{{a}}}} and {{{{b}}}} {n}"}}, error: failed, go: final}}' for n in range(30)
    ]
    body = textwrap.dedent(GREET).strip() + "\n" + "\n".join(steps) + "\n"
    for number in range(1, 301):
        text = body.replace("id: 11", f"id: {number}").replace("alias: greet", "").replace("Greet", f"Greet {number}")
        empty.write(f"processes/{number}.yaml", text)
    rows = ('{"name": "' + "x" * 200 + '"}\n') * 100_000
    empty.write("rows.jsonl", rows)

    with on_terminal(empty, "deploy") as (process, terminal):
        assert "300 definitions…" in read_until(terminal, b" s").decode()
        read_until(terminal, b"Greet 299 (")
        process.wait(timeout=PATIENCE_S)
    with on_terminal(empty, "submit", "Greet 1", "--data", "rows.jsonl") as (process, terminal):
        assert b"Submitting [" in read_until(terminal, b"%")
