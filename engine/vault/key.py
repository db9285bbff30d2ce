"""Keys that seal: 32 bytes each, as base64 or hex, the one that is to seal first and others that only open after it.

They come from CONV_SECRET_KEY, from CONV_SECRET_KEY_FILE, or, for the embedded store, from a file beside its data.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import logging
import os
import re
import secrets
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from ..errors import SecretKeyError

log = logging.getLogger("conv.vault")

FILE = "secret.key"  # of the embedded store, in its folder
BYTES = 32
ID_CHARS = 8

_HEX = re.compile(r"[0-9A-Fa-f]{64}")
_MOST_BYTES = 64_000  # of a file of keys


class Key(NamedTuple):
    """`id`: the first 8 hex digits of SHA-256 of the secret; it stands in the open before all that the key seals."""

    id: str
    secret: bytes

    def __repr__(self) -> str:
        return f"Key({self.id})"


def key_of(secret: bytes) -> Key:
    return Key(hashlib.sha256(secret).hexdigest()[:ID_CHARS], secret)


def made_key() -> Key:
    """A new one."""
    return key_of(secrets.token_bytes(BYTES))


def text_of(key: Key) -> str:
    """As it is written into a file or a setting."""
    return base64.b64encode(key.secret).decode()


def read_keys(text: str, where: str) -> tuple[Key, ...]:
    """The keys of a text, apart by spaces, commas or lines; what follows a # is a remark. Raises SecretKeyError."""
    words = [word for line in text.splitlines() for word in re.split(r"[\s,]+", line.partition("#")[0]) if word]
    keys = dict.fromkeys(_read(word, number, where) for number, word in enumerate(words, 1))
    if not keys:
        raise SecretKeyError(f"{where} holds no key: it must be {BYTES} bytes as base64 or hex", where=where)
    return tuple(keys)


def _read(word: str, number: int, where: str) -> Key:
    try:
        if _HEX.fullmatch(word):
            secret = bytes.fromhex(word)
        else:
            # Written for URLs, or without the = at its end: the same bytes.
            plain = word.rstrip("=").replace("-", "+").replace("_", "/")
            secret = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        secret = b""
    if len(secret) != BYTES:
        raise SecretKeyError(
            f"key {number} of {where} is not {BYTES} bytes as base64 or hex; `openssl rand -base64 32` makes one",
            where=where,
        )
    return key_of(secret)


def read_file(path: Path) -> tuple[Key, ...]:
    """The keys of a file, which is closed to others if it was not. Raises SecretKeyError; FileNotFoundError."""
    try:
        with path.open("rb") as file:
            close_to_others(path, file.fileno())
            text = file.read(_MOST_BYTES).decode("ascii", "replace")
    except FileNotFoundError:
        raise
    except OSError as error:
        raise SecretKeyError(f"the key in {path} cannot be read: {error.strerror or error}", where=str(path)) from None
    return read_keys(text, str(path))


def close_to_others(path: Path, descriptor: int) -> None:
    """Raises SecretKeyError where others can read the file, and that cannot be changed."""
    if not os.fstat(descriptor).st_mode & 0o077:
        return
    try:
        os.fchmod(descriptor, 0o600)
    except OSError:
        raise SecretKeyError(
            f"the key in {path} can be read by others, and it is not yours to change: chmod 600, or mount it so "
            "(mode: 0400)",
            where=str(path),
        ) from None
    log.warning("%s, a key, could be read by others; it is yours alone now (chmod 600)", path)


def make_file(path: Path, keys: Sequence[Key]) -> tuple[Key, ...]:
    """Write these into a new file, for its owner alone; where there is one, its keys hold. Raises SecretKeyError."""
    try:
        part = _written(path, keys)
        try:
            os.link(part, path)  # whole or not at all, and never over another
        except FileExistsError:
            return read_file(path)
        finally:
            part.unlink()
    except OSError as error:
        raise _unwritable(path, error) from error
    return tuple(keys)


def replace_file(path: Path, keys: Sequence[Key]) -> None:
    """Write these over the file. Raises SecretKeyError."""
    try:
        _written(path, keys).replace(path)
    except OSError as error:
        raise _unwritable(path, error) from error


def _written(path: Path, keys: Iterable[Key]) -> Path:
    descriptor, name = tempfile.mkstemp(prefix=path.name, dir=path.parent)  # of mode 0600
    with os.fdopen(descriptor, "w") as file:
        file.write("# Opens what conv has sealed. With the data it gives the secrets away; without it they are lost.\n")
        file.writelines(f"{text_of(key)}\n" for key in keys)
        file.flush()
        os.fsync(file.fileno())
    return Path(name)


def _unwritable(path: Path, error: OSError) -> SecretKeyError:
    return SecretKeyError(f"the key cannot be written to {path}: {error.strerror or error}", where=str(path))
