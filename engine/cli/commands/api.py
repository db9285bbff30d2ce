"""conv api."""

from __future__ import annotations

import ipaddress
import logging
import socket
import sys
import threading
from pathlib import Path

import click

from ...errors import ConfigError
from ..options import opened
from ..output import note, told
from ..parent import end_with_parent

FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.option("--port", type=click.IntRange(0, 65_535), default=8117, show_default=True, help="0: any that is free.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--tls-cert", type=FILE, help="A certificate with its chain, as PEM; read again when it changes.")
@click.option("--tls-key", type=FILE, help="Its key, as PEM.")
@click.option("--behind-proxy", metavar="NETS", default="", help="Addresses of the proxy in front, such as 10.0.0.0/8.")
@click.option("--open", "is_open", is_flag=True, help="Ask nobody who they are. Only on this machine.")
@click.option("--log", "logs", is_flag=True, help="A line of JSON on standard error for each request.")
@click.option("--with-parent", is_flag=True, hidden=True, help="Stop when standard input ends: conv up has gone.")
@click.option("--listening", type=int, hidden=True, help="A socket that listens already, by its number.")
@click.option("--json", "as_json", is_flag=True, help="Errors as JSON.")
def api(
    port: int,
    host: str,
    tls_cert: Path | None,
    tls_key: Path | None,
    behind_proxy: str,
    is_open: bool,
    logs: bool,
    with_parent: bool,
    listening: int | None,
    as_json: bool,
) -> None:
    """Serves the HTTP API. Run as many as there is work for, on any machine that reaches the store. Ctrl-C or SIGTERM
    stops it when the requests under way are answered. The first start on a store shows a key for everything, once.

    \b
      conv api
      conv api --open                       for programs of this machine, without keys
      curl -s -u 10001:SECRET http://127.0.0.1:8117/v1/convs
      conv api --host 0.0.0.0 --tls-cert server.pem --tls-key server.key
      conv api --host 0.0.0.0 --behind-proxy 10.0.0.0/8
    """
    from ...api.server import Place, Tls, bound, log_requests, serve

    if (tls_cert is None) != (tls_key is None):
        raise click.UsageError("--tls-cert and --tls-key go together")
    tls = Tls(tls_cert, tls_key) if tls_cert is not None and tls_key is not None else None
    place = Place(host, port, tls, _nets(behind_proxy))
    place.check(is_open=is_open)
    logging.basicConfig(format="%(asctime)s api %(process)d: %(message)s", level=logging.WARNING, stream=sys.stderr)
    if logs:
        log_requests(sys.stderr)
    if with_parent:
        threading.Thread(target=end_with_parent, daemon=True).start()
    with opened(make=True) as engine:
        if listening is not None:
            door = socket.socket(fileno=listening)
            place = place._replace(port=door.getsockname()[1])
        else:
            door, place = bound(place)
            if not is_open and (first := engine.keyring.first_key()) is not None:
                click.echo(first.text)
                note(f"The first key, {first.key.login}: it may do everything. This is the one time that it is shown.")
            if not as_json:
                told(f"The API is at {place.url}/v1/openapi.json; Ctrl-C stops it.")
        serve(engine, door, place, is_open=is_open)


def _nets(words: str) -> tuple[str, ...]:
    nets = tuple(word.strip() for word in words.split(",") if word.strip())
    for net in nets:
        try:
            ipaddress.ip_network(net)
        except ValueError:
            raise ConfigError(
                f'"{net}" is no address or net, such as 10.0.0.7 or 10.0.0.0/8', where="--behind-proxy"
            ) from None
    return nets
