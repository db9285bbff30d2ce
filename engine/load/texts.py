"""The templates of a definition: whether each parses, and what it names outside its task."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from ..condition import compile_condition, compile_param
from ..errors import TemplateSyntaxError
from ..fields import Scalar, keys_of, plain, templated
from ..javascript import references
from ..nodes import ACTIONS
from ..params import WORDS
from ..regexp import BadPattern, compile_pattern
from ..template import Notice, Template, compile_path, compile_text, compile_value, parse_path
from .draft import Draft, Mention, Sketch
from .problems import hint, quoted, shown
from .tree import Entry, Leaf, List, Map, Part, data_of, leaves_of
from .values import describe

LONGEST_REGEX = 1000
_ALWAYS_FAILS = "this always fails"


def check_texts(draft: Draft) -> None:
    """Add templates that do not parse to the draft's problems, and what the others name to its mentions."""
    for sketch in draft.nodes.values():
        for part in sketch.all_parts():
            _Texts(draft, part).run()


def check_hosts(draft: Draft) -> None:
    """The variables in the hosts of a definition become mentions; all else is the model's."""
    part = draft.body.get("hosts") if draft.body is not None else None
    for leaf in part.items if isinstance(part, List) else (part,):
        if isinstance(leaf, Leaf):
            try:
                template = compile_text(leaf.text)
            except TemplateSyntaxError:
                continue  # told already: only variables may stand there
            for reference in template.references:
                if reference.kind == "variable" and reference.name is not None:
                    draft.mentions.append(Mention("variable", None, reference.name, leaf, reference.position))


class _Texts:
    def __init__(self, draft: Draft, sketch: Sketch) -> None:
        self.draft = draft
        self.sketch = sketch
        self.missing = draft.missing

    def run(self) -> None:
        values = self.sketch.values
        for action in self.sketch.actions:
            self.action(action, values[action])
        for key in ("time_limit", "delay"):
            part = values.get(key)
            until = part.get("until") if isinstance(part, Map) else None
            if isinstance(until, Leaf):
                self.text(until, "number")
        for param, value, test in self.sketch.tests:
            left = self.compiled(param, partial(compile_param, param.text, self.missing))
            if self.value(value) and left is not None:
                try:
                    compile_condition([[test]], self.missing)
                except TemplateSyntaxError as error:
                    self.draft.problem(value, f"the test of {quoted(param.text)}: {error.message}")

    def action(self, action: str, body: Part) -> None:
        kind = ACTIONS[action]
        if kind.script_field:
            is_short = isinstance(body, Leaf) and kind.short == kind.script_field
            self.script(body if is_short else body.get(kind.script_field) if isinstance(body, Map) else None)
        if not isinstance(body, Map):
            return
        if kind.whole:
            self.written(body, "types")
            return
        fields = keys_of(kind)
        is_stubbed = bool(kind.stub_field) and body.get(kind.stub_field) is not None  # then it calls nobody
        for entry in body.entries:
            info = fields.get(entry.key.text)
            if kind.stub_field and entry.key.text == kind.stub_field:
                self.stub(entry.value)
            if info is None or not templated(info):
                continue
            self.word(kind.words.get(entry.key.text, ()), entry, action)
            if entry.key.text == "conv" and not is_stubbed:
                self.conv(action, entry.value)
            elif entry.key.text == "instance":
                self.instance(entry.value)
            elif entry.key.text == "data" and isinstance(entry.value, Map):
                self.written(entry.value, "types", paths=False)
            elif entry.key.text == "response" and isinstance(entry.value, Map):
                self.written(entry.value, "response_types")
            else:
                self.value(entry.value)

    def script(self, part: Part | None) -> None:
        """The variables that a script reads; the rest of it is no template."""
        if not isinstance(part, Leaf):
            return
        for position, text in references(part.text):
            try:
                template = compile_text(text, missing=self.missing)
            except TemplateSyntaxError as error:
                self.draft.problem(part, _sentence(text, error), position=position + error.position)
                continue
            self.mention(part, template, position)

    def stub(self, part: Part) -> None:
        """The texts of a stub's replies; its tests are checked as conditions are."""
        for item in part.items if isinstance(part, List) else ():
            reply = item.get("reply") if isinstance(item, Map) else None
            for key in ("data", "exception"):
                value = reply.get(key) if isinstance(reply, Map) else None
                if value is not None:
                    self.value(value)

    def word(self, words: tuple[str, ...], entry: Entry, action: str) -> None:
        """A text that must be one of a few words, unless it is a template."""
        leaf = entry.value
        if not words or not isinstance(leaf, Leaf) or leaf.text in words:
            return
        if "{{" in leaf.text or "<<" in leaf.text or leaf.is_null:
            return
        what = f"{action} of node {quoted(self.sketch.name)}"
        end = f"one of {', '.join(words)}, not {describe(leaf)}{hint(leaf.text, words)}"
        self.draft.problem(leaf, f'"{entry.key.text}" in {what} takes {end}')

    def conv(self, action: str, part: Part) -> None:
        is_name = isinstance(part, Leaf) and (
            isinstance(part.value, str) or (isinstance(part.value.value, int) and part.value.value is not True)
        )
        if not isinstance(part, Leaf) or not is_name:
            return
        template = self.text(part)
        if template is not None and template.constant:
            mention = Mention("target", part.text.strip(), "", part, 0, action=action, node=self.sketch.name)
            self.draft.mentions.append(mention)

    def instance(self, part: Part) -> None:
        if not isinstance(part, Leaf) or part.is_null:
            return
        template = self.text(part)
        if template is not None and template.constant:
            self.note(Mention("instance", None, part.text.strip(), part, 0))

    def written(self, part: Map, types_key: str, *, paths: bool = True) -> None:
        """The values of a map that the action writes, with their casts. With `paths` its keys are templates."""
        types = self.sketch.values.get(types_key)
        for entry in part.entries:
            if paths:
                self.path(entry.key)
            is_fine = self.value(entry.value)
            cast = types.get(entry.key.text) if isinstance(types, Map) else None
            if is_fine and isinstance(cast, Leaf):
                self.cast(entry.value, cast.text, types_key)

    def cast(self, part: Part, cast: str, types_key: str) -> None:
        try:
            template = compile_value(plain(data_of(part)), cast, missing=self.missing)
        except (TemplateSyntaxError, KeyError):
            return  # told already: a text inside, or an unknown type
        if any(notice.message.startswith(_ALWAYS_FAILS) for notice in template.warnings):
            self.draft.problem(part, f'the cast to {cast} always fails: this is {describe(part)}; see "{types_key}"')

    # --- One text ---------------------------------------------------------------------------------

    def value(self, part: Part) -> bool:
        """Check every text of a value, keys of maps included. Whether all are fine."""
        results = [self.text(leaf) is not None for leaf, _ in leaves_of(part) if isinstance(leaf.value, str)]
        return all(results)

    def text(self, leaf: Leaf, cast: str | None = None) -> Template | None:
        text = leaf.text if cast is None and not isinstance(leaf.value, Scalar) else plain(leaf.value)
        if cast is not None:
            return self.compiled(leaf, lambda: compile_value(text, cast, missing=self.missing))
        return self.compiled(leaf, lambda: compile_text(leaf.text, missing=self.missing))

    def path(self, leaf: Leaf) -> None:
        try:
            path = compile_path(leaf.text, missing=self.missing)
        except TemplateSyntaxError as error:
            self.draft.problem(leaf, _sentence(leaf.text, error), position=error.position)
            return
        self.notices(leaf, path.warnings)
        for template in path.templates:
            self.mention(leaf, template)

    def compiled(self, leaf: Leaf, compile_it: Callable[[], Template]) -> Template | None:
        try:
            template = compile_it()
        except TemplateSyntaxError as error:
            self.draft.problem(leaf, _sentence(leaf.text, error), position=error.position)
            return None
        self.notices(leaf, template.warnings)
        self.mention(leaf, template)
        return template

    def notices(self, part: Part, notices: Sequence[Notice]) -> None:
        for notice in notices:
            self.draft.problem(part, shown(notice.message, 300), position=notice.position, warning=True)

    def mention(self, leaf: Leaf, template: Template, offset: int = 0) -> None:
        for reference in template.references:
            position = reference.position + offset
            if reference.kind == "conv" and reference.conv is not None:
                self.note(Mention("conv", reference.conv, "", leaf, position))
            elif reference.kind == "node":
                if reference.node is not None:
                    self.note(Mention("node", reference.conv, reference.node, leaf, position))
                elif reference.conv is not None:
                    self.note(Mention("node", reference.conv, "", leaf, position))
            elif reference.kind == "variable" and reference.name is not None:
                self.note(Mention("variable", None, reference.name, leaf, position))

    def note(self, mention: Mention) -> None:
        mention.node = self.sketch.name
        self.draft.mentions.append(mention)


