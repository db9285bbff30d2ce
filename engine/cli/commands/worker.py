"""conv worker."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from types import FrameType

import click

from ..options import opened
from ..output import over_echo, told
from ..parent import end_with_parent
from ..status import INTERRUPTED
from ..unsealed import say_if_unsealed


@click.command()
@click.option("--with-parent", is_flag=True, hidden=True, help="Stop when standard input ends: conv up has gone.")
@click.option("--health", metavar="HOST:PORT", help="Answer GET /live and GET /ready there.")
@click.option("--json", "as_json", is_flag=True, help="Errors as JSON.")
def worker(with_parent: bool, health: str | None, as_json: bool) -> None:
    """A worker claims tasks, runs them and commits them. Run as many as there is work for, on any machine that reaches
    the store; conv up runs some and looks after them. Ctrl-C or SIGTERM stops it when what it runs is committed, a
    second one at once; nothing is lost either way.

    \b
      conv worker
      CONV_REDIS_URL=redis://store.example:6379/0 conv worker
      conv worker --health 127.0.0.1:8081     /ready: 200 while the store answers it, else 503
    """
    logging.basicConfig(format="%(asctime)s worker %(process)d: %(message)s", level=logging.INFO, stream=sys.stderr)
    stopped: list[int] = []
    with opened(make=True) as engine:
        running = engine.worker()
        if health is not None:
            from ...worker.health import serve_health

            host, _, port = health.rpartition(":")
            if not host or not port.isdigit() or int(port) > 65535:
                raise click.BadParameter(f'"{health}" is not HOST:PORT, such as 127.0.0.1:8081', param_hint="--health")
            server = serve_health(running, host.strip("[]"), int(port))
            told(f"Health at http://{host}:{server.server_port}/ready")

        def stop(number: int, _: FrameType | None = None) -> None:
            if stopped:
                os._exit(INTERRUPTED)  # asked twice: at once, as if killed; what it held goes to other workers
            stopped.append(number)
            running.stop()
            if not with_parent:
                click.echo(over_echo(), nl=False, err=True)
                told("Stopping when what runs is committed; once more stops at once.")

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, stop)
        if with_parent:
            threading.Thread(target=end_with_parent, daemon=True).start()
        elif not as_json:
            told(f"Worker {running.name} works for {engine.store.address}; Ctrl-C stops it.")
            say_if_unsealed(engine)
        running.run()
    if signal.SIGINT in stopped:
        raise click.exceptions.Exit(INTERRUPTED)
