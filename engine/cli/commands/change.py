"""conv modify, callback, cancel, retry, delete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ..bulk import Many, bulk_options
from ..options import conv_argument, json_option, key_option, opened, reached, values_argument
from ..output import document, note, plain
from ..trail import value_edited
from ..values import parse_values, read_object, read_text
from ..waiting import Waiting, wait_options

if TYPE_CHECKING:
    from ...app import Engine, Modified, Submitted
    from ...views import TaskView

ref_argument = click.argument("ref_or_id", metavar="[REF_OR_ID]", required=False)
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
    if modified.busy:
        what = f'kept for "{ref}": it is busy with an earlier event in node "{modified.node}", and takes this after it'
    elif modified.kept:
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
        note("No worker is running, so nothing moves yet: conv up (or --wait)")


@click.command()
@conv_argument
@click.argument("ref", metavar="REF")
@values_argument
@data_option
@key_option
@wait_options
@json_option
def modify(
    conv: str,
    ref: str,
    values: tuple[str, ...],
    data_file: str | None,
    key: str | None,
    wait: bool,
    timeout: float,
    reveal: bool,
    as_json: bool,
) -> None:
    """The parameters are merged into the task, an event of its own: the state or callback node where it stands, or the
    next that it comes to, tests its routes for it. A task id will do for REF.

    "modified" says that the node where the task stands takes it, "kept" that a later one does, or the same after an
    earlier event. Where no such node can follow, and when the task has ended, it is refused.

    With --wait and no conv up running, this command runs all ready work itself, older tasks first.

    \b
      conv modify "Token storage" token token=new-value
      conv modify 140897 token expires_at:=1800000000 token=@token.txt --wait
      conv modify Account 7 pay:=10 --key payment-4711

    Exit status with --wait: 0 it parked or ended well, 1 it failed, 3 it still waits.
    """
    data = given_data(values, data_file)
    with reached(reveal=reveal) as engine:
        waiting = _waiting(engine, conv, wait, timeout, reveal, as_json)
        with value_edited(engine, conv, ref, data):
            modified = engine.modify(conv, ref, data, key=key)
        if waiting is not None:
            waiting.show(_named(engine, conv, modified.task_id, ref))
        else:
            _modified(engine, f'modified "{ref}"', ref, modified, as_json)


@click.command()
@conv_argument
@click.argument("ref_or_id", metavar="[REF_OR_ID]", required=False)
@values_argument
@data_option
@click.option("--node", metavar="NODE", help="The task is named in the data, at this node's obj_id_path.")
@key_option
@wait_options
@json_option
def callback(
    conv: str,
    ref_or_id: str | None,
    values: tuple[str, ...],
    data_file: str | None,
    node: str | None,
    key: str | None,
    wait: bool,
    timeout: float,
    reveal: bool,
    as_json: bool,
) -> None:
    """As conv modify, but the task must stand in a callback node or a state just now; else nothing is changed. One that
    is busy with an earlier event is waited for up to two seconds.

    With --wait and no conv up running, this command runs all ready work itself, older tasks first; that may bring the
    task to its callback node.

    \b
      conv callback "Order" order-7 paid:=true --wait
      conv callback "Order" --node "wait for payment" --data notice.json

    Exit status with --wait: 0 it parked or ended well, 1 it failed, 3 it still waits.
    """
    if node is not None:
        if ref_or_id is not None and "=" not in ref_or_id:
            raise click.UsageError(f'with --node the data names the task; leave out "{ref_or_id}"')
        data = given_data((*([ref_or_id] if ref_or_id else []), *values), data_file)
    elif ref_or_id is None:
        raise click.UsageError("name the task by its ref or id, or the node that finds it in the data: --node")
    else:
        data = given_data(values, data_file)
    with reached(reveal=reveal) as engine:
        waiting = _waiting(engine, conv, wait, timeout, reveal, as_json)
        if node is not None:
            modified = engine.callback_in(conv, node, data, key=key)
        else:
            modified = engine.callback(conv, str(ref_or_id), data, key=key)
        named = modified.task_id if node is not None else str(ref_or_id)
        if waiting is not None:
            waiting.show(_named(engine, conv, modified.task_id, named))
        else:
            _modified(engine, f'answered "{named}"', named, modified, as_json)


def _waiting(
    engine: Engine, conv: str, wait: bool, timeout_s: float, reveal: bool, as_json: bool, *, older: bool = True
) -> Waiting | None:
    """For a command with --wait. With `older` all that was sent before has been run by then."""
    if not wait:
        return None
    engine.find(conv)  # a command that is refused runs nothing
    waiting = Waiting(engine, timeout_s, reveal, as_json)
    if older:
        waiting.run_older()
    return waiting


def _named(engine: Engine, conv: str, task_id: str, ref: str) -> Submitted:
    from ...app import Submitted

    return Submitted(task_id, ref, engine.find(conv).conv_id)


@click.command()
@conv_argument
@ref_argument
@bulk_options("--in", "--node")
@wait_options
@json_option
def cancel(
    conv: str, ref_or_id: str | None, wait: bool, timeout: float, reveal: bool, as_json: bool, **words: Any
) -> None:
    """The task ends in the error end of its process. An outside call that is under way is not undone.

    With --wait and no conv up running, this command runs all ready work itself, but only after the cancel. With a
    filter or --refs in place of REF_OR_ID many tasks are cancelled, those that live: first it shows how many, and asks.

    \b
      conv cancel "Get token" first
      conv cancel "Get token" first --wait
      conv cancel Price --in ask --where 'amount > 1000' --since 1d

    Exit status with --wait: 1 it has ended in error, 3 it still runs. Of many tasks: 1 some were refused.
    """
    many = Many(words)
    if many.are_meant(ref_or_id, wait):
        with opened() as engine:
            many.run(engine, "cancel", conv, as_json)
        return
    ref_or_id = str(ref_or_id)
    with reached(reveal=reveal) as engine:
        waiting = _waiting(engine, conv, wait, timeout, reveal, as_json, older=False)
        view = engine.task(conv, ref_or_id)
        answer = engine.cancel(conv, ref_or_id)
        if waiting is not None:
            waiting.show(_named(engine, conv, view.task_id, view.ref))
        else:
            what = {"conv": conv, "task": ref_or_id, "answer": answer}
            _done(engine, f'cancelling "{ref_or_id}"{_later(answer)}', what, as_json)


def _later(answer: str) -> str:
    return "; it runs just now, so after this run" if answer == "noted" else ""


@click.command()
@conv_argument
@ref_argument
@values_argument
@data_option
@click.option("--node", metavar="NODE", help="Where to go on; default: where it failed, else where it stands.")
@bulk_options("--in")
@wait_options
@json_option
def retry(
    conv: str,
    ref_or_id: str | None,
    values: tuple[str, ...],
    data_file: str | None,
    node: str | None,
    wait: bool,
    timeout: float,
    reveal: bool,
    as_json: bool,
    **words: Any,
) -> None:
    """Works from any place: a task that was set aside, one that waits, and one that has ended.

    A task that failed runs again in the node that failed first, not in its escalation; the error parameters of that
    failure are removed. With --wait and no conv up running, this command runs all ready work itself, older tasks first.

    name=value words and --data are merged into its parameters before it runs.

    With a filter or --refs in place of REF_OR_ID many tasks run again: first it shows how many, and asks. Without --in,
    --place, --error and --all these are tasks that ended in an error end, or were set aside.

    \b
      conv retry "Get token" first --wait
      conv retry "Get token" first --node "request token" code=4711
      conv retry "Get token" --error api_bad_answer --since 1h
      conv retry "Get token" --refs refs.txt --yes

    Exit status with --wait: 0 it ended well or parked, 1 it failed again, 3 it still waits. Of many tasks: 1 some were
    refused.
    """
    many = Many(words)
    has_data = bool(values) or data_file is not None
    if many.are_meant(ref_or_id, wait):
        if has_data:
            raise click.UsageError("name=value and --data are about one task")
        with opened() as engine:
            many.run(engine, "retry", conv, as_json, node=node)
        return
    ref_or_id = str(ref_or_id)
    data = given_data(values, data_file) if has_data else None
    with reached(reveal=reveal) as engine:
        waiting = _waiting(engine, conv, wait, timeout, reveal, as_json)
        view = engine.task(conv, ref_or_id)
        answer = engine.retry(conv, ref_or_id, node, data=data)
        again, at = _again(view, node) if answer == "ok" else ("", None)
        if waiting is not None:
            if again and not as_json:
                note(plain(f'Retrying "{ref_or_id}"{again}.'))
            waiting.show(_named(engine, conv, view.task_id, view.ref))
        else:
            what = {"conv": conv, "task": ref_or_id, "answer": answer, "node": at}
            _done(engine, f'retrying "{ref_or_id}"{again}{_later(answer)}', what, as_json)


def _again(view: TaskView, node: str | None) -> tuple[str, str]:
    """Where a task that stood so before the retry runs again: in words, and the node."""
    failed = ""
    if node is None and view.failure is not None:
        node, failed = view.failure.node, f", where it failed with {view.failure.tag}"
    elif node is None:
        node = view.path[-2].node if view.is_final and len(view.path) > 1 else view.node
    return f': again in node "{node}"{failed}', node


@click.command()
@conv_argument
@ref_argument
@bulk_options("--in", "--node")
@json_option
def delete(conv: str, ref_or_id: str | None, as_json: bool, **words: Any) -> None:
    """The record, its place in the archive and its ref go together; nothing is kept.

    With a filter or --refs in place of REF_OR_ID many tasks are deleted, wherever they are: first it shows how many,
    and asks.

    \b
      conv delete "Get token" first
      conv delete Price --in done --until 7d

    Exit status of many tasks: 1 some were refused.
    """
    many = Many(words)
    if many.are_meant(ref_or_id):
        with opened() as engine:
            many.run(engine, "delete", conv, as_json)
        return
    ref_or_id = str(ref_or_id)
    with reached() as engine:
        answer = engine.delete(conv, ref_or_id)
    if as_json:
        document({"conv": conv, "task": ref_or_id, "answer": answer})
    else:
        click.echo(plain(f'deleted "{ref_or_id}"{_later(answer)}'))
