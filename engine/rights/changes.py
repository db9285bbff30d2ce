"""Changes of keys and groups: from one snapshot of rights, what to write for the next, and for the trail."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ..errors import Refused, WrongData
from ..store.rights import RightsChange
from .keys import Group, Key, NewKey, checked_name, digest_of, encode_group, encode_key, new_secret
from .rights import Rights
from .roles import Grant, checked_role, checked_scope
from .trail import entry_text

MOST_KEYS = 10_000
MOST_GRANTS = 100  # of one key, or of one group


def checked_grants(grants: Sequence[tuple[str, str]]) -> tuple[Grant, ...]:
    """Each (role, scope) once. Raises WrongData."""
    found = tuple(dict.fromkeys(Grant(checked_role(role), checked_scope(scope)) for role, scope in grants))
    if len(found) > MOST_GRANTS:
        raise WrongData(f"at most {MOST_GRANTS} roles; give them to a folder, or to everything")
    return found


def created(
    rights: Rights,
    name: str,
    grants: tuple[Grant, ...],
    groups: Sequence[str],
    expires_ms: int,
    by: str,
) -> tuple[RightsChange, NewKey]:
    """A new key. Raises UnknownKey (no such group), WrongData, Refused (too many keys)."""
    checked_name(name, "key")
    for group in groups:
        rights.group(group)
    login, secret, now_ms = rights.last_login + 1, new_secret(), rights.now_ms()
    key = Key(
        login, name, digest_of(secret), now_ms, by, grants, tuple(dict.fromkeys(groups)),
        now_ms + expires_ms if expires_ms else 0,
    )  # fmt: skip
    may = ", ".join([*map(str, grants), *(f"group {group}" for group in key.groups)]) or "nothing yet"
    keys: dict[int, bytes | None] = {login: encode_key(key), **_forgotten(rights, now_ms)}
    entry = entry_text(by, "key created", f"key {login}", about=f"{name}: {may}")
    return RightsChange(login, keys, {}, [], entry), NewKey(key, secret)


def _forgotten(rights: Rights, now_ms: int) -> dict[int, bytes | None]:
    """Which keys make room for another one, where there are as many as there may be: the oldest of those that are
    refused anyway."""
    over = len(rights.keys) + len(rights.unreadable) + 1 - MOST_KEYS
    if over <= 0:
        return {}
    useless = [key for key in rights.keys.values() if key.why_not(now_ms)]
    if len(useless) < over:
        raise Refused(f"there are {MOST_KEYS:,} keys, and all are in use; revoke some: conv key list, conv key revoke")
    useless.sort(key=lambda key: key.revoked_ms or key.expires_ms)
    return {key.login: None for key in useless[:over]}


def revoked(rights: Rights, login: int, by: str) -> tuple[RightsChange, Key]:
    """The key is refused from now on, and its sessions end. Raises UnknownKey, Refused (it was before)."""
    key = _in_use(rights, login)
    key = msgspec.structs.replace(key, revoked_ms=rights.now_ms(), revoked_by=by, sealed=b"")
    entry = entry_text(by, "key revoked", f"key {login}", about=key.name)
    return RightsChange(rights.last_login, {login: encode_key(key)}, {}, [login], entry), key


def rotated(rights: Rights, login: int, by: str) -> tuple[RightsChange, NewKey]:
    """Another secret in place of the old one; sessions end. Raises UnknownKey, Refused (it was revoked)."""
    key, secret = _in_use(rights, login), new_secret()
    key = msgspec.structs.replace(key, digest=digest_of(secret), rotated_ms=rights.now_ms(), sealed=b"")
    entry = entry_text(by, "key rotated", f"key {login}", about=key.name)
    return RightsChange(rights.last_login, {login: encode_key(key)}, {}, [login], entry), NewKey(key, secret)


def granted(rights: Rights, login: int, more: tuple[Grant, ...], by: str) -> tuple[RightsChange, Key]:
    """With these roles too. Raises UnknownKey, Refused (it was revoked)."""
    key = _in_use(rights, login)
    return _with_grants(rights, key, _more(key.grants, more), by, "role given", more)


def withdrawn(rights: Rights, login: int, less: tuple[Grant, ...], by: str) -> tuple[RightsChange, Key]:
    """Without these roles. Raises UnknownKey, Refused (it has not got one of them, or was revoked)."""
    key = _in_use(rights, login)
    return _with_grants(rights, key, _less(key.grants, less, f"the key {login}"), by, "role taken", less)


def joined(rights: Rights, login: int, group: str, by: str) -> tuple[RightsChange, Key]:
    """In a group too. Raises UnknownKey, Refused (it was revoked)."""
    rights.group(group)
    key = _in_use(rights, login)
    key = msgspec.structs.replace(key, groups=tuple(dict.fromkeys((*key.groups, group))))
    return _written(rights, key, by, "joined group", group)


def left(rights: Rights, login: int, group: str, by: str) -> tuple[RightsChange, Key]:
    """No longer in a group. Raises UnknownKey, Refused (it is not in it)."""
    key = rights.key(login)
    if group not in key.groups:
        raise Refused(f'the key {login} is not in the group "{group}"')
    key = msgspec.structs.replace(key, groups=tuple(name for name in key.groups if name != group))
    return _written(rights, key, by, "left group", group)


def group_created(rights: Rights, name: str, grants: tuple[Grant, ...], by: str) -> tuple[RightsChange, Group]:
    """A new group. Raises WrongData, Refused (there is one of that name)."""
    checked_name(name, "group")
    if name in rights.groups:
        raise Refused(f'there is a group "{name}" already')
    return _group_written(rights, Group(name, grants), by, "group created", ", ".join(map(str, grants)))


def group_removed(rights: Rights, name: str, by: str) -> tuple[RightsChange, Group]:
    """No such group any more; its keys lose what it gave. Raises UnknownKey."""
    group = rights.group(name)
    keys: dict[int, bytes | None] = {
        key.login: encode_key(msgspec.structs.replace(key, groups=tuple(one for one in key.groups if one != name)))
        for key in rights.keys.values()
        if name in key.groups
    }
    entry = entry_text(by, "group removed", f"group {name}", about=f"{len(keys)} keys were in it")
    return RightsChange(rights.last_login, keys, {name: None}, [], entry), group


def group_granted(rights: Rights, name: str, more: tuple[Grant, ...], by: str) -> tuple[RightsChange, Group]:
    """All in it may do this too. Raises UnknownKey."""
    group = rights.group(name)
    group = msgspec.structs.replace(group, grants=_more(group.grants, more))
    return _group_written(rights, group, by, "role given", ", ".join(map(str, more)))


def group_withdrawn(rights: Rights, name: str, less: tuple[Grant, ...], by: str) -> tuple[RightsChange, Group]:
    """The group gives this no more. Raises UnknownKey, Refused (it did not)."""
    group = rights.group(name)
    group = msgspec.structs.replace(group, grants=_less(group.grants, less, f'the group "{name}"'))
    return _group_written(rights, group, by, "role taken", ", ".join(map(str, less)))


def _in_use(rights: Rights, login: int) -> Key:
    key = rights.key(login)
    if key.revoked_ms:
        raise Refused(f"the key {login} was revoked, for good; make another one: conv key create")
    return key


def _more(grants: tuple[Grant, ...], more: tuple[Grant, ...]) -> tuple[Grant, ...]:
    return checked_grants([(grant.role, grant.on) for grant in (*grants, *more)])


def _less(grants: tuple[Grant, ...], less: tuple[Grant, ...], who: str) -> tuple[Grant, ...]:
    for grant in less:
        if grant not in grants:
            has = ", ".join(map(str, grants)) or "none"
            raise Refused(f"{who} has not got {grant} itself; it has {has}")
    return tuple(grant for grant in grants if grant not in less)


def _with_grants(
    rights: Rights, key: Key, grants: tuple[Grant, ...], by: str, what: str, which: tuple[Grant, ...]
) -> tuple[RightsChange, Key]:
    return _written(rights, msgspec.structs.replace(key, grants=grants), by, what, ", ".join(map(str, which)))


def _written(rights: Rights, key: Key, by: str, what: str, about: str) -> tuple[RightsChange, Key]:
    entry = entry_text(by, what, f"key {key.login}", about=about)
    return RightsChange(rights.last_login, {key.login: encode_key(key)}, {}, [], entry), key


def _group_written(rights: Rights, group: Group, by: str, what: str, about: str) -> tuple[RightsChange, Group]:
    entry = entry_text(by, what, f"group {group.name}", about=about)
    return RightsChange(rights.last_login, {}, {group.name: encode_group(group)}, [], entry), group
