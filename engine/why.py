"""Why a task waits: one reason, and what would release it."""

from __future__ import annotations

import datetime

from .convs import Convs
from .program import Step
from .store.records import Record
from .views import PLACES, TaskView, Why, mask_texts, readable, secret_texts


def explain(
    view: TaskView, record: Record, convs: Convs, workers: int, other: TaskView | None = None, *, paused: bool = False
) -> Why:
    """One sentence for the place where the task is, secrets masked.

    `workers`: how many listen just now. `other`: the task whose answer it waits for, None when it is no more. `paused`:
    whether its conv is.
    """
    texts = secret_texts(view.data, view.secrets)
    view = view.masked()
    program = convs.program(view.conv_id)
    step = program.by_id.get(record.node)
    _, meta, wrong = readable(record.data, record.meta)
    if step is not None and 0 <= meta.part < len(step.parts):
        step = step.parts[meta.part]
    reason, releases = _reason(view, record, step)
    if view.place == "waiting" and record.waits_for:
        reason, releases = _waits_for(reason, releases, record, convs, other)
    if view.mails and view.place != "final":
        several = "1 modify waits" if view.mails == 1 else f"{view.mails} modifies wait"
        stands = step is not None and step.callback is not None and view.place in ("ready", "leased", "held")
        reason += f"; {several} {'to be taken there' if stands else 'until it comes to a state or callback node'}"
    if wrong:
        releases = f"conv retry {view.conv_id} {view.ref} once its record is mended, or conv delete"
    if view.due_ms and view.place not in ("final", "aside"):
        releases = (
            f"{releases}; or its timer, at {_time(view.due_ms)}" if releases else f"its timer, at {_time(view.due_ms)}"
        )
    if workers == 0 and view.place not in ("final", "aside", "parked", "queued"):
        reason += "; no worker is running"
        releases = "start one: conv up" + (f" (then: {releases})" if releases else "")
    if paused and view.place in ("parked", "waiting") and step is not None and step.callback is not None:
        reason += f'; "{view.conv}" is paused'
        releases = f"conv resume {view.conv_id} (then: {releases})"
    return Why(view.place, view.node, mask_texts(reason, texts), mask_texts(releases, texts))


def _time(ms: int) -> str:
    return datetime.datetime.fromtimestamp(ms / 1000, datetime.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _waits_for(reason: str, releases: str, record: Record, convs: Convs, other: TaskView | None) -> tuple[str, str]:
    """The same, with where the other task is; one that is no more releases nobody."""
    conv_id, _, ref = record.waits_for.partition(" ")
    if other is not None and not other.is_final:
        where = f'task "{other.ref}" of "{other.conv}", {PLACES[other.place]} in "{other.node}"'
        return f"{reason}: {where}", f"{releases} (conv why {conv_id} {ref})"
    conv = convs.records.get(int(conv_id))
    title = conv.title if conv is not None else conv_id
    gone = "has ended" if other is not None else "is there no more"
    return f'{reason}, but task "{ref}" of "{title}" {gone} and has not answered', "conv retry or conv cancel"


def _reason(view: TaskView, record: Record, step: Step | None) -> tuple[str, str]:
    here = f'in node "{view.node}"'
    ref = f"{view.conv_id} {view.ref}"
    if record.noted:
        return f"it runs {here}, and a cancel, retry or delete waits for the end of this run", "the end of the run"
    match view.place:
        case "ready" if record.lane == "alone":
            return f"it lost its worker {record.attempts} times and waits to run alone {here}", "a free worker"
        case "ready" if record.lane != "run":
            return f'it waits until max_threads and rate let "{view.node}" call', "the end of another call, or time"
        case "ready":
            return f"it is ready to run {here}", "the next free worker"
        case "leased":
            return f"a worker runs it {here} just now", "the end of the run, or of the worker's lease"
        case "calling":
            return f'the outside call of "{view.node}" is under way', "its answer or its timeout"
        case "waiting":
            if step is not None and step.action is not None and (other := step.action.waits_for(view.node)) is not None:
                return other
            return f'it waits for a callback in "{view.node}"', f"a modify: conv callback {ref} name=value"
        case "parked":
            return f'it is parked in the state "{view.node}"', f"a modify: conv modify {ref} name=value"
        case "queued":
            return f'it lies in the queue "{view.node}"', "a process that takes it from the queue"
        case "delayed":
            return f'it sleeps in "{view.node}"', ""
        case "held":
            return f'"{view.conv}" is paused', f"conv resume {view.conv_id}"
        case "sending":
            return f'what "{view.node}" sends has not been accepted yet', "the other conv accepting or refusing it"
        case "aside":
            return f"it was set aside: {view.note or 'its worker died each time it ran'}", f"conv retry {ref}"
        case _:
            note = f": {view.note}" if view.note else ""
            if view.unused:
                several = "1 accepted modify" if view.unused == 1 else f"{view.unused} accepted modifies"
                note += f"; {several} had no effect, too late or too large"
            again = f' in "{view.failure.node}", where it failed' if view.failure is not None else ""
            return f'it has ended in "{view.node}"{note}', f"nothing; conv retry {ref} runs it again{again}"
