"""The kinds of value that a key of a definition can have, as annotated types of the grammar's models.

The YAML reader hands a plain scalar over as a Scalar when it is not text (`12`, `true`, `0123`): a field declared Text
takes its source, every other field its value. Documents from the store hold plain JSON, where nothing needs unwrapping.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    StrictBool,
    StrictInt,
    StrictStr,
    WithJsonSchema,
)
from pydantic.fields import FieldInfo


@dataclass(frozen=True, slots=True)
class Scalar:
    """A plain YAML scalar that is not text: what it means, and how it was written."""

    value: Any
    source: str


@dataclass(frozen=True, slots=True)
class Templated:
    """Marks a field whose texts are templates (yaml.md 3)."""


class Model(BaseModel):
    """Base of every part of a definition: frozen, and keys that nobody declared are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def elided(text: str) -> str:
    """The text with each of its templates as "…"."""
    return re.sub(r"{{.*?}}|<<.*?>>", "…", text)


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
    # Nothing written is not an empty text: a field that was left open is refused.
    return value.source if isinstance(value, Scalar) and value.value is not None else _value(value)


def _value(value: Any) -> Any:
    return value.value if isinstance(value, Scalar) else value


_UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_DURATION = re.compile(r"([0-9]{1,15})\s*(ms|s|m|h|d)")
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


def duration_text(value: Any) -> Any:
    """A duration as it was written, such as `60s`, which is not rewritten as 1m. Raises ValueError."""
    ms = duration_ms(value)
    value = _source(value)
    return f"{ms}ms" if isinstance(value, int) else re.sub(r"\s", "", value)


_SIZES = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_SIZE = re.compile(r"([0-9]{1,15})\s*(B|kB|MB|GB|TB)")


def size_bytes(value: Any) -> int:
    """Bytes of a text such as `2GB`. Raises ValueError."""
    value = _source(value)
    match = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError("a size is a number and a unit (B, kB, MB, GB, TB; 1 kB is 1000 B), such as 2GB")
    size = int(match[1]) * _SIZES[match[2]]
    if not 1 <= size <= 10**15:
        raise ValueError("a size is from 1B to 1000TB")
    return size


def size_text(value: Any) -> Any:
    """A size as it was written, such as `2000MB`. Raises ValueError."""
    size_bytes(value)
    return re.sub(r"\s", "", _source(value))


_RATE = re.compile(r"([0-9]{1,9})\s*/\s*(s|m|h|d)")


