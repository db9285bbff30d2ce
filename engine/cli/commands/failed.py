"""conv failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ..options import DurationType, json_option, opened
from ..output import count_of, document, moment, note, plain, table
from ..status import BROKEN

if TYPE_CHECKING:
    from ...statistics import ConvFailures

COLUMNS = ("node", "error")


class ByType(click.ParamType[tuple[str, ...]]):
    """Names of columns, with commas between them."""

    name = "columns"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        names = tuple(dict.fromkeys(name.strip() for name in value.split(",")))
        if not {*names} <= {*COLUMNS}:
            self.fail(f'"{plain(value)}" is not node, error, or node,error', param, ctx)
        return names


@click.command()
@click.argument("conv", metavar="[CONV]", required=False)
@click.option(
    "--since", type=DurationType(), default="1h", show_default=True, help="How far to look back; 40d at most."
)
@click.option("--by", type=ByType(), default="node,error", show_default=True, help="What to count by.")
@click.option("--exit-code", is_flag=True, help="Exit with 1 when something failed.")
@json_option
def failed(conv: str | None, since: float, by: tuple[str, ...], exit_code: bool, as_json: bool) -> None:
    """COUNT is how often the work of a node failed and a task took its error route, also where it went on from there;
    TASKS are refs of the newest ones that ended in error because of it. Below is counted what ended in an end: error.
    Without CONV: all convs in which something failed. Up to 2 days back it is counted by minutes, further by hours.

    \b
      conv failed
      conv failed "Get token" --since 1d --by error
      conv failed --since 5m --exit-code --json
    """
    with opened() as engine:
        found = engine.failures(conv, since_s=since, by=by)
    if as_json:
        document([_as_document(one, by) for one in found])
    else:
        _show(found, by, of_one=conv is not None)
    if exit_code and any(one.failed or one.ended_in_error for one in found):
        raise click.exceptions.Exit(BROKEN)


def _as_document(one: ConvFailures, by: tuple[str, ...]) -> dict[str, Any]:
    """Without what was not counted by."""
    said = one.as_dict()
    for count in said["counts"]:
        for name in {*COLUMNS} - {*by}:
            del count[name]
    return said


def _show(found: list[ConvFailures], by: tuple[str, ...], *, of_one: bool) -> None:
    if not any(one.failed or one.ended_in_error for one in found):
        note("Nothing has failed")
        return
    headers = [*([] if of_one else ["CONV"]), *(name.upper() for name in by), "COUNT", "LAST", "TASKS"]
    rows = []
    for one in found:
        for count in one.counts:
            names = [plain(getattr(count, name)) for name in by]
            refs = ", ".join(map(plain, count.refs))
            convs = [] if of_one else [plain(one.conv)]
            rows.append([*convs, *names, str(count.count), moment(count.last_ms)[:-3], refs])
    if rows:
        table(headers, rows, right=(headers.index("COUNT"),))
    for one in found:
        if one.ended_in_error:
            refs = f": {', '.join(map(plain, one.refs))}" if one.refs else ""
            several = count_of(one.ended_in_error, "task")
            more = ", …" if refs and one.ended_in_error > len(one.refs) else ""
            click.echo(f'{several} of "{plain(one.conv)}" ended in error{refs}{more}')
