"""What a person has downloaded, taken apart into its objects: JSON or ZIP, 2016 to 2026. Source: reference 2.1.

Nothing in here trusts the file: sizes, depth and numbers are limited, names of a ZIP are never paths of ours.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from ..data import read_numbers
from ..errors import ExchangeError

LARGEST_FILE = 50_000_000  # bytes
LARGEST_ZIP = 200_000_000  # bytes, unpacked
MOST_ENTRIES = 10_000
DEEPEST = 60  # of a value; YAML adds levels of its own

ALIASES, VARIABLES = "_ALIASES_.json", "_ENV_VARS_.json"
_MARKERS = (".stage.json", ".folder.json", ".project.json")

FOLDER, CONV, DASHBOARD = 0, 1, 2  # obj_type


@dataclass(slots=True)
class Container:
    """The objects of a file. `others`: folders, dashboards and whatever else is no process; kept for the way back.

    `bare`: it was one process by itself, not in a list.
    """

    convs: list[dict[str, Any]] = field(default_factory=list)
    others: list[dict[str, Any]] = field(default_factory=list)
    aliases: list[tuple[str, int]] = field(default_factory=list)
    variables: dict[str, dict[str, Any]] = field(default_factory=dict)
    instances: list[dict[str, Any]] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    bare: bool = False


def read(path: Path) -> Container:
    """The objects of a file, or of a folder of such files. Raises ExchangeError: it cannot be read, is too large, or
    is no export."""
    container = Container()
    if path.is_dir():
        for file in _files(path):
            _add(container, str(file), _parse(str(file), _content(file)))
        container.bare = False  # they are files of their own, but come back together
    else:
        content = _content(path)
        if content[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
            for name, entry in _entries(path, content):
                _add(container, name, _parse(f"{path}: {name}", entry))
        else:
            _add(container, str(path), _parse(str(path), content))
    if not container.convs:
        raise ExchangeError(f"{path} has no process and no state diagram in it")
    return container


def _files(folder: Path) -> list[Path]:
    """The JSON files of a folder to any depth; what is hidden is left out."""
    found = sorted(
        file for file in folder.rglob("*.json") if not any(part[0] == "." for part in file.relative_to(folder).parts)
    )
    if len(found) > MOST_ENTRIES:
        raise ExchangeError(f"{folder} has {len(found):,} files in it; at most {MOST_ENTRIES:,} are read")
    return found


def _content(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            raise ExchangeError(f"{path} has {size:,} bytes; at most {LARGEST_FILE:,} are read")
        return path.read_bytes()
    except OSError as error:
        raise ExchangeError(f"{path} cannot be read: {error.strerror or error}") from error


def _entries(path: Path, content: bytes) -> Iterator[tuple[str, bytes]]:
    """The JSON files of a ZIP, by name."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise ExchangeError(f"{path} is a damaged ZIP: {error}") from error
    if len(entries) > MOST_ENTRIES:
        raise ExchangeError(f"{path} has {len(entries):,} files in it; at most {MOST_ENTRIES:,} are read")
    if sum(entry.file_size for entry in entries) > LARGEST_ZIP:
        raise ExchangeError(f"{path} unpacks to more than {LARGEST_ZIP:,} bytes")
    left = LARGEST_ZIP
    for entry in entries:
        name = PurePosixPath(entry.filename.replace("\\", "/"))
        if name.is_absolute() or ".." in name.parts or ":" in name.parts[0]:
            raise ExchangeError(f"{path}: the name {entry.filename!r} leads out of the folder; nothing was read")
        if entry.is_dir() or name.suffix != ".json":
            continue
        try:
            with archive.open(entry) as file:
                unpacked = file.read(min(left, LARGEST_FILE) + 1)  # the sizes in a ZIP's own list may be lies
        except (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, EOFError, ValueError) as error:
            raise ExchangeError(f"{path}: {entry.filename} cannot be unpacked: {error}") from error
        left -= len(unpacked)
        if left < 0 or len(unpacked) > LARGEST_FILE:
            raise ExchangeError(f"{path} unpacks to more than {LARGEST_ZIP:,} bytes")
        yield str(name), unpacked


