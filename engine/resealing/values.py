"""Which of the values of a task is to be sealed, and is not, or is sealed with another key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from ..errors import CannotOpen
from ..logic import EffectBody
from ..meta import decode_meta
from ..store.calls.seals import FIELDS, Held, HeldEffect, Resealed
from ..store.mail import read_mail, write_data
from ..task import Meta
from ..vault import SEALED, Box, owner_of

_decode_data = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_names = msgspec.json.Decoder(list[str]).decode
_decode_body = msgspec.msgpack.Decoder(EffectBody).decode
_QUEUED = b'"queued_secret":true'  # of a task in a queue, as any version writes it
_WRONG = (msgspec.MsgspecError, ValueError, TypeError, RecursionError)


class _Marked(msgspec.Struct):
    """What of a request or an event says that it has secrets (engine/nodes/, engine.logic.Event)."""

    secrets: list[str] = []
    sealed: list[str] = []


_decode_marked = msgspec.json.Decoder(_Marked).decode


class Values:
    """`wrong`: how many were found, so far, that a worker of now would have sealed with the current key."""

    def __init__(self, box: Box) -> None:
        self.wrong = 0
        self._box = box

    def of_task(self, conv_id: int, declared: frozenset[str], task: Held) -> Iterator[Resealed]:
        """What is to be put in the place of values of a task. `declared`: its definition's secrets. Raises CannotOpen
        when one that is sealed with another key does not open."""

        def owner(kind: str) -> bytes:
            return owner_of(conv_id, task.task_id, kind)

        meta = self._meta(task.meta, owner("meta"))
        secrets = declared.union(meta.secrets)
        for kind, what in FIELDS.items():
            value = getattr(task, kind)
            if self._box.is_current(value):
                continue
            if value[:1] == SEALED or _has_secrets(kind, value, meta, secrets):
                self.wrong += 1
                yield self._resealed(task.task_id, what, value, owner(kind))
        for entry in task.mail:
            yield from self._mail(conv_id, task, entry, declared, secrets)

    def of_effect(self, conv_id: int, effect: HeldEffect) -> Iterator[Resealed]:
        """The same of an effect that was set aside."""
        body = effect.body
        if not self._box.is_current(body) and (body[:1] == SEALED or _body_has_secrets(body)):
            self.wrong += 1
            yield self._resealed(effect.out_id, "late", body, owner_of(conv_id, effect.task_id, "effect"))

    def _resealed(self, name: str, what: str, value: bytes, owner: bytes) -> Resealed:
        return Resealed(name, what, value, self._box.seal(self._box.open(value, owner), owner))

    def _mail(
        self, conv_id: int, task: Held, entry: bytes, declared: frozenset[str], secrets: frozenset[str]
    ) -> Iterator[Resealed]:
        try:
            mail = read_mail(entry)
            marked = _decode_names(mail.secrets) if mail.secrets else []
        except _WRONG:
            return
        is_sealed = mail.data[:1] == SEALED
        if self._box.is_current(mail.data) or not (is_sealed or _has_one(mail.data, secrets.union(marked))):
            return
        # Of a name that only this task knows to be secret no worker that sends it knows.
        self.wrong += is_sealed or bool(marked) or _has_one(mail.data, declared)
        by_ref, by_id = (owner_of(conv_id, name, "mail") for name in (task.ref, task.task_id))
        data = self._box.seal(self._box.open(mail.data, by_ref, by_id), by_id)
        yield Resealed(task.task_id, "mail", entry, write_data(entry, data))

    def _meta(self, value: bytes, owner: bytes) -> Meta:
        try:
            return decode_meta(self._box.open(value, owner))
        except (*_WRONG, CannotOpen):
            return Meta()  # nobody can tell, and its task will be set aside


def _has_secrets(kind: str, value: bytes, meta: Meta, secrets: frozenset[str]) -> bool:
    if not value:
        return False
    if kind == "data":
        return _has_one(value, secrets)
    return _QUEUED in value if kind == "meta" else _is_marked(value)


def _has_one(data: bytes, names: frozenset[str]) -> bool:
    if not names:
        return False
    try:
        return not names.isdisjoint(_decode_data(data))
    except _WRONG:
        return False


def _is_marked(value: bytes) -> bool:
    try:
        said: Any = _decode_marked(value)
    except _WRONG:
        return False
    return bool(said.secrets or said.sealed)


def _body_has_secrets(body: bytes) -> bool:
    try:
        return _decode_body(body).has_secrets
    except _WRONG:
        return False
