"""conv workers."""

from __future__ import annotations

import click

from ..options import json_option, opened
from ..output import count_of, document, moment, note, plain, span, table


@click.command()
@click.option("--ready", "check", is_flag=True, help="Exit status 1 when none is ready.")
@json_option
def workers(check: bool, as_json: bool) -> None:
    """A worker is ready when the store has answered it within CONV_READY_MS. One that was silent for a minute is
    forgotten.

    \b
      conv workers
      conv workers --ready --json     for a monitor
    """
    with opened() as engine:
        seen = engine.workers()
        limit_ms = engine.settings.ready_ms
    ready = [worker for worker in seen if worker.silent_ms < limit_ms]
    if as_json:
        document(
            [
                {
                    "name": state.name, "host": state.host, "pid": state.pid, "started_ms": state.started_ms,
                    "ready": silent_ms < limit_ms, "silent_ms": silent_ms, "committed": state.committed,
                    "calling": state.calling,
                    "unknown": [{"conv": conv_id, "why": why} for conv_id, why in state.unknown.items()],
                }
                for state, silent_ms in seen
            ]
        )  # fmt: skip
    elif seen:
        rows = [
            (
                plain(state.host),
                str(state.pid),
                moment(state.started_ms),
                click.style("ready", fg="green")
                if silent_ms < limit_ms
                else click.style(f"silent for {span(silent_ms)}", fg="red"),
                str(state.committed),
                str(state.calling),
            )
            for state, silent_ms in seen
        ]
        table(("machine", "process", "since", "state", "runs", "calls"), rows, right=(1, 4, 5))
        unknown = {why: state for state, _ in seen for why in state.unknown.values()}
        for why, state in unknown.items():
            note(f"The worker {plain(state.host)} {state.pid} does not run everything: {plain(why)}")
    else:
        note("No worker is running; conv up starts some, conv worker one.")
    if check and not ready:
        if seen and not as_json:
            note(f"{count_of(len(seen), 'worker')}, none ready.")
        raise click.exceptions.Exit(1)
