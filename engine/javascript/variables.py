"""Variables in scripts: where `{{env_var[@name]}}` stands, the script reads a value. Source: yaml.md 3.

The model system pastes the variable's text into the source. Here its place is taken by a call that gives the value, so
that no value is ever a part of a script: inside a text the text is continued with it, elsewhere it is the value itself,
a number where it looks like one. In comments and regular expressions it stays as it is.
"""

from __future__ import annotations

import json
import re

_REFERENCE = re.compile(r"\{\{\s*env_var\[[^\[\]{}<>\n]+\][^{}<>\n]*\}\}|<<\s*env_var\[[^\[\]{}<>\n]+\][^{}<>\n]*>>")
_TEMPLATE = re.compile(r"(?<![${])\{\{\s*[\w$]+(?:\.[\w$]+|\[[\w@.$ -]*\])*\s*\}\}")
_TOKEN = re.compile(
    r"""(?P<left>//[^\n]*|/\*.*?\*/|[(,=:\[!&|?;{}]\s*/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\[\n])+/[a-z]*)"""
    r"""|(?P<text>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|(?P<literal>`(?:\\.|[^`\\])*`)|(?P<bare>"""
    + _REFERENCE.pattern
    + ")",
    re.DOTALL,
)


def references(source: str) -> list[tuple[int, str]]:
    """The references to variables in a script: position and text of each, those in comments left out."""
    return [
        (token.start() + found.start(), found[0])
        for token in _TOKEN.finditer(source)
        if token.lastgroup != "left"
        for found in _REFERENCE.finditer(token[0])
    ]


def unfilled(source: str) -> list[str]:
    """What looks like a template in a script and is no reference to a variable, each once: nobody fills it in."""
    told = _TOKEN.sub(lambda token: "" if token.lastgroup == "left" else token[0], source)
    return list(dict.fromkeys(found[0] for found in _TEMPLATE.finditer(_REFERENCE.sub("", told))))


def without_texts(source: str) -> str:
    """The script with blanks in place of its texts, comments and regular expressions."""
    return _TOKEN.sub(_blank, source)


def _blank(token: re.Match[str]) -> str:
    text = token[0]
    if token.lastgroup == "bare":
        return text
    kept = "" if text[0] in "/'\"`" else text[0]  # what stands before a regular expression
    return kept + re.sub(r"[^\n]", " ", text[len(kept) :])


def with_calls(source: str) -> str:
    """The script with a call in place of each reference: __variable(TEXT), or __variable.text(TEXT) inside a text."""
    return _TOKEN.sub(_replaced, source) if "env_var[" in source else source


def _replaced(token: re.Match[str]) -> str:
    kind, text = token.lastgroup, token[0]
    if kind == "bare":
        return f"__variable({json.dumps(text)})"
    if kind == "literal":
        return _REFERENCE.sub(lambda found: f"${{__variable.text({json.dumps(found[0])})}}", text)
    if kind == "text" and _REFERENCE.search(text):
        quote = text[0]
        return f"({_REFERENCE.sub(lambda found: f'{quote}+__variable.text({json.dumps(found[0])})+{quote}', text)})"
    return text


# Defined before the script: values by the text of their reference.
PRELUDE = """
(function (values) {
  const stringify = JSON.stringify, parse = JSON.parse, text = (name) => {
    const value = values[name];
    return typeof value === 'string' ? value : stringify(value);
  };
  const value = (name) => {
    const found = values[name];
    if (typeof found !== 'string') return found;
    try { return parse(found); } catch (error) { return found; }
  };
  value.text = text;
  globalThis.__variable = value;
})
"""
