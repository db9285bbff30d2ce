"""How one state of a conv differs from another: first in meaning, then in the text. Nothing of the store is asked here.

Definitions are compared as their authors would write them (engine.load.spelling), so fields have their names of the
grammar: `api_call.url`, `condition[0].go`.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from ..definition import Definition
from ..views import MASK

NAMED = ("nodes", "params", "alias", "layout", "exchange")  # at the top; told by names of their own
_ABSENT = object()


class FieldChange(NamedTuple):
    """One field, by its path, as it was and as it is; None: it is not there."""

    path: str
    before: Any
    after: Any


class Change(NamedTuple):
    """One thing that changes. `kind`: conv, parameter, alias, node, layout, exchange, variable or instance (of a
    database). `what`: added, removed, changed, or renamed (from `was`). `fields`: what of it changed."""

    kind: str
    what: str
    name: str
    was: str = ""
    fields: tuple[FieldChange, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        return {**self._asdict(), "fields": [field._asdict() for field in self.fields]}


class Difference(NamedTuple):
    """How one state of a conv differs from another. `is_new`: there is nothing before. `folders`: the one before, and
    the one after. `changes`: in meaning; `text`: the lines of a unified diff. Where a definition cannot be read,
    `unreadable` says so, and there are no changes."""

    conv_id: int
    title: str
    is_new: bool
    folders: tuple[str, str]
    changes: list[Change]
    text: list[str]
    unreadable: str = ""

    @property
    def is_none(self) -> bool:
        """Whether a deploy would make no version."""
        return not (self.is_new or self.changes or self.text or self.unreadable or self.folders[0] != self.folders[1])

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {**self._asdict(), "changes": [change.as_dict() for change in self.changes]}


def changes_of(before: Definition, after: Definition) -> list[Change]:
    """What changes in meaning: of the conv itself, its parameters, aliases and nodes; last its layout, and what only an
    export needs."""
    from ..load.spelling import spelled

    old, new = spelled(before), spelled(after)
    whole = tuple(_fields(_without(old, NAMED), _without(new, NAMED)))
    changes = [Change("conv", "changed", after.title, fields=whole)] if whole else []
    changes += named_changes("parameter", _params(old), _params(new))
    changes += named_changes("alias", dict.fromkeys(before.aliases), dict.fromkeys(after.aliases))
    changes += _node_changes(old["nodes"], new["nodes"])
    rest = [kind for kind in ("layout", "exchange") if old.get(kind) != new.get(kind)]
    return changes + [Change(kind, "changed", after.title) for kind in rest]


def named_changes(kind: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """What was removed, changed and added, by name."""
    changes = [Change(kind, "removed", name) for name in before if name not in after]
    for name, value in after.items():
        if name not in before:
            changes.append(Change(kind, "added", name))
        elif fields := tuple(_fields(before[name], value)):
            changes.append(Change(kind, "changed", name, fields=fields))
    return changes


def site_changes(
    kind: str, before: Mapping[str, Any], after: Mapping[str, Any], secret: Collection[str] = ()
) -> list[Change]:
    """What a deploy adds to and changes of variables or database instances: it removes none. What a secret one was and
    is, is masked."""
    changes = [one for one in named_changes(kind, before, after) if one.what != "removed"]
    return [one._replace(fields=tuple(map(_masked, one.fields))) if one.name in secret else one for one in changes]


def _masked(field: FieldChange) -> FieldChange:
    if field.path != "value":
        return field
    return FieldChange(field.path, *(None if value is None else MASK for value in (field.before, field.after)))


def text_changes(before: bytes, after: bytes, names: tuple[str, str]) -> list[str]:
    """The lines of a unified diff, without their ends; none when the texts are the same, to the byte."""
    if before == after:
        return []
    old, new = (source.decode("utf-8", "backslashreplace").split("\n") for source in (before, after))
    return list(difflib.unified_diff(old, new, *names, lineterm=""))


def _params(whole: Mapping[str, Any]) -> dict[str, Any]:
    """With `string` written out as `{type: string}`."""
    params = whole.get("params", {})
    return {name: {"type": param} if isinstance(param, str) else param for name, param in params.items()}


def _node_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """As named_changes, and the nodes that `was` renames."""
    renamed = {
        name: node["was"]
        for name, node in after.items()
        if name not in before and node.get("was") in before and node["was"] not in after
    }
    changes = named_changes(
        "node",
        {name: node for name, node in before.items() if name not in renamed.values()},
        {name: node for name, node in after.items() if name not in renamed},
    )
    for new, old in renamed.items():
        fields = tuple(_fields(_without(before[old], ("was",)), _without(after[new], ("was",))))
        changes.append(Change("node", "renamed", new, old, fields))
    return changes


def _without(value: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    return {name: inner for name, inner in value.items() if name not in names}


def _fields(before: Any, after: Any, path: str = "") -> Iterator[FieldChange]:
    """Each innermost value that differs, at its path. Lists of one length are compared item by item."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in dict.fromkeys([*before, *after]):
            inner = f"{path}.{name}" if path else str(name)
            yield from _fields(before.get(name, _ABSENT), after.get(name, _ABSENT), inner)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from _fields(old, new, f"{path}[{index}]")
    elif type(before) is not type(after) or before != after:
        yield FieldChange(path, *(None if value is _ABSENT else value for value in (before, after)))
