"""What holds between files: ids and aliases are unique, and everything that a text names is there."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

from ..database import dialect_of
from ..definition import Access
from ..nodes import ACTIONS
from .draft import Draft, Mention
from .places import folder_of
from .problems import LONGEST_PATH, nearest, quoted, shown
from .source import Source

_HEAD = re.compile(r"^(process|diagram|id|alias):[ \t]*(.*?)[ \t]*(?:#.*)?$", re.MULTILINE)


class Known(NamedTuple):
    """A deployed conv."""

    conv_id: int
    title: str
    aliases: Sequence[str]
    access: Access | None = None
    folder: str = ""


@dataclass(slots=True)
class Head:
    """What others need to know of a conv. `kind` "" and `nodes` None: not known. `where`: file and line, or "".
    `folder` None: it stands in none that is known."""

    conv_id: int | None
    title: str
    aliases: list[str]
    kind: str = ""
    nodes: frozenset[str] | None = None
    where: str = ""
    file: str = ""
    access: Access | None = None
    folder: str | None = None


@dataclass(slots=True)
class Index:
    """The convs of a tree and what is deployed beside it, by everything that names one."""

    by_id: dict[int, Head] = field(default_factory=dict)
    by_alias: dict[str, Head] = field(default_factory=dict)
    by_title: dict[str, list[Head]] = field(default_factory=dict)

    def add(self, head: Head) -> None:
        if head.conv_id is not None:
            self.by_id.setdefault(head.conv_id, head)
        for alias in head.aliases:
            self.by_alias.setdefault(alias, head)
        if head.title:
            self.by_title.setdefault(head.title, []).append(head)

    def find(self, conv: str) -> list[Head]:
        """The convs that an id, @alias or title names: none, one, or several of one title."""
        if conv.isascii() and conv.isdigit() and len(conv) < 20 and int(conv) in self.by_id:
            return [self.by_id[int(conv)]]
        if conv.startswith("@") and conv[1:] in self.by_alias:
            return [self.by_alias[conv[1:]]]
        return self.by_title.get(conv, [])

    def names(self) -> list[str]:
        return [*self.by_title, *("@" + alias for alias in self.by_alias), *map(str, self.by_id)]

    def next_id(self) -> int:
        return max(self.by_id, default=0) + 1


def head_of(draft: Draft) -> Head:
    """A draft as others see it; a file that cannot be read as YAML is searched for its first keys."""
    if draft.body is None:
        return _scraped(draft.source)
    nodes = frozenset(draft.nodes) | {"error"} if draft.nodes else None
    aliases = [alias for alias, _ in draft.aliases]
    where = draft.where(draft.id_leaf or draft.title_leaf)
    access = draft.definition.access if draft.definition is not None else None
    file = draft.source.file
    return Head(draft.conv_id, draft.title, aliases, draft.kind, nodes, where, file, access, folder_of(Path(file)))


def _scraped(source: Source) -> Head:
    head = Head(None, "", [], where=shown(source.file, LONGEST_PATH), file=source.file)
    for key, raw in _HEAD.findall(source.text):
        value = raw.strip("\"'")
        if key == "id":
            head.conv_id = int(value) if value.isascii() and value.isdigit() and len(value) < 17 else None
        elif key == "alias":
            head.aliases = [alias.strip(" \"'") for alias in value.strip("[]").split(",")]
        else:
            head.kind, head.title = key, value
    return head


def check_across(
    drafts: Sequence[Draft],
    context: Iterable[Draft],
    deployed: Iterable[Known],
    variables: Collection[str],
    instances: Mapping[str, Any],
) -> Index:
    """Add to each draft's problems what is wrong between it and the others. Returns the index of all convs.

    `context` are files around those that are checked; they own their names, but nothing is said about them.
    """
    index = Index()
    for draft in context:
        index.add(head_of(draft))
    heads = []
    for draft in drafts:
        head = head_of(draft)
        heads.append(head)
        _check_names(draft, head, index)
        index.add(head)
    for known in deployed:
        if known.conv_id not in index.by_id:
            aliases = [alias for alias in known.aliases if alias not in index.by_alias]
            index.add(Head(known.conv_id, known.title, aliases, access=known.access, folder=known.folder))
    _offer_ids(drafts, index)
    for draft, head in zip(drafts, heads, strict=True):
        _check_access(draft, head, index)
        for mention in draft.mentions:
            if mention.kind == "variable":
                check_variable(draft, mention, variables)
            elif mention.kind == "instance":
                _check_instance(draft, mention, instances)
            else:
                _check_mention(draft, head, mention, index)
    return index


def _check_names(draft: Draft, head: Head, index: Index) -> None:
    taken = index.by_id.get(head.conv_id) if head.conv_id is not None else None
    if taken is not None:
        draft.problem(draft.id_leaf, f"id {head.conv_id} is taken by {taken.where}; give this one another id")
    seen: set[str] = set()
    for alias, leaf in draft.aliases:
        owner = index.by_alias.get(alias)
        if owner is not None:
            draft.problem(leaf, f'the alias "{shown(alias)}" is taken by {owner.where}')
        elif alias in seen:
            draft.problem(leaf, f'the alias "{shown(alias)}" stands here twice')
        seen.add(alias)
    same = index.by_title.get(head.title, []) if head.title else []
    if same:
        message = f"{same[0].where} has the same title; where a conv is named, use its id or alias"
        draft.problem(draft.title_leaf, message, warning=True)


def _offer_ids(drafts: Sequence[Draft], index: Index) -> None:
    free = index.next_id()
    for draft in drafts:
        if draft.body is None or not draft.title or draft.body.get("id") is not None:
            continue
        if any(nearest(entry.key.text, ("id",)) for entry in draft.body.entries):
            continue  # a misspelled key, told already
        draft.problem(draft.title_leaf, f'the definition needs "id"; the next free one is {free}')
        free += 1


# --- Mentions ------------------------------------------------------------------------------------


def check_variable(draft: Draft, mention: Mention, variables: Collection[str]) -> None:
    if mention.name not in variables:
        end = draft.hint(mention.name, variables, "add it to processes/variables.yaml, with a value or without one")
        _tell(draft, mention, f"there is no variable {quoted(mention.name)}{end}")


def _check_instance(draft: Draft, mention: Mention, instances: Mapping[str, Any]) -> None:
    if mention.name not in instances:
        end = draft.hint(mention.name, instances, "add it to processes/instances.yaml")
        _tell(draft, mention, f"there is no database instance {quoted(mention.name)}{end}")
        return
    dialect = dialect_of(instances[mention.name])
    action = draft.definition.nodes[mention.node].action if draft.definition is not None else None
    if dialect is not None and action is not None and (reason := action.refused_by(dialect)):
        _tell(draft, mention, f"node {quoted(mention.node)}, the query for {dialect}: {shown(reason, 300)}")


def _check_mention(draft: Draft, own: Head, mention: Mention, index: Index) -> None:
    if mention.conv is None:
        target = own
    else:
        found = index.find(mention.conv)
        if len(found) != 1:
            _tell_unknown(draft, mention, found, index)
            return
        target = found[0]
        if target is not own and (denied := _denied(own, target, "callers" if mention.kind == "target" else "readers")):
            _tell(draft, mention, denied)
            return
    if mention.kind == "node":
        if mention.name and target.nodes is not None and mention.name not in target.nodes:
            whose = "" if target is own else f" in {quoted(target.title)}"
            _tell(
                draft,
                mention,
                f"there is no node {quoted(mention.name)}{whose}{draft.hint(mention.name, target.nodes)}",
            )
    elif mention.kind == "conv":
        if target.kind == "process":
            named = f"conv[{shown(mention.conv or '')}]"
            message = f"{named} is the process {quoted(target.title)}; only tasks of state diagrams can be read"
            _tell(draft, mention, message)
    elif target is own:
        message = (
            f"node {quoted(mention.node)}: {mention.action} sends to its own {own.kind or 'process'}; is that meant?"
        )
        draft.problem(mention.leaf, message, warning=True)
    elif why := ACTIONS[mention.action].wrong_target(target.kind):
        _tell(draft, mention, f"{quoted(target.title)} {why}")


def _denied(own: Head, target: Head, word: Literal["readers", "callers"]) -> str:
    """Why a conv may not read, or call, another one; "" when it may, or it is not known."""
    whos = getattr(target.access, word) if target.access is not None else None
    if own.conv_id is None or own.conv_id == target.conv_id or target.access is None or whos is None:
        return ""
    if own.folder is None and any(isinstance(who, str) and who.endswith("/") for who in whos):
        return ""
    if target.access.lets(word, own.conv_id, own.aliases, own.folder or ""):
        return ""
    return f"{quoted(own.title)} is not among the {word} of {quoted(target.title)} (access_denied)"


def _check_access(draft: Draft, head: Head, index: Index) -> None:
    """Ids and aliases in it that nobody has: a slip of the pen, or of one that is yet to come."""
    if head.access is None or draft.body is None:
        return
    leaf = next((entry.key for entry in draft.body.entries if entry.key.text == "access"), None)
    for who in (*(head.access.readers or ()), *(head.access.callers or ())):
        is_folder = isinstance(who, str) and who.endswith("/")
        if not is_folder and not index.find(str(who)):
            named = who if isinstance(who, int) else quoted(who)
            draft.problem(leaf, f"access: there is no process or state diagram {named}", warning=True)


def _tell(draft: Draft, mention: Mention, message: str) -> None:
    draft.problem(mention.leaf, message, position=mention.position)


def _tell_unknown(draft: Draft, mention: Mention, found: list[Head], index: Index) -> None:
    conv = mention.conv or ""
    if found:
        ids = ", ".join(str(head.conv_id) for head in found)
        _tell(draft, mention, f"{quoted(conv)} is the title of several: {ids}; use the id")
        return
    near = None if conv.isdigit() else draft.near(conv, index.names())  # an id that looks like another is another
    if near is None and conv in index.by_alias:
        near = "@" + conv
    end = f"; did you mean {quoted(near)}?" if near else ""
    _tell(draft, mention, f"there is no process or state diagram {quoted(conv)}{end}")
