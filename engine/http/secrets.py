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
    return _mapped(fields, hiding(secrets))


def reveal_secrets(fields: RequestFields, secrets: Mapping[str, str]) -> RequestFields:
    """The fields as they were. Raises LogicError when a variable has gone since."""

    def text(hidden: str) -> str:
        try:
            return reveal(hidden, secrets)
        except KeyError as error:
            message = f"the secret variable {error.args[0]} has no value any more"
            raise LogicError("api_bind_error", message) from error

    return _mapped(fields, text)


def hiding(secrets: Mapping[str, str]) -> Callable[[str], str]:
    """A function that replaces each text of `secrets` (by name) by its name."""
    named = {text: name for name, text in secrets.items() if text}
    either = "|".join(re.escape(text) for text in sorted(named, key=len, reverse=True))
    pattern = re.compile(f"{_MARK}|{either}" if either else _MARK)

    def hidden(match: re.Match[str]) -> str:
        name = named.get(match[0])
        return _MARK + "0" if name is None else f"{_MARK}1{name}{_MARK}"

    return lambda text: pattern.sub(hidden, text)


def reveal(hidden: str, secrets: Mapping[str, str]) -> str:
    """A text as it was. Raises KeyError with the name of a secret that has gone since."""

    def revealed(match: re.Match[str]) -> str:
        return _MARK if match[1] is None else secrets[match[1]]

    return _MARKED.sub(revealed, hidden)


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
