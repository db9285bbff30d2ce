"""Files of the exchange format as definitions: names from titles, routes as words, and what has no word as patches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.definition import Definition
from engine.errors import DefinitionError, ExchangeError
from engine.exchange import container, patches
from engine.exchange.actions import NOTHING, Piece, read_logic, unsupported
from engine.exchange.conditions import is_flat, read_tests
from engine.exchange.exporting import LEVELS, compute, export
from engine.exchange.names import NodeNames, Renaming, node_names, sum_items, total_names
from engine.exchange.scorecard import Card
from engine.exchange.values import TYPES
from engine.fields import LONGEST_MS
from engine.load import parse
from engine.load.writer import write_yaml

Object = dict[str, Any]

_UNITS = {"sec": "s", "min": "m", "hour": "h", "day": "d"}
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_STATUSES = ("active", "paused", "debug", "blocked")
_ROUTES = ("go", "go_if_const")


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
        found.convs[index] = _complete(conv, f'{path}: "{conv.get("title", "")}"')
    ids = _ids(found.convs, set(avoid), path)
    own = [node_names(_along_routes(conv["scheme"]["nodes"]), _Names(conv).made_up) for conv in found.convs]
    others: dict[str, NodeNames] = {}
    for conv, names in zip(found.convs, own, strict=True):
        if isinstance(conv.get("obj_id"), int):
            others[str(conv["obj_id"])] = names
    for alias, target in found.aliases:
        if str(target) in others:
            others[f"@{alias}"] = others[str(target)]
    made = []
    for conv, names, conv_id in zip(found.convs, own, ids, strict=True):
        aliases = [alias for alias, target in found.aliases if target == conv.get("obj_id")]
        one = _Import(conv, conv_id, Renaming(names, others), aliases, bare=found.bare).run()
        one.folders = _folders(conv, [other for other in found.others if other.get("obj_type") == container.FOLDER])
        made.append(one)
    return ImportedFile(made, found.variables, found.instances, found.others, found.left_out)


# --- What must hold before anything is read --------------------------------------------------------


def _complete(conv: Object, where: str) -> Object:
    """The object, if its nodes are there, each with an id of its own, and lead to one another. Raises ExchangeError."""
    scheme: Any = conv.get("scheme")
    nodes = scheme.get("nodes") if isinstance(scheme, dict) else None
    if not isinstance(nodes, list) or not nodes or not all(isinstance(node, dict) for node in nodes):
        raise ExchangeError(f"{where} has no nodes (scheme.nodes)")
    ids: set[str] = set()
    for number, node in enumerate(nodes, 1):
        node_id = node.get("id")
        if not isinstance(node_id, str) or not node_id:
            raise ExchangeError(f"{where}: node {number} has no id")
        if node_id in ids:
            raise ExchangeError(f"{where}: two nodes have the id {node_id}")
        ids.add(node_id)
    starts = [node for node in nodes if node.get("obj_type") == 1]
    if len(starts) != 1:
        word = "no start node" if not starts else f"{len(starts)} start nodes"
        raise ExchangeError(f"{where} has {word} (obj_type 1); it needs one")
    for node in nodes:
        for target in _targets(node):
            if target not in ids:
                title = node.get("title") or node["id"]
                raise ExchangeError(f'{where}: node "{title}" leads to {target}, which is not in the file')
    return {**conv, "scheme": {**scheme, "nodes": [_filled(node) for node in nodes]}, "__original__": conv}


def _filled(node: Object) -> Object:
    """The node with lists where something else or nothing stood."""
    stored: Any = node.get("condition")
    condition: Object = stored if isinstance(stored, dict) else {}
    semaphors = condition.get("semaphors", condition.get("semaphores"))
    made = {
        "logics": [logic for logic in _listed(condition.get("logics")) if isinstance(logic, dict)],
        "semaphors": [one for one in _listed(semaphors) if isinstance(one, dict)],
        "stub": condition.get("stub"),
    }
    return {**node, "condition": made}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _targets(node: Object) -> Iterable[str]:
    condition = _filled(node)["condition"]
    for logic in condition["logics"]:
        yield from (
            logic[key] for key in ("to_node_id", "err_node_id") if isinstance(logic.get(key), str) and logic[key]
        )
    for one in condition["semaphors"]:
        yield from (one[key] for key in ("to_node_id", "esc_node_id") if isinstance(one.get(key), str) and one[key])


def _ids(convs: list[Object], avoid: set[int], path: Path) -> list[int]:
    """An id for each conv: its own; a free one where it has none (hand-written files have 0, or null)."""
    made: list[int] = []
    for conv in convs:
        conv_id: Any = conv.get("obj_id")
        if isinstance(conv_id, str) and conv_id.isascii() and conv_id.isdigit():
            conv_id = int(conv_id)
        if isinstance(conv_id, int) and not isinstance(conv_id, bool) and conv_id > 0:
            if conv_id in made:
                raise ExchangeError(f"{path}: two objects have the id {conv_id}")
            made.append(conv_id)
        else:
            made.append(0)
    used = {*avoid, *made}
    for index, conv_id in enumerate(made):
        if conv_id == 0:
            made[index] = next(number for number in range(1, len(used) + 2) if number not in used)
            used.add(made[index])
    return made


def _folders(conv: Object, folders: list[Object]) -> list[str]:
    """The titles of the folders that a conv lies in, the outermost first."""
    by_id = {folder.get("obj_id"): folder for folder in folders}
    titles: list[str] = []
    folder = by_id.pop(conv.get("parent_id"), None)
    while folder is not None:
        titles.insert(0, str(folder.get("title") or folder.get("obj_id")))
        folder = by_id.pop(folder.get("parent_id"), None)
    return titles


def _along_routes(nodes: list[Object]) -> list[Object]:
    """The nodes in the order in which tasks meet them: so the first of several equal names is the one met first."""
    by_id = {node["id"]: node for node in nodes}
    ordered: dict[str, Object] = {}
    waiting = [node["id"] for node in nodes if node.get("obj_type") == 1]
    while waiting:
        node_id = waiting.pop(0)
        if node_id not in ordered:
            ordered[node_id] = by_id[node_id]
            waiting = [*_targets(by_id[node_id]), *waiting]
    return [*ordered.values(), *(node for node in nodes if node["id"] not in ordered)]


# --- Names ----------------------------------------------------------------------------------------


class _Names:
    """Names for nodes without a title, from what they do and who leads to them."""

    def __init__(self, conv: Object) -> None:
        self.escalates: dict[str, str] = {}
        for node in conv["scheme"]["nodes"]:
            for logic in node["condition"]["logics"]:
                if logic.get("err_node_id"):
                    self.escalates.setdefault(logic["err_node_id"], node["id"])

    def made_up(self, node: Object, names: Mapping[str, str]) -> str:
        source = names.get(self.escalates.get(node["id"], ""), "")
        logics, semaphors = node["condition"]["logics"], node["condition"]["semaphors"]
        if node.get("obj_type") == 2:
            if _settings(node.get("extra")).get("icon") == "error":
                return f"{source} failed" if source else "failed"
            return "final"
        actions = [logic for logic in logics if logic.get("type") not in _ROUTES]
        if actions:
            return _WORDS.get(str(actions[0].get("type")), str(actions[0].get("type")).replace("_", " "))
        times = [one for one in semaphors if one.get("type") == "time"]
        if not logics and times:
            unit = _UNITS.get(str(times[0].get("dimension") or "sec"), "s")
            return f"wait {times[0].get('value')}{unit}" if str(times[0].get("value")).isdigit() else "wait"
        return f"{source} errors" if source else "condition"


_WORDS = {
    "set_param": "set parameters",
    "api": "api call",
    "api_code": "code",
    "api_copy": "copy task",
    "api_rpc": "call process",
    "api_rpc_reply": "reply",
    "api_callback": "wait",
    "api_queue": "queue",
    "api_get_task": "get task",
    "api_sum": "sum",
    "db_call": "database",
    "git_call": "git call",
    "api_git": "git call",
}


def _settings(value: Any) -> Object:
    """`extra` or `options` of a node: an object, or JSON text of one."""
    import json

    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return {}
    return value if isinstance(value, dict) else {}


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
        self.is_checking = False
        self.cards: list[Card] = []
        logics = [logic for node in conv["scheme"]["nodes"] for logic in node["condition"]["logics"]]
        self.escalations = {logic.get("err_node_id") for logic in logics}

    def run(self) -> Imported:
        conv, name = self.conv, str(self.conv.get("title"))
        original = conv["__original__"]
        document = self.document()
        try:
            definition = parse(write_yaml(document), name)
        except DefinitionError:  # an action that is refused: look for it, and set it aside as unsupported
            self.is_checking = True
            document = self.document()
            definition = parse(write_yaml(document), name)
        block = self.shortest(definition, original)
        text = write_yaml({**document, "exchange": block} if block else document)
        definition = parse(text, name)
        again, _ = export(definition, self.rename.others)
        if again != original:
            raise ExchangeError(f'"{name}" would not come back as it was; please report this file')
        cards = {card.node: card for card in self.cards}
        kind = "diagram" if self.is_diagram else "process"
        ordered = [cards[node] for node in document["nodes"]]
        return Imported(self.conv_id, document[kind], kind, text, definition, ordered)

    def document(self) -> Object:
        """The file without its exchange block."""
        self.cards = []
        nodes = self.conv["scheme"]["nodes"]
        made = {self.names[node["id"]]: _ordered(self.node(node)) for node in nodes}
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
        for param in _listed(conv.get("params")):
            if isinstance(param, dict) and param.get("name") and str(param["name"]) not in params:
                params[str(param["name"])] = self.param(param)
        if params:
            document["params"] = params
        return document

    def param(self, param: Object) -> Any:
        flags = _listed(param.get("flags"))
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
        form = _settings(node.get("extra")).get("modeForm")
        is_small = node.get("obj_type") in (1, 2) or node["id"] in self.escalations
        if form in ("expand", "collapse") and form != ("collapse" if is_small else "expand"):
            made["form"] = form
        return made

    # --- Nodes ------------------------------------------------------------------------------------

    def node(self, node: Object) -> Object:
        name = self.names[node["id"]]
        card = Card(name, "end")
        self.cards.append(card)
        made: Object = {}
        if node.get("description"):
            made["description"] = str(node["description"])
        logics = node["condition"]["logics"]
        if node.get("obj_type") == 2:
            icon = _settings(node.get("extra")).get("icon")
            made["end"] = icon if icon in ("success", "error") else "none"
            if _settings(node.get("options")).get("save_task") is False:
                made["save_task"] = False
            if logics or node["condition"]["semaphors"]:
                card.notes.append("what an end node does besides ending the task is left out")
            return made
        if node.get("obj_type") == 1:
            options = _settings(node.get("options"))
            if options.get("direct_url") is True:
                made["direct_url"] = True
                if options.get("type_auth") == "basic":
                    made["auth"] = "basic"
        self.work(node, made, card)
        self.timers(node, made, card)
        if not made.keys() - {"description"}:
            made["unsupported"] = {"type": NOTHING, "why": "the node does nothing and leads nowhere"}
        card.kind = _kind(made)
        has_way = {"go", "condition", "set_state", "time_limit"} & made.keys()
        if not has_way:
            card.notes.append("it leads nowhere: a task would fail here instead of staying")
        return made

    def work(self, node: Object, made: Object, card: Card) -> None:
        """Actions and routes, in the order of the logics."""
        logics = node["condition"]["logics"]
        kinds = [logic.get("type") for logic in logics]
        actions = [index for index, kind in enumerate(kinds) if kind not in _ROUTES]
        conditions = [index for index, kind in enumerate(kinds) if kind == "go_if_const"]
        last = actions[-1] if actions else -1
        go = next((logic.get("to_node_id") for logic in logics if logic.get("type") == "go"), None)
        first_go = kinds.index("go") if "go" in kinds else len(kinds)
        if any(index > first_go for index in range(len(kinds))):
            card.notes.append("what stands after its go is never reached, and left out")
            actions = [index for index in actions if index < first_go]
            conditions = [index for index in conditions if index < first_go]
            last = actions[-1] if actions else -1
        if len(actions) == 1 and all(index > last for index in conditions):
            piece = self.piece(node, logics[last], card)
            made.update(_holder(piece))
            self.error(logics[last], made)
        elif actions:
            made["actions"] = self.parts(node, logics[: last + 1], card)
        routes = [logics[index] for index in conditions if index > last]
        conditions_made = self.routes(routes, card)
        if conditions_made:
            made["condition"] = conditions_made
        name = self.names[node["id"]]
        if go and not ("set_state" in made and self.names[go] == name):
            made["go"] = self.names[go]

    def parts(self, node: Object, logics: list[Object], card: Card) -> list[Object]:
        """The actions of the old format, each with the conditions that follow it."""
        parts: list[Object] = []
        routes: list[Object] = []

        def close() -> None:
            made = self.routes(routes, card)
            if made:
                if not parts:
                    parts.append({})
                parts[-1]["condition"] = made
            routes.clear()

        for logic in logics:
            if logic.get("type") == "go_if_const":
                routes.append(logic)
                continue
            close()
            part = _holder(self.piece(node, logic, card))
            self.error(logic, part)
            parts.append(part)
        close()
        return parts

    def piece(self, node: Object, logic: Object, card: Card) -> Piece:
        icon = _settings(node.get("extra")).get("icon")
        names = next((names for other, names in total_names(node) if other is logic), None)
        piece = read_logic(
            logic if names is None else {**logic, "__names__": names},
            self.rename,
            is_state=self.is_diagram or icon == "state",
            stub=node["condition"]["stub"] if isinstance(node["condition"]["stub"], dict) else None,
        )
        why = _refused(piece) if self.is_checking else ""
        if why:
            piece = unsupported(logic, why)
        card.notes += piece.notes
        card.is_supported = card.is_supported and piece.is_supported
        return piece

    def error(self, logic: Object, made: Object) -> None:
        if isinstance(logic.get("err_node_id"), str) and logic["err_node_id"]:
            made["error"] = self.names[logic["err_node_id"]]

    def routes(self, logics: list[Object], card: Card) -> list[Object]:
        """Conditions in order; a run of equal targets is one with `any`."""
        made: list[Object] = []
        for logic in logics:
            if not isinstance(logic.get("to_node_id"), str) or not logic["to_node_id"]:
                card.notes.append("a condition leads nowhere, and is left out")
                continue
            target, tests = self.names[logic["to_node_id"]], read_tests(logic, self.rename)
            if not tests:
                card.notes.append("a condition tests nothing, and is left out")
                continue
            before = made[-1] if made else None
            if before is not None and before["go"] == target:
                if "if" in before:
                    made[-1] = {"any": [before["if"], tests], "go": target}
                else:
                    before["any"].append(tests)
            else:
                made.append({"if": tests, "go": target})
        return made

    def timers(self, node: Object, made: Object, card: Card) -> None:
        times = [one for one in node["condition"]["semaphors"] if one.get("type") == "time"]
        counts = [one for one in node["condition"]["semaphors"] if one.get("type") == "count"]
        if times:
            timer = self.timer(times[0], card)
            target = times[0].get("to_node_id")
            if not target or timer is None:
                card.notes.append("its timer leads nowhere, and is left out")
            elif not node["condition"]["logics"]:
                made["delay"] = timer.get("after") or timer
                made["go"] = self.names[target]
            else:
                made["time_limit"] = {**timer, "go": self.names[target]}
        if counts:
            value, target = counts[0].get("value"), counts[0].get("esc_node_id")
            if target and str(value).isdigit() and int(str(value)) > 0:
                made["task_limit"] = {"count": int(str(value)), "signal": self.names[target]}
            else:
                card.notes.append("its counter has no number or no node, and is left out")
        for one in node["condition"]["semaphors"]:
            if one not in times and one not in counts:
                card.notes.append(f"there is no semaphor of type {one.get('type')}: it is left out")
        if len(times) > 1 or len(counts) > 1:
            card.notes.append("it has several timers or counters; the first of each holds")

    def timer(self, one: Object, card: Card) -> Object | None:
        value = one.get("value")
        if isinstance(value, str) and not value.strip().isdigit():
            return {"until": self.rename(value)} if value.strip() else None
        if isinstance(value, bool) or not isinstance(value, int | str):
            return None
        unit = _UNITS.get(str(one.get("dimension") or "sec"), "s")
        amount = int(value)
        most = LONGEST_MS // 1000 // _SECONDS[unit]
        if not 1 <= amount <= most:
            card.notes.append(f"its timer of {amount}{unit} is {min(max(amount, 1), most)}{unit} here")
        return {"after": f"{min(max(amount, 1), most)}{unit}"}

    def total_ids(self) -> Object:
        """The patches that tell the ids of totals, which references to them need."""
        made: Object = {}
        for node in self.conv["scheme"]["nodes"]:
            logics = node["condition"]["logics"]
            ids = {
                f"/logics/{index}/extra/{number}/id": item.get("id", "")
                for index, logic in enumerate(logics)
                if logic.get("type") == "api_sum"
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


_LAST = ("types", "response_types", "delay", "condition", "error", "time_limit", "task_limit", "go", "end", "save_task")


def _ordered(node: Object) -> Object:
    """The keys in the order in which they are met: what the node does, then where it leads."""
    return {key: node[key] for key in (*(key for key in node if key not in _LAST), *_LAST) if key in node}


def _refused(piece: Piece) -> str:
    """Why the action would be refused, such as a query that nothing can be bound in; "" for most."""
    nodes: Object = {"start": {"go": "node"}, "node": {**_holder(piece), "go": "end"}, "end": {"end": "success"}}
    try:
        parse(write_yaml({"process": "action", "id": 1, "missing": "empty", "nodes": nodes}), "action")
    except DefinitionError as error:
        return error.message
    return ""


def _holder(piece: Piece) -> Object:
    made: Object = {piece.key: piece.body}
    if piece.types:
        made["types"] = piece.types
    if piece.response_types:
        made["response_types"] = piece.response_types
    return made


_NOT_KINDS = (
    "description",
    "types",
    "response_types",
    "error",
    "go",
    "condition",
    "time_limit",
    "task_limit",
    "save_task",
)


def _kind(made: Object) -> str:
    if "actions" in made:
        return "actions"
    kinds = [key for key in made if key not in _NOT_KINDS and key not in ("direct_url", "auth")]
    return kinds[0] if kinds else "condition" if "condition" in made else "route"


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
