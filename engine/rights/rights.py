"""What is allowed: one snapshot of all keys and groups, that never changes."""

from __future__ import annotations

import hmac
import time
from collections.abc import Mapping
from typing import NamedTuple, Protocol

import msgspec

from ..errors import UnknownKey
from ..store.rights import RightsRecords
from .keys import FIRST_LOGIN, Group, Key, decode_group, decode_key, digest_of
from .roles import INCLUDES, Grant

_DUMMY = bytes(32)  # no secret has it: compared with, where a login is unknown, so that both take as long


class Named(Protocol):
    """What is asked of a conv (engine.store.registry.ConvRecord)."""

    @property
    def conv_id(self) -> int: ...

    @property
    def title(self) -> str: ...

    @property
    def folder(self) -> str: ...


class Verdict(NamedTuple):
    """Whether somebody may, and why or why not, in words that follow "yes:" or "no:"."""

    allowed: bool
    why: str


class Rights:
    """Keys and groups of one version. `unreadable`: logins whose record cannot be read, and why; they are refused."""

    def __init__(self, records: RightsRecords) -> None:
        self.version = records.version
        self.last_login = max(records.last_login, FIRST_LOGIN - 1)
        self.keys: dict[int, Key] = {}
        self.groups: dict[str, Group] = {}
        self.unreadable: dict[int, str] = {}
        for login, record in sorted((records.keys or {}).items()):
            try:
                self.keys[login] = decode_key(record)
            except (msgspec.MsgspecError, ValueError) as error:
                self.unreadable[login] = str(error)
        for name, record in sorted((records.groups or {}).items()):
            try:
                self.groups[name] = decode_group(record)
            except (msgspec.MsgspecError, ValueError):
                self.groups[name] = Group(name)  # of what it grants nothing is known: nothing
        self._ahead_ms = records.now_ms - time.monotonic() * 1000

    def now_ms(self) -> int:
        """Unix ms by the store's clock."""
        return int(time.monotonic() * 1000 + self._ahead_ms)

    def key(self, login: int) -> Key:
        """Raises UnknownKey."""
        try:
            return self.keys[login]
        except KeyError:
            raise UnknownKey(f"there is no key {login}; conv key list shows them") from None

    def group(self, name: str) -> Group:
        """Raises UnknownKey."""
        try:
            return self.groups[name]
        except KeyError:
            raise UnknownKey(f'there is no group "{name}"; conv group list shows them') from None

    def known(self, login: int, secret: str) -> Key | None:
        """The key of this login, if the secret is its own and it is neither revoked nor expired.

        Takes as long for a login that there is not as for a wrong secret.
        """
        key = self.keys.get(login)
        is_right = hmac.compare_digest(key.digest if key is not None else _DUMMY, digest_of(secret))
        if key is None or not is_right or key.why_not(self.now_ms()):
            return None
        return key

    def why_unknown(self, login: int, secret: str) -> str:
        """Why `known` does not know a key, for who has its secret: it was revoked, or has expired; "" for others."""
        key = self.keys.get(login)
        is_right = hmac.compare_digest(key.digest if key is not None else _DUMMY, digest_of(secret))
        why = key.why_not(self.now_ms()) if key is not None and is_right else ""
        return f"the key {login}: {why}" if why else ""

    def grants_of(self, key: Key) -> list[tuple[Grant, str]]:
        """All that it may do: its own, and those of its groups with the group's name."""
        found = [(grant, "") for grant in key.grants]
        for name in key.groups:
            group = self.groups.get(name)
            found += [(grant, name) for grant in group.grants] if group is not None else []
        return found

    def may(self, login: int, role: str, conv: Named | None) -> Verdict:
        """Whether a key may do what takes this role on a conv; None: on everything, where it belongs to no conv."""
        key = self.keys.get(login)
        if key is None:
            return Verdict(False, f"there is no key {login}")
        if refused := key.why_not(self.now_ms()):
            return Verdict(False, f"the key {login}: {refused}")
        conv_id = conv.conv_id if conv is not None else None
        folder = conv.folder if conv is not None else ""
        grants = self.grants_of(key)
        for grant, group in grants:
            if role in INCLUDES[grant.role] and grant.covers(conv_id, folder):
                return Verdict(True, f"{grant}{f', by the group {group}' if group else ''}")
        where = f'"{conv.title}" ({conv.conv_id})' if conv is not None else "everything"
        has = ", ".join(dict.fromkeys(str(grant) for grant, _ in grants)) or "nothing"
        return Verdict(False, f"the key {login} would need {role} on {where}; it may {has}")

    def is_last_admin(self, login: int) -> bool:
        """Whether no key but this may do everything."""
        return self.may(login, "admin", None).allowed and not any(
            self.may(other, "admin", None).allowed for other in self.keys if other != login
        )

    def covers(self, login: int, role: str, folders: Mapping[int, str]) -> list[int]:
        """Those of some convs (id to folder) on which it may do what takes this role: for lists of them."""
        key = self.keys.get(login)
        if key is None or key.why_not(self.now_ms()):
            return []
        grants = [grant for grant, _ in self.grants_of(key) if role in INCLUDES[grant.role]]
        return [
            conv_id for conv_id, folder in folders.items() if any(grant.covers(conv_id, folder) for grant in grants)
        ]
