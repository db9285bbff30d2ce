"""What the exchange object of a definition had beyond what the grammar has words for: `exchange:` in YAML, yaml.md 1.

Each by JSON pointer (RFC 6901): `set` a value, `drop` a key, `rename` a key, `reverse` the keys of a JSON text, and
`spelled`: the same value, written otherwise (a number as text, say), which holds only while it still is the same.
In a node /logics and /semaphors are short for /condition/logics and /condition/semaphors. "*" stands for every node.
"""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

ALL = "*"
VERBS = ("rename", "set", "spelled", "reverse", "drop")  # in the order in which they are applied
_SHORT = ("logics", "semaphors")
_WHOLE = ("/flags", "/web_settings")  # lists that are one value: their order or their emptiness means nothing
_LONG = 20  # characters: shorter values are the same by chance
_STATUSES = {"actived": "active", "debugged": "debug"}
_PLAIN_SETTINGS = ({"save_task": True}, {"direct_url": False}, {"type_auth": "no_auth"}, {"icon": ""})


class Op(NamedTuple):
    verb: str
    pointer: str
    value: Any = None


# --- Finding them -----------------------------------------------------------------------------


def diff(computed: Any, wanted: Any, pointer: str = "") -> Iterator[Op]:
    """The patches that make `wanted` of what the definition says."""
    if isinstance(computed, dict) and isinstance(wanted, dict):
        renamed: dict[str, str] = {}
        for key, value in computed.items():
            if key not in wanted:
                others = [other for other, same in wanted.items() if other not in computed and same == value]
                if others and isinstance(value, str) and len(value) > _LONG:
                    renamed[key] = others[0]
                    yield Op("rename", _join(pointer, key), others[0])
                else:
                    yield Op("drop", _join(pointer, key))
        for key, value in wanted.items():
            if key in computed:
                yield from diff(computed[key], value, _join(pointer, key))
            elif key not in renamed.values():
                yield Op("set", _join(pointer, key), value)
    elif isinstance(computed, list) and isinstance(wanted, list) and not pointer.endswith(_WHOLE):
        for index, (left, right) in enumerate(zip(computed, wanted, strict=False)):
            yield from diff(left, right, f"{pointer}/{index}")
        for index in range(len(computed), len(wanted)):
            yield Op("set", f"{pointer}/{index}", wanted[index])
        for index in reversed(range(len(wanted), len(computed))):
            yield Op("drop", f"{pointer}/{index}")
    elif isinstance(wanted, str) and computed != wanted and _reversed(computed) == wanted:
        yield Op("reverse", pointer)
    elif type(computed) is not type(wanted) or computed != wanted:
        yield Op("spelled" if _same(computed, wanted) else "set", pointer, wanted)


def _join(pointer: str, key: str) -> str:
    if pointer == "/condition" and key in _SHORT:
        pointer = ""
    return f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"


def _same(computed: Any, wanted: Any) -> bool:
    return _normal(computed) == _normal(wanted)


def _reversed(text: Any) -> str | None:
    """A JSON text of an object with its keys the other way round; None: it is none."""
    if not isinstance(text, str) or not text.startswith("{"):
        return None
    try:
        items = list(json.loads(text).items())
    except (ValueError, RecursionError):
        return None
    return json.dumps(dict(reversed(items)), separators=(",", ":"))


def _normal(value: Any) -> str:
    """A text that is the same for each way to write a value."""
    if isinstance(value, str):
        if value[:1] not in ("{", "["):
            return _STATUSES.get(value, value)
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return str(value)
    if isinstance(value, dict):
        value = {key: inner for key, inner in value.items() if {key: inner} not in _PLAIN_SETTINGS}
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        value = sorted(value)
    if value is None or value == {} or (isinstance(value, list) and not any(value)):
        return ""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


# --- Applying them ----------------------------------------------------------------------------


def apply(document: Any, ops: list[Op], warnings: list[str]) -> None:
    """Change a document in place. A patch that no longer points anywhere is left out, with a warning."""
    for op in ops:
        keys = [part.replace("~1", "/").replace("~0", "~") for part in op.pointer.split("/")[1:]]
        if keys and keys[0] in _SHORT and "condition" in document:
            keys = ["condition", *keys]
        try:
            place = document
            for key in keys[:-1]:
                place = place[int(key)] if isinstance(place, list) else place[key]
            _apply(place, keys[-1], op)
        except (KeyError, IndexError, ValueError, TypeError):
            if op.verb != "spelled":
                warnings.append(f"{op.pointer} points nowhere any more; it is left out")


def _apply(place: Any, key: str, op: Op) -> None:
    if isinstance(place, list):
        index = int(key)
        if op.verb == "drop":
            del place[index]
        elif op.verb == "set" and index == len(place):
            place.append(copy.deepcopy(op.value))
        elif op.verb == "set" or _same(place[index], op.value):
            place[index] = copy.deepcopy(op.value)
    elif op.verb == "drop":
        del place[key]
    elif op.verb == "reverse":
        place[key] = _reversed(place[key]) or place[key]
    elif op.verb == "rename":
        place[str(op.value)] = place.pop(key)
    elif op.verb == "set":
        _check_map(place)[key] = copy.deepcopy(op.value)
    elif _same(place[key], op.value):
        place[key] = copy.deepcopy(op.value)


def _check_map(place: Any) -> dict[str, Any]:
    if not isinstance(place, dict):
        raise TypeError
    return place


# --- As YAML ------------------------------------------------------------------------------------


def to_block(ops: list[Op]) -> dict[str, Any]:
    block: dict[str, Any] = {}
    for verb in ("rename", "set", "spelled"):
        values = {op.pointer: op.value for op in ops if op.verb == verb}
        if values:
            block[verb] = values
    for verb in ("reverse", "drop"):
        pointers = [op.pointer for op in ops if op.verb == verb]
        if pointers:
            block[verb] = pointers
    return block


def from_block(block: Any) -> list[Op]:
    """The patches of a block; what is none is left out, lint tells of it."""
    if not isinstance(block, dict):
        return []
    ops = []
    for verb in ("reverse", "drop"):
        pointers = block.get(verb)
        if isinstance(pointers, list):
            ops += [Op(verb, pointer) for pointer in pointers if isinstance(pointer, str)]
    for verb in ("rename", "set", "spelled"):
        values = block.get(verb)
        if isinstance(values, dict):
            ops += [Op(verb, pointer, value) for pointer, value in values.items()]
    return sorted(ops, key=lambda op: VERBS.index(op.verb))


def common(nodes: dict[str, list[Op]]) -> list[Op]:
    """The patches that more than half of the nodes need: written once, for all of them."""
    counts: Counter[str] = Counter()
    by_text: dict[str, Op] = {}
    for ops in nodes.values():
        for op in ops:
            if op.pointer.count("/") == 1:
                text = json.dumps(op, sort_keys=True)
                counts[text] += 1
                by_text[text] = op
    return [by_text[text] for text, count in counts.items() if count > 2 and count * 2 > len(nodes)]
