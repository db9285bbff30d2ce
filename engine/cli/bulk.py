"""`conv retry|cancel|delete CONV --where …`: a plan with counts, a question, the work, and who was refused."""

from __future__ import annotations

import getpass
import socket
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from .filters import filter_options, made_filter
from .output import count_of, document, note, plain, table, warn
from .progress import Bar
from .status import BROKEN, Interrupted
from .values import read_text

if TYPE_CHECKING:
    from ..app import Engine, JobPlan, JobView

F = TypeVar("F", bound=Callable[..., Any])

SHOWN = 20  # refusals; conv jobs show has all
VERBS = {"retry": "retried", "cancel": "cancelled", "delete": "deleted", "modify": "modified"}
REASONS = {
    "moved": "moved on since the plan",
    "not_found": "there is no such task",
    "final": "has ended already",
    "ref_taken": "another living task has its ref",
    "inactive": "its conv is paused",
    "never": "comes to no state or callback node any more",
}


def bulk_options(*nodes: str) -> Callable[[F], F]:
    """The filter, --refs and --yes, of a command that takes many tasks instead of one."""

    def decorate(command: F) -> F:
        for option in (
            click.option("--yes", is_flag=True, help="Of many tasks: do not ask."),
            click.option("--all", "everything", is_flag=True, help="All tasks of the conv."),
            click.option("--refs", metavar="FILE|-", help="The tasks with these refs or ids, one on a line."),
            filter_options(*nodes),
        ):
            command = option(command)
        return command

    return decorate


class Many:
    """The words of one command that say which tasks are meant."""

    def __init__(self, words: dict[str, Any]) -> None:
        self._yes: bool = words.pop("yes")
        self._everything: bool = words.pop("everything")
        self._refs: str | None = words.pop("refs")
        self._filter = words

    def are_meant(self, ref_or_id: str | None, wait: bool = False) -> bool:
        """Whether many tasks are meant, or the one of a ref. Raises click.UsageError where it is neither or both."""
        is_filter = self._everything or any(self._filter.values())
        if (ref_or_id is not None) + is_filter + (self._refs is not None) > 1:
            raise click.UsageError("name one task, or give --refs, or a filter such as --where; one of the three")
        if ref_or_id is not None:
            return False
        if not is_filter and self._refs is None:
            raise click.UsageError("name a task by its ref or id, or say which: --where, --in, --error, --refs, --all")
        if wait:
            raise click.UsageError("--wait is about one task")
        return True

    def run(self, engine: Engine, kind: str, conv: str, as_json: bool, *, node: str | None = None) -> None:
        """Plan, ask, work. Raises click's Exit with status 1 when a task was refused, or the work was stopped."""
        if as_json and not self._yes:
            raise click.UsageError("--json asks no questions: give --yes too")
        plan = self._plan(engine, kind, conv, node)
        if not as_json:
            show_plan(plan)
        if not plan.total and not plan.unknown:
            engine.stop_job(plan.job_id)
            if as_json:
                document({**plan.as_dict(), "job": None, "refused": []})
            return
        if not self._yes:
            self._ask(engine, plan)
        work(engine, plan.job_id, as_json, plan)

    def _plan(self, engine: Engine, kind: str, conv: str, node: str | None) -> JobPlan:
        with Bar("Looking for tasks", 0) as bar:
            more: dict[str, Any] = {"node": node, "who": _who()}
            more["progress"] = lambda tasks: bar.update(tasks, count_of(tasks, "task"))
            if self._refs is not None:
                return engine.plan_job(kind, conv, refs=_refs_of(self._refs), **more)
            chosen = self._everything or any(self._filter[name] for name in ("nodes", "places", "error"))
            what = made_filter(**self._filter, failed=kind == "retry" and not chosen)
            return engine.plan_job(kind, conv, what, **more)

    def _ask(self, engine: Engine, plan: JobPlan) -> None:
        """Raises click's Exit, or click.UsageError where nobody can be asked."""
        try:
            if not sys.stdin.isatty() or self._refs == "-":
                raise click.UsageError(f"nobody can be asked here; --yes does it: {count_of(plan.total, 'task')}")
            if click.confirm(f"{plan.kind.capitalize()} {count_of(plan.total, 'task')}?", err=True):
                return
            note("Nothing was done.")
            raise click.exceptions.Exit(BROKEN)
        except BaseException:
            engine.stop_job(plan.job_id)
            raise


def show_plan(plan: JobPlan) -> None:
    if plan.counts:
        rows = [(plain(node), place, f"{count:,}") for node, place, count in plan.counts]
        table(("NODE", "PLACE", "TASKS"), rows, right=(2,))
    if not plan.total:
        note("No such task.")
    if plan.unknown:
        note(f"{count_of(plan.unknown, 'ref')} of no task.")
    if plan.more:
        warn(f"one job takes {plan.total:,} tasks; there are more: run it once more for the rest")


def work(engine: Engine, job_id: str, as_json: bool, plan: JobPlan | None = None) -> None:
    """Work at a job, and say what became of it. Raises click's Exit with status 1 when not all was done."""
    view = engine.job(job_id)
    try:
        with Bar(view.kind.capitalize(), view.total, hidden=as_json) as bar:
            view = engine.run_job(
                job_id, lambda done, refused, total: bar.update(done + refused, f"{done + refused:,} of {total:,}")
            )
    except KeyboardInterrupt:
        raise Interrupted(f"interrupted; conv jobs resume {job_id} goes on") from None
    if as_json:
        rows = [{"ref": one.ref, "task_id": one.task_id, "reason": one.reason} for one in engine.job_refused(job_id)]
        document({**(plan.as_dict() if plan else {}), "job": view.as_dict(), "refused": rows})
    else:
        show_end(engine, view)
    if view.refused or view.state != "done":
        raise click.exceptions.Exit(BROKEN)


def show_end(engine: Engine, view: JobView, shown: int = SHOWN) -> None:
    """How a job stands, and whom it refused."""
    click.echo(f"{VERBS.get(view.kind, view.kind)} {view.done:,} of {count_of(view.total, 'task')}")
    if view.refused:
        reasons = ", ".join(f"{count:,} {reason_words(reason)}" for reason, count in sorted(view.reasons.items()))
        click.echo(f"refused {view.refused:,}: {reasons}")
        rows: list[tuple[str, str]] = []
        for one in engine.job_refused(view.job_id):
            if len(rows) == shown:
                break
            rows.append((plain(one.ref), reason_words(one.reason)))
        table(("REF", "REFUSED"), rows)
        if view.refused > len(rows):
            note(f"The first {len(rows)}; conv jobs show {view.job_id} lists them.")
    if view.state == "stopped":
        note(f"Stopped; conv jobs resume {view.job_id} goes on.")
    elif view.done and view.kind != "delete" and not engine.workers_alive():
        note("No worker is running, so nothing moves yet: conv up")


def reason_words(reason: str) -> str:
    return REASONS.get(reason, plain(reason))


def _refs_of(path: str) -> Iterable[str]:
    try:
        text = read_text(path)
    except FileNotFoundError:
        raise click.ClickException(f'there is no file "{path}"') from None
    return [line.strip() for line in text.splitlines() if line.strip()]


def _who() -> str:
    """Who works here, for people."""
    try:
        return f"{getpass.getuser()}@{socket.gethostname()}"
    except (OSError, KeyError):
        return socket.gethostname()


def job_view(engine: Engine, job_id: str | None) -> JobView:
    """Raises click.UsageError without an id, NotFound."""
    if job_id is None:
        raise click.UsageError("name the job; conv jobs lists them")
    return engine.job(job_id)
