"""A round asks no more of its store than `Link` says, and a lane than anybody may."""

from __future__ import annotations

import ast
import inspect

from engine.store import cluster, lane, pipeline, rounds


def test_no_round_reaches_into_its_store() -> None:
    for module in (pipeline, rounds, cluster, lane):
        names = [node for node in ast.walk(ast.parse(inspect.getsource(module))) if isinstance(node, ast.Attribute)]
        of_store = [node for node in names if ast.unparse(node.value).endswith("store")]
        assert of_store
        assert [ast.unparse(node) for node in of_store if node.attr.startswith("_")] == []
