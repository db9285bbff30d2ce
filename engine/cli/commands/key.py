"""conv key: the API's keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ...errors import Refused
from ..options import DurationType, json_option, opened
from ..output import document, moment, note, plain, table
from .rotate_data import rotate_data

if TYPE_CHECKING:
    from ...app import Engine
    from ...rights.keys import Key, NewKey
    from ...rights.rights import Rights

F = TypeVar("F", bound=Callable[..., Any])

ROLE_WORDS = ("view", "submit", "modify", "admin")


def login_argument(command: F) -> F:
    return click.argument("login", metavar="LOGIN", type=click.IntRange(1))(command)


def role_argument(command: F) -> F:
    return click.argument("role", metavar="ROLE", type=click.Choice(ROLE_WORDS))(command)


def on_option(command: F) -> F:
    help_text = 'Where: "*" everything (the default), a folder such as salesforce/, or a CONV; may be repeated.'
    return click.option("--on", metavar="SCOPE", multiple=True, help=help_text)(command)


def role_option(command: F) -> F:
    return click.option("--role", type=click.Choice(ROLE_WORDS), help="What it may do.")(command)


def scopes_of(engine: Engine, on: Sequence[str]) -> list[str]:
    """The scopes as they are kept: a conv by its id. Raises UnknownConv."""
    from ...errors import UnknownConv

    scopes = []
    for scope in on or ("*",):
        if scope == "*" or scope.endswith("/"):
            scopes.append(scope)
            continue
        try:
            scopes.append(str(engine.find(scope).conv_id))
        except UnknownConv as error:
            if not (scope.isascii() and scope.isdigit()):
                raise UnknownConv(f"{error.message} (a folder ends in /: {scope}/)", where=error.where) from None
            note(f"nothing is deployed as {scope} yet")
            scopes.append(scope)
    return scopes


def grants_of(engine: Engine, role: str | None, on: Sequence[str]) -> list[tuple[str, str]]:
    """Raises click.UsageError for a scope without a role."""
    if role is None:
        if on:
            raise click.UsageError("--on says where: say with --role what")
        return []
    return [(role, scope) for scope in scopes_of(engine, on)]


def as_dict(key: Key, rights: Rights) -> dict[str, Any]:
    """For `--json`; nothing of the secret."""
    return {
        "login": key.login, "name": key.name, "state": state_of(key, rights.now_ms()),
        "grants": [{"role": grant.role, "on": grant.on} for grant in key.grants], "groups": list(key.groups),
        "made_ms": key.made_ms, "made_by": key.made_by, "expires_ms": key.expires_ms, "rotated_ms": key.rotated_ms,
        "revoked_ms": key.revoked_ms, "revoked_by": key.revoked_by,
    }  # fmt: skip


def state_of(key: Key, now_ms: int) -> str:
    if key.revoked_ms:
        return "revoked"
    return "expired" if key.has_expired(now_ms) else "active"


def may_words(key: Key) -> str:
    return ", ".join([*map(str, key.grants), *(f"group {group}" for group in key.groups)]) or "nothing"


@click.group()
def key() -> None:
    """Keys let programs and people use the API; what one may do is its roles, and those of its groups. A shell on this
    machine that can reach the store needs none: it may do everything.

    \b
      view     see definitions, tasks and counts
      submit   submit tasks
      modify   both, and change, cancel, retry and delete tasks
      admin    everything, also deploy, and see secrets

    \b
      conv key create "Billing" --role submit --on "Get token"
      conv key list
      conv key can 10001 submit "Get token"
      conv key revoke 10001
    """


@key.command("create")
@click.argument("name")
@role_option
@on_option
@click.option("--group", "groups", metavar="NAME", multiple=True, help="Put it into this group; may be repeated.")
@click.option(
    "--expires", type=DurationType(), metavar="TIME", help="For how long it is good, such as 30d; default: ever."
)
@json_option
def create(
    name: str, role: str | None, on: tuple[str, ...], groups: tuple[str, ...], expires: float | None, as_json: bool
) -> None:
    """Make a key. Its secret is shown this once, on standard output, and kept nowhere.

    \b
      conv key create "Billing" --role submit --on "Get token" --expires 30d
      conv key create "Sales people" --group sales
    """
    from ...rights.actor import shell_user

    if role is None and not groups:
        raise click.UsageError("say what it may do: --role ROLE [--on SCOPE], or --group NAME")
    if expires is not None and expires <= 0:
        raise click.UsageError("--expires: a key that is good for no time is good for nothing")
    with opened() as engine:
        grants = grants_of(engine, role, on)
        made = engine.keyring.create(name, grants, groups, expires, shell_user())
        _show_new(made, engine.keyring.current, as_json, f"The key {made.key.login} may {may_words(made.key)}.")


def _show_new(made: NewKey, rights: Rights, as_json: bool, told: str) -> None:
    if as_json:
        document({**as_dict(made.key, rights), "secret": made.secret, "key": made.text})
        return
    click.echo(made.text)
    note(f"{plain(told)} This is the one time that its secret is shown.")
    note(f"Authorization: Bearer {made.key.login}.…, or name {made.key.login} and what follows the dot as password")


@key.command("list")
@click.option("--all", "with_all", is_flag=True, help="Also those that were revoked or have expired.")
@json_option
def list_keys(with_all: bool, as_json: bool) -> None:
    """List the keys, and what they may do.

    \b
      conv key list
      conv key list --all --json
    """
    with opened() as engine:
        rights = engine.keyring.current
    now_ms = rights.now_ms()
    keys = [one for one in rights.keys.values() if with_all or not one.why_not(now_ms)]
    if as_json:
        document([as_dict(one, rights) for one in keys])
    elif keys:
        rows = [
            (
                str(one.login), plain(one.name), state_of(one, now_ms), moment(one.made_ms),
                moment(one.expires_ms) if one.expires_ms else "", plain(may_words(one)),
            )
            for one in keys
        ]  # fmt: skip
        table(("LOGIN", "NAME", "STATE", "MADE", "EXPIRES", "MAY"), rows, right=(0,))
    else:
        note("There are no keys; conv key create makes one")
    for login, why in rights.unreadable.items():
        note(f"What is kept of the key {login} cannot be read, and it is refused: {plain(why)}")


@key.command("revoke")
@login_argument
@click.option("--yes", is_flag=True, help="Also the last key that may do everything.")
@json_option
def revoke(login: int, yes: bool, as_json: bool) -> None:
    """Refuse a key from now on, everywhere within a second. Sessions of people who signed in with it end.

    \b
      conv key revoke 10001
    """
    from ...rights.actor import shell_user

    with opened() as engine:
        if not yes and engine.keyring.refreshed().is_last_admin(login):
            raise Refused(
                f"the key {login} is the last one that may do everything: without it keys, variables and deploys are "
                f"for shells alone. conv key revoke {login} --yes revokes it all the same"
            )
        _show(engine.keyring.revoke(login, shell_user()), engine.keyring.current, as_json, "revoked")


@key.command("rotate")
@login_argument
@json_option
def rotate(login: int, as_json: bool) -> None:
    """Give a key another secret, which is shown this once; the old one is refused within a second.

    \b
      conv key rotate 10001
    """
    from ...rights.actor import shell_user

    with opened() as engine:
        made = engine.keyring.rotate(login, shell_user())
        _show_new(made, engine.keyring.current, as_json, f"The key {login} has another secret.")


@key.command("grant")
@login_argument
@role_argument
@on_option
@json_option
def grant(login: int, role: str, on: tuple[str, ...], as_json: bool) -> None:
    """Let a key do more.

    \b
      conv key grant 10001 modify --on salesforce/
    """
    from ...rights.actor import shell_user

    with opened() as engine:
        more = grants_of(engine, role, on)
        _show(engine.keyring.grant(login, more, shell_user()), engine.keyring.current, as_json, "granted")


@key.command("withdraw")
@login_argument
@role_argument
@on_option
@json_option
def withdraw(login: int, role: str, on: tuple[str, ...], as_json: bool) -> None:
    """The opposite of conv key grant.

    \b
      conv key withdraw 10001 modify --on salesforce/
    """
    from ...rights.actor import shell_user

    with opened() as engine:
        less = grants_of(engine, role, on)
        _show(engine.keyring.withdraw(login, less, shell_user()), engine.keyring.current, as_json, "withdrawn")


@key.command("can")
@login_argument
@role_argument
@click.argument("conv", metavar="[CONV]", default="*")
@json_option
def can(login: int, role: str, conv: str, as_json: bool) -> None:
    """Say whether a key may do what takes this role on a process or state diagram, and why. Without CONV: on
    everything, as the variables or the keys need it. Exit status 1 when it may not.

    \b
      conv key can 10001 submit "Get token"
    """
    with opened() as engine:
        record = None if conv == "*" else engine.find(conv)
        engine.keyring.current.key(login)
        verdict = engine.keyring.may(login, role, record)
    if as_json:
        document({"allowed": verdict.allowed, "why": verdict.why})
    else:
        click.echo(f"{'yes' if verdict.allowed else 'no'}: {plain(verdict.why)}")
    if not verdict.allowed:
        raise click.exceptions.Exit(1)


def _show(one: Key, rights: Rights, as_json: bool, done: str) -> None:
    if as_json:
        document(as_dict(one, rights))
    else:
        click.echo(f"{done} {one.login} {plain(one.name)}: {plain(may_words(one))}")


key.add_command(rotate_data)
