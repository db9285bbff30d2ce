"""What a program makes of a secret is secret: it is known from what it has read, not from what it wrote.

Source: engine/changes.py, engine/javascript/guard.js.
"""

from __future__ import annotations

import dataclasses
import json
import shutil
from typing import Any

import pytest

from engine.config import Settings
from engine.views import TaskView
from tests.running.conftest import Lab

SECRET = "hunter22-and-more"

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="there is no node on this machine")
ALL = ["code", "python", pytest.param("js", marks=needs_node)]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return dataclasses.replace(settings, git_call="inline")


def ran(lab: Lab, where: str, script: str, data: dict[str, Any] | None = None, **more: Any) -> TaskView:
    """What became of a task with a secret in `secret`, as it is shown. `script` works on `data`."""
    if where == "code":
        node: dict[str, Any] = {"code": {"src": script, **more}}
    else:
        lines = "\n".join("    " + line for line in script.splitlines())
        source = (
            f"def handle(data):\n{lines}"
            if where == "python"
            else f"module.exports = (data) => {{\n{script}\nreturn data;\n}}"
        )
        node = {"git_call": {"lang": where, "code": source, **more}}
    lab.deploy(
        f"""
        process: Scripts
        id: 60
        params: {{secret: {{type: string, secret: true}}, pin: {{type: number, secret: true}}}}
        nodes:
          start: {{go: work}}
          work: {json.dumps({**node, "error": "failed", "go": "done"})}
          done: {{end: success}}
          failed: {{end: error}}
        """
    )
    view = lab.submit(60, {"secret": SECRET, "plain": "seen", **(data or {})}, ref="r").masked()
    assert SECRET not in json.dumps(view.as_dict())
    return view


MADE_BY_BOTH = [  # in JavaScript, in Python
    ("data.x = data.secret.slice(0, 6);", "data['x'] = data['secret'][:6]"),
    ("data.x = data.secret.length;", "data['x'] = len(data['secret'])"),
    ("data.x = [...data.secret].reverse().join('');", "data['x'] = data['secret'][::-1]"),
    ("data.x = data.pin * 2;", "data['x'] = data['pin'] * 2"),
    ("data.x = Object.values(data).join('|').toUpperCase();", "data['x'] = str(list(data.values())).upper()"),
    ("data.x = JSON.stringify(data).toUpperCase();", "import json\ndata['x'] = json.dumps(data).upper()"),
    ("data.x = Object.entries(data)[0][1].length;", "data['x'] = [len(str(v)) for k, v in data.items()][0]"),
    ("data = {...data, x: data.secret[0]};", "return {**data, 'x': 1}"),
    ("const all = {...data}; data.x = all.secret[0];", "every = dict(data)\ndata['x'] = every['secret'][0]"),
    ("const {secret} = data; data.x = secret[1];", "import copy\ndata['x'] = copy.deepcopy(data)['secret'][1]"),
    ("for (const name in data) data.x = String(data[name]).length;", "data['x'] = repr(data)[5:]"),
    ("data.x = Object.assign({}, data).secret[0];", "data['x'] = data.get('secret')[0]"),
    (
        "data.x = {toJSON() { return data.secret.slice(1); }};",
        "data['x'] = data.pop('secret')[0]",
    ),
    (
        "Object.defineProperty(data, 'x', {enumerable: true, get() { return this.secret.slice(1); }});",
        "data['x'] = (data | {})['secret'][0]",
    ),
    ("data = {x: data.secret[3], toJSON() { return {x: this.x}; }};", "made = {}\nmade.update(data)\nreturn {'x': 2}"),
    ("data.x = Object.freeze(data) && 1; data = {secret: data.secret, x: data.secret[2]};", "data['x'] = data != {}"),
]


@pytest.mark.parametrize("where", ALL)
@pytest.mark.parametrize("number", range(len(MADE_BY_BOTH)))
def test_what_is_written_after_a_secret_was_read_is_secret(lab: Lab, where: str, number: int) -> None:
    view = ran(lab, where, MADE_BY_BOTH[number][where == "python"], {"pin": 123456})

    assert view.node == "done", view.data
    assert view.data["x"] == "***"


@pytest.mark.parametrize("where", ALL)
def test_what_was_there_or_written_before_is_not(lab: Lab, where: str) -> None:
    read = "data['before'] = 1\nx = data['secret']\ndata['after'] = 2"
    view = ran(lab, where, read if where == "python" else read.replace("x =", "const x ="))

    assert {name: view.data[name] for name in ("plain", "before", "after")} == {
        "plain": "seen", "before": 1, "after": "***",
    }  # fmt: skip


