"""Values against the fields of a model, and what is said when they do not fit."""

from __future__ import annotations

import re
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from ..fields import Model, Scalar, keys_of
from .draft import Draft
from .problems import hint, listed, nearest, quoted, shown
from .tree import Entry, Leaf, List, Map, Part, data_of, leaves_of

M = TypeVar("M", bound=Model)

_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "dict_type": "a map",
    "model_type": "a map",
    "model_attributes_type": "a map",
    "tuple_type": "a list",
    "list_type": "a list",
}
_BOOLEAN_WORDS = {"yes": "true", "on": "true", "no": "false", "off": "false"}
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+")
_SEXAGESIMAL = re.compile(r"[-+]?[0-9]+(:[0-5]?[0-9])+")
_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt \t].*)?")


def read_model(
    draft: Draft,
    kind: type[M],
    body: Part,
    owner: Leaf,
    what: str,
    later: frozenset[str] = frozenset(),
    *,
    readings: bool = True,
) -> M | None:
    """The model of a map, or None with every reason told. `owner` is the key above it, `what` its name in messages.

    `readings`: tell of values that readers of YAML disagree about.
    """
    if not isinstance(body, Map):
        draft.problem(body if data_of(body) is not None else owner, f"{what} takes a map, not {describe(body)}")
        return None
    keys = keys_of(kind)
    known = known_entries(draft, body, frozenset(keys), what, later)
    fields = {key: value for key, value in known.items() if not is_open(draft, key, value, keys[key], what)}
    for key, value in fields.items():
        if readings and takes_anything(keys[key]):
            check_readings(draft, value)
    return validate(draft, kind, fields, owner, what, frozenset(known))


def known_entries(
    draft: Draft, body: Map, keys: frozenset[str], what: str, later: frozenset[str] = frozenset()
) -> dict[str, Part]:
    """The values of a map by key. A misspelled key is told, and taken for what was meant."""
    known = {entry.key.text: entry.value for entry in body.entries if entry.key.text in keys}
    for entry in body.entries:
        key = entry.key.text
        if key in later:
            draft.problem(entry.key, f"{quoted(key)} is not yet supported")
        elif key not in keys:
            near = nearest(key, keys - known.keys())
            unknown_key(draft, entry, what, keys, near)
            if near is not None:
                known[near] = entry.value
    return known


def unknown_key(draft: Draft, entry: Entry, what: str, keys: frozenset[str], near: str | None) -> None:
    known = f"it can have {listed(sorted(keys))}" if keys else "it has none; write {}"
    end = f"did you mean {quoted(near)}?" if near else known
    draft.problem(entry.key, f"unknown key {quoted(entry.key.text)} in {what}; {end}")


def is_open(draft: Draft, key: str, value: Part, info: FieldInfo, what: str) -> bool:
    """Whether nothing stands behind a key where something must; told."""
    if not isinstance(value, Leaf) or not value.is_null or takes_anything(info, maps=False):
        return False
    draft.problem(value, f'"{key}" in {what} is empty; give it a value or remove the key')
    return True


def takes_anything(info: FieldInfo, *, maps: bool = True) -> bool:
    """Whether a field keeps the type that its value has in YAML; with `maps`, also a map of such values."""
    annotation = info.annotation
    if annotation is Any:
        return True
    return maps and _has_any(annotation)


def _has_any(annotation: Any) -> bool:
    return annotation is Any or any(_has_any(argument) for argument in getattr(annotation, "__args__", ()))


def validate(
    draft: Draft,
    kind: type[M],
    fields: dict[str, Part],
    owner: Leaf,
    what: str,
    told: frozenset[str] = frozenset(),
    given: dict[str, Any] | None = None,
) -> M | None:
    """The model of these fields; `told` are keys whose absence needs no message, `given` ready values."""
    try:
        return kind.model_validate({**{key: data_of(value) for key, value in fields.items()}, **(given or {})})
    except ValidationError as error:
        _Telling(draft, kind, fields, owner, what, told).tell(error)
        return None


