"""conv audit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ..options import json_option, opened
from ..output import count_of, document, note, plain, warn
from ..progress import Bar

if TYPE_CHECKING:
    from ...store.audit import Finding, Report

OUTCOMES = {"mended": "repaired", "gone": "gone by itself", "left": "left: nobody but you can tell what is right"}


@click.command()
@click.option("--repair", is_flag=True, help="Repair what can be repaired.")
@json_option
def audit(repair: bool, as_json: bool) -> None:
    """Every task is in exactly one place, and in the index of that place; counts, archives, refs, timers and leases
    agree; no effect has waited in the outbox for longer than 12 h. It may run while workers do.

    Exit status 1 when something is not so, or, with --repair, is left so.

    \b
      conv audit
      conv audit --repair
    """
    with opened() as engine, Bar("Auditing", 0, hidden=as_json) as bar:
        report = engine.audit(repair=repair, progress=lambda keys: bar.update(keys, f"{keys:,} keys"))
    if as_json:
        document(report.as_dict())
    else:
        show(report)
    if not report.is_clean:
        raise click.exceptions.Exit(1)


def show(report: Report) -> None:
    for finding in report.findings:
        click.echo(line(finding))
    looked = (
        f"{count_of(report.tasks, 'task')}, {count_of(report.keys, 'key')}, {count_of(report.partitions, 'partition')}"
    )
    still = sum(finding.is_open for finding in report.findings)
    if not report.findings:
        verdict = click.style("all is as it should be", fg="green")
    elif not still:
        verdict = click.style(f"{count_of(len(report.findings), 'finding')}, all repaired", fg="green")
    else:
        verdict = click.style(count_of(still, "finding"), fg="red", bold=True)
    click.echo(f"{looked}: {verdict}.")
    if any(finding.outcome == "" for finding in report.findings):
        note("conv audit --repair repairs what can be repaired.")
    if report.uncounted:
        warn(f"too many tasks are ready to compare the counts of {', '.join(report.uncounted)}: audit again later")
    if report.moved:
        warn("parts of the cluster were moved meanwhile, so keys may have been missed: audit again")


def line(finding: Finding) -> str:
    """`140897.0 t:65a0…: the task is ready, but …; repaired`."""
    row = finding.as_dict()
    where = click.style(f"{finding.slot} {plain(row['key'])}", bold=True)
    outcome = f"; {OUTCOMES[finding.outcome]}" if finding.outcome else ""
    return f"{where}: {plain(finding.text)}{outcome}"
