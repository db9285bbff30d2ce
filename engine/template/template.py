"""A compiled template: text or any YAML value → a function of a Scope."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Literal, NamedTuple

from ..errors import CastError, EngineError, TemplateSyntaxError
from .casts import CASTS, wrong
from .closures import Evaluate, constant, plain
from .emit import Emitter
from .made import FEW, Room
from .marks import Notice
from .parse import parse_bare, parse_text
from .references import EMPTY, OPTIONAL, RAISE
from .scope import ReadNeeded, Scope
from .tree import Count, Filtered, Key, Mixed, Node, Parameter, TaskRead, Variable, walk
from .tree import Literal as LiteralNode
from .values import text_of

NO_SCOPE = Scope({})


class Reference(NamedTuple):
    """What a text refers to, as far as it is written out; for lint. None is "not said" or "known only at run time".

    kind "conv": `conv` and `ref` of conv[…].ref[…]; "node": `conv`, and `node`, None too where the conv is
    known only at run time; "variable", "parameter": `name`.
    `position` is an offset in the text that holds the reference.
    """

    kind: Literal["conv", "node", "variable", "parameter"]
    conv: str | None
    ref: str | None
    node: str | None
    name: str | None
    position: int


class Template:
    """A value that is computed from a task. Call it with a Scope.

    `constant`: the same for every task. `parameters`: names of the task's parameters that it reads, as far as they are
    written out. `outside`: reads other tasks, counts or variables, so evaluating may raise ReadNeeded. `references`:
    for lint. `leaves`: how many values it puts together. `warnings`: what is allowed but probably not meant.
    `evaluate`: the bare function, for hot loops.

    Calling raises TemplateError (CastError for a failed cast) and whatever the scope's reader raises.
    """

    __slots__ = ("constant", "evaluate", "leaves", "outside", "parameters", "references", "warnings")

    def __init__(
        self, evaluate: Evaluate, references: tuple[Reference, ...], warnings: tuple[Notice, ...], constant: bool
    ) -> None:
        self.evaluate = evaluate
        self.references = references
        self.warnings = warnings
        self.constant = constant
        self.leaves = 0 if constant else 1
        self.parameters = frozenset(r.name for r in references if r.kind == "parameter" and r.name is not None)
        self.outside = any(reference.kind != "parameter" for reference in references)

    def __call__(self, scope: Scope) -> Any:
        return self.evaluate(scope)


def compile_text(text: str, *, missing: str = "error") -> Template:
    """A template of a text. One single reference keeps its type; mixed text is a string.

    `missing` "error": a reference to nothing raises; "empty": it is "", and a reference that does not parse is text
    with a warning. Raises TemplateSyntaxError with the position in `text`.
    """
    return _of_text(text, None, missing)


def compile_parts(text: str, *, missing: str = "error") -> list[str | Template]:
    """The pieces of a text that are the author's, and a template for each reference, in order. Raises as compile_text.

    For texts in another language, where a value must not become part of the text.
    """
    mode = _mode(missing)
    content, notices = parse_text(text, lenient=mode == EMPTY)
    parts = [text_of(part.value) if isinstance(part, LiteralNode) else part for part in content.parts]
    return [part if isinstance(part, str) else of_content(Mixed((part,)), notices, None, mode) for part in parts]


class Beginning(NamedTuple):
    """What of a text no task has a say in: up to the first reference to anything but variables.

    `shape`: the same as it is written, with a NUL for each variable. `is_all`: there is nothing else.
    """

    template: Template
    shape: str
    is_all: bool


def compile_beginning(text: str, *, missing: str = "error") -> Beginning:
    """The beginning of a text. Raises as compile_text."""
    mode = _mode(missing)
    content, notices = parse_text(text, lenient=mode == EMPTY)
    settled = list(itertools.takewhile(_is_settled, content.parts))
    template = of_content(Mixed(("", *settled)), notices, "string", mode)
    written = (text_of(part.value) if isinstance(part, LiteralNode) else part for part in settled)
    shape = "".join(part if isinstance(part, str) else "\0" for part in written)
    return Beginning(template, shape, len(settled) == len(content.parts))


def _is_settled(part: str | Node) -> bool:
    """Whether it is the author's or the operator's: a text, or a variable that is named by its author."""
    match part:
        case Variable():
            return all(isinstance(key, str) for key in (part.name, *part.keys))
        case Filtered():
            return all(_is_settled(one) for one in (part.inner, *(f.argument for f in part.filters if f.argument)))
    return isinstance(part, str | LiteralNode)


def compile_value(value: Any, cast: str | None = None, *, missing: str = "error") -> Template:
    """A template of any YAML value: the texts in lists and maps are templates, and so are a map's keys.

    `cast` (string, number, boolean, array or object) is applied last; without it the value keeps its type.
    Every evaluation gives new lists and maps.
    """
    if isinstance(value, str):
        return _of_text(value, cast, missing)
    if isinstance(value, list | tuple):
        items = [compile_value(item, missing=missing) for item in value]
        template = _combined(items, _list(items))
    elif isinstance(value, Mapping):
        keys = [_of_text(text_of(key), "string", missing) for key in value]
        items = [compile_value(item, missing=missing) for item in value.values()]
        template = _combined([*keys, *items], _map(keys, items))
    else:
        template = Template(constant(value), (), (), True)
    return _cast(template, cast)


def compile_bare(text: str, *, missing: str = "error") -> Template:
    """A template of a reference without marks, as conditions have it: `user.name`. It gives MISSING for nothing.

    Raises TemplateSyntaxError; with `missing: empty` a text that does not parse is the name of a parameter as it is.
    """
    mode = _mode(missing)
    try:
        content, notices = parse_bare(text, lenient=mode == EMPTY)
    except TemplateSyntaxError as error:
        if mode != EMPTY:
            raise
        notices = (Notice(error.position, f"{error.message}; it is taken for a name"),)
        content = Mixed((Parameter(0, text, (text,)),))
    return of_content(content, notices, None, mode, optional=True)


def of_constant(value: Any) -> Template:
    """A template that gives this value, whatever marks stand in it."""
    return Template(constant(value), (), (), True)


# --- Text -----------------------------------------------------------------------------------


def _of_text(text: str, cast: str | None, missing: str) -> Template:
    mode = _mode(missing)
    content, notices = parse_text(text, lenient=mode == EMPTY)
    return of_content(content, notices, cast, mode)


def _mode(missing: str) -> int:
    return {"error": RAISE, "empty": EMPTY}[missing]


def of_content(
    content: Mixed, notices: tuple[Notice, ...], cast: str | None, mode: int, *, optional: bool = False
) -> Template:
    """A template of a parsed text. `optional`: one single reference to nothing gives MISSING, whatever `mode` says."""
    content = _folded(content)
    references = tuple(_references(content))
    mixed = len(content.parts) > 1
    evaluate = plain(content, OPTIONAL if optional else mode)
    if evaluate is None:
        emitter = Emitter(mode, optional=optional)
        to_json = mixed and cast in ("object", "array")
        evaluate = _lazy(lambda: emitter.json(content) if to_json else emitter.whole(content))
        outside = [node for node in walk(content) if isinstance(node, TaskRead | Count | Variable)]
        if len(outside) > 1:
            evaluate = reading(evaluate, [_lazy_node(emitter, node, mode) for node in outside])
    is_constant = all(isinstance(part, str | LiteralNode) for part in content.parts)
    return _cast(Template(evaluate, references, notices, is_constant), cast)


def _folded(content: Mixed) -> Mixed:
    """Quoted strings inside a text become part of the text; one that stands alone is a text too."""
    parts: list[str | Node] = []
    for part in content.parts:
        if isinstance(part, LiteralNode) and (len(content.parts) > 1 or isinstance(part.value, str)):
            part = text_of(part.value)
        if isinstance(part, str) and parts and isinstance(parts[-1], str):
            parts[-1] += part
        else:
            parts.append(part)
    return Mixed(tuple(parts))


def _lazy(source: Callable[[], str]) -> Evaluate:
    """An expression that is compiled when it is first evaluated: checking definitions never loads Jinja2."""
    compiled: Evaluate | None = None

    def evaluate(scope: Scope) -> Any:
        nonlocal compiled
        if compiled is None:
            from .expression import compile_expression

            compiled = compile_expression(source())
        return compiled(scope)

    return evaluate


def _lazy_node(emitter: Emitter, node: Node, mode: int) -> Evaluate:
    return _lazy(lambda: emitter.node(node, mode))


def reading(evaluate: Evaluate, reads: list[Evaluate]) -> Evaluate:
    """Tell the reader of every reference at once: one round trip per depth of nesting, not one per reference."""

    def evaluate_or_read(scope: Scope) -> Any:
        try:
            return evaluate(scope)
        except ReadNeeded:
            try_all(reads, scope)
            raise

    return evaluate_or_read


def try_all(reads: Iterable[Evaluate], scope: Scope) -> None:
    """Evaluate each, so that the reader knows of all that they want: one round trip then serves them all."""
    for read in reads:
        try:
            read(scope)
        except (ReadNeeded, EngineError):
            continue  # the caller evaluates all of it again, and meets the error then


# --- Lists, maps, casts ---------------------------------------------------------------------


def _combined(parts: list[Template], evaluate: Evaluate) -> Template:
    outside = [part.evaluate for part in parts if part.outside]
    template = Template(
        reading(evaluate, outside) if len(outside) > 1 else evaluate,
        tuple(reference for part in parts for reference in part.references),
        tuple(warning for part in parts for warning in part.warnings),
        all(part.constant for part in parts),
    )
    template.leaves = _leaves(parts)
    return template


def _leaves(parts: list[Template]) -> int:
    return sum(part.leaves for part in parts)


def _list(items: list[Template]) -> Evaluate:
    evaluates = [item.evaluate for item in items]
    if _leaves(items) <= FEW:
        return lambda scope: [evaluate(scope) for evaluate in evaluates]

    def evaluate_all(scope: Scope) -> list[Any]:
        take = Room(scope.most_chars).take
        return [take(evaluate(scope)) for evaluate in evaluates]

    return evaluate_all


def _map(keys: list[Template], items: list[Template]) -> Evaluate:
    pairs = [(key.evaluate, item.evaluate) for key, item in zip(keys, items, strict=True)]
    if all(key.constant for key in keys):
        named = [(key(NO_SCOPE), item) for key, item in pairs]
        if _leaves(items) <= FEW:
            return lambda scope: {name: item(scope) for name, item in named}
        pairs = [(constant(name), item) for name, item in named]
    elif _leaves([*keys, *items]) <= FEW:
        return lambda scope: {key(scope): item(scope) for key, item in pairs}

    def evaluate_all(scope: Scope) -> dict[str, Any]:
        take = Room(scope.most_chars).take
        return {take(key(scope)): take(item(scope)) for key, item in pairs}

    return evaluate_all


def _cast(template: Template, cast: str | None) -> Template:
    if cast is None:
        return template
    convert = CASTS[cast]
    inner = template.evaluate

    def evaluate(scope: Scope) -> Any:
        value = inner(scope)
        try:
            return convert(value)
        except CastError:
            if _reads_secret(inner, scope):
                raise wrong(value, cast, secret=True) from None
            raise

    warnings = template.warnings
    if template.constant:
        try:
            value = convert(inner(NO_SCOPE))
        except CastError as error:
            warnings = (*warnings, Notice(0, f"this always fails: {error.message}"))
        else:
            return Template(constant(value), template.references, warnings, True)
    result = Template(evaluate, template.references, warnings, template.constant)
    result.leaves = template.leaves
    return result


def _reads_secret(evaluate: Evaluate, scope: Scope) -> bool:
    """Asked again when a cast has failed, so that casts that succeed need not count what they read."""
    before = len(scope.reads)
    evaluate(scope)
    return len(scope.reads) > before


# --- References for lint --------------------------------------------------------------------


def _references(content: Mixed) -> Iterator[Reference]:
    for node in walk(content):
        match node:
            case TaskRead():
                yield Reference("conv", _static(node.conv), _static(node.ref), None, None, node.position)
            case Count():
                conv = None if node.conv is None else _static(node.conv)
                # Of a conv that is known only at run time nothing is known of its nodes.
                is_said = node.conv is None or conv is not None
                yield Reference("node", conv, None, _static(node.node) if is_said else None, node.sum_id, node.position)
            case Variable():
                yield Reference("variable", None, None, None, _static(node.name), node.position)
            case Parameter():
                yield Reference("parameter", None, None, None, _static(node.keys[0]), node.position)


def _static(key: Key) -> str | None:
    return key if isinstance(key, str) else None
