"""Files of the exchange format as definitions: names from titles, routes as words, and what has no word as patches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..definition import Definition
from ..errors import DefinitionError, ExchangeError
from ..grammar import TYPES
from ..load import parse
from ..load.writer import write_yaml
from . import container, patches
from .conditions import is_flat
from .exporting import LEVELS, compute, export
from .names import Naming, node_names
from .nodes import NodeReader, ordered
from .objects import Object, along_routes, complete, folders_of, ids_of, listed, settings
from .renaming import API_SUM, NodeNames, Renaming, sum_items
from .scorecard import Card

_STATUSES = ("active", "paused", "debug", "blocked")


@dataclass(slots=True)
class Imported:
    """One process or state diagram. `text` is its file; `cards` its scorecard, node by node."""

    conv_id: int
    title: str
    kind: str
    text: str
    definition: Definition
    cards: list[Card]
    folders: list[str] = field(default_factory=list)


@dataclass(slots=True)
class ImportedFile:
    """All that a file held. `variables` are for variables.yaml; `left_out` is told."""

    convs: list[Imported]
    variables: dict[str, Object]
    instances: list[Object]
    others: list[Object]
    left_out: list[str]


def import_file(path: Path, avoid: Iterable[int] = ()) -> ImportedFile:
    """The definitions of an export; nothing is written. `avoid`: ids that are not given to those that have none.

    Raises ExchangeError: the file cannot be read, or does not hold together (nodes that are missing, ids twice).
    """
    found = container.read(path)
    for index, conv in enumerate(found.convs):
        found.convs[index] = complete(conv, f'{path}: "{conv.get("title", "")}"')
    ids = ids_of(found.convs, set(avoid), path)
    own = [node_names(along_routes(conv["scheme"]["nodes"]), Naming(conv).made_up) for conv in found.convs]
    others: dict[str, NodeNames] = {}
    for conv, names in zip(found.convs, own, strict=True):
        others[str(conv.get("obj_id"))] = names
    for alias, target in found.aliases:
        if str(target) in others:
            others[f"@{alias}"] = others[str(target)]
    made = []
    for conv, names, conv_id in zip(found.convs, own, ids, strict=True):
        aliases = [alias for alias, target in found.aliases if target == conv.get("obj_id")]
        one = _Import(conv, conv_id, Renaming(names, others), aliases, bare=found.bare).run()
        one.folders = folders_of(conv, [other for other in found.others if other.get("obj_type") == container.FOLDER])
        made.append(one)
    return ImportedFile(made, found.variables, found.instances, found.others, found.left_out)


# --- One process -----------------------------------------------------------------------------------


class _Import:
    def __init__(self, conv: Object, conv_id: int, rename: Renaming, aliases: list[str], *, bare: bool) -> None:
        self.conv = conv
        self.conv_id = conv_id
        self.rename = rename
        self.names = rename.own.names
        self.aliases = aliases
        self.bare = bare
        self.is_diagram = conv.get("conv_type") == "state"
        self.reader = NodeReader(rename, is_diagram=self.is_diagram)
        logics = [logic for node in conv["scheme"]["nodes"] for logic in node["condition"]["logics"]]
        self.escalations = {logic.get("err_node_id") for logic in logics}

    def run(self) -> Imported:
        conv, name = self.conv, str(self.conv.get("title"))
        original = conv["__original__"]
        document = self.document()
        try:
            definition = parse(write_yaml(document), name)
        except DefinitionError:  # an action that is refused: look for it, and set it aside as unsupported
            self.reader.is_checking = True
            document = self.document()
            definition = parse(write_yaml(document), name)
        block = self.shortest(definition, original)
        text = write_yaml({**document, "exchange": block} if block else document)
        definition = parse(text, name)
        again, _ = export(definition, self.rename.others)
        if again != original:
            raise ExchangeError(f'"{name}" would not come back as it was; please report this file')
        cards = {card.node: card for card in self.reader.cards}
        kind = "diagram" if self.is_diagram else "process"
        ordered = [cards[node] for node in document["nodes"]]
        return Imported(self.conv_id, document[kind], kind, text, definition, ordered)

    def document(self) -> Object:
        """The file without its exchange block."""
        self.reader.cards.clear()
        nodes = self.conv["scheme"]["nodes"]
        made = {self.names[node["id"]]: ordered(self.reader.node(node)) for node in nodes}
        return {
            **self.head(),
            "nodes": {name: made[name] for name in _in_order(made)},
            "layout": {self.names[node["id"]]: self.place(node) for node in nodes},
        }

    def shortest(self, definition: Definition, original: Object) -> Object:
        """The exchange block in the style in which the file was written: the one that leaves least to be patched."""

        def block(*levels: str) -> Object:
            return self.exchange(definition, original, self.style(levels))

        def size(block: Object) -> int:
            return len(write_yaml({"exchange": block}))

        best, chosen = block(), list[str]()
        for level in LEVELS:
            other = block(*chosen, level)
            if size(other) < size(best):
                best, chosen = other, [*chosen, level]
        return min(best, block(*LEVELS), key=size)

    def style(self, levels: Sequence[str]) -> Object:
        """How the file was written; `levels`: where what is so anyway was left out, as people do who write by hand."""
        logics = [logic for node in self.conv["scheme"]["nodes"] for logic in node["condition"]["logics"]]
        flat = [is_flat(logic) for logic in logics if logic.get("type") == "go_if_const"]
        style: Object = {"flat_conditions": True} if flat and all(flat) else {}
        if levels:
            style["lean"] = len(levels) == len(LEVELS) or list(levels)
        if self.bare is not bool(levels):
            style["bare"] = self.bare
        return style

    def head(self) -> Object:
        conv = self.conv
        title = " ".join(str(conv.get("title") or "").split())[:255] or f"Process {self.conv_id}"
        document: Object = {"diagram" if self.is_diagram else "process": title, "id": self.conv_id}
        if self.aliases:
            document["alias"] = self.aliases[0] if len(self.aliases) == 1 else self.aliases
        if conv.get("description"):
            document["description"] = str(conv["description"])
        status = str(conv.get("status") or "active")
        status = {"actived": "active", "debugged": "debug"}.get(status, status)
        if status != "active" and status in _STATUSES:
            document["status"] = status
        if conv.get("ref_mask") is False:
            document["ref_mask"] = False
        document["missing"] = "empty"
        params = {}
        for param in listed(conv.get("params")):
            if isinstance(param, dict) and param.get("name") and str(param["name"]) not in params:
                params[str(param["name"])] = self.param(param)
        if params:
            document["params"] = params
        return document

    def param(self, param: Object) -> Any:
        flags = listed(param.get("flags"))
        made: Object = {"type": param["type"] if param.get("type") in TYPES else "string"}
        if "required" in flags:
            made["required"] = True
        if "input" not in flags:
            made["input"] = False
        if "output" in flags:
            made["output"] = True
        if "auto-clear" in flags:
            made["secret"] = True
        for key, word in (("regex", "regex"), ("regex_error_text", "regex_error"), ("descr", "description")):
            if param.get(key):
                made[word] = str(param[key])
        return made["type"] if list(made) == ["type"] else made

    def place(self, node: Object) -> Object:
        made: Object = {}
        if isinstance(node.get("x"), int | float) and isinstance(node.get("y"), int | float):
            made["at"] = [node["x"], node["y"]]
        made["id"] = node["id"]
        name, title = self.names[node["id"]], str(node.get("title") or "")
        if title != ("Start" if name == "start" else name):
            made["title"] = title
        form = settings(node.get("extra")).get("modeForm")
        is_small = node.get("obj_type") in (1, 2) or node["id"] in self.escalations
        if form in ("expand", "collapse") and form != ("collapse" if is_small else "expand"):
            made["form"] = form
        return made

    def total_ids(self) -> Object:
        """The patches that tell the ids of totals, which references to them need."""
        made: Object = {}
        for node in self.conv["scheme"]["nodes"]:
            logics = node["condition"]["logics"]
            ids = {
                f"/logics/{index}/extra/{number}/id": item.get("id", "")
                for index, logic in enumerate(logics)
                if logic.get("type") == API_SUM
                for number, item in enumerate(sum_items(logic))
            }
            if ids:
                made[self.names[node["id"]]] = {"set": ids}
        return made

    # --- What the grammar has no word for ------------------------------------------------------------

    def exchange(self, definition: Definition, original: Object, style: Object) -> Object:
        """The block that makes the export of the definition what the file was, in this style."""
        definition = definition.model_copy(update={"exchange": {**style, "nodes": self.total_ids()}})
        nodes = {node["id"]: node for node in original["scheme"]["nodes"]}

        def missing(star: list[patches.Op]) -> tuple[list[patches.Op], dict[str, list[patches.Op]]]:
            computed, names = compute(definition, self.rename.others, star)
            by_id = {node["id"]: node for node in computed["scheme"].pop("nodes")}
            rest = {**original, "scheme": {key: value for key, value in original["scheme"].items() if key != "nodes"}}
            return [*patches.diff(computed, rest)], {
                names[node_id]: [*patches.diff(by_id[node_id], node)] for node_id, node in nodes.items()
            }

        tops, found = missing([])
        star = patches.common(found)
        if star:
            _, found = missing(star)
        for name, block in self.total_ids().items():
            found[name] = [*patches.from_block(block), *found[name]]
        entries = {name: patches.to_block(ops) for name, ops in {patches.ALL: star, **found}.items() if ops}
        blocks = {"process": patches.to_block(tops), "nodes": entries}
        return style | {key: value for key, value in blocks.items() if value}


def _in_order(nodes: Mapping[str, Object]) -> list[str]:
    """The names in the order in which a reader meets them: from the start along the routes; the unreached last."""
    ordered: list[str] = []
    waiting = ["start"]
    while waiting:
        name = waiting.pop(0)
        if name in ordered or name not in nodes:
            continue
        ordered.append(name)
        targets = _names_in(nodes[name])
        ends = [target for target in targets if "end" in nodes.get(target, {})]
        waiting = [*(target for target in targets if target not in ends), *waiting, *ends]
    # Ends stand last, as in a file that a person writes.
    unreached = [name for name in nodes if name not in ordered]
    ends = [name for name in ordered if "end" in nodes[name]]
    return [*(name for name in ordered if name not in ends), *unreached, *ends]


def _names_in(node: Object) -> list[str]:
    targets: list[str] = []
    for part in node.get("actions", ()):
        targets += _names_in(part)
    targets += [condition["go"] for condition in node.get("condition", ())]
    targets += [node[key] for key in ("go", "error") if key in node]
    if "time_limit" in node:
        targets.append(node["time_limit"]["go"])
    if "task_limit" in node:
        targets.append(node["task_limit"]["signal"])
    return targets
