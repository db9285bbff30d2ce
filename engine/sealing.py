"""Secrets are taken out of an outside call before it is stored, and put back before it is made (store.md rule 3).

\\x1a1NAME\\x1a    stands for the secret NAME
\\x1a0            stands for \\x1a itself, so that no value of a task can ask for a secret

Names begin with `v` for a variable, which the store never sees, and with `s` for a secret that came from a task: those
lie apart in the stored call, to be treated as task data is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote, quote_plus

from .errors import LogicError

SHORTEST_SECRET = 4  # shorter ones would make half of the task secret

_MARK = "\x1a"
_MARKED = re.compile(f"{_MARK}(?:0|1([^{_MARK}]*){_MARK})")


def sealed_texts(read: Iterable[Any], variables: Mapping[str, str]) -> list[str]:
    """The texts of secret values that were read (engine.logic.Reads), without those of secret variables."""
    known = set(variables.values())
    return list(dict.fromkeys(text for value in read for text in texts(value) if text and text not in known))


def names_of(variables: Mapping[str, str], sealed: Iterable[str]) -> dict[str, str]:
    """The text of each secret by the name that stands for it."""
    return {f"s{index}": text for index, text in enumerate(sealed)} | {
        f"v{name}": text for name, text in variables.items()
    }


def hide(value: Any, secrets: Mapping[str, str]) -> Any:
    """The value with each text of `secrets` (by name) replaced by its name."""
    return hider(secrets)(value)


def hider(secrets: Mapping[str, str]) -> Callable[[Any], Any]:
    """What hides these secrets, to use it often."""
    named = {text: f"{_MARK}1{name}{_MARK}" for name, text in secrets.items() if text}
    marks = [(text, named[text]) for text in sorted(named, key=len, reverse=True)]
    marks.append((_MARK, f"{_MARK}0"))
    return lambda value: _mapped(value, lambda text: _marked(text, marks))


def _marked(text: str, marks: list[tuple[str, str]]) -> str:
    """The text with a mark in place of each of these texts, the first of them first.

    Not by a pattern: `re` keeps those that it has compiled, and with them the secrets.
    """
    pieces = [text]  # at every second place a mark, which is not looked into again
    for secret, mark in marks:
        if secret in text:
            cut: list[str] = []
            for place, piece in enumerate(pieces):
                if place % 2:
                    cut.append(piece)
                    continue
                for part in piece.split(secret):
                    cut += (part, mark)
                cut.pop()
            pieces = cut
    return "".join(pieces)


def reveal(value: Any, secrets: Mapping[str, str], tag: str) -> Any:
    """The value as it was. Raises LogicError with this tag when a variable has gone since."""

    def revealed(match: re.Match[str]) -> str:
        name = match[1]
        if name is None:
            return _MARK
        if name not in secrets:
            raise LogicError(tag, f"the secret variable {name[1:]} has no value any more")
        return secrets[name]

    return _mapped(value, lambda text: _MARKED.sub(revealed, text))


def marks(value: Any) -> set[str]:
    """The names of the secrets for which a hidden value has marks, those in the names of maps too."""
    if isinstance(value, str):
        return {match[1] for match in _MARKED.finditer(value) if match[1] is not None} if _MARK in value else set()
    items = [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else ()
    return {name for item in items for name in marks(item)}


def masked(text: str, secrets: Iterable[str]) -> str:
    """A text for people with *** in place of each secret, also as URLs have it: in percent signs, or as a host."""
    written = {form for secret in secrets if secret for form in (secret, *_in_url(secret))}
    for form in sorted(written, key=len, reverse=True):
        text = text.replace(form, "***")
    return text


def _in_url(secret: str) -> tuple[str, ...]:
    half = secret.encode("utf-8", "surrogatepass")
    return secret.lower(), quote(half, safe=""), quote(half), quote_plus(half)


def masked_reads(text: str, read: Iterable[Any]) -> str:
    """A text for people with *** in place of each secret value that was read; short ones would occur by chance."""
    return masked(text, [inner for value in read for inner in texts(value) if len(inner) >= SHORTEST_SECRET])


def masked_error(error: LogicError, read: Sequence[Any]) -> LogicError:
    """The failure with its texts as by `masked_reads`."""
    if not read:
        return error
    description, detail = masked_reads(error.description, read), masked_reads(error.detail, read)
    return LogicError(error.tag, description, kind=error.kind, parameters=error.parameters, detail=detail)


def texts(value: Any) -> list[str]:
    """Every text inside a value, and every number that is long enough for a secret; without the names of a map."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, int | float):
        text = number_text(value)
        return [text] if len(text) >= SHORTEST_SECRET else []
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for item in items for text in texts(item)]


def number_text(value: float) -> str:
    """A number as JSON has it, 5.0 as 5; "" for true and false."""
    if isinstance(value, bool):
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def holds(value: Any, hidden: Iterable[str]) -> bool:
    """Whether a text, a number or a name of a map inside the value has one of these in it."""
    found = [*texts(value), *_names(value)]
    return any(secret in text for secret in hidden for text in found)


def long_enough(secrets: Iterable[str]) -> list[str]:
    """Those that hardly occur by chance."""
    return [text for text in secrets if len(text) >= SHORTEST_SECRET]


def _names(value: Any) -> list[str]:
    own = [*value] if isinstance(value, dict) else []
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return own + [name for item in items for name in _names(item)]


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {change(key): _mapped(inner, change) for key, inner in value.items()}
    if isinstance(value, list):
        return [_mapped(inner, change) for inner in value]
    return value
