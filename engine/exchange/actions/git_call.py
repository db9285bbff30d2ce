"""git_call, under its old name too."""

from __future__ import annotations

from typing import Any

from ...definition import Node, NodePart
from .piece import Export, Format, Import, Logic, Piece

_RUNS = ("js", "python")
_TEXTS = ("repo", "commit", "path", "script", "code", "handler")


class GitCallFormat(Format):
    key = "git_call"
    logics = ("git_call", "api_git")
    word = "git call"
    as_written = ("src", "code")
    lean = ("version", "lang")
    ours = ("rate",)

    def read(self, logic: Logic, given: Import) -> Piece | None:
        lang = str(logic.get("lang") or "js")
        body: dict[str, Any] = {"lang": lang}
        source = logic.get("code") or logic.get("src")
        for name in _TEXTS:
            value = source if name == "code" else logic.get(name)
            if value:
                body[name] = str(value)
        if logic.get("log") is True:
            body["log"] = True
        if logic.get("code_error") is not None:
            body["code_error"] = logic["code_error"]
        notes = ["a handler runs only where the operator allows it, in a process of its own"]
        if lang not in _RUNS:
            notes = [f"{lang} does not run here: the node fails with git_call_executing_error"]
        return Piece(self.key, body, notes=notes)

    def write(self, action: Any, holder: Node | NodePart, given: Export) -> Logic:
        logic = {"type": "git_call", "version": 2, "lang": action.lang}
        for name in _TEXTS:
            logic[name] = getattr(action, name, None) or ""
        if not logic["handler"]:
            del logic["handler"]
        if action.log:
            logic["log"] = True
        if action.code_error is not None:
            logic["code_error"] = action.code_error
        return {**logic, "src": logic["code"]}
