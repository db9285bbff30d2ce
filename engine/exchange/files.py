"""Where imported definitions go: processes/ and diagrams/ of a folder, all of them or none."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import ExchangeError
from ..load.writer import write_yaml
from .importing import ImportedFile
from .names import file_name

VARIABLES, INSTANCES = "variables.yaml", "instances.yaml"
OTHERS = "exchange.json"  # objects of an import that are no definitions, for the way back
_PLACES = {"process": "processes", "diagram": "diagrams"}


def plan(imported: ImportedFile, folder: Path, taken: Mapping[int, str], *, overwrite: bool) -> dict[Path, str]:
    """What would be written: file → text. `taken`: the ids there, each with its file.

    Raises ExchangeError when a file or an id is there already. With `overwrite` a definition takes the place of the
    one with its id, and files are replaced.
    """
    files: dict[Path, str] = {}
    names: dict[Path, set[str]] = {}
    for one in imported.convs:
        place = folder.joinpath(_PLACES[one.kind], *(file_name(title, set()) for title in one.folders))
        path = place / f"{file_name(one.title, names.setdefault(place, {'variables', 'instances'}))}.yaml"
        owner = taken.get(one.conv_id)
        if owner is not None and not overwrite:
            raise ExchangeError(
                f'the id {one.conv_id} of "{one.title}" is taken by {owner}; --force puts the import in its place'
            )
        if owner is not None:
            path = Path(owner)
        elif path.exists() and not overwrite:
            raise ExchangeError(f"{path} is there already; --force replaces it")
        files[path] = one.text
    instances = {file_name(str(one.get("title") or one.get("obj_id")), set()): one for one in imported.instances}
    variables = {**imported.variables, **{f"{name}_password": _PASSWORD for name in instances}}
    for name, entries in (
        (VARIABLES, {variable: _variable(entry) for variable, entry in variables.items()}),
        (INSTANCES, {instance: _instance(instance, entry) for instance, entry in instances.items()}),
    ):
        path = folder / "processes" / name
        text = _with_new(path, entries)
        if text:
            files[path] = text
    if imported.others:
        kept = {_key(other): other for other in [*kept_objects(folder), *imported.others]}
        files[folder / OTHERS] = json.dumps([*kept.values()], ensure_ascii=False, indent=2) + "\n"
    return files


def kept_objects(folder: Path) -> list[dict[str, Any]]:
    """What imports into this folder had besides definitions, such as folders. Raises ExchangeError."""
    file = folder / OTHERS
    try:
        kept = json.loads(file.read_text("utf-8")) if file.is_file() else []
    except (OSError, ValueError) as error:
        raise ExchangeError(f"{file} cannot be read: {error}") from error
    if not isinstance(kept, list) or not all(isinstance(other, dict) for other in kept):
        raise ExchangeError(f"{file} is no list of objects, as an import writes it; move it away")
    return kept


def _key(other: dict[str, Any]) -> str:
    return json.dumps([other.get("obj_type"), other.get("obj_id")])


def write(files: Mapping[Path, str]) -> None:
    """Write all of them; each is whole or not there. Raises ExchangeError."""
    written: list[tuple[str, Path]] = []
    try:
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".import-")
            written.append((temporary, path))
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
        for temporary, path in written:
            Path(temporary).chmod(0o644)
            Path(temporary).replace(path)
    except OSError as error:
        for temporary, _ in written:
            Path(temporary).unlink(missing_ok=True)
        raise ExchangeError(f"{error.filename or 'the folder'} cannot be written: {error.strerror or error}") from error


def _with_new(path: Path, entries: Mapping[str, dict[str, Any]]) -> str:
    """What a file of variables or instances holds, then those that it has not yet; "": it has all of them."""
    from ..load import read_tree

    tree = read_tree([path]) if path.exists() else None
    known = {**tree.variables, **tree.instances} if tree is not None else {}
    text = path.read_text("utf-8") if path.exists() else ""
    added = {name: entry for name, entry in entries.items() if name not in known}
    if not added:
        return ""
    return (text if not text or text.endswith("\n") else text + "\n") + "".join(
        write_yaml({name: entry}) for name, entry in added.items()
    )


_PASSWORD = {"env_var_type": "secret", "description": "of a database instance"}
_DRIVERS = {
    "postgres": "postgresql",
    "postgresql": "postgresql",
    "pgsql": "postgresql",
    "mysql": "mysql",
    "mariadb": "mariadb",
}


def _instance(name: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    """A database that `db_call` names by its id; what its password is stays out of files."""
    data = entry.get("data")
    data = data if isinstance(data, dict) else {}
    made: dict[str, Any] = {}
    if isinstance(entry.get("obj_id"), int):
        made["id"] = entry["obj_id"]
    kind = str(entry.get("instance_type") or data.get("driver") or "")
    made["driver"] = _DRIVERS.get(kind.lower(), kind or "postgresql")
    for word, keys in (
        ("host", ("host",)),
        ("port", ("port",)),
        ("database", ("db_name", "database")),
        ("user", ("user",)),
    ):
        value = next((data[key] for key in keys if data.get(key) is not None), None)
        if value is not None:
            made[word] = str(value)
    made.setdefault("database", name)
    made["password"] = f"{{{{env_var[@{name}_password]}}}}"
    return made


def _variable(entry: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if entry.get("data_type") == "json":
        made["type"] = "json"
    is_secret = entry.get("env_var_type") == "secret"
    if is_secret:
        made["secret"] = True  # its value is set in the environment, never in a file
    elif entry.get("value") is not None:
        value = entry["value"]
        made["value"] = value if isinstance(value, str) or made else json.dumps(value, ensure_ascii=False)
    if entry.get("description"):
        made["description"] = str(entry["description"])
    return made