# --- JSON -----------------------------------------------------------------------------------


def _parse(name: str, content: bytes) -> Any:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ExchangeError(
            f"{name} is not UTF-8: byte {error.start} is 0x{content[error.start]:02x}; save it as UTF-8"
        ) from error

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key, value in items:
            # Exports of 2016 have `conv_type` twice, the same each time.
            if key in made and made[key] != value:
                raise ExchangeError(f"{name}: the key {json.dumps(key)} stands twice in one object, with two values")
            made[key] = value
        return made

    try:
        value = read_numbers(text, object_pairs_hook=pairs)
    except json.JSONDecodeError as error:
        raise ExchangeError(f"{name}:{error.lineno}:{error.colno}: not JSON: {error.msg}") from error
    except RecursionError as error:
        raise ExchangeError(f"{name} is nested deeper than {DEEPEST} levels") from error
    except ValueError as error:  # a number that cannot be kept
        raise ExchangeError(f"{name}: {error}") from error
    _check(name, value)
    return value


def _check(name: str, value: Any) -> None:
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > DEEPEST:
            raise ExchangeError(f"{name} is nested deeper than {DEEPEST} levels")
        below: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                below += [*item.keys(), *item.values()]
            elif isinstance(item, list):
                below += item
            elif isinstance(item, str):
                try:
                    item.encode()
                except UnicodeEncodeError as error:
                    raise ExchangeError(f"{name}: a text holds half of a character (a lone surrogate)") from error
        level = below


# --- Objects ----------------------------------------------------------------------------------


def _add(container: Container, name: str, value: Any) -> None:
    last = PurePosixPath(name).name
    if last == ALIASES:
        container.aliases += _aliases(name, value)
    elif last == VARIABLES:
        container.variables |= _variables(name, value)
    elif last.endswith(_MARKERS):
        container.left_out.append(last)
    elif last.endswith(".instance.json") and isinstance(value, dict):
        container.instances.append(value)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _object(container, f"{name}: object {index + 1}", item)
    else:
        container.bare = True
        _object(container, name, value)


def _object(container: Container, name: str, value: Any) -> None:
    if not isinstance(value, dict):
        raise ExchangeError(f"{name}: an export is a list of objects, or one object, not {_word(value)}")
    kind = value.get("obj_type", CONV if "scheme" in value else None)
    if kind == CONV:
        container.convs.append(value)
        return
    if kind is None:
        raise ExchangeError(f'{name}: this is no export of a process: it has neither "obj_type" nor "scheme"')
    container.others.append(value)
    if kind != FOLDER:
        what = "dashboard" if kind == DASHBOARD else f"object of obj_type {kind}"
        container.left_out.append(f'{what} "{value.get("title", "")}"')


def _aliases(name: str, value: Any) -> Iterator[tuple[str, int]]:
    items = value if isinstance(value, list) else value.values() if isinstance(value, dict) else None
    if items is None:
        raise ExchangeError(f"{name}: aliases are a list, not {_word(value)}")
    for item in items:
        target = item.get("obj_to_id") if isinstance(item, dict) else None
        if isinstance(target, int) and item.get("obj_to_type", "conv") == "conv" and item.get("short_name"):
            yield str(item["short_name"]), target


def _variables(name: str, value: Any) -> dict[str, dict[str, Any]]:
    if isinstance(value, list):
        named = {
            str(item.get("short_name") or item.get("title") or ""): item for item in value if isinstance(item, dict)
        }
    elif isinstance(value, dict):
        named = {key: item if isinstance(item, dict) else {"value": item} for key, item in value.items()}
    else:
        raise ExchangeError(f"{name}: variables are a list or an object, not {_word(value)}")
    return {key: item for key, item in named.items() if key}


def _word(value: Any) -> str:
    words = {str: "a text", bool: "a boolean", type(None): "null", int: "a number", float: "a number"}
    return words.get(type(value), "a list" if isinstance(value, list) else "an object")
