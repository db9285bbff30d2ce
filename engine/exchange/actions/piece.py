"""What the files of this folder share: a logic of the exchange format on its way to an action, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ...definition import Node, NodePart
from ..renaming import Renaming

Logic = dict[str, Any]

NOTHING = "nothing"  # the type of a logic that is none: a node without any


@dataclass(slots=True)
class Piece:
    """A logic as the author would have written it: the keys of a node. `notes` name what is different here."""

    key: str
    body: Any
    types: dict[str, str] = field(default_factory=dict)
    response_types: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    is_supported: bool = True


@dataclass(slots=True, frozen=True)
class Import:
    """How a logic is read. `rename` puts names for ids; `is_state`: its node is a state; `stub`: its node's stub."""

    rename: Renaming
    is_state: bool = False
    stub: Any = None


@dataclass(slots=True, frozen=True)
class Export:
    """How an action is written: `rename` puts ids in place of names; `totals`: the ids of its node's totals by name."""

    rename: Renaming
    totals: Mapping[str, str] = field(default_factory=dict)


class Format:
    """How one node type stands in the exchange format. One file per type in this folder.

    `key`: the type's word in YAML. `logics`: the types of the logics that become it. `word`: what a node of it is
    called that has no title. `as_written`: the keys of its logic in which no names are put in place of ids. `lean`: the
    keys that its logic has even in hand-written files. `ours`: fields that the format has no word for, unless they have
    the value of `home`, which is what such a logic does in the model system.
    """

    key: ClassVar[str]
    logics: ClassVar[tuple[str, ...]] = ()
    word: ClassVar[str] = ""
    as_written: ClassVar[tuple[str, ...]] = ()
    lean: ClassVar[tuple[str, ...]] = ()
    ours: ClassVar[tuple[str, ...]] = ()
    home: ClassVar[Mapping[str, Any]] = {}

    def read(self, logic: Logic, given: Import) -> Piece | None:
        """The action of a logic of one of these types; None: it is another's."""
        return None

    def write(self, action: Any, holder: Node | NodePart, given: Export) -> Logic:
        """The logic of an action, without its routes; names are put in place of ids afterwards."""
        raise NotImplementedError


def unrunnable(logic: Logic, why: str) -> Piece:
    """What does not run here: kept as it is, and failing where a task comes to it."""
    fields = {key: value for key, value in logic.items() if key not in ("type", "err_node_id")}
    body = {"type": str(logic.get("type")), "why": why, "fields": fields}
    return Piece("unsupported", body, notes=[why], is_supported=False)


def kept(**fields: tuple[Any, Any]) -> dict[str, Any]:
    """The fields that are not at their default: name = (value, default)."""
    return {name: value for name, (value, default) in fields.items() if value != default}


def flag(value: Any, default: bool) -> bool:
    return value if isinstance(value, bool) else default


def is_number(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def conv_of(logic: Logic) -> Any:
    conv = logic.get("conv_id")
    if isinstance(conv, str) and conv.isascii() and conv.isdigit():
        return int(conv)
    return conv if isinstance(conv, int | str) and not isinstance(conv, bool) else ""
