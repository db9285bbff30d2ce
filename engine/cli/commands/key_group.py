"""conv group: keys that may do the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ..options import json_option, opened
from ..output import count_of, document, note, plain, table
from .key import grants_of, login_argument, on_option, role_argument, role_option

if TYPE_CHECKING:
    from ...rights.keys import Group
    from ...rights.rights import Rights

group_argument = click.argument("name", metavar="GROUP")


def as_dict(one: Group, rights: Rights) -> dict[str, Any]:
    """For `--json`."""
    return {
        "name": one.name,
        "grants": [{"role": grant.role, "on": grant.on} for grant in one.grants],
        "keys": members(one.name, rights),
    }


def members(name: str, rights: Rights) -> list[int]:
    return [key.login for key in rights.keys.values() if name in key.groups]


@click.group()
def group() -> None:
    """What a group may do, all keys in it may.

    \b
      conv group create sales --role modify --on salesforce/
      conv group add sales 10001
      conv group list
    """


@group.command("create")
@group_argument
@role_option
@on_option
@json_option
def create(name: str, role: str | None, on: tuple[str, ...], as_json: bool) -> None:
    """Make a group.

    \b
      conv group create sales --role modify --on salesforce/
    """
    from ...rights.actor import shell_user

    with opened() as engine:
        made = engine.keyring.create_group(name, grants_of(engine, role, on), shell_user())
        _show(made, engine.keyring.current, as_json, "created")


@group.command("list")
@json_option
def list_groups(as_json: bool) -> None:
    """List the groups, what they may do, and the keys in them.

    \b
      conv group list
    """
    with opened() as engine:
        rights = engine.keyring.current
    if as_json:
        document([as_dict(one, rights) for one in rights.groups.values()])
    elif rights.groups:
        rows = [
            (plain(one.name), " ".join(map(str, members(one.name, rights))), plain(_may(one)))
            for one in rights.groups.values()
        ]
        table(("GROUP", "KEYS", "MAY"), rows)
    else:
        note("There are no groups; conv group create makes one")


@group.command("remove")
@group_argument
@json_option
def remove(name: str, as_json: bool) -> None:
    """Remove a group; its keys stay, and lose what it gave them.

    \b
      conv group remove sales
    """
    from ...rights.actor import shell_user

    with opened() as engine:
        keys = len(members(name, engine.keyring.refreshed()))
        engine.keyring.remove_group(name, shell_user())
    if as_json:
        document({"name": name, "keys": keys})
    else:
        click.echo(f"removed {plain(name)}; {count_of(keys, 'key')} had been in it")


@group.command("grant")
@group_argument
@role_argument
@on_option
@json_option
def grant(name: str, role: str, on: tuple[str, ...], as_json: bool) -> None:
    """Let all keys of a group do more.

    \b
      conv group grant sales view --on billing/
    """
    from ...rights.actor import shell_user

    with opened() as engine:
        changed = engine.keyring.grant_group(name, grants_of(engine, role, on), shell_user())
        _show(changed, engine.keyring.current, as_json, "granted")


@group.command("withdraw")
@group_argument
@role_argument
@on_option
@json_option
def withdraw(name: str, role: str, on: tuple[str, ...], as_json: bool) -> None:
    """The opposite of conv group grant.

    \b
      conv group withdraw sales view --on billing/
    """
    from ...rights.actor import shell_user

    with opened() as engine:
        changed = engine.keyring.withdraw_group(name, grants_of(engine, role, on), shell_user())
        _show(changed, engine.keyring.current, as_json, "withdrawn")


@group.command("add")
@group_argument
@login_argument
@json_option
def add(name: str, login: int, as_json: bool) -> None:
    """Put a key into a group.

    \b
      conv group add sales 10001
    """
    from ...rights.actor import shell_user

    with opened() as engine:
        engine.keyring.join(login, name, shell_user())
        rights = engine.keyring.current
        _show(rights.group(name), rights, as_json, f"added {login} to")


@group.command("drop")
@group_argument
@login_argument
@json_option
def drop(name: str, login: int, as_json: bool) -> None:
    """Take a key out of a group.

    \b
      conv group drop sales 10001
    """
    from ...rights.actor import shell_user

    with opened() as engine:
        engine.keyring.leave(login, name, shell_user())
        rights = engine.keyring.current
        _show(rights.group(name), rights, as_json, f"dropped {login} from")


def _may(one: Group) -> str:
    return ", ".join(map(str, one.grants)) or "nothing"


def _show(one: Group, rights: Rights, as_json: bool, done: str) -> None:
    if as_json:
        document(as_dict(one, rights))
    else:
        click.echo(f"{done} {plain(one.name)}: {plain(_may(one))}")
