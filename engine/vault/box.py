"""Sealing and opening of values: AES-256-GCM, bound to whose value it is.

    \\x01 | id of the key, 8 hex digits | nonce, 12 bytes | ciphertext and tag

No value that is not sealed begins with \\x01: data, meta, events and requests are JSON, effects MessagePack maps. What
a value is bound to (conv, task, kind of value; of a modify the name by which it is sent) does not change when tasks are
moved, saved or restored; put in another place, it does not open.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import CannotOpen, SecretKeyError
from .key import ID_CHARS, Key, made_key, make_file, read_file, replace_file
from .state import Check, SealState

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SEALED = b"\x01"

_NONCE = 12
_HEAD = len(SEALED) + ID_CHARS
_CHECK_WORDS = b"conv: the right key"
_CHECK_OWNER = b"check"


def owner_of(conv_id: int, name: str, kind: str) -> bytes:
    """What a value is bound to. `name`: of the task; `kind`: data, meta, event, request, effect or mail."""
    return f"{conv_id}|{name}|{kind}".encode()


def record_marks(names: Iterable[str], encode: Callable[[Any], bytes]) -> tuple[bytes, ...]:
    """What JSON of a map has in it when it has one of these names; `encode` makes the JSON."""
    return tuple(encode(name) for name in names)


class Box:
    """The keys of this process, and which of them seals: `key` is its id, "" while nothing is to be sealed.

    `keys` come first; `file` is read when there is need, and again when a key is missing. `makes`: whether the file may
    be made where nothing was ever sealed. Safe for many threads.
    """

    def __init__(self, keys: Iterable[Key] = (), file: Path | None = None, *, makes: bool = False) -> None:
        self.key = ""
        self.prefix = b""
        """What all begins with that is sealed with `key`."""
        self._given = tuple(keys)
        self._file = file
        self._makes = makes
        self._keys: dict[str, Key] = {}
        self._ciphers: dict[str, AESGCM] = {}
        self._stamp: tuple[int, int] | None = None
        self._take(self._given)
        self.look()

    # --- Values ---------------------------------------------------------------------------------------------------

    def seal(self, plain: bytes, owner: bytes) -> bytes:
        """As it is, while nothing is to be sealed."""
        return self._seal(self.key, plain, owner) if self.key else plain

    def open(self, value: bytes, *owners: bytes) -> bytes:
        """The value as it was; it is bound to one of these. What is not sealed comes back. Raises CannotOpen."""
        if value[:1] != SEALED:
            return value
        key_id = value[1:_HEAD].decode("ascii", "replace")
        cipher = self._cipher(key_id)
        if cipher is None:
            raise CannotOpen(f"sealed with the key {key_id!a}, which is not here (CONV_SECRET_KEY)")
        from cryptography.exceptions import InvalidTag

        for owner in owners:
            try:
                return cipher.decrypt(value[_HEAD : _HEAD + _NONCE], value[_HEAD + _NONCE :], owner)
            except (InvalidTag, ValueError):
                continue
        raise CannotOpen("sealed, and cannot be opened: it was cut off, changed, or put there from elsewhere")

    def is_current(self, value: bytes) -> bool:
        """Whether a value is sealed with the key that seals now."""
        return value[:_HEAD] == self.prefix

    def _seal(self, key_id: str, plain: bytes, owner: bytes) -> bytes:
        cipher = self._cipher(key_id)
        assert cipher is not None  # noqa: S101 - `key` is one of ours
        nonce = os.urandom(_NONCE)
        return SEALED + key_id.encode() + nonce + cipher.encrypt(nonce, plain, owner)

    def _cipher(self, key_id: str) -> AESGCM | None:
        cipher = self._ciphers.get(key_id)
        if cipher is None and (key := self._keys.get(key_id)) is not None:
            # Its library is large, and who seals nothing does not load it.
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM

            cipher = self._ciphers[key_id] = AESGCM(key.secret)
        return cipher

    # --- Keys -----------------------------------------------------------------------------------------------------

    @property
    def ids(self) -> list[str]:
        """Of the keys that are here, the one that is to seal first."""
        return list(self._keys)

    @property
    def has_keys(self) -> bool:
        """Whether there is a key, or one may be made."""
        return bool(self._keys) or self._makes

    @property
    def makes(self) -> bool:
        """Whether keys are made here, and not given."""
        return self._makes and not self._given

    def look(self) -> bool:
        """Read the file anew if it has changed; whether it has. Raises SecretKeyError."""
        if self._file is None:
            return False
        try:
            found = self._file.stat()
            stamp = (found.st_mtime_ns, found.st_ino)
            if stamp == self._stamp:
                return False
            keys = read_file(self._file)
        except FileNotFoundError:
            if not self._makes:
                raise SecretKeyError(
                    f"there is no key in {self._file} (CONV_SECRET_KEY_FILE)", where=str(self._file)
                ) from None
            return False
        self._keys = {}
        self._take((*self._given, *keys))
        self._stamp = stamp
        return True

    def first(self) -> Key | None:
        """The key that is to seal; it is made where there is none and one may be made. Raises SecretKeyError."""
        if not self._keys and self._makes and self._file is not None:
            make_file(self._file, [made_key()])
            self.look()
        return next(iter(self._keys.values()), None)

    def next_key(self) -> Key | None:
        """A key other than the current one, to go on with: the first that is given; it is made where keys are made.
        None: the current one is the first. Raises SecretKeyError."""
        self.look()
        first = self.first()
        if first is not None and first.id != self.key:
            return first
        if self.makes and self._file is not None:
            replace_file(self._file, [made_key(), *self._keys.values()])
            self.look()
            return self.first()
        return None

    def forget(self, key_ids: Iterable[str]) -> None:
        """Take keys out of the file that was made here. Raises SecretKeyError."""
        gone = set(key_ids)
        if not self._makes or self._file is None or self._stamp is None:
            return
        keys = [key for key in read_file(self._file) if key.id not in gone]
        if keys:
            replace_file(self._file, keys)
        else:
            self._file.unlink()
        self._keys = {}
        self._stamp = None
        self._take(self._given)
        self.look()

    def _take(self, keys: Iterable[Key]) -> None:
        for key in keys:
            self._keys.setdefault(key.id, key)

    # --- Which of them seals --------------------------------------------------------------------------------------

    def check_of(self, key: Key) -> Check:
        """By which a right key is told from a wrong one."""
        return Check(key.id, self._seal(key.id, _CHECK_WORDS, _CHECK_OWNER))

    def learn(self, state: SealState | None) -> None:
        """Seal as the store says. Raises SecretKeyError when a key that the store needs is not here."""
        if state is not None:
            self.require(state)
        self.key = "" if state is None else state.current.key
        self.prefix = SEALED + self.key.encode() if self.key else b""

    def require(self, state: SealState, what: str = "this store") -> None:
        """Raises SecretKeyError unless all keys are here that open what the state says."""
        for check in state.checks:
            if check.key not in self._keys:
                self.look()
            if check.key not in self._keys:
                here = f"here are only others ({', '.join(self._keys)})" if self._keys else "there is none here"
                raise SecretKeyError(
                    f"the secrets in {what} are sealed with the key {check.key}, and {here}; give it as "
                    f"CONV_SECRET_KEY or CONV_SECRET_KEY_FILE{self._place()}. No other key is made"
                )
            try:
                is_right = self.open(check.sealed, _CHECK_OWNER) == _CHECK_WORDS
            except CannotOpen:
                is_right = False
            if not is_right:
                raise SecretKeyError(f"the key {check.key} is not the one that the secrets in {what} are sealed with")

    def _place(self) -> str:
        return f", or put its file back: {self._file}" if self._makes and self._file is not None else ""