@pytest.mark.parametrize("where", ALL)
def test_who_reads_no_secret_writes_none(lab: Lab, where: str) -> None:
    script = {
        "python": "data['x'] = data['plain'] + str('secret' in data) + ','.join(data)\ndel data['secret']",
        "js": "data.x = data.plain + ('secret' in data) + Object.keys(data).join(); delete data.secret;",
    }
    view = ran(lab, where, script["python" if where == "python" else "js"])

    assert view.data["x"] != "***"
    assert "secret" not in view.data


@pytest.mark.parametrize("where", ALL)
def test_a_secret_that_is_written_anew_is_the_new_value(lab: Lab, where: str) -> None:
    ran(lab, where, "data['secret'] = 'another one'" + ("" if where == "python" else ";"))

    assert lab.engine.task(60, "r").data["secret"] == "another one"


@pytest.mark.parametrize("where", ALL)
def test_what_the_author_names_in_public_is_shown(lab: Lab, where: str) -> None:
    end = "" if where == "python" else ";"
    script = f"data['digits'] = data['secret'][0]{end}\ndata['other'] = data['secret'][1]{end}"
    view = ran(lab, where, script, public=["digits"])

    assert (view.data["digits"], view.data["other"]) == ("h", "***")


@pytest.mark.parametrize("where", ALL)
def test_what_is_thrown_after_a_secret_was_read_is_not_shown(lab: Lab, where: str) -> None:
    scripts = {
        "python": "raise ValueError(data['secret'][::-1])",
        "js": "throw new TypeError([...data.secret].reverse().join(''));",
    }
    view = ran(lab, where, scripts["python" if where == "python" else "js"])

    assert view.node == "failed"
    said = json.dumps(view.as_dict())
    assert SECRET[::-1] not in said
    assert "what it says is not shown, for it had read a secret" in said
    assert ("ValueError" if where == "python" else "TypeError") in said


@pytest.mark.parametrize("where", ALL)
def test_what_is_thrown_without_a_secret_is_shown(lab: Lab, where: str) -> None:
    script = "raise ValueError('told')" if where == "python" else "throw new Error('told');"
    view = ran(lab, where, script)

    assert "Error: told" in json.dumps(view.as_dict())


@pytest.mark.parametrize("where", ALL)
def test_a_name_that_holds_a_secret_is_refused(lab: Lab, where: str) -> None:
    view = ran(lab, where, "data[data['secret']] = 1" + ("" if where == "python" else ";"))

    assert (view.node, view.failure and view.failure.tag) == ("failed", "wrong_parameter_name")
    assert "its name" not in view.data


def test_what_cannot_be_written_is_told_when_no_secret_was_read(lab: Lab) -> None:
    view = ran(lab, "code", "data.x = 1n;")

    assert view.failure is not None
    assert view.failure.text.startswith("data.x: TypeError: BigInt")


def test_a_name_made_of_a_secret_is_refused_but_not_one_of_the_script(lab: Lab) -> None:
    view = ran(lab, "code", "data['n' + data.secret.slice(0, 3)] = 1;")
    assert (view.node, view.failure and view.failure.tag) == ("failed", "wrong_parameter_name")

    lab.engine.delete(60, "r")
    view = ran(lab, "code", "const part = data.secret[0]; data.nice = part;")
    assert view.data["nice"] == "***"


def test_the_log_of_a_handler_that_read_a_secret_is_secret(lab: Lab) -> None:
    view = ran(lab, "python", "print(data['secret'][::-1])", log=True)

    assert view.data["__conveyor_git_call_log__"] == "***"


@pytest.mark.parametrize("where", ALL)
def test_much_data_goes_past_the_guard(lab: Lab, where: str) -> None:
    data = {f"p{number}": "v" * 20 for number in range(500)}
    read = "x = data['secret']" if where == "python" else "const x = data['secret']"

    view = ran(lab, where, f"data['before'] = 1\n{read}\ndata['after'] = 2", data)

    assert view.node == "done", view.data
    assert (view.data["before"], view.data["after"], view.data["p499"]) == (1, "***", "v" * 20)


def test_numbers_beyond_those_of_javascript_stay_as_they_are(lab: Lab) -> None:
    ran(lab, "code", "data.x = data.secret[0];", {"big": 2**60 + 1})

    assert lab.engine.task(60, "r").data["big"] == 2**60 + 1
