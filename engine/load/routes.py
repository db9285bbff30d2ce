"""Whether a definition's nodes make sense: what each does, where it leads, and whether tasks can get there."""

from __future__ import annotations

from .. import grammar
from ..nodes import ACTIONS
from ..task import Place
from .draft import Draft, Edge, Sketch
from .problems import listed, quoted, shown
from .tree import Leaf, List, Map, data_of

START = "start"

_GOES = {
    "go": "goes to",
    "condition": "goes to",
    "error": "sends errors to",
    "time_limit": "goes in time to",
    "task_limit": "sends its signal to",
}


def check_routes(draft: Draft) -> None:
    """Add what is wrong with the nodes and routes of a definition to its problems."""
    if not draft.nodes:
        return
    is_complete = not draft.is_wrong
    if START not in draft.nodes:
        near = draft.near(START, draft.nodes)
        end = f"; is {quoted(near)} meant?" if near else ", where every task begins"
        draft.problem(draft.nodes_key, f'the definition needs a node "start"{end}')
    for sketch in draft.nodes.values():
        if sketch.body is not None:
            _check_work(draft, sketch)
            is_complete = _check_ways_out(draft, sketch) and is_complete
            for part in sketch.all_parts():
                _check_types(draft, part)
    _check_renames(draft)
    _check_targets(draft, is_complete=is_complete)


# --- What a node does ----------------------------------------------------------------------------


def _check_work(draft: Draft, sketch: Sketch) -> None:
    what, keys = f"node {quoted(sketch.name)}", sketch.keys
    if len(sketch.actions) > 1:
        second = keys[sketch.actions[1]]
        message = f"{what} has {_count(sketch.actions)} actions, {listed(sketch.actions)}; give each a node of its own"
        draft.problem(second, message)
    if sketch.parts:
        useless = [*sketch.actions, *(key for key in ("types", "response_types") if key in keys)]
        if useless:
            draft.problem(keys[useless[0]], f'{what} has "actions", so {_listed(useless)} belongs into one of them')
        message = f'{what} has "actions", the old format: give each action a node of its own'
        draft.problem(keys["actions"], message, warning=True)
    if "end" in keys:
        useless = [*sketch.actions, *(key for key in grammar.NOT_IN_END if key in keys)]
        if useless:
            draft.problem(keys[useless[0]], f"{what} ends the task, so it cannot have {_listed(useless)}")
    elif "delay" in keys:
        useless = [*sketch.actions, *(key for key in grammar.NOT_IN_DELAY if key in keys)]
        if useless:
            message = (
                f"{what} is a delay, so it cannot have {_listed(useless)}; put that into a node before or after it"
            )
            draft.problem(keys[useless[0]], message)
    if "save_task" in keys and "end" not in keys:
        draft.problem(keys["save_task"], f'{what} has "save_task", which belongs to an end node')
    for key in grammar.ONLY_IN_START:
        if key in keys and sketch.name != START:
            draft.problem(keys[key], f'{what} has "{key}", which belongs to the node "start"')
    if draft.kind == "diagram":
        for part in sketch.all_parts():
            for key in part.actions:
                if not ACTIONS[key].in_diagram:
                    allowed = listed(sorted(name for name, kind in ACTIONS.items() if kind.in_diagram))
                    message = f'{what}: a state diagram cannot hold "{key}", only {allowed}; send it to a process'
                    draft.problem(part.keys[key], message)


def _count(words: list[str]) -> str:
    return {2: "two", 3: "three"}.get(len(words), str(len(words)))


def _listed(words: list[str]) -> str:
    return listed([f'"{word}"' for word in words])


# --- Where it leads --------------------------------------------------------------------------------


def _check_ways_out(draft: Draft, sketch: Sketch) -> bool:
    """Whether the node has the routes that it needs."""
    what, keys = f"node {quoted(sketch.name)}", sketch.keys
    if "end" in keys:
        return True
    if "delay" in keys:
        if "go" not in keys:
            draft.problem(keys["delay"], f'{what} is a delay and needs "go": where the task goes after it')
        return "go" in keys
    if sketch.unclear:
        return True
    last = sketch.parts[-1] if sketch.parts else sketch
    action = ACTIONS[last.actions[0]] if last.actions else None
    if action is not None and action.rests_in is not None:
        ways = {"go", "condition", "time_limit"} & (keys.keys() | last.keys.keys())
        if action.rests_in is not Place.PARKED and not ways:
            draft.problem(sketch.key, f'{what} leads nowhere; give it "go"')
            return False
        return True
    has_way = bool({"go", "condition"} & (keys.keys() | last.keys.keys()))
    if not has_way:
        draft.problem(sketch.key, f'{what} leads nowhere; give it "go", or make it an end: {{end: success}}')
    elif "go" not in keys:
        message = f'{what} has no "go": a task that meets none of its conditions fails'
        draft.problem(keys.get("condition", sketch.key), message, warning=True)
    for part in sketch.all_parts():
        for key in part.actions:
            if not ACTIONS[key].never_fails(draft.missing) and "error" not in keys and "error" not in part.keys:
                message = f'{what} has no "error" route: a failure of {key} ends the task in "error"'
                draft.problem(part.keys[key], message, warning=True)
    return has_way


