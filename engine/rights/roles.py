"""Roles, and what they are on: everything, a folder, or one process or state diagram."""

from __future__ import annotations

import re
from typing import Literal, get_args

import msgspec

from ..errors import WrongData

Role = Literal["view", "submit", "modify", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)

INCLUDES: dict[str, frozenset[str]] = {
    "view": frozenset({"view"}),
    "submit": frozenset({"submit"}),
    "modify": frozenset({"view", "submit", "modify"}),
    "admin": frozenset(ROLES),
}
"""view: look at definitions, tasks and counts. submit: make new tasks. modify: change, cancel, retry and delete tasks.
admin: deploy, pause, see secrets; on everything also variables, keys and the trail."""

EVERYTHING = "*"


class Grant(msgspec.Struct, frozen=True, omit_defaults=True):
    """A role on a scope: `*` everything, `salesforce/` a folder with all below it, `140897` one conv."""

    role: Role
    on: str = EVERYTHING

    def covers(self, conv_id: int | None, folder: str) -> bool:
        """Whether the scope holds this conv; None stands for what belongs to no conv."""
        if self.on == EVERYTHING:
            return True
        if conv_id is None:
            return False
        if self.on.endswith("/"):
            return is_in(folder, self.on)
        return self.on == str(conv_id)

    def __str__(self) -> str:
        return f"{self.role} on {scope_words(self.on)}"


def is_in(folder: str, scope: str) -> bool:
    """Whether a folder (`salesforce`, `salesforce/eu`) is the one of a scope (`salesforce/`), or below it."""
    return f"{folder}/".startswith(scope)


def scope_words(scope: str) -> str:
    """For people."""
    return "everything" if scope == EVERYTHING else scope


def checked_role(role: str) -> Role:
    """Raises WrongData."""
    for known in ROLES:
        if role == known:
            return known
    raise WrongData(f'there is no role "{role}"; there are {", ".join(ROLES)}')


def checked_scope(scope: str) -> str:
    """A scope as it is kept: `*`, the digits of a conv's id, or a folder. Raises WrongData."""
    if scope == EVERYTHING or re.fullmatch(r"[1-9][0-9]{0,18}", scope):
        return scope
    parts = scope.removesuffix("/").split("/")
    if scope.endswith("/") and len(scope) <= 255 and scope.isprintable() and not {"", ".", ".."} & {*parts}:
        return scope
    raise WrongData(
        f'"{scope}" is nothing that a role can be on: *, the id of a process or state diagram, or a folder such as '
        "salesforce/"
    )
