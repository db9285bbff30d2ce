"""What is done to tasks that are there: modify, callback, cancel, retry, delete."""

from __future__ import annotations

import time
from functools import partial
from typing import Any, NamedTuple

import msgspec

from ..data import check_name, encode_given
from ..errors import NotActive, NotFound, RefTaken, Refused, TaskTooLarge
from ..idempotency import call_key, modify_again, reused, unanswered
from ..reserved import refuse_reserved
from ..store import calls, records
from ..store.ids import new_task_id
from ..store.records import Modify, SeenTask
from ..store.registry import ConvRecord
from ..template import lookup, parse_path
from ..vault import owner_of
from ..vault.record import opened_or_not
from ..views import PLACES, readable
from .context import Context, found_in

_encode = msgspec.json.Encoder().encode

BUSY_S = 2.0  # for how long a callback waits while its task is busy with an earlier event
BUSY_POLL_S = 0.01  # and asks again after


class Modified(NamedTuple):
    """What became of a modify: taken in `node`, where the task stood, or `kept` for the next callback node on its way.

    `busy`: it is kept because the task, at the callback node `node`, is busy with an earlier event.
    """

    task_id: str
    node: str
    kept: bool
    busy: bool = False


class Events:
    def __init__(self, context: Context) -> None:
        self._context = context

    def modify(self, conv: str | int, ref_or_id: str, data: dict[str, Any], *, key: str | None = None) -> Modified:
        """As Engine.modify."""
        return self._modify(conv, ref_or_id, data, key=key)

    def callback(
        self, conv: str | int, ref_or_id: str, data: dict[str, Any], *, node: str | None = None, key: str | None = None
    ) -> Modified:
        """As Engine.callback."""
        return self._modify(conv, ref_or_id, data, must_stand=True, node=node, key=key)

    def _modify(
        self,
        conv: str | int,
        ref_or_id: str,
        data: dict[str, Any],
        *,
        must_stand: bool = False,
        node: str | None = None,
        key: str | None = None,
    ) -> Modified:
        record = self._context.find(conv)
        body = encode_given(data, self._context.settings.depth)
        refuse_reserved(data)
        node_id = "" if node is None else self._context.current.node_id(record, node)
        sent = Modify(ref_or_id, f"client:{new_task_id(None, time.time())}", body, "", must_stand, node_id)
        if key is not None:
            effect_id, digest = call_key(
                key, record.conv_id, ref_or_id, "callback" if must_stand else "modify", node, data
            )
            sent = sent._replace(effect_id=effect_id, digest=digest)
            with unanswered(lambda: modify_again(key)):
                known = self._context.routed(
                    record, ref_or_id, lambda partition: calls.modify(partition, sent, only_recall=True)
                )
            if known.status != "new":
                return self._modified(record, ref_or_id, known, key)
        secrets = self._check_size(record, ref_or_id, data, sent.data)
        sent = sent._replace(deaf=self._context.current.program(record.conv_id).deaf)
        if not secrets.isdisjoint(data):
            sent = sent._replace(data=self._context.store.box.seal(body, owner_of(record.conv_id, ref_or_id, "mail")))
        until = time.monotonic() + BUSY_S
        while True:
            with unanswered(lambda: modify_again(key)):
                answer = self._context.routed(record, ref_or_id, lambda partition: calls.modify(partition, sent))
            if answer.status != "busy" or time.monotonic() > until:
                return self._modified(record, ref_or_id, answer, key)
            time.sleep(BUSY_POLL_S)

    def _check_size(self, record: ConvRecord, ref_or_id: str, data: dict[str, Any], body: bytes) -> frozenset[str]:
        """Raises TaskTooLarge, NotFound. Of a task that is busy it is seen when the task takes the modify.

        Returns which parameters of the task are secret."""
        limit = self._context.settings.task_size_bytes
        if len(body) > limit:
            raise TaskTooLarge(f"the data has {len(body)} bytes, more than {limit} (CONV_TASK_SIZE_BYTES)")
        snapshot = self._context.read(record, ref_or_id, mails=True)
        found = opened_or_not(record.conv_id, found_in(snapshot, record, ref_or_id), self._context.store.box)
        kept, meta, _ = readable(found.data, found.meta)
        secrets = self._context.current.program(record.conv_id).secrets.union(meta.secrets)
        if found.place not in ("parked", "waiting") or snapshot.mails[0] or len(found.data) + len(body) <= limit:
            return secrets
        size = len(_encode({**kept, **data}))
        if size > limit:
            raise TaskTooLarge(
                f'with this data the task "{ref_or_id}" would have {size} bytes, more than {limit}'
                " (CONV_TASK_SIZE_BYTES); it stays as it was"
            )
        return secrets

    def _modified(self, record: ConvRecord, ref_or_id: str, answer: records.Modified, key: str | None) -> Modified:
        step = self._context.current.program(record.conv_id).by_id.get(answer.node)
        node = step.name if step is not None else answer.node
        task = f'the task "{ref_or_id}" of "{record.title}"'
        match answer.status:
            case "ok" | "kept":
                kept = answer.status == "kept"
                busy = kept and step is not None and step.callback is not None and answer.place in ("ready", "leased")
                return Modified(answer.task_id, node, kept, busy)
            case "other_call":
                raise reused(str(key))
            case "inactive":
                raise NotActive(f'"{record.title}" is paused; conv resume {record.conv_id} lets it run')
            case "never":
                raise Refused(f'{task} is in node "{node}", from which it comes to no state or callback node any more')
            case "busy":
                again = "try again" if self._context.store.listeners() else "no worker is running: conv up"
                raise Refused(f'{task} is busy with an earlier event in node "{node}"; {again} (duplicate_callback)')
            case "no_callback":
                raise Refused(
                    f'{task} is {PLACES[answer.place]} in node "{node}", which waits for no callback'
                    " (no_api_callback_in_node_with_task)"
                )
            case "other_node":
                raise Refused(f'{task} is in node "{node}" (task_not_in_current_sync_callback_node)')
            case _:
                raise NotFound(f"{task} has ended; conv retry would run it again (not_found_task)")

    def callback_in(self, conv: str | int, node: str, body: dict[str, Any], *, key: str | None = None) -> Modified:
        """As Engine.callback_in."""
        record = self._context.find(conv)
        encode_given(body, self._context.settings.depth)
        refuse_reserved(body)
        check_name(node, "the name of a node")
        self._context.current.node_id(record, node)
        found = self._context.current.program(record.conv_id).definition.nodes.get(node)
        actions = found.all_actions if found is not None else ()
        paths = [action.callback_id_path for action in actions if action.callback_id_path is not None]
        if not paths:
            raise Refused(f'node "{node}" of "{record.title}" waits for no callback')
        if not paths[0] or "{{" in paths[0]:
            raise Refused(f'node "{node}" of "{record.title}" has no obj_id_path that says where a task\'s id stands')
        task_id = lookup(body, parse_path(paths[0]))
        if not isinstance(task_id, str):
            raise Refused(f'the data has no task id at {paths[0]}, where node "{node}" looks for it; an id is a text')
        return self.callback(record.conv_id, task_id, body, node=node, key=key)

    def cancel(self, conv: str | int, ref_or_id: str) -> str:
        """As Engine.cancel."""
        record = self._context.find(conv)
        event = _encode({"type": "cancel", "description": "cancelled by hand"})
        answer = self._wake(record, ref_or_id, event, final=False)
        if answer == "final":
            raise Refused(f'the task "{ref_or_id}" of "{record.title}" has already ended')
        return answer

    def retry(
        self, conv: str | int, ref_or_id: str, node: str | None = None, *, data: dict[str, Any] | None = None
    ) -> str:
        """As Engine.retry."""
        record = self._context.find(conv)
        event: dict[str, Any] = {"type": "retry"}
        if node is not None:
            event["node"] = self._context.current.node_id(record, node)
        if data is None:
            answer = self._wake(record, ref_or_id, _encode(event), final=True)
        else:
            answer = self._wake_with(record, ref_or_id, _encode(event), data)
        if answer == "ref_taken":
            raise RefTaken(f'another living task of "{record.title}" has the ref of "{ref_or_id}" by now')
        return answer

    def _wake(self, record: ConvRecord, ref_or_id: str, event: bytes, *, final: bool) -> str:
        answer = self._context.routed(
            record, ref_or_id, lambda partition: calls.wake(partition, ref_or_id, event, final=final)
        )
        if answer == "not_found":
            raise NotFound(f'no task "{ref_or_id}" in "{record.title}"')
        return answer

    def _wake_with(self, record: ConvRecord, ref_or_id: str, event: bytes, data: dict[str, Any]) -> str:
        """Merged here, because scripts read no data, and written only to the task as it was read; else once more."""
        encode_given(data, self._context.settings.depth)
        refuse_reserved(data)
        limit, box = self._context.settings.task_size_bytes, self._context.store.box
        until = time.monotonic() + BUSY_S
        while True:
            found = found_in(self._context.read(record, ref_or_id), record, ref_or_id)
            found = opened_or_not(record.conv_id, found, box)
            old, meta, unreadable = readable(found.data, found.meta)
            if unreadable:
                raise Refused(f'the task "{ref_or_id}" takes no new data: {unreadable}')
            body = _encode({**old, **data})
            if len(body) > max(limit, len(found.data)):
                raise TaskTooLarge(
                    f'with this data the task "{ref_or_id}" would have {len(body)} bytes, more than {limit}'
                    " (CONV_TASK_SIZE_BYTES); it stays as it was"
                )
            secrets = self._context.current.program(record.conv_id).secrets.union(meta.secrets)
            if not secrets.isdisjoint(data.keys() | old.keys()):
                body = box.seal(body, owner_of(record.conv_id, found.task_id, "data"))
            seen = SeenTask(found.task_id, found.node, found.visit, found.change_ms)
            answer = self._context.routed(
                record, found.task_id, partial(calls.wake_with, seen=seen, event=event, data=body)
            )
            if answer not in ("moved", "busy"):
                return answer
            if time.monotonic() > until:
                raise Refused(f'the task "{ref_or_id}" of "{record.title}" runs just now; try again when it rests')
            time.sleep(BUSY_POLL_S)

    def delete(self, conv: str | int, ref_or_id: str) -> str:
        """As Engine.delete."""
        record = self._context.find(conv)
        answer = self._context.routed(record, ref_or_id, lambda partition: calls.discard(partition, ref_or_id))
        if answer == "not_found":
            raise NotFound(f'no task "{ref_or_id}" in "{record.title}"')
        return answer
