"""conv up."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import queue
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, NamedTuple

import click

from ...errors import AlreadyUp, ConfigError, Rejected, StoreError, StoreUnavailable
from ..crew import Crew, Ended, Helper
from ..filling import LOOK_S, Filling
from ..options import json_option, opened
from ..output import count_of, document, over_echo, plain, told, warn
from ..status import INTERRUPTED, OK
from ..unsealed import say_if_unsealed
from .definitions import FOLDERS, ROLLED_BACK, show_problems, summary

if TYPE_CHECKING:
    from ...app import Engine

READY_S = 10.0  # how long to wait for the workers' first word before saying where things are
LOCK = "up.lock"


@click.command()
@click.option("--workers", type=click.IntRange(1, 256), default=2, show_default=True, help="How many worker processes.")
@click.option("--port", type=click.IntRange(0, 65_535), help="Of the HTTP API; default 8117, 0: any that is free.")
@click.option("--open", "is_open", is_flag=True, help="The API asks nobody who they are; only on this machine.")
@click.option("--no-api", is_flag=True, help="Without the HTTP API.")
@json_option
def up(workers: int, port: int | None, is_open: bool, no_api: bool, as_json: bool) -> None:
    """Starts the store, unless CONV_REDIS_URL names one, worker processes, and the HTTP API for this machine; what dies
    is started again. The first start on a store shows a key for the API, once; conv key makes others.
    With the embedded store it first deploys what has changed under processes and diagrams. Ctrl-C or SIGTERM stops the
    workers when what they run is committed, a second Ctrl-C at once. Nothing is lost either way.

    \b
      conv up
      conv up --workers 4
      conv up --open                   the API asks for no key
    """
    if no_api and (is_open or port is not None):
        raise click.UsageError("--no-api excludes --port and --open")
    logging.basicConfig(format="%(asctime)s up %(process)d: %(message)s", stream=sys.stderr)
    with opened(make=True) as engine, _only_one(engine):
        say_if_unsealed(engine)
        if engine.settings.embedded:
            _deploy(engine)
        events: queue.SimpleQueue[Ended | int] = queue.SimpleQueue()

        def tell(number: int, _: FrameType | None) -> None:
            events.put(number)

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, tell)
        with (
            _door(engine, port, is_open=is_open, wanted=not no_api) as door,
            Crew(workers, events, door.helpers) as crew,
        ):
            status = _run(engine, crew, events, door, as_json)
    raise click.exceptions.Exit(status)


class Door(NamedTuple):
    """The API of this `conv up`: its address, or why there is none, and the first key if it was made just now."""

    url: str
    why_not: str
    first_key: str
    helpers: tuple[Helper, ...]


@contextlib.contextmanager
def _door(engine: Engine, port: int | None, *, is_open: bool, wanted: bool) -> Iterator[Door]:
    """Listens, so that the API's process finds the door open however often it is started. Raises ConfigError when the
    port that was asked for is taken."""
    from ...api.server import PORT, Place, bound

    if not wanted:
        yield Door("", "", "", ())
        return
    try:
        listening, place = bound(Place(port=PORT if port is None else port))
    except ConfigError as error:
        if port is not None:
            raise
        yield Door("", f"{error.message}", "", ())
        return
    with listening:
        first = None if is_open else engine.keyring.first_key()
        words = ("api", "--listening", str(listening.fileno()), *(("--open",) if is_open else ()))
        helper = Helper("The API", words, (listening.fileno(),))
        yield Door(place.url, "", first.text if first is not None else "", (helper,))


@contextlib.contextmanager
def _only_one(engine: Engine) -> Iterator[None]:
    """One conv up a folder, with the embedded store. On a server by URL, many are how work is spread over machines."""
    if not engine.settings.embedded:
        yield
        return
    lock = Path(engine.settings.home, LOCK)
    with lock.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            process = file.read(20).strip() or "unknown"
            raise AlreadyUp(
                f"conv up is already running in this folder (process {process}): use it as it is, stop it first, "
                "or add a worker to it with conv worker",
                where=str(lock),
            ) from None
        file.seek(0)
        file.truncate()
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


def _deploy(engine: Engine) -> None:
    folders = [folder for folder in FOLDERS if Path(folder).is_dir()]
    if not folders:
        return
    try:
        report = engine.deploy(folders, raise_on_errors=False, keep_rollbacks=True)
    except Rejected as error:
        told(f"Not deployed: {error.message}")
        return
    if not report.is_deployed:
        show_problems([problem for problem in report.problems if problem.severity == "error"], err=True)
        told(f"Not deployed: {summary(report.problems)}; what was deployed before runs on")
    for name in report.changed if report.is_deployed else []:
        told(f"Deployed {plain(name)}")
    for name in report.rolled_back:
        told(f"Not deployed {plain(name)}: {ROLLED_BACK}")


def _run(engine: Engine, crew: Crew, events: queue.SimpleQueue[Ended | int], door: Door, as_json: bool) -> int:
    """Look after the crew until a signal asks to stop; the exit status."""
    said = waiting = False
    said_by = time.monotonic() + READY_S
    filling = Filling(engine)
    while True:
        try:
            event = events.get(timeout=min(crew.wait_s(), LOOK_S) if said else 0.05)
        except queue.Empty:
            event = None
        if isinstance(event, int):
            return _stop(crew, events, event)
        if isinstance(event, Ended):
            told(crew.ended(event))
        if crew.is_hopeless:
            return crew.last_status
        crew.start_due()
        if said:
            _say_how_full(filling)
            continue
        try:
            if engine.workers_alive() >= crew.size or time.monotonic() > said_by:
                _say_where(engine, crew, door, as_json)
                said = True
        except StoreUnavailable as error:
            if not waiting:
                told(f"{error.message}; waiting for it")
            waiting = True


def _say_how_full(filling: Filling) -> None:
    with contextlib.suppress(StoreError):  # the workers say so
        said = filling.look()
        if said:
            warn(plain(said))


def _say_where(engine: Engine, crew: Crew, door: Door, as_json: bool) -> None:
    settings = engine.settings
    kind = "embedded" if settings.embedded else "server"
    if as_json:
        document(
            {
                "store": engine.store.address,
                "kind": kind,
                "durability": str(settings.durability),
                "process": os.getpid(),
                "workers": crew.pids(),
                "api": door.url,
                "first_key": door.first_key,
            }
        )
        return
    pids = ", ".join(map(str, crew.pids()))
    click.echo(f"store    {engine.store.address} ({kind}, {settings.durability})")
    click.echo(f"convs    {count_of(len(engine.convs()), 'conv')} deployed: conv list")
    click.echo(f"workers  {crew.size} (process {pids})")
    if door.url or door.why_not:
        click.echo(f"api      {door.url or door.why_not}")
    if door.first_key:
        click.echo(f"key      {door.first_key}  (it may do everything, and is shown this once)")
    click.echo("Ctrl-C stops it.")


def _stop(crew: Crew, events: queue.SimpleQueue[Ended | int], number: int) -> int:
    """Ask the workers to end and wait for them; a second signal ends them at once."""
    click.echo(over_echo(), nl=False, err=True)
    told("Stopping when what runs is committed; Ctrl-C again stops at once.")
    crew.stop()
    while crew.is_alive:
        event = events.get()
        if isinstance(event, Ended):
            crew.buried(event)
        else:
            crew.kill()
    told("Stopped.")
    return INTERRUPTED if number == signal.SIGINT else OK
