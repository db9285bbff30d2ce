"""unsupported: what an imported file has and does not run here stands in it, and a task fails at it."""

from __future__ import annotations

import pytest

from engine.load import read_tree
from tests.running.conftest import Lab

PROCESS = """
{kind}: Imported
id: 1
nodes:
  start: {{go: form}}
  form:
    unsupported: {{type: api_form, why: forms have no place here, fields: {{title: "{{{{name}}}}", list: [1]}}}}
    {error}go: done
  done: {{end: success}}
  failed: {{end: error}}
"""


@pytest.mark.parametrize("kind", ["process", "diagram"])
def test_a_task_takes_the_error_route_and_is_told_why(lab: Lab, kind: str) -> None:
    lab.deploy(PROCESS.format(kind=kind, error="error: failed\n    "))

    view = lab.submit(1, {"name": "Ada"})

    assert view.node == "failed"
    assert view.data["__conveyor_unsupported_return_type_tag__"] == "unsupported_logic"
    assert view.data["__conveyor_unsupported_return_type_error__"] == "software"
    assert "api_form does not run here: forms have no place here" in view.note


def test_without_an_error_route_the_task_ends_in_error(lab: Lab) -> None:
    lab.deploy(PROCESS.format(kind="process", error="").replace("  failed: {end: error}\n", ""))

    assert lab.submit(1).node == "error"


def test_a_retry_fails_again_and_a_definition_without_it_goes_on(lab: Lab) -> None:
    text = PROCESS.format(kind="process", error="").replace("  failed: {end: error}\n", "")
    lab.deploy(text)
    lab.submit(1, ref="t")
    lab.engine.retry(1, "t")
    lab.run()
    assert lab.engine.task(1, "t").node == "error"

    lab.deploy(
        "\n".join("    set_parameters: {n: 1}" if "unsupported:" in line else line for line in text.splitlines())
    )
    lab.engine.retry(1, "t")
    lab.run()

    assert (lab.engine.task(1, "t").node, lab.engine.task(1, "t").data["n"]) == ("done", 1)


def test_lint_says_where_a_task_would_fail(lab: Lab) -> None:
    (lab.folder / "imported.yaml").write_text(PROCESS.format(kind="process", error="error: failed\n    "))

    [warning] = read_tree([lab.folder]).problems

    assert "forms have no place here; a task that comes here fails with unsupported_logic" in str(warning)