class _Telling:
    """Pydantic's errors in our words, one for each value: a union gives several, with what each member takes."""

    def __init__(
        self, draft: Draft, kind: type[Model], fields: dict[str, Part], owner: Leaf, what: str, told: frozenset[str]
    ) -> None:
        self.draft, self.fields, self.owner, self.what, self.told = draft, fields, owner, what, told
        self.names = {name: info.alias or name for name, info in kind.model_fields.items()}

    def tell(self, error: ValidationError) -> None:
        by_path: dict[tuple[str, ...], tuple[Part | None, list[Any]]] = {}
        for item in error.errors(include_url=False):
            steps = list(item["loc"])
            if steps:
                steps[0] = self.names.get(str(steps[0]), steps[0])
            if item["type"] == "missing":
                self.missing(str(steps[-1]))
                continue
            path, part = _follow(self.fields, steps)
            by_path.setdefault(tuple(path), (part, []))[1].append(item)
        for place, (part, items) in by_path.items():
            self.wrong(place, part, items)

    def missing(self, key: str) -> None:
        if key not in self.told:
            self.draft.problem(self.owner, f'{self.what} needs "{key}"')

    def wrong(self, path: tuple[str, ...], part: Part | None, items: list[Any]) -> None:
        reasons = [reason for reason in map(_reason, items) if reason]
        if part is None:
            self.draft.problem(self.owner, f"{self.what}: {reasons[0] if reasons else items[0]['msg']}")
            return
        name = f"{quoted('.'.join(path))} in {self.what}"
        if reasons:
            self.draft.problem(part, f"{name}: {reasons[0]}, not {describe(part)}")
            return
        expected = " or ".join(dict.fromkeys(map(_expected, items)))
        advice = next(filter(None, (_advice(item, part) for item in items)), "")
        self.draft.problem(part, f"{name} takes {expected}, not {describe(part)}{advice}")


def _follow(fields: dict[str, Part], location: list[Any]) -> tuple[list[str], Part | None]:
    """The part that a pydantic location names, and the keys to it; steps of unions and validators are no keys."""
    path: list[str] = []
    part: Part | None = None
    for step in location:
        inner: Part | None = None
        if part is None and not path:
            inner = fields.get(str(step))
        elif isinstance(part, Map):
            inner = part.get(str(step))
        elif isinstance(part, List) and isinstance(step, int) and step < len(part.items):
            inner = part.items[step]
        if inner is None:
            break
        part = inner
        path.append(str(step))
    return path, part


def _reason(item: Any) -> str:
    context = item.get("ctx", {})
    if item["type"] == "value_error":
        return shown(str(context.get("error", item["msg"])), 300)
    if item["type"] == "greater_than_equal":
        return f"at least {context['ge']}"
    if item["type"] == "less_than_equal":
        return f"at most {context['le']}"
    return ""


def _expected(item: Any) -> str:
    if item["type"] == "literal_error":
        return "one of " + ", ".join(re.findall(r"'([^']*)'", item["ctx"]["expected"]))
    if item["type"] == "extra_forbidden":
        return "no such key"
    return _EXPECTED.get(item["type"]) or str(item["msg"]).removeprefix("Input should be ").lower()


def _advice(item: Any, part: Part) -> str:
    if not isinstance(part, Leaf):
        return ""
    if item["type"] == "bool_type" and part.text.casefold() in _BOOLEAN_WORDS:
        return f"; write {_BOOLEAN_WORDS[part.text.casefold()]}"
    if item["type"] == "literal_error":
        return hint(part.text, re.findall(r"'([^']*)'", item["ctx"]["expected"]))
    return ""


def describe(part: Part) -> str:
    """What stands there, for `not …`."""
    if isinstance(part, List):
        return "a list"
    if isinstance(part, Map):
        return "a map"
    if part.is_null:
        return "nothing"
    return shown(part.value.source) if isinstance(part.value, Scalar) else quoted(part.text)


# --- Plain scalars that readers of YAML disagree about -------------------------------------------


def check_readings(draft: Draft, part: Part) -> None:
    """Tell of scalars in a place without a type whose meaning differs between readers of YAML (yaml.md 4)."""
    for leaf, is_key in leaves_of(part):
        check_reading(draft, leaf, is_key=is_key)


def check_reading(draft: Draft, leaf: Leaf, *, is_key: bool) -> None:
    if leaf.style:
        return
    text = leaf.text
    if not is_key and _LEADING_ZERO.fullmatch(text):
        sign = text[0] if text[0] in "+-" else ""
        number = sign + (text.lstrip("+-").lstrip("0") or "0")
        draft.problem(
            leaf, f'{shown(text)} begins with 0: write "{shown(text)}" for the text, {shown(number)} for the number'
        )
        return
    if text.casefold() in _BOOLEAN_WORDS and text in (text.lower(), text.upper(), text.capitalize()):
        other = _BOOLEAN_WORDS[text.casefold()]
        end = "" if is_key else f", or {other}"
        draft.problem(
            leaf, f'{text} is a text here, but {other} to readers of YAML 1.1; write "{text}"{end}', warning=True
        )
    elif not is_key and _SEXAGESIMAL.fullmatch(text):
        message = f'{shown(text)} is a text here, but a number to readers of YAML 1.1; write "{shown(text)}"'
        draft.problem(leaf, message, warning=True)
    elif not is_key and _DATE.fullmatch(text):
        message = f'{shown(text)} is a text here, but a date to readers of YAML 1.1; write "{shown(text)}"'
        draft.problem(leaf, message, warning=True)
