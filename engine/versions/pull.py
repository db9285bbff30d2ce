"""Getting definitions back as files: as they were written when they were deployed, never over a change without a word.

A file here that is equal to a version that is kept, in that version's folder, is only old, and is replaced. Any other
is a change of its owner's. Folders and names of files come from the store: each is looked at before it becomes a path.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from ..errors import LocalChanges, Rejected
from ..exchange.names import file_name
from ..load.places import FOLDERS, folder_of
from .making import hash_of

_PLACES = {"process": "processes", "diagram": "diagrams"}
_SUFFIXES = (".yaml", ".yml")
_NOT_OURS = ("variables", "instances")  # files of these names define no conv


class Wanted(NamedTuple):
    """A conv as it is to be here. `number` 0: no version of it was kept, the source was made. `known`: hash of the
    source and folder of each version that is kept."""

    conv_id: int
    title: str
    kind: str
    number: int
    folder: str
    file: str
    source: bytes
    known: frozenset[tuple[str, str]]


class Pulled(NamedTuple):
    """What became of a file. `what`: written (it is new), replaced, moved (from `was`), unchanged, or, without a path,
    left out: no version of it was kept, and no YAML can be made of it."""

    conv_id: int
    title: str
    number: int
    what: str
    path: Path | None
    was: Path | None = None


@dataclass(slots=True)
class _Plan:
    folder: Path
    force: bool
    here: dict[int, list[tuple[Path, bytes]]]
    pulled: list[Pulled] = field(default_factory=list)
    writes: dict[Path, bytes] = field(default_factory=dict)
    changed: list[Path] = field(default_factory=list)

    def add(self, it: Wanted) -> None:
        here = self.here.get(it.conv_id, [])
        if len(here) > 1:
            files = [str(path) for path, _ in here]
            raise LocalChanges(
                f"{it.title} ({it.conv_id}) stands in several files here: {', '.join(files)}; keep one of them",
                files=files,
            )
        if not here:
            self._put(it, "written", self._free(it, self._place(it), _name(it)))
            return
        [(path, raw)] = here
        folder = folder_of(path)
        if folder == it.folder:
            self._over(it, path, raw, folder, path)
        else:
            self._over(it, path, raw, folder, self._free(it, self._place(it), path.name))

    def _over(self, it: Wanted, path: Path, raw: bytes, folder: str | None, to: Path) -> None:
        """Put it where the conv stands here, or `to` another place."""
        if to == path and raw == it.source:
            self.pulled.append(Pulled(it.conv_id, it.title, it.number, "unchanged", path))
            return
        if (hash_of(raw), folder) not in it.known and not self.force:
            self.changed.append(path)
        self._put(it, "replaced" if to == path else "moved", to, None if to == path else path)

    def _put(self, it: Wanted, what: str, path: Path, was: Path | None = None) -> None:
        self.pulled.append(Pulled(it.conv_id, it.title, it.number, what, path, was))
        self.writes[path] = it.source

    def _place(self, it: Wanted) -> Path:
        """The folder of a conv. Raises Rejected for one that can be no path here."""
        parts = it.folder.split("/") if it.folder else []
        for part in parts:
            if not part or part.startswith(".") or "\0" in part or part in FOLDERS:
                raise Rejected(
                    f'the folder "{it.folder}" of {it.title} ({it.conv_id}) can be none here; deploy it from another'
                )
        return self.folder.joinpath(_PLACES[it.kind], *parts)

    def _free(self, it: Wanted, place: Path, name: str) -> Path:
        """A path at which there is nothing. Raises LocalChanges."""
        stem, _, suffix = name.rpartition(".")
        for tried in (name, f"{stem}_{it.conv_id}.{suffix}"):
            path = place / tried
            if path not in self.writes and not os.path.lexists(path):
                return path
        raise LocalChanges(
            f"{path} is there already, and is not {it.title} ({it.conv_id}); move it away", files=[str(path)]
        )


def _name(it: Wanted) -> str:
    """The name of its file as deployed, where it can be one; else one made of its title."""
    stem, dot, suffix = it.file.rpartition(".")
    is_one = dot + suffix in _SUFFIXES and stem and stem not in _NOT_OURS and not stem.startswith(".")
    if is_one and len(it.file) <= 100 and not set(it.file) & set("/\\\0"):
        return it.file
    return f"{file_name(it.title, set(_NOT_OURS))}.yaml"


def pull(folder: Path, wanted: Iterable[Wanted], *, force: bool) -> list[Pulled]:
    """Write them below a folder: all of them or, with LocalChanges or Rejected, none."""
    plan = _Plan(folder, force, _files_here(folder))
    for one in wanted:
        plan.add(one)
    if plan.changed:
        files = [str(path) for path in plan.changed]
        raise LocalChanges(
            f"changed here since, and not replaced: {', '.join(files)}; conv diff shows how, --force replaces them",
            files=files,
        )
    _write(plan.writes, [one.was for one in plan.pulled if one.was is not None])
    return plan.pulled


def _files_here(folder: Path) -> dict[int, list[tuple[Path, bytes]]]:
    """The definitions here by id, wrong ones too."""
    from ..load import read_tree
    from ..load.across import head_of

    found: dict[int, list[tuple[Path, bytes]]] = {}
    for draft in read_tree([folder / name for name in FOLDERS if (folder / name).is_dir()]).drafts:
        head = head_of(draft)
        if head.conv_id is not None:
            found.setdefault(head.conv_id, []).append((Path(draft.source.file), draft.source.raw))
    return found


def _write(files: dict[Path, bytes], gone: Iterable[Path]) -> None:
    """Each is whole or not there. Raises Rejected."""
    written: list[tuple[Path, Path]] = []
    try:
        for path, source in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".pull-")
            written.append((Path(temporary), path))
            with os.fdopen(descriptor, "wb") as file:
                file.write(source)
            Path(temporary).chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
        for temporary_path, path in written:
            temporary_path.replace(path)
        for path in gone:
            path.unlink(missing_ok=True)
    except OSError as error:
        for temporary_path, _ in written:
            temporary_path.unlink(missing_ok=True)
        raise Rejected(f"{error.filename or 'the folder'} cannot be written: {error.strerror or error}") from error
