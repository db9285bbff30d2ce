"""A node type is one file in engine/nodes/, and one in engine/exchange/actions/ where the exchange format has it."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from engine.exchange.actions import FORMATS
from engine.nodes import ACTIONS

ROOT = Path(__file__).parent.parent
ITS_OWN = ("nodes/", "exchange/actions/")
OTHER_WORDS = {  # the same letters, another word
    ("api/surfaces/tasks.py", "code"): "of OAuth",
    ("cli/entry.py", "code"): "of an error, in --json",
    ("cli/commands/exchange.py", "unsupported"): "a verdict",
    ("exchange/scorecard.py", "unsupported"): "a verdict",
    ("exchange/exporting.py", "code"): "a field of the format",
    ("gitcode/child.py", "code"): "of an error, in JSON-RPC",
    ("reference.py", "code"): "of an error",
    ("store/keys.py", "queue"): "a key of the store",
    ("demo/authorization_server.py", "code"): "of OAuth",
    ("demo/story.py", "code"): "of OAuth",
}

NOT_IN_THE_FORMAT: frozenset[str] = frozenset()
"""Types of which an export says that the exchange format has no word for them."""


def named() -> Iterator[tuple[str, str]]:
    """Each file of the engine outside of its own that names a node type, with the name."""
    for file in sorted((ROOT / "engine").rglob("*.py")):
        where = file.relative_to(ROOT / "engine").as_posix()
        if where.startswith(ITS_OWN):
            continue
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and node.value in ACTIONS:
                yield where, str(node.value)
            if isinstance(node, ast.ImportFrom):
                module = (node.module or "").split(".")
                if module[-2:-1] in (["nodes"], ["actions"]) and module[-1] in ACTIONS:
                    yield where, module[-1]


def test_nobody_else_asks_for_a_node_type_by_its_key() -> None:
    assert set(named()) == OTHER_WORDS.keys()


def test_the_exchange_format_has_each_type() -> None:
    assert FORMATS.keys() == ACTIONS.keys() - NOT_IN_THE_FORMAT


def test_each_type_has_tests_by_its_name() -> None:
    running = ROOT / "tests" / "running"

    assert [key for key in ACTIONS if not ((running / f"test_{key}.py").exists() or (running / key).is_dir())] == []


def test_a_type_of_ones_own_is_one_file(tmp_path: Path) -> None:
    folder = tmp_path / "definitions"
    folder.mkdir()
    (folder / "shouts.yaml").write_text(
        """
        diagram: Shouts
        id: 1
        nodes:
          start: {go: loud}
          loud: {shout: "{{text}}", error: failed, go: done}
          done: {end: success}
          failed: {end: error}
        """
    )

    made = subprocess.run(
        [sys.executable, ROOT / "tests" / "example_type.py", folder],
        env={**os.environ, "CONV_HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert made.returncode == 0, made.stderr
    said = json.loads(made.stdout)
    assert (said["node"], said["shouted"]) == ("done", "A B")
    assert "LOUD" in said["picture"]
    assert said["export"] == "the exchange format has no word for shout"
