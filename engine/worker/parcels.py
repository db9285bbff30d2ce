"""Effects on their way: from an outbox entry to a delivery at the target, and from its answer back to the sender.

The worker that committed an effect delivers it in its next pipeline; the sweep delivers what a dead worker left. The
target applies each effect id once, so both may try.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from ..convs import Convs
from ..errors import DefinitionError, UnknownConv
from ..logic import EffectBody, Event
from ..store.call import Partition
from ..store.ids import effect_task_id
from ..store.records import Confirm, Delivery, Effect, OutEntry
from ..task import taken_by
from ..vault import Box, owner_of
from .unreadable import check_task_id, read_body

_encode = msgspec.json.Encoder().encode

SENT = _encode(Event(type="sent"))


class Refusal(NamedTuple):
    """What a refusal is called in a task (reference 3.8 and 3.9). `kind` "hardware": it may be accepted later."""

    tag: str
    description: str
    kind: str = "software"

    @property
    def event(self) -> bytes:
        return _encode(Event(type="refused", tag=self.tag, description=self.description, kind=self.kind))


REFUSALS = {
    "ref_taken": Refusal("not_unical_ref", "not unical reference"),
    "inactive": Refusal("conveyor_is_not_active", "conveyor is not active"),
    "not_found": Refusal("not_found_task", "not found task"),
    "no_callback": Refusal("no_api_callback_in_node_with_task", "no api callback logic in node with task"),
    "duplicate_callback": Refusal("duplicate_callback", "The last one callback is still running. You should wait"),
    "gone": Refusal("not_found_main_node", "the target is not deployed any more"),
    "queue_full": Refusal("queue_full", "as many tasks wait for a worker there as its queue_limit allows", "hardware"),
    "descendants_limit": Refusal(
        "descendants_limit",
        "too many tasks descend from one task by copies and calls (CONV_DESCENDANTS): a storm of copies?",
    ),
}


def _refusal(words: str) -> Refusal:
    """What a script told who waits for a task that is no more: an error's tag, in a second line its description."""
    tag, _, description = words.partition("\n")
    return Refusal(tag, description, "hardware") if description else REFUSALS["not_found"]


class Parcel(NamedTuple):
    """One effect under way: where it lies in its sender's outbox, who sent it, and what is sent."""

    source: Partition
    out_id: str
    task_id: str
    visit: int
    effect: Effect
    body: EffectBody
    backup: str = ""
    read_ms: int = 0


def parcel(
    source: Partition, sent: str, task_id: str, visit: int, effect: Effect, box: Box, read_ms: int = 0
) -> Parcel:
    """`sent`: the entry's id, after it perhaps "!" and the backup in which its sender was saved before. `read_ms`: when
    it was seen in the outbox, by the server's time; 0: only when it was written, which its id says.

    Raises ValueError with the reason when the effect's body cannot be read.
    """
    out_id, _, backup = sent.partition("!")
    if effect.kind == "refuse":
        check_task_id(effect.target)
        event = _refusal(effect.body.decode()).event
        body = EffectBody("reply", effect.conv_id, task_id=effect.target, visit=effect.target_visit, event=event)
    else:
        body = read_body(effect, source.conv_id, task_id, box)
    return Parcel(source, out_id, task_id, visit, effect, body, backup, read_ms or int(out_id.partition("-")[0]))


def from_outbox(source: Partition, entry: OutEntry, box: Box) -> Parcel:
    """Raises ValueError with the reason when the entry cannot be read."""
    if entry.unreadable:
        raise ValueError(entry.unreadable)
    return parcel(
        source, f"{entry.out_id}!{entry.backup}", entry.task_id, entry.visit, entry.effect, box, entry.read_ms
    )


def delivery(convs: Convs, item: Parcel, box: Box) -> tuple[Partition, Delivery] | None:
    """Where an effect goes and as what, sealed for its target if it holds a secret; None when its conv is not deployed
    any more."""
    body, effect_id = item.body, item.effect.effect_id
    record = convs.records.get(body.conv_id)
    if record is None:
        return None
    if body.kind == "create":
        task_id = effect_task_id(effect_id, body.ref)
        ref = body.ref or task_id
        try:
            node = record.node_ids[body.node or "start"]
        except KeyError:
            return None
        made = Delivery(
            effect_id, "create", task_id, ref, node, "run", body.data, body.meta, told=body.told, ancestor=body.ancestor
        )
    elif body.kind == "modify":
        ref = body.ref
        secrets = _encode(body.secrets) if body.secrets else b""
        answer_to = item.body.sender if body.sync else None
        made = Delivery(
            effect_id, "modify", "", ref, data=body.data, answer_to=answer_to, sync=body.sync, queue=body.queue,
            secrets=secrets,
        )  # fmt: skip
    elif body.kind == "take":
        taker = body.sender
        if body.node not in record.node_ids or taker is None:
            return None
        event = Event(type="taken", data={"conv_id": taker.conv_id, "task_id": taker.task_id, "visit": taker.visit})
        node = record.node_ids[body.node]
        told = taken_by(taker)
        made = Delivery(effect_id, "take", node=node, event=_encode(event), queue=body.queue, told=told)
        ref = ""
    else:
        ref = body.task_id
        made = Delivery(effect_id, "reply", body.task_id, visit=body.visit, event=body.event)
    if box.key and body.kind != "take":
        made = _sealed(made, convs, body, box)
    try:
        return convs.partition(body.conv_id, ref), made._replace(backup=item.backup, read_ms=item.read_ms)
    except UnknownConv:
        return None


def _sealed(made: Delivery, convs: Convs, body: EffectBody, box: Box) -> Delivery:
    if not (body.has_secrets or (body.kind != "reply" and _declares_some(convs, body))):
        return made
    if body.kind == "reply":
        return made._replace(event=box.seal(made.event, owner_of(body.conv_id, made.task_id, "event")))
    name, kind = (made.ref, "mail") if body.kind == "modify" else (made.task_id, "data")
    return made._replace(data=box.seal(made.data, owner_of(body.conv_id, name, kind)))


def _declares_some(convs: Convs, body: EffectBody) -> bool:
    """Whether the target declares one of these parameters secret, or perhaps does."""
    try:
        return convs.program(body.conv_id).may_hold_secrets(body.data)
    except DefinitionError:
        return True


def confirmation(item: Parcel, answer: str) -> Confirm:
    """What the sender learns: accepted (then it waits on, if it asked to), or refused with the reference's tag."""
    if not item.effect.blocking:
        return Confirm(item.out_id, item.task_id, item.visit, b"", False)
    if answer in ("ok", "same"):
        return Confirm(item.out_id, item.task_id, item.visit, SENT, item.body.wait)
    refusal = REFUSALS.get(answer) or Refusal("crash_api", f"Error copy_task request: {answer}", "hardware")
    return Confirm(item.out_id, item.task_id, item.visit, refusal.event, False)
