"""A file's tree to a draft: every key in its place, every value of its type. What it means is checked elsewhere."""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import replace
from typing import Any

from .. import grammar
from ..condition import FUNCTIONS
from ..definition import (
    Access,
    Archive,
    Condition,
    Definition,
    Node,
    NodePart,
    Param,
    TaskLimit,
    Test,
    TimeLimit,
    Timer,
)
from ..fields import duration_text, keys_of
from ..nodes import ACTIONS
from ..sending import ReplyFields, StubBranch
from .draft import Draft, Edge, Sketch
from .problems import hint, listed, nearest, quoted, shown
from .source import Source
from .tree import Entry, Leaf, List, Map, Part, data_of
from .values import (
    check_reading,
    check_readings,
    describe,
    is_open,
    known_entries,
    read_model,
    validate,
)

_ALIAS = re.compile(r"[a-z0-9-]{2,127}")
_TITLE_LENGTH = 255
_COMPARISONS = f"an object is compared with {{eq: {{…}}}}; there are {listed(FUNCTIONS)}"
_OTHER_WORDS = {
    "gt": "more",
    "greater": "more",
    "lt": "less",
    "gte": "more_or_eq",
    "ge": "more_or_eq",
    "lte": "less_or_eq",
    "le": "less_or_eq",
    "ne": "not_eq",
    "equals": "eq",
    "regex": "regexp",
    "matches": "regexp",
}
_LARGEST_ID = 2**53 - 1


def read_draft(source: Source, root: Part | None) -> Draft:
    """The draft of one file. Everything that is wrong with its form is among its problems."""
    draft = Draft(source)
    if root is None or (isinstance(root, Leaf) and root.is_null):
        draft.problem(None, "the file is empty; a definition begins with process: or diagram:")
        return draft
    if not isinstance(root, Map):
        draft.problem(root, f"a definition is a map that begins with process: or diagram:, not {describe(root)}")
        return draft
    draft.body = root
    _Shape(draft, root).run()
    return draft


