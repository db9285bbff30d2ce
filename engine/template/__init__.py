"""Templates: `{{…}}` and `<<…>>` in an author's text, resolved against a task. Source: yaml.md 3, reference 5 and 6.

A text is searched for marks (marks.py), parsed to a tree (parse.py), and compiled once: plain parameters, paths and
texts to closures (closures.py), the rest to a Jinja2 expression of literals and our own functions (emit.py,
expression.py). Only the author's text is a template: a value is never parsed again, whatever it contains.
"""

from .casts import CASTS, cast
from .marks import Notice
from .path import MISSING, Path, assign, assign_all, compile_path, lookup, parse_path
from .scope import NO_READER, Reader, ReadNeeded, Scope
from .template import (
    Beginning,
    Reference,
    Template,
    compile_beginning,
    compile_parts,
    compile_text,
    compile_value,
    try_all,
)
from .values import text_of

__all__ = [
    "CASTS",
    "MISSING",
    "NO_READER",
    "Beginning",
    "Notice",
    "Path",
    "ReadNeeded",
    "Reader",
    "Reference",
    "Scope",
    "Template",
    "assign",
    "assign_all",
    "cast",
    "compile_beginning",
    "compile_parts",
    "compile_path",
    "compile_text",
    "compile_value",
    "lookup",
    "parse_path",
    "text_of",
    "try_all",
]
