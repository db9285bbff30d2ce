"""What tests of scripts share: a process with one code node, and a script by itself."""

from __future__ import annotations

import json
from typing import Any

from engine.javascript import Job, run
from engine.views import TaskView
from tests.running.conftest import Lab

MEMORY = 100_000_000


def process(script: str, **node: Any) -> str:
    code = json.dumps(script if not node else {"src": script, **node}, ensure_ascii=False)
    return f"""
process: Scripts
id: 60
params: {{secret: {{type: string, secret: true}}}}
nodes:
  start: {{go: work}}
  work: {{code: {code}, error: failed, go: done}}
  done: {{end: success}}
  failed: {{end: error}}
"""


def ran(lab: Lab, script: str, data: dict[str, Any] | None = None, **node: Any) -> TaskView:
    lab.deploy(process(script, **node))
    return lab.submit(60, data or {}, ref="r")


def error_of(view: TaskView) -> tuple[str, str, str]:
    prefix = "__conveyor_code_return_"
    return (
        view.data[prefix + "type_error__"], view.data[prefix + "type_tag__"], view.data[prefix + "description__"],
    )  # fmt: skip


def evaluated(script: str, data: Any = None, limit_ms: int = 1000) -> Any:
    """The data after a script, or (tag, text) of its failure."""
    result = run(Job(script, json.dumps(data or {}), '{"ref": "r"}', limit_ms, MEMORY))
    return (result.tag, result.text) if result.tag else json.loads(result.after)
