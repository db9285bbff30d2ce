"""The kinds of value that a key of a definition can have, as annotated types of the grammar's models.

The YAML reader hands a plain scalar over as a Scalar when it is not text (`12`, `true`, `0123`): a field declared Text
takes its source, every other field its value. Documents from the store hold plain JSON, where nothing needs unwrapping.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, StrictBool, StrictInt, StrictStr


@dataclass(frozen=True, slots=True)
class Scalar:
    """A plain YAML scalar that is not text: what it means, and how it was written."""

    value: Any
    source: str


@dataclass(frozen=True, slots=True)
class Templated:
    """Marks a field whose texts are templates (yaml.md 3)."""

    text_only: bool


class Model(BaseModel):
    """Base of every part of a definition: frozen, and keys that nobody declared are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def plain(value: Any) -> Any:
    """The value with every Scalar replaced by what it means."""
    if isinstance(value, Scalar):
        return value.value
    if isinstance(value, dict):
        return {plain(key) if not isinstance(key, str) else key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return value


def _source(value: Any) -> Any:
    return value.source if isinstance(value, Scalar) else value


def _value(value: Any) -> Any:
    return value.value if isinstance(value, Scalar) else value


_UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_DURATION = re.compile(r"(\d+)\s*(ms|s|m|h|d)")
LONGEST_MS = 3650 * 86_400_000
SHORTEST_MS = 10


def duration_ms(value: Any) -> Any:
    """Milliseconds of a text such as `30s`. Raises ValueError."""
    value = _source(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value  # a document from the store
    match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        shown = f"{value}s" if isinstance(value, str) and value.isdigit() else "30s"
        raise ValueError(f"a duration is a number and a unit (ms, s, m, h, d), such as {shown}")
    ms = int(match[1]) * _UNITS[match[2]]
    if not SHORTEST_MS <= ms <= LONGEST_MS:
        raise ValueError("a duration is from 10ms to 3650d")
    return ms


Text = Annotated[StrictStr, BeforeValidator(_source)]
Integer = Annotated[StrictInt, BeforeValidator(_value)]
Flag = Annotated[StrictBool, BeforeValidator(_value)]
Duration = Annotated[StrictInt, BeforeValidator(duration_ms)]
NodeName = Annotated[StrictStr, BeforeValidator(_source)]
TypeName = Annotated[Literal["string", "number", "boolean", "object", "array"], BeforeValidator(_value)]
Anything = Annotated[Any, BeforeValidator(plain)]

TemplateText = Annotated[StrictStr, BeforeValidator(_source), Templated(text_only=True)]
TemplateValue = Annotated[Any, BeforeValidator(plain), Templated(text_only=False)]
TemplateMap = Annotated[dict[StrictStr, TemplateValue], Templated(text_only=False)]
# A conv: an id (number), "@alias", a title, or a template.
ConvName = Annotated[StrictInt | StrictStr, BeforeValidator(_value), Templated(text_only=True)]

Types = dict[StrictStr, TypeName]


def as_list(value: Any) -> Any:
    """One value or a list of them, as a list."""
    return value if isinstance(value, list | tuple) else [value]


Names = Annotated[tuple[Text, ...], BeforeValidator(as_list), PlainSerializer(list, list[str])]


def templates_of(model: BaseModel) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every field of a model whose texts are templates, as (path of keys, value); absent ones are left out."""
    for name, info in type(model).model_fields.items():
        value = getattr(model, name)
        if value is None:
            continue
        key = info.alias or name
        if any(isinstance(mark, Templated) for mark in info.metadata):
            yield (key,), value
        elif isinstance(value, BaseModel):
            yield from (((key, *path), inner) for path, inner in templates_of(value))
        elif isinstance(value, Mapping) and value and _maps_templates(info.annotation):
            yield (key,), dict(value)


def _maps_templates(annotation: Any) -> bool:
    """Whether a field's annotation has the mark inside (as in `TemplateMap | None`)."""
    metadata = getattr(annotation, "__metadata__", ())
    if any(isinstance(mark, Templated) for mark in metadata):
        return True
    return any(_maps_templates(argument) for argument in getattr(annotation, "__args__", ()))
