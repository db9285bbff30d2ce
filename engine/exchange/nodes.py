"""The nodes of an export as the keys that a person would write, each with its scorecard. Source: reference 2.4, 3."""

from __future__ import annotations

from ..errors import DefinitionError
from ..fields import LONGEST_MS
from ..load import parse
from ..load.writer import write_yaml
from ..nodes import ACTIONS
from ..task import Place
from .actions import NOTHING, Import, Piece, read_logic, unrunnable
from .conditions import read_tests
from .names import ROUTES, UNITS, total_names
from .objects import Object, settings
from .renaming import Renaming
from .scorecard import Card

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_LAST = ("types", "response_types", "delay", "condition", "error", "time_limit", "task_limit", "go", "end", "save_task")


class NodeReader:
    """Reads the nodes of one conv. `is_checking`: an action that is refused is set aside as unsupported."""

    def __init__(self, rename: Renaming, *, is_diagram: bool) -> None:
        self.rename = rename
        self.names = rename.own.names
        self.is_diagram = is_diagram
        self.is_checking = False
        self.cards: list[Card] = []

    def node(self, node: Object) -> Object:
        name = self.names[node["id"]]
        card = Card(name, "end")
        self.cards.append(card)
        made: Object = {}
        if node.get("description"):
            made["description"] = str(node["description"])
        logics = node["condition"]["logics"]
        if node.get("obj_type") == 2:
            icon = settings(node.get("extra")).get("icon")
            made["end"] = icon if icon in ("success", "error") else "none"
            if settings(node.get("options")).get("save_task") is False:
                made["save_task"] = False
            if logics or node["condition"]["semaphors"]:
                card.notes.append("what an end node does besides ending the task is left out")
            return made
        if node.get("obj_type") == 1:
            options = settings(node.get("options"))
            if options.get("direct_url") is True:
                made["direct_url"] = True
                if options.get("type_auth") == "basic":
                    made["auth"] = "basic"
        self.work(node, made, card)
        self.timers(node, made, card)
        if not made.keys() - {"description"}:
            piece = unrunnable({"type": NOTHING}, "the node does nothing and leads nowhere")
            made[piece.key] = {key: value for key, value in piece.body.items() if value}
        card.kind = _kind(made)
        if not ({"go", "condition", "time_limit"} & made.keys() or _is_state(made)):
            card.notes.append("it leads nowhere: a task would fail here instead of staying")
        return made

    def work(self, node: Object, made: Object, card: Card) -> None:
        """Actions and routes, in the order of the logics."""
        logics = node["condition"]["logics"]
        kinds = [logic.get("type") for logic in logics]
        actions = [index for index, kind in enumerate(kinds) if kind not in ROUTES]
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
        if go and not (_is_state(made) and self.names[go] == name):
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
        icon = settings(node.get("extra")).get("icon")
        names = next((names for other, names in total_names(node) if other is logic), None)
        piece = read_logic(
            logic if names is None else {**logic, "__names__": names},
            Import(
                self.rename,
                is_state=self.is_diagram or icon == "state",
                stub=node["condition"]["stub"] if isinstance(node["condition"]["stub"], dict) else None,
            ),
        )
        why = _refused(piece) if self.is_checking else ""
        if why:
            piece = unrunnable(logic, why)
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
        unit = UNITS.get(str(one.get("dimension") or "sec"), "s")
        amount = int(value)
        most = LONGEST_MS // 1000 // _SECONDS[unit]
        if not 1 <= amount <= most:
            card.notes.append(f"its timer of {amount}{unit} is {min(max(amount, 1), most)}{unit} here")
        return {"after": f"{min(max(amount, 1), most)}{unit}"}


def ordered(node: Object) -> Object:
    """The keys in the order in which they are met: what the node does, then where it leads."""
    return {key: node[key] for key in (*(key for key in node if key not in _LAST), *_LAST) if key in node}


def _is_state(made: Object) -> bool:
    return any(ACTIONS[key].rests_in is Place.PARKED for key in made.keys() & ACTIONS.keys())


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
