"""conv jobs."""

from __future__ import annotations

import click

from ..bulk import VERBS, job_view, reason_words, work
from ..options import json_option, opened
from ..output import document, fields, moment, note, plain, table


@click.command()
@click.argument("action", type=click.Choice(["show", "stop", "resume"]), required=False)
@click.argument("job_id", metavar="[JOB]", required=False)
@json_option
def jobs(action: str | None, job_id: str | None, as_json: bool) -> None:
    """What conv retry, cancel and delete do, or have done, to many tasks at once; kept for 7 days.

    "left" is a job whose command has died: resume goes on with it, and does no task twice.

    \b
      conv jobs
      conv jobs show JOB       whom it refused, and why
      conv jobs stop JOB       after the present step
      conv jobs resume JOB

    Exit status: 1 a task was refused, or it was stopped.
    """
    with opened() as engine:
        if action is None:
            views = engine.jobs()
            if as_json:
                document([view.as_dict() for view in views])
            elif not views:
                note("No jobs within 7 days.")
            else:
                rows = [
                    (
                        view.job_id,
                        "stopping" if view.stops else view.state,
                        f"{view.kind} {view.conv_id}",
                        f"{view.done:,}/{view.total:,}",
                        f"{view.refused:,}",
                        moment(view.changed_ms),
                        plain(f"{view.what}, by {view.who}" if view.who else view.what),
                    )
                    for view in views
                ]
                table(("JOB", "STATE", "DOES", "DONE", "REFUSED", "CHANGED", "TASKS"), rows, right=(3, 4))
            return
        view = job_view(engine, job_id)
        if action == "resume":
            work(engine, view.job_id, as_json)
        elif action == "stop":
            view = engine.stop_job(view.job_id)
            if as_json:
                document(view.as_dict())
            else:
                click.echo(f"{'stopping after this step' if view.stops else 'stopped'}: {view.job_id}")
        elif as_json:
            rows_of = [*engine.job_refused(view.job_id)]
            document(
                {
                    **view.as_dict(),
                    "refusals": [{"ref": one.ref, "task_id": one.task_id, "reason": one.reason} for one in rows_of],
                }
            )
        else:
            fields(
                [
                    ("job", f"{view.job_id}, {view.state}"),
                    ("does", plain(f"{view.kind} in {view.conv_id}: {view.what}")),
                    ("by", plain(view.who)),
                    ("begun", moment(view.created_ms)),
                    ("changed", moment(view.changed_ms)),
                    (VERBS.get(view.kind, view.kind), f"{view.done:,} of {view.total:,}"),
                    ("refused", f"{view.refused:,}"),
                ]
            )
            if view.refused:
                table(
                    ("REF", "REFUSED"),
                    [(plain(one.ref), reason_words(one.reason)) for one in engine.job_refused(view.job_id)],
                )