def rate_interval_us(value: Any) -> Any:
    """Microseconds between two calls of a rate such as `3/s`. Raises ValueError."""
    value = _source(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value  # a document from the store
    match = _RATE.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError("a rate is a number per unit (s, m, h, d), such as 3/s or 100/m")
    interval_us = round(_UNITS[match[2]] * 1000 / int(match[1])) if int(match[1]) else 0
    if interval_us < 1:
        raise ValueError("a rate is from 1/d to 1000000/s")
    return interval_us


# In the JSON Schema: editors read 1234567 as a number, where a field of text takes what is written.
_AS_WRITTEN = WithJsonSchema({"type": ["string", "number", "boolean"]})

Text = Annotated[StrictStr, BeforeValidator(_source), _AS_WRITTEN]
Integer = Annotated[StrictInt, BeforeValidator(_value)]
Flag = Annotated[StrictBool, BeforeValidator(_value)]
Duration = Annotated[
    StrictInt,
    BeforeValidator(duration_ms),
    WithJsonSchema({"type": "string", "pattern": r"^\s*[0-9]+\s*(ms|s|m|h|d)\s*$"}),
]
DurationText = Annotated[
    StrictStr,
    BeforeValidator(duration_text),
    WithJsonSchema({"type": "string", "pattern": r"^\s*[0-9]+\s*(ms|s|m|h|d)\s*$"}),
]
Rate = Annotated[
    StrictInt,
    BeforeValidator(rate_interval_us),
    WithJsonSchema({"type": "string", "pattern": r"^\s*[0-9]+\s*/\s*(s|m|h|d)\s*$"}),
]
SizeText = Annotated[
    StrictStr,
    BeforeValidator(size_text),
    WithJsonSchema({"type": "string", "pattern": r"^\s*[0-9]+\s*(B|kB|MB|GB|TB)\s*$"}),
]
NodeName = Annotated[StrictStr, BeforeValidator(_source), _AS_WRITTEN]
TypeName = Annotated[Literal["string", "number", "boolean", "object", "array"], BeforeValidator(_value)]
Anything = Annotated[Any, BeforeValidator(plain)]

TemplateText = Annotated[StrictStr, BeforeValidator(_source), Templated(), _AS_WRITTEN]
TemplateValue = Annotated[Any, BeforeValidator(plain), Templated()]
TemplateMap = Annotated[dict[StrictStr, TemplateValue], Templated()]
# A conv: an id (number), "@alias", a title, or a template.
ConvName = Annotated[StrictInt | StrictStr, BeforeValidator(_value), Templated()]

Types = dict[StrictStr, TypeName]


def as_list(value: Any) -> Any:
    """One value or a list of them, as a list."""
    return value if isinstance(value, list | tuple) else [value]


_STATUSES = re.compile(r"([1-5][0-9]{2})(?:\s*-\s*([1-5][0-9]{2}))?")
_WHAT_STATUSES = "takes statuses of HTTP, from 100 to 599, and ranges of them, such as [200-208, 404]"


def _some_statuses(value: Any) -> Any:
    if not (listed := as_list(value)):
        raise ValueError(_WHAT_STATUSES)
    return listed


def _statuses(value: Any) -> Any:
    """A status of HTTP as a number, or a range of them as a text such as `200-208`. Raises ValueError."""
    written = _value(value)
    match = _STATUSES.fullmatch(str(written).strip()) if isinstance(written, int | str) else None
    if match is None or (match[2] and match[1] > match[2]):
        raise ValueError(_WHAT_STATUSES)
    return f"{match[1]}-{match[2]}" if match[2] else int(match[1])


def status_range(written: int | str) -> tuple[int, int]:
    """The first and the last status of one of `Statuses`."""
    first, _, last = str(written).partition("-")
    return int(first), int(last or first)


Statuses = Annotated[
    tuple[Annotated[StrictInt | StrictStr, BeforeValidator(_statuses)], ...],
    BeforeValidator(_some_statuses),
    PlainSerializer(list, list[int | str]),
    WithJsonSchema(
        {
            "type": "array",
            "minItems": 1,
            "items": {
                "anyOf": [
                    {"type": "integer", "minimum": 100, "maximum": 599},
                    {"type": "string", "pattern": r"^[1-5][0-9]{2}(\s*-\s*[1-5][0-9]{2})?$"},
                ]
            },
        }
    ),
]

_WHO = re.compile(r"@[a-z0-9-]{2,127}|(?:[^/@\s](?:[^/]*[^/\s])?/)+")
_WHAT_WHO = 'takes ids, "@alias" and folders such as salesforce/'


def _who(value: Any) -> Any:
    """Some convs: one by its id (a number) or `@alias`, or all of a folder, `salesforce/`. Raises ValueError."""
    written = _value(value)
    if isinstance(written, str) and written.isascii() and written.isdigit():
        written = int(written)
    if isinstance(written, int) and not isinstance(written, bool) and 0 < written < 2**53:
        return written
    is_name = isinstance(written, str) and len(written) <= 255 and written.isprintable() and _WHO.fullmatch(written)
    if is_name and not {".", ".."} & {*written.split("/")}:
        return written
    raise ValueError(_WHAT_WHO)


def _listed_who(value: Any) -> Any:
    if not isinstance(value, list | tuple):
        raise ValueError(f"{_WHAT_WHO}, in a list")
    return value


Whos = Annotated[
    tuple[Annotated[StrictInt | StrictStr, BeforeValidator(_who)], ...],
    BeforeValidator(_listed_who),
    PlainSerializer(list, list[int | str]),
    WithJsonSchema(
        {
            "type": "array",
            "items": {
                "anyOf": [
                    {"type": "integer", "minimum": 1},
                    {"type": "string", "pattern": r"^(@[a-z0-9-]{2,127}|([^/]+/)+|[0-9]+)$"},
                ]
            },
        }
    ),
]

Names = Annotated[
    tuple[Text, ...],
    BeforeValidator(as_list),
    PlainSerializer(list, list[str]),
    WithJsonSchema({"type": ["string", "array"], "items": {"type": "string"}}),
]

_VARIABLE = re.compile(r"(?:\{\{|<<)\s*env_var\[@?[\w-]+\][\w.\[\]-]*\s*(?:\}\}|>>)")
_MARK = re.compile(r"\{\{|<<|\$\.")


def _host(value: Any) -> Any:
    """A host, or a text with variables, which are looked at when they have values. Raises ValueError."""
    text = _source(value)
    if not isinstance(text, str):
        return text
    if _MARK.search(_VARIABLE.sub("", text)):
        raise ValueError("a host may hold variables, {{env_var[@name]}}, and no other template")
    if not _VARIABLE.search(text):
        from .http import read_place

        read_place(text)
    return text


Hosts = Annotated[
    tuple[Annotated[StrictStr, BeforeValidator(_host), _AS_WRITTEN], ...],
    BeforeValidator(as_list),
    PlainSerializer(list, list[str]),
    WithJsonSchema({"type": ["string", "array"], "items": {"type": "string"}}),
]


def templated(info: FieldInfo) -> bool:
    """Whether the texts of a field are templates."""
    return any(isinstance(mark, Templated) for mark in info.metadata) or _has_mark(info.annotation)


def _has_mark(annotation: Any) -> bool:
    """Whether the mark stands inside an annotation, as in `TemplateMap | None`."""
    if any(isinstance(mark, Templated) for mark in getattr(annotation, "__metadata__", ())):
        return True
    return any(_has_mark(argument) for argument in getattr(annotation, "__args__", ()))


def keys_of(kind: type[BaseModel]) -> dict[str, FieldInfo]:
    """The keys that an author writes for a model."""
    return {info.alias or name: info for name, info in kind.model_fields.items()}
