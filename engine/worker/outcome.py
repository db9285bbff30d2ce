"""What is committed of a run: its data and place, the moves that it made, its timer, and what it sends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from ..errors import LogicError
from ..logic import EffectBody
from ..meta import encode_meta
from ..program import Moves
from ..store.ids import effect_task_id
from ..store.records import CallLimit, Effect, Outcome
from ..task import Address, Place, waiters
from ..vault import owner_of
from .run import Run
from .size import TooLarge, net_size

if TYPE_CHECKING:
    from .runner import Runner

PATH_KEPT = 100  # visits that a task remembers, store.md rule 18

_decode_data = msgspec.json.Decoder(dict[str, Any]).decode
_encode = msgspec.json.Encoder().encode
_encode_body = msgspec.msgpack.Encoder().encode
# To look one up in the class takes ten times as long, and a run does so often.
_CALLING, _FINAL, _PARKED, _READY, _SENDING = Place.CALLING, Place.FINAL, Place.PARKED, Place.READY, Place.SENDING
_AT_REST = (_PARKED, Place.WAITING, Place.DELAYED)


class MoveLists:
    """The distinct move lists of one commit; most tasks of a batch share one."""

    def __init__(self) -> None:
        self.lists: list[Moves] = []
        self.failures: list[tuple[int, str, str]] = []
        """Number of a list, node id and error tag: what failed on the way of its tasks."""
        self._index: dict[tuple[Any, ...], int] = {}

    def index(self, run: Run) -> int:
        visited = tuple(run.visited)
        key = (id(run.program), visited, *run.failures) if run.failures else (id(run.program), visited)
        index = self._index.get(key)
        if index is None:
            index = self._index[key] = len(self.lists)
            self.lists.append(run.program.moves(visited))
            for node, tag in run.failures:
                self.failures.append((index, node, tag))
        return index


def outcome_of(
    runner: Runner, run: Run, moves: MoveLists, call_token: str, call_limits: tuple[CallLimit, ...] = ()
) -> Outcome:
    """The run as the store takes it. `call_token`: the lease of an outside call that starts at once, else "". Raises
    TooLarge."""
    data: bytes | None = _encode(run.data)
    if data == run.body:
        data = None
    elif len(data) > runner.task_size_bytes:  # type: ignore[arg-type]
        data = _checked(runner, run, data)  # type: ignore[arg-type]
    if data is not None:
        run.body = data
    meta = run.meta
    if run.secrets and run.box.key and not run.secrets.isdisjoint(run.data):
        data = _sealed_data(run, data)
    if len(meta.path) > PATH_KEPT:
        meta.path = meta.path[-PATH_KEPT:]
    if run.place == _FINAL:
        meta.laps = {}
    if run.mail_taken and not run.moved:
        run.visit += 1  # effects of this run need ids of their own, though the task did not move
    place, lane = run.place, "run"
    if place == _CALLING and not call_token:
        place, lane = _READY, run.step.id
    request = run.request if call_token or (lane != "run" and run.sent) else b""
    if request and run.has_secrets:
        request = run.box.seal(request, owner_of(run.conv_id, run.task_id, "request"))
    effects = _effects(run)
    meta_body = _encode(meta) if meta.node is None else encode_meta(meta)
    if run.box.key and meta.node is not None and meta.node.has_secrets:
        meta_body = run.box.seal(meta_body, owner_of(run.conv_id, run.task_id, "meta"))
    return Outcome(
        run.task_id, run.step.id, place, run.visit, data, meta_body, moves.index(run), lane, b"",
        request, call_token, run.delay_ms, run.until_ms, run.keep_due,
        place in _AT_REST and run.step.callback is not None, run.mail_taken, run.answered and not meta.answer_to,
        effects, meta.watched and place in (_FINAL, _PARKED), run.step.save, run.fresh,
        call_limits,
        tuple((run.program.steps[node].id, name, amount) for node, name, amount in run.sums) if run.sums else (),
        waiters(meta) if meta.answer_to or meta.must_reply else "",
        _waits_for(run.effects[-1], effects[-1]) if effects and place == _SENDING else "", run.refused,
    )  # fmt: skip


def _sealed_data(run: Run, data: bytes | None) -> bytes | None:
    """What is written of data with a secret. `data` None: unchanged; written all the same where the store has them
    unsealed, or sealed by another key."""
    if data is None:
        if run.stored == run.box.prefix:
            return None
        data = run.body
    run.stored = run.box.prefix
    return run.box.seal(data, owner_of(run.conv_id, run.task_id, "data"))


def _checked(runner: Runner, run: Run, data: bytes) -> bytes:
    """The data, if they are not too large, or no larger than they were. Raises TooLarge."""
    if net_size(run.data, len(data)) <= max(runner.task_size_bytes, len(run.body)):
        return data
    if run.care is None:
        raise TooLarge
    return _overflow(runner, run, len(data))


def _overflow(runner: Runner, run: Run, size: int) -> bytes:
    """A task that has grown too large all the same ends; it stays what it was, and nothing of the run is sent."""
    run.data.clear()
    run.data.update(_decode_data(run.body) if run.body else {})
    description = f"Your task size: {size} bytes, Max available task size: {runner.task_size_bytes} bytes"
    runner.end_in_error(run, LogicError("task_size_overflow_limit", description))
    return _encode(run.data)


def _effects(run: Run) -> tuple[Effect, ...]:
    if not run.effects:
        return ()
    effects = []
    for index, body in enumerate(run.effects):
        blocking = run.place == _SENDING and index == len(run.effects) - 1
        effect_id = f"{run.task_id}:{run.visit}:{index}"
        if blocking:
            body.sender = Address(run.conv_id, run.task_id, run.visit)
        target = (body.ref or body.task_id or run.task_id) if not body.secret_ref else ""  # it stands in the open
        encoded = _encode_body(body)
        if run.box.key and body.has_secrets:
            encoded = run.box.seal(encoded, owner_of(run.conv_id, run.task_id, "effect"))
        effects.append(Effect(effect_id, body.conv_id, target, body.kind, encoded, blocking, body.visit))
    return tuple(effects)


def _waits_for(body: EffectBody, effect: Effect) -> str:
    """The task whose answer the sender of this effect will wait for, as "conv ref"; "" when it waits for none, or for
    one that cannot be told beforehand (out of a queue) or may not be shown."""
    if not body.wait or body.kind == "take" or body.secret_ref:
        return ""
    ref = body.ref or (effect_task_id(effect.effect_id, "") if body.kind == "create" else body.task_id)
    return f"{body.conv_id} {ref}"
