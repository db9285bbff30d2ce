"""A definition as an object of the exchange format, computed from what its author wrote. Source: reference 2."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ..definition import Condition, Definition, Node, NodePart, Timer
from ..errors import ExchangeError
from . import patches
from .actions import (
    FORMATS,
    NOTHING,
    UNUSED_RESPONSE,
    UNUSED_RESPONSE_TYPE,
    Export,
    Format,
    lean_keys,
    write_logic,
    write_stub,
)
from .conditions import write_tests
from .names import new_id
from .renaming import NodeNames, Renaming
from .values import text_of

Object = dict[str, Any]

_DIMENSIONS = {"s": "sec", "m": "min", "h": "hour", "d": "day"}
LEVELS = ("process", "nodes", "looks", "logics", "types")

# What hand-written files leave out, by level: what is as it would be anyway.
_ANYWAY: dict[str, Object] = {
    "process": {"description": "", "params": [], "ref_mask": True},
    "nodes": {"description": ""},
    "logics": {
        "format": "", "send_sys": True, "debug_info": False, "customize_response": False,
        "response": UNUSED_RESPONSE, "response_type": UNUSED_RESPONSE_TYPE, "rfc_format": True, "cert_pem": "",
        "version": 2, "is_migrate": True, "order_by": "ASC", "ref": "", "data": {}, "data_type": {}, "extra": {},
        "is_sync": False, "group": "", "lang": "js", "repo": "", "commit": "", "path": "", "script": "", "code": "",
        "src": "",
    },
}  # fmt: skip


def export(definition: Definition, others: Mapping[str, NodeNames]) -> tuple[Object, list[str]]:
    """The object, and warnings: patches of the `exchange` block that no longer fit.

    `others`: the names of nodes in other convs, by id or @alias, id → name, for references to them. Raises
    ExchangeError for what the format has no word for.
    """
    warnings: list[str] = []
    computed, names = compute(definition, others, _ops(definition, patches.ALL))
    for node in computed["scheme"]["nodes"]:
        patches.apply(node, _ops(definition, names[node["id"]]), warnings)
    patches.apply(computed, patches.from_block(definition.exchange.get("process")), warnings)
    return computed, [f"{definition.title}: {warning}" for warning in [*_lost(definition), *warnings]]


_OURS_OF_CONVS = ("max_threads", "rate", "queue_limit", "loop_passes", "approximate", "hosts", "archive", "access")


def _lost(definition: Definition) -> Iterator[str]:
    """What the author says that the format has no word for."""
    for word in _OURS_OF_CONVS:
        if word in definition.model_fields_set and getattr(definition, word) not in (None, False):
            yield f"{word} has no word in the exchange format; it is left out"
    for name, param in definition.params.items():
        if param.default is not None:
            yield f'the default of parameter "{name}" has no word in the exchange format; it is left out'
    for name, node in definition.nodes.items():
        for action in node.all_actions:
            form = FORMATS.get(action.key, Format())
            for word in form.ours:
                default = type(action).model_fields[word].get_default(call_default_factory=True)
                if getattr(action, word) not in (default, form.home.get(word)):
                    yield f'{word} of node "{name}" has no word in the exchange format; it is left out'


def is_bare(definition: Definition) -> bool:
    """Whether the definition came from a file that held it by itself, not in a list."""
    lean = definition.exchange.get("lean")
    return bool(definition.exchange.get("bare", lean is True or isinstance(lean, list)))


def compute(
    definition: Definition, others: Mapping[str, NodeNames], star: list[patches.Op]
) -> tuple[Object, dict[str, str]]:
    """The object without the patches of its nodes, but those for all; and the name of each node id."""
    writer = _Writer(definition, others)
    nodes = [writer.node(name) for name in writer.order]
    for node in nodes:
        patches.apply(node, star, [])
    process: Object = {
        "obj_type": 1,
        "obj_id": definition.conv_id,
        "parent_id": 0,
        "title": definition.title,
        "description": definition.description,
        "status": definition.status,
        "params": [_param(name, param) for name, param in definition.params.items()],
        "ref_mask": definition.ref_mask,
        "conv_type": "state" if definition.kind == "diagram" else "process",
        "scheme": {"nodes": nodes, "web_settings": [[], []]},
    }
    if writer.lean:
        del process["parent_id"]
    if "process" in writer.lean:
        process = _lean("process", process)
        del process["scheme"]["web_settings"]
    return process, {node_id: name for name, node_id in writer.ids.items()}


def ids_of(definition: Definition) -> NodeNames:
    """The names of a definition's nodes and totals by their ids, for references from other convs."""
    writer = _Writer(definition, {})
    return NodeNames(
        {node_id: name for name, node_id in writer.ids.items()},
        {writer.ids[name]: {total_id: total for total, total_id in ids.items()} for name, ids in writer.totals.items()},
    )


