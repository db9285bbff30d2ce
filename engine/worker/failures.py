"""What failed on a task's way: counted, and the first kept until the task is back on its regular way, so that a retry
repeats it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import LogicError
from ..program import Step
from ..task import Failure

if TYPE_CHECKING:
    from .run import Run

NOTE_CHARS = 500
TEXT_CHARS = 2000  # of `{{root.error.text}}`; the error parameter has all of it
TAG_CHARS = 64  # of a tag that is counted
_CAUSE_CHARS = 250  # of a note to which the end of the task is added


def count_failure(run: Run, step: Step, tag: str) -> None:
    """To be counted with the commit of this run: a failure in a node, whatever becomes of the task. A tag may come from
    outside."""
    run.failures = [*run.failures, (step.id, counted_tag(tag))]


def counted_tag(tag: str) -> str:
    """A tag as it is counted and shown in lists: short, in one line, and never empty."""
    shown = "".join(letter if letter.isprintable() else " " for letter in tag[:TAG_CHARS])
    return " ".join(shown.split()) or "unknown"


def keep_failure(run: Run, step: Step, error: LogicError, note: str, *, ends: bool = False) -> None:
    """The first failure is the one to tell and to repeat. Those of its escalation only leave their parameters; one that
    `ends` the task, whatever its routes, is added to the note."""
    meta, prefix, before = run.meta, run.step.error_prefix, run.meta.failed
    if before is not None and not before.mended:
        if prefix not in before.prefixes:
            before.prefixes = [*before.prefixes, prefix]
        if ends:
            meta.note = f"{meta.note[:_CAUSE_CHARS]}; then {note}"[:NOTE_CHARS]
        return
    is_same = before is not None and (before.node, before.part) == (step.id, step.part)
    attempt = before.attempt + 1 if before is not None and is_same else 1
    text = error.description[:TEXT_CHARS]
    meta.failed = Failure(step.id, step.part, error.tag, error.kind, text, attempt, [prefix])
    meta.note = note[:NOTE_CHARS]


def mend_by_move(run: Run, target: Step) -> None:
    """Of a task that has failed: on entering a node of its regular way that is over; when the node that failed lets the
    task go on, its attempts are too."""
    failed = run.meta.failed
    if failed is None:
        return
    if not failed.mended:
        if target.regular:
            run.meta.failed = Failure(failed.node, failed.part, attempt=failed.attempt, mended=True)
            run.meta.note = ""
    elif (run.step.id, run.step.part) == (failed.node, failed.part):
        run.meta.failed = None


def begin_again(run: Run) -> Step:
    """Where a retry goes: to the node that it names, else to what failed first, else to where the task stands, or
    came from to its end. What failed is forgotten, with its parameters, unless the retry stays in the escalation."""
    program, meta, failed = run.program, run.meta, run.meta.failure
    here = program.by_id.get(meta.prev_node) if run.step.end else run.step
    target = program.by_id.get(run.event.node)
    if target is None and failed is not None:
        target = _failed_step(program.by_id.get(failed.node), failed.part)
    target = target or here or program.start
    if failed is None:
        meta.failed = None
        meta.note = ""
    elif target.regular or target.id == failed.node:
        _forget(run, failed)
    else:
        meta.note = f'node "{program.name_of(failed.node)}": {failed.tag}: {failed.text}'[:NOTE_CHARS]
    return target


def _failed_step(step: Step | None, part: int) -> Step | None:
    # In a definition deployed meanwhile the node may have fewer actions.
    return step.parts[part] if step is not None and part < len(step.parts) else step


def _forget(run: Run, failed: Failure) -> None:
    run.meta.failed = None
    run.meta.note = ""
    left = tuple(f"__conveyor_{prefix}_return_" for prefix in failed.prefixes)
    for name in [name for name in run.data if name.startswith(left)]:
        del run.data[name]
