"""A secret goes through every function, filter and node type: nothing that is shown holds it, or what was made of it.

What is shown: tasks, their notes and failures, why they wait, archives, and what the worker logs.
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import itertools
import json
import logging
import urllib.parse
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from engine.config import Settings
from engine.nodes import ACTIONS
from engine.template.functions import EXAMPLES
from engine.template.parse import FILTERS
from tests.running.conftest import Lab

CANARY = "Kanarienvogel/73915462"
NUMBER = 7391546208


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return dataclasses.replace(settings, git_call="inline")


def made_of(secret: str) -> Iterator[str]:
    """The secret, and what is easily made of it and led back."""
    raw = secret.encode()
    yield from (secret, secret[::-1], secret.upper(), secret.lower(), raw.hex(), urllib.parse.quote(secret, safe=""))
    yield from (base64.b64encode(raw).decode(), base64.b64encode(raw[::-1]).decode(), secret[1:], secret[:-1])
    yield from (hashlib.new(name, raw).hexdigest() for name in ("md5", "sha1", "sha224", "sha256", "sha384", "sha512"))


SIGNS = [*made_of(CANARY), *made_of(str(NUMBER)), str(NUMBER * 2), str(NUMBER + 1)]


def shown(lab: Lab, caplog: pytest.LogCaptureFixture) -> str:
    """All that people see of all tasks."""
    parts: list[Any] = [record.getMessage() for record in caplog.records if record.name.startswith("conv")]
    parts += [failed.as_dict() for failed in lab.engine.failures()]
    for conv in lab.engine.convs():
        parts.append(lab.engine.statistics(conv.conv_id).as_dict())
        tasks = [
            task for node in lab.engine.show(conv.conv_id).nodes for task in lab.engine.archive(conv.conv_id, node.name)
        ]
        for task in tasks:
            parts += [task.masked().as_dict(), dataclasses.asdict(lab.engine.why(conv.conv_id, task.task_id))]
    return json.dumps(parts, ensure_ascii=False)


def assert_hidden(lab: Lab, caplog: pytest.LogCaptureFixture, least: int) -> None:
    text = shown(lab, caplog)
    assert text.count('"task_id"') >= least, "there were tasks to look at"
    assert [sign for sign in SIGNS if sign in text] == []


ONE_VALUE = [name for name in EXAMPLES if name not in ("map", "filter")]
TEMPLATES = [
    *(f"$.{name}({reference})" for name in ONE_VALUE for reference in ("{{canary}}", "{{pin}}")),
    "$.map(fun(X) -> X * 2 end, {{pins}})",
    "$.map(fun(X) -> {{canary}} end, {{pins}})",
    "$.filter(fun(X) -> X > {{pin}} end, {{pins}})",
    *(f"{{{{canary | {name}}}}}" for name in FILTERS if name != "default"),
    '{{nothing | default("{{canary}}")}}',
    "$.math({{pin}} + 1)",
    "<<canary>>",
    "a {{canary}} b",
]


@pytest.mark.parametrize("number", range(len(TEMPLATES)))
def test_every_function_and_filter(lab: Lab, caplog: pytest.LogCaptureFixture, number: int) -> None:
    template = json.dumps(TEMPLATES[number])
    caplog.set_level(logging.DEBUG)
    lab.deploy(f"""
        process: Canaries
        id: 1
        params:
          canary: {{type: string, secret: true}}
          pin: {{type: number, secret: true}}
          pins: {{type: array, secret: true}}
        nodes:
          start: {{go: set}}
          set: {{set_parameters: {{made: {template}, nested: {{deep: [{template}]}}}}, error: failed, go: look}}
          look: {{set_parameters: {{again: "{{{{made}}}} of {{{{nested.deep[0]}}}}"}}, error: failed, go: done}}
          done: {{end: success}}
          failed: {{end: error}}
        """)

    lab.submit(1, {"canary": CANARY, "pin": NUMBER, "pins": [NUMBER, NUMBER]})

    assert_hidden(lab, caplog, 1)


T, P = "{{canary}}", "{{pin}}"
NODES: dict[str, list[dict[str, Any]]] = {
    "set_parameters": [{"made": T, "b": P}, {"x_{{canary}}": 1}, {"a.{{canary}}": T}],
    "code": [
        {"src": script}
        for script in (
            "data.made = [...data.canary].reverse().join('');",
            "throw new Error(data.canary.toUpperCase());",
            "data[data.canary] = 1;",
            "data['x' + data.canary.slice(1)] = 1;",
            "data.made = data.pin * 2; console.log(data.pin);",
        )
    ],
    "git_call": [
        {"lang": "python", "code": f"def handle(data):\n    {body}", "log": True}
        for body in (
            "data['made'] = data['canary'][::-1]",
            "print(data['canary'][::-1]); data['n'] = data['pin'] + 1",
            "raise ValueError(data['canary'].upper())",
            "data[data['canary']] = 1",
        )
    ],
    "api_call": [
        {"method": "POST", "url": "SERVER", "data": {"echo": T, "pin": P}},
        {"method": "POST", "url": "SERVER", "data": {"name": T}},
        {"method": "GET", "url": "SERVER?q={{canary}}", "debug_info": True},
        {"method": "POST", "url": "SERVER", "data": {"echo": T}, "response": {"{{canary}}": "{{body.echo}}"}},
        {"method": "GET", "url": "http://{{canary}}.invalid/"},
        {"method": "GET", "url": "http://127.0.0.1:1/{{canary}} {{pin}}?a={{canary}}"},
    ],
    "database_call": [
        {"instance": "file", "query": "SELECT {{canary}} AS a, {{pin}} AS b, upper({{canary}}) AS c"},
        {"instance": "file", "query": "SELECT * FROM nothing WHERE a = {{canary}}"},
    ],
    "copy_task": [
        {"conv": 2, "data": {"made": T, "pin": P}},
        {"conv": 2, "ref": T, "data": {}},
        {"conv": 2, "ref": "r-$.md5_hex({{canary}})", "data": {}},
        {"conv": T, "data": {}},
    ],
    "modify_task": [
        {"conv": 3, "ref": "kept", "data": {"made": T}},
        {"conv": 3, "ref": T, "data": {"made": 1}},
        {"conv": 3, "ref": T, "data": {}, "wait": True, "queue": True},
    ],
    "call_process": [{"conv": 4, "data": {"given": T, "number": P}}, {"conv": 5, "data": {"given": T}}],
    "reply_to_process": [{"data": {"made": T}}, {"exception": T}],
    "wait_for_callback": [{"obj_id_path": "id"}],
    "set_state": [{}],
    "queue": [{"data": {"made": T, "pin": P}}, {}],
    "get_from_queue": [{"conv": 6, "node": "held"}, {"conv": 6, "node": T}],
    "sum": [{"total": P, "text": T}],
    "unsupported": [{"type": "api_nothing", "fields": {"a": T}}],
}
OTHERS = (
    "process: Copied\nid: 2\nnodes: {start: {go: done}, done: {end: success}}",
    "diagram: Kept\nid: 3\nnodes: {start: {go: kept}, kept: {set_state: {}}}",
    """
    process: Replies
    id: 4
    nodes:
      start: {go: reply}
      reply: {reply_to_process: {data: {back: "{{given}}", twice: "$.math({{number}} * 2)"}}, error: done, go: done}
      done: {end: success}
    """,
    """
    process: Refuses
    id: 5
    nodes:
      start: {go: reply}
      reply: {reply_to_process: {exception: "not {{given}}"}, error: done, go: done}
      done: {end: success}
    """,
    """
    process: Holds
    id: 6
    params: {canary: {type: string, secret: true}}
    nodes: {start: {go: held}, held: {queue: {}, error: done, go: done}, done: {end: success}}
    """,
)


def test_each_node_type_has_a_case() -> None:
    assert NODES.keys() == ACTIONS.keys()


CASES = [(key, n) for key, bodies in NODES.items() for n in range(len(bodies))]


def run_case(lab: Lab, httpserver: HTTPServer, key: str, number: int, canary: str = CANARY) -> None:
    """A task with secrets goes through this node, and with it tasks of other convs."""

    def answer(request: Request) -> Response:
        given = request.get_json(silent=True) or {}
        told = {given["name"]: 1} if "name" in given else {**given, "said": f"you said {given}, {request.url}"}
        return Response(json.dumps(told), content_type="application/json")

    httpserver.expect_request("/").respond_with_handler(answer)
    (lab.folder / "instances.yaml").write_text(f"file: {{url: 'sqlite:///{lab.folder / 'data.db'}'}}\n")
    body = json.dumps({key: NODES[key][number]}).replace("SERVER", httpserver.url_for("/"))
    diagram = ACTIONS[key].in_diagram and key != "unsupported"
    lab.deploy(
        *OTHERS,
        f"""
        {"diagram" if diagram else "process"}: Canaries
        id: 1
        params: {{canary: {{type: string, secret: true}}, pin: {{type: number, secret: true}}}}
        nodes:
          start: {{go: work}}
          work: {{{body[1:-1]}, error: failed, go: {"failed" if key == "reply_to_process" else "done"}}}
          done: {{end: success}}
          failed: {{end: error}}
        """,
    )
    lab.submit(3, {}, ref="kept")
    lab.submit(6, {"canary": canary}, ref="held")

    lab.engine.submit(1, {"canary": canary, "pin": NUMBER}, ref="canary")
    lab.engine.run_until_idle(5)  # some wait for others


@pytest.mark.parametrize(("key", "number"), CASES)
def test_every_node_type(
    lab: Lab, caplog: pytest.LogCaptureFixture, httpserver: HTTPServer, key: str, number: int
) -> None:
    caplog.set_level(logging.DEBUG)

    run_case(lab, httpserver, key, number)

    assert_hidden(lab, caplog, 3)


CONV_IDS = itertools.count(1)
STEPS = {
    "slice": "data.x = String(data.x ?? data.canary).slice(1);",
    "spread": "data = {...data, y: [data.x, data.canary]};",
    "map": "data.z = Object.entries(data).map(([name, value]) => name + value);",
    "regex": "data.x = /n(.*)v/.exec(data.canary);",
    "throw": "throw data.canary + data.x;",
    "delete": "data.w = data.canary; delete data.canary;",
    "json": "data.x = JSON.parse(JSON.stringify(data));",
    "codes": "data.x = [...data.canary].map((c) => c.charCodeAt(0));",
}


@examples(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.sampled_from(sorted(STEPS)), min_size=1, max_size=4))
def test_one_script_after_another(lab: Lab, caplog: pytest.LogCaptureFixture, steps: list[str]) -> None:
    nodes: dict[str, Any] = {
        f"n{n}": {"code": STEPS[step], "error": "failed", "go": f"n{n + 1}"} for n, step in enumerate(steps)
    }
    conv_id = next(CONV_IDS)
    nodes |= {"start": {"go": "n0"}, f"n{len(steps)}": {"end": "success"}, "failed": {"end": "error"}}
    lab.deploy(f"""
        process: Canaries {conv_id}
        id: {conv_id}
        params: {{canary: {{type: string, secret: true}}}}
        nodes: {json.dumps(nodes)}
        """)
    lab.submit(conv_id, {"canary": CANARY})

    assert_hidden(lab, caplog, 1)
    codes = json.dumps([ord(letter) for letter in CANARY])
    assert codes[1:-1] not in shown(lab, caplog)
