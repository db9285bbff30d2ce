"""Secret variables are taken out of a request before it is stored, and put back before it is made (store.md rule 3).

\\x1a1NAME\\x1a    stands for the variable NAME
\\x1a0            stands for \\x1a itself, so that no value of a task can ask for a variable
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from engine.errors import LogicError
from engine.http.request import RequestFields

_MARK = "\x1a"
_MARKED = re.compile(f"{_MARK}(?:0|1([^{_MARK}]*){_MARK})")


def hide_secrets(fields: RequestFields, secrets: Mapping[str, str]) -> RequestFields:
    """The fields with each text of `secrets` (by name) replaced by its name."""
    named = {text: name for name, text in secrets.items() if text}
    either = "|".join(re.escape(text) for text in sorted(named, key=len, reverse=True))
    pattern = re.compile(f"{_MARK}|{either}" if either else _MARK)

    def hidden(match: re.Match[str]) -> str:
        name = named.get(match[0])
        return _MARK + "0" if name is None else f"{_MARK}1{name}{_MARK}"

    return _mapped(fields, lambda text: pattern.sub(hidden, text))


def reveal_secrets(fields: RequestFields, secrets: Mapping[str, str]) -> RequestFields:
    """The fields as they were. Raises LogicError when a variable has gone since."""

    def revealed(match: re.Match[str]) -> str:
        name = match[1]
        if name is None:
            return _MARK
        if name not in secrets:
            raise LogicError("api_bind_error", f"the secret variable {name} has no value any more")
        return secrets[name]

    return _mapped(fields, lambda text: _MARKED.sub(revealed, text))


def _mapped(fields: RequestFields, change: Callable[[str], str]) -> RequestFields:
    def walk(value: Any) -> Any:
        if isinstance(value, str):
            return change(value)
        if isinstance(value, dict):
            return {walk(key): walk(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [walk(inner) for inner in value]
        return value

    return msgspec.structs.replace(
        fields,
        method=walk(fields.method),
        url=walk(fields.url),
        headers=walk(fields.headers),
        data=walk(fields.data),
        body=walk(fields.body),
        api_secret_outer=walk(fields.api_secret_outer),
        cert_pem=walk(fields.cert_pem),
    )
