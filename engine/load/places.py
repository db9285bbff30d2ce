"""Where a definition stands among the others: its path below `processes` or `diagrams`."""

from __future__ import annotations

import os
from pathlib import Path

FOLDERS = ("processes", "diagrams")


def place_of(path: Path) -> Path | None:
    """The nearest folder above a file that is called `processes` or `diagrams`; None: it stands elsewhere."""
    return next((parent for parent in _whole(path).parents if parent.name in FOLDERS), None)


def folder_of(path: Path) -> str | None:
    """`shop/tokens` of `processes/shop/tokens/get.yaml`, "" at the top; None: it stands in neither of the two."""
    place = place_of(path)
    if place is None:
        return None
    return text_of(_whole(path).parent.relative_to(place))


def _whole(path: Path) -> Path:
    """From the root on, without `..`; links stay: a file belongs where its author sees it."""
    return Path(os.path.abspath(path))  # noqa: PTH100 (Path.absolute keeps `..`, resolve follows links)


def text_of(path: Path) -> str:
    """A relative path with "/" between; "" is the place itself. A byte that is no text is written as `\\xff`."""
    parts = [os.fsencode(part).decode("utf-8", "backslashreplace") for part in path.parts]
    return "/".join(parts)
