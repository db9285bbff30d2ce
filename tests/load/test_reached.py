"""What a process reaches, when only that must be without errors."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.load import reached_by, read_tree

ENDS = "error: e, go: e}\n  e: {end: error}\n"
FILES = {
    "a": 'process: A\nid: 1\nnodes:\n  start: {go: b}\n  b: {copy_task: {conv: "@bee"}, ' + ENDS,
    "b": "process: B\nid: 2\nalias: bee\nnodes:\n  start: {go: c}\n"
    '  c: {set_parameters: {x: "{{conv[C].ref[x].y}}"}, ' + ENDS,
    "c": "diagram: C\nid: 3\nnodes:\n  start: {go: x}\n  x: {set_state: {}}\n",
    "d": "process: D\nid: 4\nnodes:\n  start: {go: e}\n  e: {end: error}\n",
}


@pytest.mark.parametrize(
    ("conv", "stopped_by"),
    [("A", "abc"), (1, "abc"), ("@bee", "bc"), ("C", "c"), ("D", "d"), ("nobody", "")],
)
def test_only_errors_in_what_is_reached_stop(tmp_path: Path, conv: str | int, stopped_by: str) -> None:
    for wrong in FILES:
        folder = tmp_path / wrong
        folder.mkdir()
        for name, text in FILES.items():
            broken = text.replace("id: ", "colour: red\nid: ") if name == wrong else text
            (folder / f"{name}.yaml").write_text(broken)

        definitions, problems = reached_by(read_tree([folder]), conv)

        stops = any(problem.severity == "error" for problem in problems)
        assert stops == (wrong in stopped_by)
        assert wrong.upper() not in [definition.title for definition in definitions]
        assert len(problems) == 1


def test_an_error_in_the_variables_stops_what_reads_variables(tmp_path: Path) -> None:
    (tmp_path / "variables.yaml").write_text("url: {value: a, type: jsn}\n")
    for name, text in FILES.items():
        (tmp_path / f"{name}.yaml").write_text(text.replace("conv[C].ref[x].y", "env_var[@url]"))
    tree = read_tree([tmp_path])

    stopped = {conv: [p.severity for p in reached_by(tree, conv)[1]] for conv in ("A", "D")}

    assert stopped == {"A": ["error"], "D": ["warning"]}


def test_an_error_in_the_instances_stops_what_asks_a_database(tmp_path: Path) -> None:
    (tmp_path / "instances.yaml").write_text("shop: {driver: oracle, database: x}\n")
    for conv_id, action in enumerate(("database_call: {instance: shop, query: SELECT 1}", "delay: 5s"), 1):
        (tmp_path / f"{conv_id}.yaml").write_text(
            f"process: P{conv_id}\nid: {conv_id}\nnodes:\n  start: {{go: a}}\n"
            f"  a: {{{action}, go: b{', error: b' if conv_id == 1 else ''}}}\n  b: {{end: success}}\n"
        )
    tree = read_tree([tmp_path])

    stopped = {conv: [p.severity for p in reached_by(tree, conv)[1]] for conv in ("P1", "P2")}

    assert stopped == {"P1": ["error"], "P2": ["warning"]}


def test_an_error_in_the_variables_stops_what_asks_a_database(tmp_path: Path) -> None:
    """The instances name variables."""
    (tmp_path / "variables.yaml").write_text("url: {value: a, type: jsn}\n")
    (tmp_path / "instances.yaml").write_text('shop: {url: "{{env_var[@url]}}"}\n')
    (tmp_path / "1.yaml").write_text(
        "process: P\nid: 1\nnodes:\n  start: {go: a}\n"
        "  a: {database_call: {instance: shop, query: SELECT 1}, go: b, error: b}\n  b: {end: success}\n"
    )

    _, problems = reached_by(read_tree([tmp_path]), 1)

    assert [(Path(problem.file).name, problem.severity) for problem in problems] == [("variables.yaml", "error")]
