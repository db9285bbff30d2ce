"""What people give a task on the command line: name=value words and files of JSON.

name=text      name:=JSON      name=@file (its text)      name:=@file.json (its JSON)
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from ..data import kind_of, read_numbers


def parse_values(words: Iterable[str]) -> dict[str, Any]:
    """The words as a task's data. Raises click.ClickException for a word that is none, or a name given twice."""
    data: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        is_json = name.endswith(":")
        name = name.removesuffix(":")
        if not equals or not name:
            raise click.ClickException(f'"{word}" is not a parameter; write name=text or name:=JSON')
        if name in data:
            raise click.ClickException(f'the parameter "{name}" is given twice')
        if value.startswith("@"):
            text = _text_of_file(name, value[1:])
            data[name] = read_json(text, value[1:]) if is_json else text.removesuffix("\n").removesuffix("\r")
        else:
            data[name] = read_json(value, name, f"; {name}:= takes JSON, {name}= takes text") if is_json else value
    return data


def _text_of_file(name: str, path: str) -> str:
    try:
        return read_text(path)
    except FileNotFoundError:
        raise click.ClickException(
            f'there is no file "{path}" for the parameter "{name}"; '
            f"a text that begins with @ is written {name}:='\"@{path}\"'"
        ) from None


def read_text(path: str) -> str:
    """The text of a file, or of standard input for `-`. Raises click.ClickException when it cannot be read."""
    try:
        raw = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:
        raise click.ClickException(f'"{path}" cannot be read: {getattr(error, "strerror", None) or error}') from None
    return decode(raw, path)


def decode(raw: bytes, where: str) -> str:
    """Bytes as UTF-8 text. Raises click.ClickException naming the place of the first byte that is none."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise click.ClickException(
            f"{where}: the byte 0x{raw[error.start]:02x} at {error.start} is not UTF-8"
        ) from None


def read_json(text: str, where: str, hint: str = "") -> Any:
    """A JSON text, strictly: no number that cannot be kept, no key twice, no half character.

    Raises click.ClickException that begins with `where`, and ends with `hint` where the text is no JSON at all. Who
    gives it can mend it, so nothing is replaced.
    """
    try:
        value = read_numbers(text, object_pairs_hook=_no_key_twice)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()
        return value
    except json.JSONDecodeError as error:
        place = f", line {error.lineno} column {error.colno}" if "\n" in text.strip() else ""
        raise click.ClickException(f"{where}: not JSON{place}: {error.msg}{hint}") from None
    except UnicodeEncodeError as error:
        half = ascii(error.object[error.start])[1:-1]
        raise click.ClickException(f"{where}: {half} is half a character, which no text can hold") from None
    except ValueError as error:
        raise click.ClickException(f"{where}: {error}") from None
    except RecursionError:
        raise click.ClickException(f"{where}: the JSON is nested too deeply") from None


def read_object(text: str, where: str) -> dict[str, Any]:
    """A JSON object: the data of one task."""
    value = read_json(text, where)
    if not isinstance(value, dict):
        raise click.ClickException(
            f"{where}: the data of a task is an object of parameters, not {kind_of(value)}"
            + ("; for many tasks write one object per line" if isinstance(value, list) else "")
        )
    return value


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f'not JSON: the key "{twice}" stands there twice')
    return made