def _ops(definition: Definition, name: str) -> list[patches.Op]:
    nodes = definition.exchange.get("nodes")
    return patches.from_block(nodes.get(name)) if isinstance(nodes, dict) else []


def _param(name: str, param: Any) -> Object:
    flags = [word for word, is_on in (
        ("required", param.required), ("input", param.input), ("output", param.output), ("auto-clear", param.secret),
    ) if is_on]  # fmt: skip
    return {
        "name": name,
        "type": param.type,
        "descr": param.description,
        "flags": flags,
        "regex": param.regex,
        "regex_error_text": param.regex_error,
    }


def _lean(level: str, made: Object) -> Object:
    anyway = _ANYWAY[level]
    return {key: value for key, value in made.items() if key not in anyway or anyway[key] != value}


class _Writer:
    def __init__(self, definition: Definition, others: Mapping[str, NodeNames]) -> None:
        self.definition = definition
        places = {name: place for name, place in definition.layout.items() if isinstance(place, dict)}
        nodes = definition.nodes
        # A node that was renamed keeps its place and its id: by `was`, or where just one of each is left over.
        old = {name: node.was or name for name, node in nodes.items()}
        lost = [name for name in places if name not in old.values()]
        new = [name for name, before in old.items() if before not in places]
        if len(lost) == len(new) == 1:
            old[new[0]] = lost[0]
        self.before = old
        self.places = {name: places.get(before, {}) for name, before in old.items()}
        by_place = {before: name for name, before in old.items()}
        self.order = [by_place[name] for name in places if name in by_place]
        self.order += [name for name in nodes if name not in self.order]
        self.ids = {
            name: str(self.places[name].get("id") or new_id(definition.conv_id, name)) for name in definition.nodes
        }
        if len(set(self.ids.values())) < len(self.ids):
            raise ExchangeError(f'two nodes of "{definition.title}" have one id in its layout')
        self.totals = {name: self._totals(name, node) for name, node in nodes.items()}
        self.rename = Renaming(
            NodeNames(dict(self.ids), self.totals), {conv: names.reversed() for conv, names in others.items()}
        )
        self.errors = {target for node in nodes.values() for word, target in node.targets() if word == "error"}
        self.flat = definition.exchange.get("flat_conditions") is True
        lean = definition.exchange.get("lean")
        self.lean = LEVELS if lean is True else lean if isinstance(lean, list) else []

    def _totals(self, name: str, node: Node) -> dict[str, str]:
        """The ids of the totals of a node's sums, which stand in the exchange block: by their names."""
        sums = [action.totals for action in node.all_actions if action.totals]
        if not sums:
            return {}
        nodes = self.definition.exchange.get("nodes")
        told: dict[str, dict[int, str]] = {}  # place of the logic → place in it → id
        for op in patches.from_block(nodes.get(self.before[name])) if isinstance(nodes, dict) else []:
            parts = op.pointer.split("/")
            if len(parts) == 6 and parts[3] == "extra" and parts[5] == "id" and parts[4].isdigit():
                told.setdefault(parts[2], {})[int(parts[4])] = str(op.value)
        ids: dict[str, str] = {}
        for totals, places in zip(sums, told.values(), strict=False):
            ids |= {totals[place]: total_id for place, total_id in places.items() if place < len(totals)}
        return ids

    def node(self, name: str) -> Object:
        node, place = self.definition.nodes[name], self.places[name]
        logics: list[Object] = []
        holders: list[Node | NodePart] = [*node.actions, node]
        for holder in holders:
            if holder.action is not None and getattr(holder.action, "type", "") != NOTHING:
                logics.append(self.logic(holder, holder.error or node.error, name))
            logics += [logic for condition in holder.condition for logic in self.conditions(condition)]
        if node.go is not None and node.delay is None:
            logics.append({"type": "go", "to_node_id": self.ids[node.go]})
        elif node.is_state:
            logics.append({"type": "go", "to_node_id": self.ids[name]})
        condition: Object = {"logics": logics, "semaphors": self.semaphors(name, node)}
        stub = getattr(node.action, "stub", ())
        if stub:
            condition["stub"] = write_stub(node.action, self.rename)
        at = place.get("at")
        x, y = at if isinstance(at, list) and len(at) == 2 else (100, 100 + 200 * self.order.index(name))
        title = place.get("title", node.title or ("Start" if name == "start" else name))
        made: Object = {
            "id": self.ids[name],
            "obj_type": self.obj_type(name, node, has_stub=bool(stub)),
            "condition": condition,
            "title": title,
            "description": node.description,
            "x": x,
            "y": y,
            "extra": self.looks(name, node, place),
            "options": _options(node),
        }
        if "nodes" in self.lean:
            made = _lean("nodes", made)
            if not condition["semaphors"]:
                del condition["semaphors"]
        if "looks" in self.lean:
            for key in ("extra", "options", *(() if at else ("x", "y"))):
                del made[key]
        return made

    def logic(self, holder: Node | NodePart, error: str | None, name: str) -> Object:
        logic = write_logic(holder, Export(self.rename, self.totals[name]))
        if error is not None:
            logic["err_node_id"] = self.ids[error]
        if "logics" in self.lean:
            always = {key: logic[key] for key in lean_keys(logic) if key in logic}
            logic = {**_lean("logics", logic), **always}
            if "extra_type" not in always and all(cast == "string" for cast in logic.get("extra_type", {}).values()):
                logic.pop("extra_type", None)
        return logic

    def conditions(self, condition: Condition) -> list[Object]:
        made = []
        for group in condition.tests:
            logic: Object = {"type": "go_if_const", "to_node_id": self.ids[condition.go]}
            tests = write_tests(group, self.rename)
            if self.flat and len(tests) == 1:
                made.append({**logic, **tests[0]})
            else:
                made.append({**logic, "conditions": tests})
        return made

    def semaphors(self, name: str, node: Node) -> list[Object]:
        made: list[Object] = []
        timer = node.delay or node.time_limit
        target = node.go if node.delay is not None else node.time_limit.go if node.time_limit is not None else None
        if timer is not None:
            made.append(
                {"type": "time", **self.time(name, timer)} | ({"to_node_id": self.ids[target]} if target else {})
            )
        if node.task_limit is not None:
            target = self.ids[node.task_limit.signal]
            made.append({"type": "count", "value": node.task_limit.count, "esc_node_id": target})
        return made

    def time(self, name: str, timer: Timer) -> Object:
        if timer.after is None:
            return {"value": self.rename(text_of(timer.until)), "dimension": "sec"}
        value, unit = timer.after.rstrip("mshd"), timer.after.lstrip("0123456789")
        if unit not in _DIMENSIONS:
            raise ExchangeError(
                f'node "{name}" of "{self.definition.title}": {timer.after} cannot be put into the exchange format, '
                "whose shortest unit is a second"
            )
        return {"value": int(value), "dimension": _DIMENSIONS[unit]}

    def obj_type(self, name: str, node: Node, *, has_stub: bool) -> int:
        if name == "start":
            return 1
        if node.end is not None:
            return 2
        if has_stub:
            return 4
        return 3 if name in self.errors and "types" not in self.lean else 0

    def looks(self, name: str, node: Node, place: Object) -> str:
        icon = {"success": "success", "error": "error"}.get(node.end or "", "")
        if node.is_state:
            icon = "state"
        form = place.get("form")
        if form is None:
            is_small = name == "start" or node.end is not None or name in self.errors
            form = "collapse" if is_small else "expand"
        return _json({"modeForm": form, "icon": icon})


def _options(node: Node) -> str | None:
    if node.end is not None:
        return _json({"save_task": node.save_task}) if node.end == "success" or not node.save_task else None
    if node.direct_url:
        return _json({"direct_url": True, "type_auth": "basic" if node.auth == "basic" else "no_auth"})
    return None


def _json(value: Object) -> str:
    return json.dumps(value, separators=(",", ":"))
