"""Which file of a checkout is the handler's: `path`, or what a folder stands for. Source: our own."""

from __future__ import annotations

from pathlib import Path

from .failure import failure

IN_FOLDER = {
    "python": ("main.py", "usercode.py"),
    "js": ("index.js", "index.mjs", "index.cjs", "main.js", "main.mjs", "main.cjs", "usercode.js"),
}
"""The files that a folder stands for, the first that is there."""


def handler_file(root: Path, path: str, lang: str) -> Path:
    """The file inside a checkout. Raises LogicError when it is not there or lies elsewhere, by `..` or by a link."""
    if path.startswith("/") or "\0" in path or ".." in path.split("/"):
        raise failure('the path must lie in the repository: no "/" at its beginning, no ".."')
    found = root / path
    if found.is_dir():
        found = next((found / name for name in IN_FOLDER[lang] if (found / name).is_file()), found)
    if not found.resolve().is_relative_to(root.resolve()):
        raise failure(f"{path or '/'} leads out of the repository")
    if not found.is_file():
        wanted = f"a folder without {' or '.join(IN_FOLDER[lang])}" if found.is_dir() else "not in the commit"
        raise failure(f"{path or '/'} is {wanted}")
    return found
