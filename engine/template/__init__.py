"""Templates: `{{…}}` and `<<…>>` in an author's text, resolved against a task. Source: yaml.md 3, reference 5 and 6.

A text is searched for marks (marks.py), parsed to a tree (parse.py), and compiled once: plain parameters, paths and
texts to closures (closures.py), the rest to a Jinja2 expression of literals and our own functions (emit.py,
expression.py). Only the author's text is a template: a value is never parsed again, whatever it contains.
"""

from engine.template.casts import CASTS, cast
from engine.template.marks import Notice
from engine.template.path import MISSING, Path, assign, assign_all, compile_path, lookup, parse_path
from engine.template.scope import NO_READER, Reader, ReadNeeded, Scope
from engine.template.template import Reference, Template, compile_parts, compile_text, compile_value, try_all
from engine.template.values import text_of

__all__ = [
    "CASTS",
    "MISSING",
    "NO_READER",
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
    "compile_parts",
    "compile_path",
    "compile_text",
    "compile_value",
    "lookup",
    "parse_path",
    "text_of",
    "try_all",
]
