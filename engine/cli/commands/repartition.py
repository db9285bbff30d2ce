"""conv repartition."""

from __future__ import annotations

import time

import click

from ...store.ids import BUCKETS
from ..options import conv_argument, json_option, opened
from ..output import count_of, document, plain
from ..progress import Bar


@click.command()
@conv_argument
@click.argument("partitions", type=click.IntRange(1, BUCKETS), metavar="N")
@json_option
def repartition(conv: str, partitions: int, as_json: bool) -> None:
    """A conv with one partition is on one node of a cluster; with N of them its tasks are spread over N places. They go
    on meanwhile: a small group at a time waits for a moment, and references to them are answered all the time.

    What counts or paces exactly (task_limit, rate) is in one place only, and so is its conv, unless it says
    approximate: true.

    Broken off, the move leaves everything working. The same command goes on with it.

    \b
      conv repartition "Token storage" 4
    """
    began = time.monotonic()
    with opened() as engine:
        record = engine.find(conv)
        with Bar(f"Moving {plain(record.title)}", BUCKETS, hidden=as_json) as bar:
            tasks = engine.repartition(
                conv,
                partitions,
                lambda tasks, buckets, of: bar.update(buckets * BUCKETS // max(1, of), count_of(tasks, "task")),
            )
    if as_json:
        document({"conv_id": record.conv_id, "partitions": partitions, "moved": tasks})
        return
    took = f"{time.monotonic() - began:.1f} s"
    where = count_of(partitions, "partition")
    click.echo(f"{plain(record.title)} ({record.conv_id}): {where}, {count_of(tasks, 'task')} moved in {took}")
