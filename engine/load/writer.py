"""Plain data as YAML that a person would be glad to read, and that the reader reads back as it was."""

from __future__ import annotations

import json
from typing import Any

import yaml

from .reader import is_text

WIDTH = 100
_NOT_IN_A_BLOCK = frozenset("\r\x85\u2028\u2029\ufeff")


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def analyze_scalar(self, scalar: str) -> Any:
        analysis = super().analyze_scalar(scalar)
        # PyYAML quotes texts with tabs or with spaces at the end of a line, where a block would be as good.
        if "\n" in scalar and not _NOT_IN_A_BLOCK & set(scalar):
            analysis.allow_block = all(letter.isprintable() or letter in "\n\t" for letter in scalar)
        return analysis

    def choose_scalar_style(self) -> str:
        style = str(super().choose_scalar_style())
        text = str(getattr(self.event, "value", ""))
        if style == "'" and (not text.isprintable() or ("\\" not in text and '"' not in text)):
            return '"'
        return style


def _text(dumper: _Dumper, value: str) -> yaml.Node:
    style = None
    if "\n" in value and value.strip("\n"):
        style = "|"
    elif value and not is_text(value):
        style = '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


def _map(dumper: _Dumper, value: dict[str, Any]) -> yaml.Node:
    return dumper.represent_mapping("tag:yaml.org,2002:map", value.items(), flow_style=_fits(value))


def _list(dumper: _Dumper, value: list[Any]) -> yaml.Node:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=_fits(value))


def _fits(value: Any) -> bool:
    """Whether a value reads well in one line."""
    if not value:
        return True
    return _depth(value) <= 3 and len(text := json.dumps(value, ensure_ascii=False)) <= WIDTH - 30 and "\\n" not in text


def _depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(_depth, inner), default=0)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(dict, _map)
_Dumper.add_representer(list, _list)


def write_yaml(document: dict[str, Any]) -> str:
    """The text of a definition. Its top level, its nodes and its layout have a line or more for each entry."""
    parts = []
    for key, value in document.items():
        if key in _LINES and isinstance(value, dict) and value and not (key == "exchange" and _fits(value)):
            parts.append(f"{key}:\n")
            for name, entry in value.items():
                block = _dump({name: entry})
                parts.append("".join(f"  {line}\n" if line else "\n" for line in block.removesuffix("\n").split("\n")))
        else:
            parts.append(_dump({key: value}))
    return "".join(parts)


_LINES = ("params", "nodes", "layout", "exchange")


def _dump(entry: dict[str, Any]) -> str:
    # One entry of a block map: PyYAML decides the style of the map itself by flow_style of the root.
    [(key, value)] = entry.items()
    root = yaml.MappingNode("tag:yaml.org,2002:map", [], flow_style=False)
    text = yaml.dump(_Root(root, key, value), Dumper=_Dumper, allow_unicode=True, width=10**9, sort_keys=False)
    return str(text).removesuffix("...\n")  # the end of a document, behind a block that keeps its last line breaks


class _Root:
    def __init__(self, node: yaml.MappingNode, key: str, value: Any) -> None:
        self.node, self.key, self.value = node, key, value


def _root(dumper: _Dumper, root: _Root) -> yaml.Node:
    root.node.value = [(dumper.represent_data(root.key), dumper.represent_data(root.value))]
    return root.node


_Dumper.add_representer(_Root, _root)
