"""conv api."""

from __future__ import annotations

import logging
import sys

import click

from ...errors import ConfigError
from ..options import opened
from ..output import told


@click.command()
@click.option("--port", type=click.IntRange(0, 65_535), default=8117, show_default=True, help="0: any that is free.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--open", "is_open", is_flag=True, help="Ask nobody who they are. Only on this machine.")
@click.option("--log", "logs", is_flag=True, help="A line of JSON on standard error for each request.")
@click.option("--json", "as_json", is_flag=True, help="Errors as JSON.")
def api(port: int, host: str, is_open: bool, logs: bool, as_json: bool) -> None:
    """Serves the HTTP API. Run as many as there is work for, on any machine that reaches the store. Ctrl-C or SIGTERM
    stops it when the requests under way are answered.

    \b
      conv api --open
      curl -s http://127.0.0.1:8117/v1/convs
    """
    from ...api.server import Place, bound, hosts_of, serve

    place = Place(host, port)
    if not is_open:
        raise ConfigError("the API has no keys yet; conv api --open serves it to this machine", where="--open")
    if not place.is_loopback:
        raise ConfigError(f"an open server listens only on this machine, not at {host}", where="--open")
    logging.basicConfig(format="%(asctime)s api %(process)d: %(message)s", level=logging.WARNING, stream=sys.stderr)
    if logs:
        line = logging.StreamHandler(sys.stderr)
        line.setFormatter(logging.Formatter("%(message)s"))
        access = logging.getLogger("conv.api.access")
        access.addHandler(line)
        access.setLevel(logging.INFO)
        access.propagate = False
    with opened(make=True) as engine:
        listening, place = bound(place)
        if not as_json:
            told(f"The API is at {place.url}/v1/openapi.json; Ctrl-C stops it.")
        serve(engine, listening, hosts=hosts_of(place))
