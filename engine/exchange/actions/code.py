"""api_code."""

from __future__ import annotations

from typing import Any

from ...definition import Node, NodePart
from ...nodes.code import LANGUAGES
from .piece import Export, Format, Import, Logic, Piece, unrunnable


class CodeFormat(Format):
    key = "code"
    logics = ("api_code",)
    word = "code"
    as_written = ("src",)
    ours = ("rate",)

    def read(self, logic: Logic, given: Import) -> Piece | None:
        lang, source = logic.get("lang", "js"), logic.get("src")
        notes = []
        if not isinstance(source, str):
            code = logic.get("code")
            source = code if isinstance(code, str) else ""
            notes.append('its script stands in "code" instead of "src"')
        if lang == "erl":
            return Piece(
                self.key, {"lang": "erl", "src": source}, notes=["Erlang does not run here"], is_supported=False
            )
        if lang not in LANGUAGES:
            return unrunnable(logic, f"code in {lang} does not run here")
        if "env_var[" in source:
            notes.append("a variable in the script is read as a value when it runs, and never pasted into the source")
        if "toLocale" in source or "Intl." in source:
            notes.append("there is no Intl here: dates and numbers are not written in the way of a country")
        if not source.strip():
            source = "// does nothing"
            notes.append("it has no script")
        return Piece(self.key, source, notes=notes)

    def write(self, action: Any, holder: Node | NodePart, given: Export) -> Logic:
        return {"type": "api_code", "lang": action.lang, "src": action.src}
