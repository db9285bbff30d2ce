"""Keys, sessions and the trail: who may do what, who is signed in, and who did what."""

from __future__ import annotations

import itertools
from typing import Annotated

import msgspec

from ...errors import Forbidden, LostRace, NotSignedIn, Refused, UnknownKey, WrongData
from ...rights.browser import forged
from ...rights.keys import Key, NewKey
from ...rights.roles import ROLES, Role
from ...rights.sessions import cookie, no_cookie
from ..caller import SIGNED_IN
from ..route import Example, Reply, Request, route
from ..site import address_of, cookie_in, own_origin


class GrantView(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A role on `*`, a folder such as `salesforce/`, or the id of a conv."""

    role: Role
    on: str = "*"


class KeyView(msgspec.Struct, frozen=True):
    """A key without its secret. Times are Unix ms; 0: never."""

    login: int
    name: str
    grants: list[GrantView]
    groups: list[str]
    made_ms: int
    made_by: str
    expires_ms: int
    revoked_ms: int


class Keys(msgspec.Struct, frozen=True):
    keys: list[KeyView]


class WantedKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`expires_s`: for how many seconds it is good; null: until it is revoked."""

    name: str
    grants: list[GrantView] = []
    groups: list[str] = []
    expires_s: Annotated[float, msgspec.Meta(gt=0, le=1e10)] | None = None


class MadeKey(msgspec.Struct, frozen=True):
    """`key`: LOGIN.SECRET, shown this once."""

    login: int
    key: str


class SignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The login and the secret of a key."""

    login: Annotated[str, msgspec.Meta(max_length=20)]
    secret: Annotated[str, msgspec.Meta(max_length=200)]


class Me(msgspec.Struct, frozen=True):
    """Who is signed in, and the roles that they have on everything. `open`: the server asks nobody."""

    login: str
    open: bool
    roles: list[Role]


class EntryView(msgspec.Struct, frozen=True):
    """Who did what, when (Unix ms), on what, and how it ended."""

    id: str
    time_ms: int
    who: str
    what: str
    on: str
    outcome: str
    about: str


class Trail(msgspec.Struct, frozen=True):
    """The oldest first. `after`: ask for what comes behind these."""

    entries: list[EntryView]
    after: str


class Since(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`after`: the id of an entry."""

    since_ms: Annotated[int, msgspec.Meta(ge=0, le=1 << 52)] = 0
    after: Annotated[str, msgspec.Meta(pattern=r"^(|[0-9]{1,15}-[0-9]{1,15})$")] = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=1_000)] = 100


@route("GET", "/v1/session", role=SIGNED_IN, answers=Me)
def show_session(request: Request) -> Me:
    """Who the caller is, by key or by the cookie of a session, and what they may do everywhere."""
    may = [role for role in ROLES if not request.caller.refusal(role, None)]
    return Me(request.caller.login, request.site.open_port is not None, may)


@route(
    "POST",
    "/v1/session",
    role="",
    body=SignIn,
    answers=Me,
    errors=(NotSignedIn, Forbidden),
    example=Example(body={"login": "10001", "secret": "…"}),
)
async def sign_in(request: Request) -> Reply:
    """Signs a person in: the answer sets a cookie. For pages of this server, which send `X-Conv: 1`."""
    if why := forged("POST", request.headers, own_origin(request.headers, request.scope)):
        raise Forbidden(why)
    site, wanted, address = request.site, request.body, address_of(request.scope)
    try:
        key = await site.signed_in(f"Bearer {wanted.login}.{wanted.secret}", address)
    except NotSignedIn:
        login = wanted.login if wanted.login.isdecimal() else "somebody"
        await site.in_thread(site.engine.keyring.note_refused, login, address)
        raise
    name = await site.in_thread(site.engine.keyring.open_session, key, address)
    caller = site.engine.keyring.caller(key)
    may = [role for role in ROLES if not caller.refusal(role, None)]
    is_tls = request.scope.get("scheme") == "https"
    return Reply(Me(caller.login, False, may), headers={"set-cookie": cookie(name, is_tls=is_tls)})


@route("DELETE", "/v1/session", role=SIGNED_IN, answers=None, status=204)
def sign_out(request: Request) -> Reply:
    """Ends the session of the cookie, everywhere and at once."""
    name = cookie_in(request.headers, request.scope)
    if name is not None:
        request.engine.keyring.end_session(name)
    is_tls = request.scope.get("scheme") == "https"
    return Reply(None, 204, {"set-cookie": no_cookie(is_tls=is_tls)})


@route("GET", "/v1/keys", role="admin", answers=Keys)
def list_keys(request: Request) -> Keys:
    """All keys, also those that were revoked or have expired. Secrets are kept nowhere."""
    return Keys([_shown(key) for _, key in sorted(request.engine.keyring.refreshed().keys.items())])


@route(
    "POST",
    "/v1/keys",
    role="admin",
    body=WantedKey,
    answers=MadeKey,
    status=201,
    errors=(WrongData, UnknownKey, Refused, LostRace),
    example=Example(body={"name": "Billing", "grants": [{"role": "submit", "on": "140896"}]}),
)
def create_key(request: Request) -> MadeKey:
    """Makes a key. Its secret is in this answer, and nowhere else."""
    wanted: WantedKey = request.body
    if not wanted.grants and not wanted.groups:
        raise WrongData("say what the key may do: grants, groups or both")
    grants = [(grant.role, grant.on) for grant in wanted.grants]
    return _made(
        request.engine.keyring.create(wanted.name, grants, wanted.groups, wanted.expires_s, request.caller.login)
    )


@route(
    "DELETE",
    "/v1/keys/{login}",
    role="admin",
    answers=KeyView,
    errors=(UnknownKey, Refused, LostRace),
    example=Example({"login": "10002"}),
)
def revoke_key(request: Request) -> KeyView:
    """Revokes a key: within a second it is refused everywhere."""
    return _shown(request.engine.keyring.revoke(_login(request), request.caller.login))


@route(
    "POST",
    "/v1/keys/{login}/rotate",
    role="admin",
    answers=MadeKey,
    errors=(UnknownKey, Refused, LostRace),
    example=Example({"login": "10002"}),
)
def rotate_key(request: Request) -> MadeKey:
    """Gives a key another secret; the one before is refused within a second."""
    return _made(request.engine.keyring.rotate(_login(request), request.caller.login))


@route("GET", "/v1/audit-log", role="admin", query=Since, answers=Trail)
def show_trail(request: Request) -> Trail:
    """Who did what: sign-ins, secrets that were shown, changes, deploys and keys."""
    since: Since = request.query
    found = itertools.islice(request.engine.keyring.trail(since.since_ms, since.after), since.limit)
    entries = [EntryView(one.entry_id, one.time_ms, one.who, one.what, one.on, one.outcome, one.about) for one in found]
    return Trail(entries, entries[-1].id if entries else since.after)


def _login(request: Request) -> int:
    text = request.path["login"]
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise UnknownKey(f'a login is a number, not "{text[:40]}"')
    return int(text)


def _made(made: NewKey) -> MadeKey:
    return MadeKey(made.key.login, made.text)


def _shown(key: Key) -> KeyView:
    grants = [GrantView(grant.role, grant.on) for grant in key.grants]
    return KeyView(
        key.login, key.name, grants, list(key.groups), key.made_ms, key.made_by, key.expires_ms, key.revoked_ms
    )
