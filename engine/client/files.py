"""Definition files as they are sent to a server."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from ..errors import DefinitionError

TOPS = ("processes", "diagrams")
SUFFIXES = (".yaml", ".yml")


def files_of(paths: Iterable[Path]) -> dict[str, str]:
    """The text of each file, by its path from the folder `processes` or `diagrams` that it stands in.

    A file in neither is sent as one of `processes`, by its name. Raises DefinitionError for what cannot be read, and
    for two files that would stand in one place.
    """
    found: dict[str, str] = {}
    for path in paths:
        for file in _files(path):
            name = _name(file.resolve())
            if name in found:
                raise DefinitionError(f"{file} and another file would both be {name} there", where=str(file))
            try:
                found[name] = file.read_text("utf-8-sig")
            except (OSError, UnicodeDecodeError) as error:
                reason = getattr(error, "strerror", None) or "it is not UTF-8"
                raise DefinitionError(f"{file} cannot be read: {reason}", where=str(file)) from None
    return found


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for file in sorted(path.rglob("*")):
        hidden = any(part.startswith(".") for part in file.relative_to(path).parts)
        if file.suffix in SUFFIXES and not hidden and file.is_file():
            yield file


def _name(file: Path) -> str:
    for depth in range(len(file.parts) - 2, -1, -1):
        if file.parts[depth] in TOPS:
            return "/".join(file.parts[depth:])
    return f"processes/{file.name}"