def _sentence(text: str, error: TemplateSyntaxError) -> str:
    """The error with the reference in which it stands."""
    start = max(0, *(text.rfind(mark, 0, error.position + 2) for mark in ("{{", "<<", "$.")))
    end = min(
        (
            found + len(sign)
            for sign in ("}}", ">>", ")")
            if (found := text.find(sign, max(start, error.position))) >= 0
        ),
        default=len(text),
    )
    written = text[start:end].split("\n", 1)[0]
    return f"in {quoted(written)}: {shown(error.message, 400)}"


# --- Declared parameters -----------------------------------------------------------------------------


def check_params(draft: Draft) -> None:
    """The names, regular expressions and defaults of declared parameters."""
    part = draft.body.get("params") if draft.body is not None else None
    if not isinstance(part, Map):
        return
    for entry in part.entries:
        name = entry.key.text
        try:
            parse_path(name.replace("[]", "[0]"))
        except TemplateSyntaxError as error:
            draft.problem(entry.key, f"parameter {quoted(name)}: {shown(error.message, 200)}")
        if isinstance(entry.value, Map):
            _check_regex(draft, name, entry.value)
            _check_default(draft, name, entry.value)


def _check_regex(draft: Draft, name: str, body: Map) -> None:
    part = body.get("regex")
    if not isinstance(part, Leaf) or part.is_null:
        return
    if len(part.text) > LONGEST_REGEX:
        message = f"the regex of parameter {quoted(name)} has {len(part.text)} characters; at most {LONGEST_REGEX}"
        draft.problem(part, message)
        return
    try:
        compile_pattern(part.text)
    except BadPattern as error:
        draft.problem(part, f"the regex of parameter {quoted(name)} is {shown(str(error), 200)}")


def _check_default(draft: Draft, name: str, body: Map) -> None:
    part, declared = body.get("default"), body.get("type")
    if part is None or (isinstance(part, Leaf) and part.is_null):
        return
    type_name = declared.text if isinstance(declared, Leaf) else "string"
    if type_name in WORDS and not _is(type_name, plain(data_of(part))):
        message = f"the default of parameter {quoted(name)} must be {WORDS[type_name]}, not {describe(part)}"
        draft.problem(part, message)


def _is(type_name: str, value: Any) -> bool:
    if type_name == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, {"string": str, "boolean": bool, "object": dict, "array": list}[type_name])
