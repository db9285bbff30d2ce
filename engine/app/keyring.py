"""Keys of the API and their groups, what they may do, sessions, and the trail, as this process sees them.

What is allowed is decided on a snapshot, at most a second old: so a check costs no round trip, and a revoked key is
refused within a second everywhere.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from ..errors import LostRace, NotSignedIn
from ..rights import changes, sessions
from ..rights.caller import KeyCaller
from ..rights.keys import FIRST_LOGIN, Group, Key, NewKey
from ..rights.rights import Rights, Verdict
from ..rights.roles import EVERYTHING
from ..rights.trail import Chain, Entry, Verified, entry_of, entry_text
from ..store import rights as stored
from ..store.registry import ConvRecord
from ..store.rights import RightsChange
from .context import Context

T = TypeVar("T")

REFRESH_S = 1.0  # how old a snapshot of the rights may be
TRIES = 20  # of a change, while others change something too
PAGE = 1000  # entries of the trail

NOT_SIGNED_IN = "there is no such key, or its secret is another one; conv key list shows which there are"


class Keyring:
    """For many threads at once. `by` of each change: a login, or `shell USER`."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._looking = threading.Lock()
        self._rights: Rights | None = None
        self._looked_at = 0.0

    # --- What is allowed ------------------------------------------------------------------------

    @property
    def current(self) -> Rights:
        """The snapshot. Asks the store only when it is a second old; raises StoreError when that does not answer."""
        rights = self._rights
        if rights is not None and time.monotonic() - self._looked_at <= REFRESH_S:
            return rights
        return self._look(time.monotonic() - REFRESH_S)

    def latest(self, age_s: float) -> Rights | None:
        """The snapshot if it is no older, without asking the store."""
        return self._rights if time.monotonic() - self._looked_at <= age_s else None

    def refreshed(self) -> Rights:
        """A snapshot that was looked up after this call began: for a task in the background, twice a second, so that
        `current` never asks the store itself."""
        return self._look(time.monotonic())

    def _look(self, since: float) -> Rights:
        with self._looking:
            rights = self._rights
            if rights is not None and self._looked_at > since:
                return rights
            began = time.monotonic()
            records = self._context.store.one(stored.load(None if rights is None else rights.version))
            if rights is None or records.keys is not None:
                rights = Rights(records)
            self._rights, self._looked_at = rights, began
            return rights

    def signed_in(self, login: int, secret: str) -> Key:
        """The key, if the secret is its own. Raises NotSignedIn, with the same words whatever is wrong."""
        key = self.current.known(login, secret)
        if key is None:
            raise NotSignedIn(NOT_SIGNED_IN)
        return key

    def may(self, login: int, role: str, conv: ConvRecord | None) -> Verdict:
        """Whether a key may do what takes this role on a conv, and why; None: on everything."""
        return self.current.may(login, role, conv)

    def caller(self, key: Key) -> KeyCaller:
        """Who asks by this key."""
        return KeyCaller(key.login, lambda: self.current)

    # --- Keys -----------------------------------------------------------------------------------

    def create(
        self, name: str, grants: Sequence[tuple[str, str]], groups: Sequence[str], expires_s: float | None, by: str
    ) -> NewKey:
        """A new key, with its secret for this one time. `grants`: (role, scope) each, the scope `*`, `salesforce/` or
        the id of a conv. Raises WrongData, UnknownKey (no such group), Refused (too many keys)."""
        checked = changes.checked_grants(grants)
        expires_ms = 0 if expires_s is None else max(1, int(expires_s * 1000))
        return self._change(lambda rights: changes.created(rights, name, checked, groups, expires_ms, by))

    def first_key(self) -> NewKey | None:
        """An admin key for everything, made once for each store and shown once; None: there was a key before."""
        admin = changes.checked_grants([("admin", EVERYTHING)])
        while (rights := self.refreshed()).last_login < FIRST_LOGIN:
            change, made = changes.created(rights, "first", admin, [], 0, "first start")
            if self._write(rights, change):
                return made
        return None

    def revoke(self, login: int, by: str) -> Key:
        return self._change(lambda rights: changes.revoked(rights, login, by))

    def rotate(self, login: int, by: str) -> NewKey:
        return self._change(lambda rights: changes.rotated(rights, login, by))

    def grant(self, login: int, grants: Sequence[tuple[str, str]], by: str) -> Key:
        more = changes.checked_grants(grants)
        return self._change(lambda rights: changes.granted(rights, login, more, by))

    def withdraw(self, login: int, grants: Sequence[tuple[str, str]], by: str) -> Key:
        less = changes.checked_grants(grants)
        return self._change(lambda rights: changes.withdrawn(rights, login, less, by))

    def join(self, login: int, group: str, by: str) -> Key:
        return self._change(lambda rights: changes.joined(rights, login, group, by))

    def leave(self, login: int, group: str, by: str) -> Key:
        return self._change(lambda rights: changes.left(rights, login, group, by))

    def create_group(self, name: str, grants: Sequence[tuple[str, str]], by: str) -> Group:
        checked = changes.checked_grants(grants)
        return self._change(lambda rights: changes.group_created(rights, name, checked, by))

    def remove_group(self, name: str, by: str) -> Group:
        return self._change(lambda rights: changes.group_removed(rights, name, by))

    def grant_group(self, name: str, grants: Sequence[tuple[str, str]], by: str) -> Group:
        more = changes.checked_grants(grants)
        return self._change(lambda rights: changes.group_granted(rights, name, more, by))

    def withdraw_group(self, name: str, grants: Sequence[tuple[str, str]], by: str) -> Group:
        less = changes.checked_grants(grants)
        return self._change(lambda rights: changes.group_withdrawn(rights, name, less, by))

    def _change(self, make: Callable[[Rights], tuple[RightsChange, T]]) -> T:
        """Make a change on top of what there is now. Raises LostRace when others are always faster."""
        for _ in range(TRIES):
            rights = self.refreshed()
            change, made = make(rights)
            if self._write(rights, change):
                return made
        raise LostRace("others change keys at the same time, again and again; nothing was changed: try again")

    def _write(self, rights: Rights, change: RightsChange) -> bool:
        """False: somebody was faster. What was written is seen here at once."""
        written = self._context.store.one(stored.change_rights(rights.version, change)) is not None
        self._looked_at = 0.0
        return written

    # --- Sessions -------------------------------------------------------------------------------

    def open_session(self, key: Key, where_from: str = "") -> str:
        """Of a person who has signed in with this key; what the cookie says. It ends after 8 h without a request,
        after 7 days, with the key, and when it is ended. `where_from`: an address, for the trail."""
        name = sessions.new_name()
        entry = entry_text(str(key.login), "signed in", f"key {key.login}", about=where_from)
        self._context.store.one(
            stored.open_session(
                sessions.digest_of(name), key.login, key.mark, sessions.IDLE_MS, sessions.LONGEST_MS, entry
            )
        )
        return name

    def session(self, name: str) -> Key:
        """The key behind a cookie; one round trip. Raises NotSignedIn."""
        if sessions.is_name(name):
            opened = self._context.store.one(stored.session(sessions.digest_of(name), sessions.IDLE_MS))
            rights = self.current
            key = rights.keys.get(opened.login) if opened is not None else None
            if opened is not None and key is not None and key.mark == opened.mark and not key.why_not(rights.now_ms()):
                return key
        raise NotSignedIn("the session is over, or there was none: sign in again")

    def end_session(self, name: str) -> bool:
        """At once, everywhere. False: there was none."""
        return sessions.is_name(name) and self._context.store.one(stored.end_session(sessions.digest_of(name)))

    def note_refused(self, login: str, where_from: str) -> None:
        """Somebody could not sign in. For a limited number of these a minute: each is an entry of the trail."""
        self.note(login, "signed in", f"key {login}", "refused", where_from)

    # --- The trail ------------------------------------------------------------------------------

    def note(self, who: str, what: str, on: str = "", outcome: str = "done", about: str = "") -> None:
        """Append an entry. Never a secret, and no data of tasks."""
        self._context.store.one(stored.note(entry_text(who, what, on, outcome, about)))

    def trail(self, since_ms: int = 0, after: str = "") -> Iterator[Entry]:
        """Its entries, the oldest first, from a Unix time in ms on or after an entry's id."""
        for page in self._pages(since_ms, after):
            yield from (entry_of(line) for line in page.lines)

    def verify_trail(self) -> Verified:
        """Follow the chain from the first entry that is kept to the last."""
        chain = Chain()
        for page in self._pages(0, ""):
            for line in page.lines:
                chain.take(line)
        # The last page has come in one moment with the number and the hash of the last entry.
        return chain.end(page.noted, page.head)

    def _pages(self, since_ms: int, after: str) -> Iterator[stored.TrailPage]:
        """The last one is not full, or empty."""
        while True:
            page = self._context.store.one(stored.trail(after, PAGE, since_ms))
            yield page
            if len(page.lines) < PAGE:
                return
            after = page.lines[-1].entry_id
