"""conv modify, callback, cancel, retry, delete."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from engine.cli.options import conv_argument, json_option, key_option, opened, ref_argument, values_argument
from engine.cli.output import document, note, plain
from engine.cli.values import parse_values, read_object, read_text

if TYPE_CHECKING:
    from engine.app import Engine, Modified

data_option = click.option("--data", "data_file", metavar="FILE|-", help="A JSON object; name=value words win over it.")


def given_data(values: tuple[str, ...], data_file: str | None) -> dict[str, Any]:
    """The data of words and file together. Raises click.ClickException when there is none."""
    data: dict[str, Any] = {}
    if data_file is not None:
        try:
            data = read_object(read_text(data_file), data_file)
        except FileNotFoundError:
            raise click.ClickException(f'there is no file "{data_file}"') from None
    data.update(parse_values(values))
    if not data:
        raise click.ClickException("nothing to change: give name=value, or --data")
    return data


def _modified(engine: Engine, what: str, ref: str, modified: Modified, as_json: bool) -> None:
    """Say what was done, or what the task keeps until it comes to a node that takes it."""
    if modified.kept:
        what = (
            f'kept for "{ref}": it is in node "{modified.node}" now, and takes this at the next state or callback node'
        )
    _done(engine, what, {**modified._asdict(), "ref": ref}, as_json)


def _done(engine: Engine, what: str, answer: dict[str, Any], as_json: bool) -> None:
    """Say what was done. What needs a worker is only noted until one runs."""
    workers = engine.workers_alive()
    if as_json:
        document({**answer, "workers": workers})
        return
    click.echo(plain(what))
    if not workers:
        note("No worker is running, so nothing moves yet: conv up")


@click.command()
@conv_argument
@click.argument("ref", metavar="REF")
@values_argument
@data_option
@key_option
@json_option
def modify(conv: str, ref: str, values: tuple[str, ...], data_file: str | None, key: str | None, as_json: bool) -> None:
    """The parameters are merged into the task, an event of its own: the state or callback node where it stands, or the
    next that it comes to, tests its routes for it. A task id will do for REF.

    \b
      conv modify "Token storage" token token=new-value
      conv modify 140897 token expires_at:=1800000000 token=@token.txt
      conv modify Account 7 pay:=10 --key payment-4711
    """
    data = given_data(values, data_file)
    with opened() as engine:
        _modified(engine, f'modified "{ref}"', ref, engine.modify(conv, ref, data, key=key), as_json)


@click.command()
@conv_argument
@click.argument("ref_or_id", metavar="[REF_OR_ID]", required=False)
@values_argument
@data_option
@click.option("--node", metavar="NODE", help="The task is named in the data, at this node's obj_id_path.")
@key_option
@json_option
def callback(
    conv: str,
    ref_or_id: str | None,
    values: tuple[str, ...],
    data_file: str | None,
    node: str | None,
    key: str | None,
    as_json: bool,
) -> None:
    """As conv modify, but the task must stand in a callback node or a state just now; else nothing is changed. One that
    is busy with an earlier event is waited for up to two seconds.

    \b
      conv callback "Order" order-7 paid:=true
      conv callback "Order" --node "wait for payment" --data notice.json
    """
    if node is not None:
        data = given_data((*([ref_or_id] if ref_or_id else []), *values), data_file)
    elif ref_or_id is None:
        raise click.UsageError("name the task by its ref or id, or the node that finds it in the data: --node")
    else:
        data = given_data(values, data_file)
    with opened() as engine:
        if node is not None:
            modified = engine.callback_in(conv, node, data, key=key)
        else:
            modified = engine.callback(conv, str(ref_or_id), data, key=key)
        named = modified.task_id if node is not None else str(ref_or_id)
        _modified(engine, f'answered "{named}"', named, modified, as_json)


def _act(conv: str, ref_or_id: str, as_json: bool, words: str, act: Callable[[Engine], str]) -> None:
    with opened() as engine:
        answer = act(engine)
        later = "; it runs just now, so after this run" if answer == "noted" else ""
        _done(engine, f'{words} "{ref_or_id}"{later}', {"conv": conv, "task": ref_or_id, "answer": answer}, as_json)


@click.command()
@conv_argument
@ref_argument
@json_option
def cancel(conv: str, ref_or_id: str, as_json: bool) -> None:
    """The task ends in the error end of its process. An outside call that is under way is not undone.

    \b
      conv cancel "Get token" first
    """
    _act(conv, ref_or_id, as_json, "cancelling", lambda engine: engine.cancel(conv, ref_or_id))


@click.command()
@conv_argument
@ref_argument
@click.option("--node", metavar="NODE", help="Where to go on; default: where it stands, or where it failed.")
@json_option
def retry(conv: str, ref_or_id: str, node: str | None, as_json: bool) -> None:
    """Works from any place: a task that was set aside, one that waits, and one that has ended.

    \b
      conv retry "Get token" first
      conv retry "Get token" first --node "request token"
    """
    _act(conv, ref_or_id, as_json, "retrying", lambda engine: engine.retry(conv, ref_or_id, node))


@click.command()
@conv_argument
@ref_argument
@json_option
def delete(conv: str, ref_or_id: str, as_json: bool) -> None:
    """The record, its place in the archive and its ref go together; nothing is kept.

    \b
      conv delete "Get token" first
    """
    with opened() as engine:
        answer = engine.delete(conv, ref_or_id)
    if as_json:
        document({"conv": conv, "task": ref_or_id, "answer": answer})
    else:
        later = "; it runs just now, so after this run" if answer == "noted" else ""
        click.echo(plain(f'deleted "{ref_or_id}"{later}'))