def _check_targets(draft: Draft, *, is_complete: bool) -> None:
    """Routes to nodes that do not exist, and nodes to which no route leads."""
    reached = {START}
    waiting = [START]
    # Where a route is missing, what lies behind it is not unreachable as well: one mistake gives one message.
    is_known = START in draft.nodes and is_complete
    followed: dict[str, list[str]] = {}
    for sketch in draft.nodes.values():
        for edge in sketch.edges:
            target: str | None = edge.target
            if edge.target not in draft.nodes:
                target = _tell_dangling(draft, sketch, edge)
                is_known = is_known and target is not None
            if target is not None:
                followed.setdefault(sketch.name, []).append(target)
    if not is_known:
        return
    while waiting:
        for target in followed.get(waiting.pop(), ()):
            if target not in reached:
                reached.add(target)
                waiting.append(target)
    for sketch in draft.nodes.values():
        if sketch.name not in reached:
            message = f'no route leads to node {quoted(sketch.name)}: tasks that begin in "start" never come here'
            draft.problem(sketch.key, message, warning=True)


def _tell_dangling(draft: Draft, sketch: Sketch, edge: Edge) -> str | None:
    """The node that was probably meant, which counts as reached: one mistake gives one message."""
    near = draft.near(edge.target, draft.nodes)
    end = f"; did you mean {quoted(near)}?" if near else ""
    if edge.target == "error" and near is None:
        end = "; declare it: error: {end: error}"
    message = f"node {quoted(sketch.name)} {_GOES[edge.word]} {quoted(edge.target)}, which does not exist{end}"
    draft.problem(edge.leaf, message)
    return near


# --- Types and renames -------------------------------------------------------------------------------


def _check_types(draft: Draft, sketch: Sketch) -> None:
    """Casts of something that the node does not write."""
    for key, source in (("types", "data"), ("response_types", "response")):
        types = sketch.values.get(key)
        if not isinstance(types, Map) or len(sketch.actions) != 1 or sketch.unclear:
            continue
        written = _written_names(sketch, source)
        if written is None:
            continue
        for entry in types.entries:
            name = entry.key.text
            if name not in written:
                end = draft.hint(
                    name, written, f'it applies to the names below "{source}"' if source == "response" else ""
                )
                message = f"{key} of node {quoted(sketch.name)}: the node does not write {quoted(name)}{end}"
                draft.problem(entry.key, message, warning=True)


def _written_names(sketch: Sketch, source: str) -> set[str] | None:
    """The names that the casts of a node may be for; None when that cannot be told."""
    action = sketch.actions[0]
    body = sketch.values[action]
    if ACTIONS[action].whole:
        part = body if source == "data" else None
    else:
        part = body.get(source) if isinstance(body, Map) else None
    if part is not None and not isinstance(part, Map):
        return None
    names = {entry.key.text for entry in part.entries} if isinstance(part, Map) else set()
    keys = body.get("keys") if isinstance(body, Map) else None
    if source == "data" and isinstance(keys, List):
        names |= {item.text for item in keys.items if isinstance(item, Leaf)}
    return names


def _check_renames(draft: Draft) -> None:
    seen: dict[str, str] = {}
    for sketch in draft.nodes.values():
        part = sketch.values.get("was")
        if not isinstance(part, Leaf) or data_of(part) is None:
            continue
        old = part.text
        if old in draft.nodes:
            end = "but there is still a node of that name; remove one"
            draft.problem(part, f'node {quoted(sketch.name)} has "was: {shown(old)}", {end}')
        elif old in seen:
            draft.problem(part, f"node {quoted(old)} was renamed to {quoted(seen[old])} already; it has one new name")
        seen.setdefault(old, sketch.name)
