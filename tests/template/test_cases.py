"""Runs cases.yaml."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.errors import TemplateError, TemplateSyntaxError
from engine.template import Scope, Template, compile_value
from tests.template.slow import slow_value
from tests.template.world import NOW_MS, ROOT, World

CASES = Path(__file__).with_name("cases.yaml")
KNOWN = {
    "template", "task", "result", "error", "syntax", "at", "missing", "cast", "now", "warning", "tasks",
    "task_secrets", "counts", "variables", "secret_variables", "secrets", "secret_values",
}  # fmt: skip


def cases() -> Iterator[Any]:
    for section, rows in yaml.safe_load(CASES.read_text(encoding="utf-8")).items():
        for row in rows:
            yield pytest.param(row, id=f"{section}: {row['template']!r} {row.get('task', '')}")


def scope_of(case: dict[str, Any]) -> Scope:
    world = World(
        case.get("tasks"),
        case.get("counts"),
        case.get("variables"),
        frozenset(case.get("task_secrets", [])),
        frozenset(case.get("secret_variables", [])),
    )
    secrets = frozenset(case.get("secrets", []))
    return Scope(case.get("task", {}), root=ROOT, reader=world, secrets=secrets, now_ms=case.get("now", NOW_MS))


def compiled(case: dict[str, Any]) -> Template:
    return compile_value(case["template"], case.get("cast"), missing=case.get("missing", "error"))


@pytest.mark.parametrize("case", list(cases()))
def test_a_template_gives_what_its_row_says(case: dict[str, Any]) -> None:
    assert case.keys() <= KNOWN
    assert sum(key in case for key in ("result", "error", "syntax")) == 1

    if "syntax" in case:
        with pytest.raises(TemplateSyntaxError) as refused:
            compiled(case)
        assert case["syntax"] in str(refused.value)
        assert refused.value.position == case["at"]
        return

    template, scope = compiled(case), scope_of(case)
    assert any(case.get("warning", "") in warning.message for warning in template.warnings) or "warning" not in case
    if "error" in case:
        with pytest.raises(TemplateError) as failed:
            template(scope)
        assert case["error"] in str(failed.value)
        return
    result = template(scope)
    assert typed(result) == typed(case["result"])
    assert typed(slow_value(case["template"], case.get("cast"), case.get("missing", "error"), scope_of(case))) == typed(
        case["result"]
    )
    if "secret_values" in case:
        assert scope.reads == case["secret_values"]


def typed(value: Any) -> Any:
    """The value with its types, for a comparison in which 1, 1.0 and true differ."""
    if isinstance(value, dict):
        return {key: typed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [typed(item) for item in value]
    return type(value).__name__, value
