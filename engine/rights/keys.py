"""What is kept of a key of the API, and of a group of keys. A key's secret is shown once and never kept."""

from __future__ import annotations

import hashlib
import secrets
from typing import NamedTuple

import msgspec

from ..data import kind_of
from ..errors import WrongData
from .roles import Grant

FIRST_LOGIN = 10001
LONGEST_NAME = 100


class Key(msgspec.Struct, frozen=True, omit_defaults=True):
    """`digest`: SHA-256 of the secret. Times are Unix ms, 0: never. `made_by`, `revoked_by`: a login, or `shell USER`.

    `sealed`: the secret itself, sealed, where somebody needs it to check signatures; empty: it is not kept.
    """

    login: int
    name: str
    digest: bytes
    made_ms: int
    made_by: str
    grants: tuple[Grant, ...] = ()
    groups: tuple[str, ...] = ()
    expires_ms: int = 0
    rotated_ms: int = 0
    revoked_ms: int = 0
    revoked_by: str = ""
    sealed: bytes = b""

    def has_expired(self, now_ms: int) -> bool:
        return 0 < self.expires_ms <= now_ms

    def why_not(self, now_ms: int) -> str:
        """Why it is refused altogether; "" when it is not."""
        if self.revoked_ms:
            return "it was revoked"
        return "it has expired" if self.has_expired(now_ms) else ""

    @property
    def mark(self) -> str:
        """Tells its secret from the ones before: a session that was opened by one of those is over."""
        return hashlib.sha256(self.digest).hexdigest()[:16]


class Group(msgspec.Struct, frozen=True, omit_defaults=True):
    """What all keys in it may do."""

    name: str
    grants: tuple[Grant, ...] = ()


class NewKey(NamedTuple):
    """A key with its secret, for the one time that it is shown."""

    key: Key
    secret: str

    @property
    def text(self) -> str:
        """What goes behind `Authorization: Bearer`."""
        return f"{self.key.login}.{self.secret}"


def new_secret() -> str:
    """256 random bits, as 43 letters, digits, dashes and underscores."""
    return secrets.token_urlsafe(32)


def digest_of(secret: str) -> bytes:
    """What is kept of a secret. It is random, so that a plain hash will do."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).digest()


def checked_name(name: str, what: str) -> str:
    """A name for people. Raises WrongData."""
    if not isinstance(name, str):
        raise WrongData(f"the name of a {what} is a text, not {kind_of(name)}")
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise WrongData(f"the name of a {what} has 1 to {LONGEST_NAME} characters, and none that cannot be seen")
    return name


encode_key = msgspec.msgpack.Encoder().encode
encode_group = msgspec.msgpack.Encoder().encode
decode_key = msgspec.msgpack.Decoder(Key).decode
decode_group = msgspec.msgpack.Decoder(Group).decode