class _Shape:
    def __init__(self, draft: Draft, body: Map) -> None:
        self.draft = draft
        self.body = body
        self.is_kind_told = False

    def run(self) -> None:
        title = self.body.entry("title")
        if title is not None and not any(self.body.get(kind) for kind in grammar.KINDS):
            self.draft.problem(
                title.key, 'a definition has its title behind "process" or "diagram"; write process: TITLE'
            )
            self.body.entries.remove(title)
            self.is_kind_told = True
        known = known_entries(self.draft, self.body, grammar.TOP, "the definition")
        leaves = {entry.key.text: entry.key for entry in self.body.entries}
        self.head(known, leaves)
        params = self.params(known.pop("params", None), leaves.get("params"))
        nodes = self.nodes(known.pop("nodes", None), leaves)
        archive = self.archive(known.pop("archive", None), leaves.get("archive"))
        access = self.access(known.pop("access", None), leaves.get("access"))
        definition = self.definition(known)
        if definition is not None and not self.draft.is_wrong:
            more = {"archive": archive, "access": access, "params": params, "nodes": nodes}
            self.draft.definition = definition.model_copy(update=more)

    # --- Top ----------------------------------------------------------------------------------------

    def head(self, known: dict[str, Part], leaves: dict[str, Leaf]) -> None:
        draft = self.draft
        kinds = [key for key in grammar.KINDS if key in known]
        if not kinds and not self.is_kind_told:
            draft.problem(self.body, 'a definition needs "process" or "diagram" with its title')
        elif len(kinds) == 2:
            draft.problem(leaves.get("diagram"), "a definition is a process or a diagram, not both")
        for key in kinds:
            part = known.pop(key)
            draft.kind = draft.kind or key
            if not isinstance(part, Leaf) or part.is_null or not part.text.strip():
                draft.problem(part, f'"{key}" takes the title, not {describe(part)}')
            elif len(part.text) > _TITLE_LENGTH:
                draft.problem(part, f"a title has at most {_TITLE_LENGTH} characters, this one {len(part.text)}")
            elif not draft.title:
                draft.title, draft.title_leaf = part.text, part
        missing = known.get("missing")
        if isinstance(missing, Leaf) and missing.text == "empty":
            draft.missing = "empty"
        id_part = known.get("id")
        if isinstance(id_part, Leaf):
            draft.id_leaf = id_part
            value = data_of(id_part)
            number = getattr(value, "value", None)
            if isinstance(number, int) and not isinstance(number, bool) and 0 < number <= _LARGEST_ID:
                if len(id_part.text) > 1 and id_part.text.startswith("0") and id_part.text.isdigit():
                    draft.problem(id_part, f"an id begins with no 0; write {number}")
                draft.conv_id = number
            elif isinstance(number, int) and not isinstance(number, bool) and number > _LARGEST_ID:
                draft.problem(known.pop("id"), f"an id is at most {_LARGEST_ID}")
        self.aliases(known.get("alias"))

    def aliases(self, part: Part | None) -> None:
        items: list[Part] = [] if part is None else part.items if isinstance(part, List) else [part]
        for item in items:
            if not isinstance(item, Leaf) or item.is_null:
                continue  # the model tells
            alias = item.text
            if not _ALIAS.fullmatch(alias):
                better = re.sub(r"[^a-z0-9]+", "-", alias.casefold()).strip("-")
                end = f"; write {better}" if _ALIAS.fullmatch(better) else ""
                message = f"an alias has 2 to 127 small letters, digits and dashes, not {quoted(alias)}{end}"
                self.draft.problem(item, message)
            self.draft.aliases.append((alias, item))

    def definition(self, known: dict[str, Part]) -> Definition | None:
        keys = keys_of(Definition)
        fields = {}
        is_whole = True
        for key, value in known.items():
            if is_open(self.draft, key, value, keys[key], "the definition"):
                is_whole = False
            else:
                fields[key] = value
        self.layout(known.get("layout"))
        told = frozenset(("id", *known))  # a missing id is told where the next free one is known
        owner = self.body.entries[0].key if self.body.entries else Leaf(0, 0, 0, 0, "", "", "")
        given: dict[str, Any] = {"kind": self.draft.kind or "process", "title": self.draft.title, "nodes": {}}
        if "id" not in fields:
            given["id"] = 1
        made = validate(self.draft, Definition, fields, owner, "the definition", told, given)
        return made if is_whole and "id" in fields else None

    def archive(self, part: Part | None, owner: Leaf | None) -> Archive | None:
        if part is None or owner is None:
            return None
        made = read_model(self.draft, Archive, part, owner, "archive")
        if made is not None and not made.model_fields_set:
            self.draft.problem(owner, '"archive" needs "for", "at_most" or "bytes"')
        return made

    def access(self, part: Part | None, owner: Leaf | None) -> Access | None:
        if part is None or owner is None:
            return None
        made = read_model(self.draft, Access, part, owner, "access")
        if made is not None and not made.model_fields_set:
            self.draft.problem(owner, '"access" needs "readers" or "callers"')
        return made

    def layout(self, part: Part | None) -> None:
        if not isinstance(part, Map):
            return
        for entry in part.entries:
            if self.draft.nodes and entry.key.text not in self.draft.nodes:
                end = self.draft.hint(entry.key.text, self.draft.nodes)
                message = f"layout: there is no node {quoted(entry.key.text)}{end}"
                self.draft.problem(entry.key, message, warning=True)

    # --- Parameters ---------------------------------------------------------------------------------

    def params(self, part: Part | None, owner: Leaf | None) -> dict[str, Param]:
        params: dict[str, Param] = {}
        if part is None:
            return params
        if not isinstance(part, Map):
            self.draft.problem(part, f'"params" takes a map of name → type, not {describe(part)}')
            return params
        for entry in part.entries:
            check_reading(self.draft, entry.key, is_key=True)
            name, value = entry.key.text, entry.value
            if isinstance(value, Leaf):
                value = Map(value.line, value.column, [Entry(Leaf(0, 0, 0, 0, "type", "", "type"), value)])
            param = read_model(self.draft, Param, value, entry.key, f"parameter {quoted(name)}")
            if param is not None:
                params[name] = param
        return params

    # --- Nodes --------------------------------------------------------------------------------------

    def nodes(self, part: Part | None, leaves: dict[str, Leaf]) -> dict[str, Node]:
        draft = self.draft
        draft.nodes_key = leaves.get("nodes")
        if part is None:
            draft.problem(self.body, 'the definition needs "nodes"')
            return {}
        if not isinstance(part, Map):
            draft.problem(part, f'"nodes" takes a map of name → node, not {describe(part)}')
            return {}
        nodes: dict[str, Node] = {}
        for entry in part.entries:
            sketch = draft.nodes[entry.key.text] = Sketch(entry.key.text, entry.key)
            node = self.node(sketch, entry.value)
            if node is not None:
                nodes[sketch.name] = node
        return nodes

    def node(self, sketch: Sketch, value: Part) -> Node | None:
        draft, what = self.draft, f"node {quoted(sketch.name)}"
        check_reading(draft, sketch.key, is_key=True)
        if not sketch.name.strip() or sketch.name != sketch.name.strip() or not sketch.name.isprintable():
            draft.problem(sketch.key, f"{what}: a name has no blanks at its ends and no line breaks")
        elif len(sketch.name) > _TITLE_LENGTH:
            draft.problem(sketch.key, f"{what}: a name has at most {_TITLE_LENGTH} characters")
        elif sketch.name == "(error)":
            draft.problem(sketch.key, f"{what}: this name is the engine's own, for failures without a route")
        if not isinstance(value, Map) or not value.entries:
            sketch.unclear = True
            is_empty = isinstance(value, Map) or (isinstance(value, Leaf) and not value.text)
            wrong = "is empty" if is_empty else f"takes a map, not {describe(value)}"
            ending = f"{what} {wrong}; write {{go: NODE}}, {{end: success}} or an action"
            draft.problem(sketch.key if not isinstance(value, List) else value, ending)
            return None
        sketch.body = value
        self.node_keys(sketch, value, what)
        values = sketch.values
        keys = keys_of(Node)
        simple = {
            key: part
            for key, part in values.items()
            if key in grammar.NODE_SIMPLE and not is_open(draft, key, part, keys[key], what)
        }
        for word in grammar.EDGES:
            part = simple.get(word)
            if isinstance(part, Leaf):
                sketch.edges.append(Edge(word, part.text, part))
        action = None
        for key in sketch.actions:
            action = self.action(sketch, key, values[key])
        update: dict[str, Any] = {"action": action, "condition": self.conditions(sketch, values.get("condition"))}
        update["time_limit"] = self.time_limit(sketch, values.get("time_limit"))
        update["task_limit"] = self.task_limit(sketch, values.get("task_limit"))
        update["delay"] = self.delay(sketch, values.get("delay"))
        update["actions"] = self.parts(sketch, values.get("actions"))
        node = validate(draft, Node, simple, sketch.key, what, given={"name": sketch.name})
        if node is None:
            return None
        node = node.model_copy(update=update)
        self.warnings_in(node, sketch)
        return node

    def warnings_in(self, node: Node, sketch: Sketch) -> None:
        """What its actions say of how they stand in the node."""
        for part in sketch.all_parts():
            for action in node.all_actions:
                for message in action.warnings_in(node) if action.key in part.actions else ():
                    what = f"{action.key} of node {quoted(sketch.name)}"
                    self.draft.problem(part.keys[action.key], f"{what}: {message}", warning=True)

    def parts(self, sketch: Sketch, value: Part | None) -> tuple[NodePart, ...]:
        """Several actions in one node: the old format."""
        if value is None:
            return ()
        draft, what = self.draft, f"actions of node {quoted(sketch.name)}"
        if not isinstance(value, List) or not value.items:
            draft.problem(sketch.keys["actions"], f"{what} takes a list: - {{ACTION: {{…}}, error: NODE}}")
            return ()
        made = [self.part(sketch, item) for item in value.items]
        return tuple(part for part in made if part is not None)

    def part(self, sketch: Sketch, item: Part) -> NodePart | None:
        draft, what = self.draft, f"one of the actions of node {quoted(sketch.name)}"
        if not isinstance(item, Map) or not item.entries:
            draft.problem(item, f"{what} is a map {{ACTION: {{…}}, error: NODE}}, not {describe(item)}")
            return None
        part = Sketch(sketch.name, item.entries[0].key, item)
        self.node_keys(part, item, what, grammar.PART)
        sketch.parts.append(part)
        sketch.unclear = sketch.unclear or part.unclear
        if len(part.actions) > 1:
            message = f"{what} has {listed(part.actions)}; give each an item of the list of its own"
            draft.problem(part.keys[part.actions[1]], message)
        action = None
        for key in part.actions:
            action = self.action(part, key, part.values[key])
        condition = self.conditions(part, part.values.get("condition"))
        simple: dict[str, Part] = {
            key: value for key, value in part.values.items() if key in ("error", "types", "response_types")
        }
        error = simple.get("error")
        if isinstance(error, Leaf):
            part.edges.append(Edge("error", error.text, error))
        sketch.edges += part.edges
        made = validate(draft, NodePart, simple, part.key, what)
        return made.model_copy(update={"action": action, "condition": condition}) if made is not None else None

    def node_keys(self, sketch: Sketch, body: Map, what: str, words: Set[str] = grammar.NODE) -> None:
        """Sort the keys of a node, or of a part; what is misspelled counts as what was meant."""
        draft = self.draft
        present = {entry.key.text for entry in body.entries}
        for entry in body.entries:
            key = entry.key.text
            if key not in words:
                near = nearest(key, words - present)
                if near is None and isinstance(entry.value, Map):
                    kinds = listed(sorted(ACTIONS))
                    draft.problem(entry.key, f"unknown node type {quoted(key)} in {what}; there are {kinds}")
                    sketch.unclear = True
                    continue
                kind = "node type" if near in ACTIONS else "key"
                end = f"; did you mean {quoted(near)}?" if near else f"; it can have {listed(sorted(words))}"
                draft.problem(entry.key, f"unknown {kind} {quoted(key)} in {what}{end}")
                if near is None or near in sketch.keys:
                    sketch.unclear = True
                    continue
                key = near
            sketch.keys[key] = entry.key
            sketch.values[key] = entry.value
            if key in ACTIONS:
                sketch.actions.append(key)

    def action(self, sketch: Sketch, key: str, value: Part) -> Any:
        action = self.read_action(sketch, key, value)
        for message in action.warnings() if action is not None else ():
            what = f"{key} of node {quoted(sketch.name)}"
            self.draft.problem(sketch.keys[key], f"{what}: {message}", warning=True)
        return action

    def read_action(self, sketch: Sketch, key: str, value: Part) -> Any:
        kind = ACTIONS[key]
        what = f"{key} of node {quoted(sketch.name)}"
        owner = sketch.keys[key]
        if kind.short and isinstance(value, Leaf) and not value.is_null:
            return validate(self.draft, kind, {kind.short: value}, owner, what)
        if not isinstance(value, Map):
            end = f"; write {key}: {{}}" if not keys_of(kind) else ""
            self.draft.problem(owner, f"{what} takes a map, not {describe(value)}{end}")
            return None
        if kind.whole:
            if not value.entries:
                self.draft.problem(owner, f"{what} is empty; give it at least one value")
            check_readings(self.draft, value)
            return validate(self.draft, kind, {kind.whole: value}, owner, what)
        branches = value.entry(kind.stub_field) if kind.stub_field else None
        if branches is not None:
            value = replace(value, entries=[entry for entry in value.entries if entry is not branches])
        action = read_model(self.draft, kind, value, owner, what, kind.later)
        if branches is not None:
            made = self.stub(sketch, branches)
            action = action.model_copy(update={kind.stub_field: made}) if action is not None else None
        return action

    def stub(self, sketch: Sketch, entry: Entry) -> tuple[StubBranch, ...]:
        draft, what = self.draft, f"the stub of node {quoted(sketch.name)}"
        if not isinstance(entry.value, List) or not entry.value.items:
            draft.problem(entry.key, f"{what} takes a list: - {{if: {{…}}, reply: {{data: {{…}}}}}}")
            return ()
        made = []
        for item in entry.value.items:
            if not isinstance(item, Map):
                draft.problem(item, f"a branch of {what} is a map {{if: {{…}}, reply: {{…}}}}, not {describe(item)}")
                continue
            known = known_entries(draft, item, frozenset(("if", "reply", "types")), f"a branch of {what}")
            tests = (tuple(self.tests(sketch, known["if"], f"a branch of {what}")),) if "if" in known else ()
            if "reply" not in known:
                draft.problem(item, f'a branch of {what} needs "reply"')
                continue
            reply = read_model(draft, ReplyFields, known["reply"], entry.key, f"a reply of {what}")
            types = {"types": known["types"]} if "types" in known else {}
            branch = (
                validate(
                    draft, StubBranch, types, entry.key, f"a branch of {what}", given={"tests": tests, "reply": reply}
                )
                if reply is not None
                else None
            )
            if branch is not None:
                made.append(branch)
        return tuple(made)

    def time_limit(self, sketch: Sketch, value: Part | None) -> TimeLimit | None:
        if value is None:
            return None
        what = f"time_limit of node {quoted(sketch.name)}"
        if isinstance(value, Leaf) and not value.is_null:
            self.draft.problem(value, f"{what} takes a map; write {{after: {shown(value.text)}, go: NODE}}")
            return None
        limit = read_model(self.draft, TimeLimit, value, sketch.keys["time_limit"], what)
        self.edge(sketch, value, "go", "time_limit")
        return limit if self.timer(value, sketch.keys["time_limit"], what) else None

    def timer(self, value: Part, owner: Leaf, what: str) -> bool:
        """Whether a map says exactly one of after and until; told when not."""
        if not isinstance(value, Map):
            return False
        words = {nearest(entry.key.text, ("after", "until")) for entry in value.entries} - {None}
        if len(words) != 1:
            self.draft.problem(owner, f'{what} needs "after" (such as 30s) or "until" (a unix time), one of them')
        return len(words) == 1

    def task_limit(self, sketch: Sketch, value: Part | None) -> TaskLimit | None:
        if value is None:
            return None
        what = f"task_limit of node {quoted(sketch.name)}"
        limit = read_model(self.draft, TaskLimit, value, sketch.keys["task_limit"], what)
        self.edge(sketch, value, "signal", "task_limit")
        return limit

    def delay(self, sketch: Sketch, value: Part | None) -> Timer | None:
        if value is None:
            return None
        owner = sketch.keys["delay"]
        if isinstance(value, Leaf):
            if value.is_null:
                self.draft.problem(
                    owner, f'"delay" in node {quoted(sketch.name)} is empty; write a duration such as 30s'
                )
                return None
            try:
                return Timer(after=duration_text(value.value))
            except ValueError as error:
                self.draft.problem(value, f"delay of node {quoted(sketch.name)}: {error}, not {describe(value)}")
                return None
        what = f"delay of node {quoted(sketch.name)}"
        if isinstance(value, List):
            self.draft.problem(value, f"{what} takes a duration such as 30s, or {{until: TIME}}")
            return None
        timer = read_model(self.draft, Timer, value, owner, what)
        return timer if self.timer(value, owner, what) else None

    def edge(self, sketch: Sketch, part: Part, key: str, word: str) -> None:
        target = part.get(key) if isinstance(part, Map) else None
        if isinstance(target, Leaf) and not target.is_null:
            sketch.edges.append(Edge(word, target.text, target))

    # --- Conditions ---------------------------------------------------------------------------------

    def conditions(self, sketch: Sketch, part: Part | None) -> tuple[Condition, ...]:
        if part is None:
            return ()
        draft = self.draft
        if not isinstance(part, List):
            place = part if isinstance(part, Map) else sketch.keys["condition"]
            message = f"condition of node {quoted(sketch.name)} takes a list: - {{if: {{…}}, go: NODE}}"
            draft.problem(place, message)
            self.edge(sketch, part, "go", "condition")
            return ()
        if not part.items:
            draft.problem(sketch.keys["condition"], f"condition of node {quoted(sketch.name)} is empty")
        made = []
        for item in part.items:
            condition = self.condition(sketch, item)
            if condition is not None:
                made.append(condition)
        return tuple(made)

    def condition(self, sketch: Sketch, item: Part) -> Condition | None:
        draft, what = self.draft, f"a condition of node {quoted(sketch.name)}"
        if not isinstance(item, Map):
            draft.problem(item, f"{what} is a map {{if: {{…}}, go: NODE}}, not {describe(item)}")
            return None
        known = known_entries(draft, item, frozenset(grammar.CONDITION), what)
        go = known.get("go")
        if go is None:
            draft.problem(item, f'{what} needs "go": the node for tasks that meet it')
        elif not isinstance(go, Leaf) or go.is_null:
            draft.problem(go, f'"go" in {what} takes a node, not {describe(go)}')
        else:
            sketch.edges.append(Edge("condition", go.text, go))
        bodies = [key for key in ("if", "any") if key in known]
        if len(bodies) != 1:
            message = 'has "if" and "any"; it takes one of them' if bodies else 'needs "if" or "any"'
            draft.problem(item, f"{what} {message}")
            return None
        part = known[bodies[0]]
        groups: list[Part] = [part]
        if bodies[0] == "any":
            if not isinstance(part, List) or not part.items:
                draft.problem(part, f'"any" in {what} takes a list of tests, not {describe(part)}')
                return None
            groups = part.items
        tests = tuple(tuple(self.tests(sketch, group, what)) for group in groups)
        if draft.is_wrong or not isinstance(go, Leaf):
            return None
        return Condition(tests=tests, go=go.text)

    def tests(self, sketch: Sketch, part: Part, what: str) -> list[Test]:
        """The tests of one `if` body: a map, or a list of maps when one parameter is tested twice."""
        draft = self.draft
        maps = part.items if isinstance(part, List) else [part]
        made: list[Test] = []
        if not maps:
            draft.problem(part, f'"if" in {what} is empty; it would always be met')
        for item in maps:
            if not isinstance(item, Map):
                draft.problem(item, f"a test in {what} is a map {{PARAMETER: VALUE}}, not {describe(item)}")
                continue
            if not item.entries:
                draft.problem(item, f'"if" in {what} is empty; it would always be met')
            for entry in item.entries:
                for test, part_of_test in self.comparisons(entry, what):
                    made.append(test)
                    sketch.tests.append((entry.key, part_of_test, test))
        return made

    def comparisons(self, entry: Entry, what: str) -> list[tuple[Test, Part]]:
        draft, param = self.draft, entry.key.text
        check_reading(draft, entry.key, is_key=True)
        if not isinstance(entry.value, Map):
            check_readings(draft, entry.value)
            return [(Test(param=param, fun="eq", value=data_of(entry.value)), entry.value)]
        cast = entry.value.get(grammar.CAST)
        if cast is not None and data_of(cast) not in grammar.TYPES:
            message = f'"as" of {quoted(param)} in {what} takes one of {", ".join(grammar.TYPES)}, not {describe(cast)}'
            draft.problem(cast, message)
            cast = None
        made: list[tuple[Test, Part]] = []
        functions = [inner for inner in entry.value.entries if inner.key.text != grammar.CAST]
        if not functions:
            draft.problem(entry.value, f"a test of {quoted(param)} in {what} has no comparison, such as {{eq: 1}}")
        for inner in functions:
            word = inner.key.text
            if word not in FUNCTIONS:
                near = _OTHER_WORDS.get(word)
                end = f"; did you mean {quoted(near)}?" if near else hint(word, FUNCTIONS, _COMPARISONS)
                draft.problem(inner.key, f"unknown comparison {quoted(word)} of {quoted(param)} in {what}{end}")
                continue
            check_readings(draft, inner.value)
            fields: dict[str, Part] = {"value": inner.value}
            if cast is not None:
                fields["cast"] = cast
            given = {"param": param, "fun": word}
            test = validate(draft, Test, fields, inner.key, f"a test of {quoted(param)} in {what}", given=given)
            if test is not None:
                made.append((test, inner.value))
        return made
