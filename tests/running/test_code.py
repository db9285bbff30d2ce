"""code: scripts change the task, within limits, and can reach nothing else. Source: reference 3.5."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import time
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.config import Settings
from engine.javascript import LIBRARIES, Job, references, run
from engine.javascript.variables import with_calls
from engine.views import TaskView
from tests.running.conftest import Lab

MEMORY = 100_000_000


def process(script: str, **node: Any) -> str:
    code = json.dumps(script if not node else {"src": script, **node})
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


# --- What scripts do ------------------------------------------------------------------------------------------------


def test_a_script_reads_and_changes_the_data(lab: Lab) -> None:
    view = ran(
        lab, "data.b = data.a + 1; delete data.gone; data.list.push({x: null});", {"a": 1, "gone": 2, "list": []}
    )

    assert view.node == "done"
    assert view.data == {"a": 1, "b": 2, "list": [{"x": None}]}


def test_the_system_values_are_there_and_do_not_stay(lab: Lab) -> None:
    view = ran(lab, "data.ref = data.__root.ref; data.conv = data.__root.conv_id;")

    assert view.data == {"ref": "r", "conv": 60}


def test_what_the_script_leaves_alone_keeps_its_digits(lab: Lab) -> None:
    view = ran(lab, "data.touched = data.big;", {"big": 9007199254740993, "float": 1.0})

    assert view.data["big"] == 9007199254740993
    assert view.data["touched"] == 9007199254740992
    assert type(view.data["float"]) is float


def test_one_is_not_true(lab: Lab) -> None:
    assert ran(lab, "data.a = true;", {"a": 1}).data["a"] is True


def test_callbacks_of_promises_run(lab: Lab) -> None:
    assert ran(lab, "Promise.resolve(2).then(v => { data.v = v; });").data == {"v": 2}


def test_old_scripts_with_undeclared_names_run(lab: Lab) -> None:
    assert ran(lab, "x = 5; var data2 = data; data2.x = x;").data == {"x": 5}


def test_a_value_made_from_a_secret_is_secret(lab: Lab) -> None:
    view = ran(lab, "data.header = 'Bearer ' + data.secret; data.other = 'Bearer';", {"secret": "hunter22"})

    assert view.masked().data["header"] == "***"
    assert view.masked().data["other"] == "Bearer"


# --- Libraries ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("library", LIBRARIES)
def test_every_library_loads(library: str) -> None:
    assert evaluated(f'require("{library}"); data.ok = 1;') == {"ok": 1}


LIBRARY_SCRIPTS = [
    ("sha1", "data.x = CryptoJS.SHA1('abc').toString();", hashlib.sha1(b"abc").hexdigest()),  # noqa: S324
    ("sha256", "data.x = CryptoJS.SHA256('abc').toString(CryptoJS.enc.Hex);", hashlib.sha256(b"abc").hexdigest()),
    ("sha512", "data.x = CryptoJS.SHA512('abc').toString();", hashlib.sha512(b"abc").hexdigest()),
    ("md5", "data.x = CryptoJS.MD5('abc').toString();", hashlib.md5(b"abc").hexdigest()),  # noqa: S324
    (
        "hmac-sha256",
        "data.x = CryptoJS.HmacSHA256('abc', 'key').toString();",
        hmac.new(b"key", b"abc", "sha256").hexdigest(),
    ),
    ("hmac-sha1", "data.x = CryptoJS.HmacSHA1('abc', 'key').toString();", hmac.new(b"key", b"abc", "sha1").hexdigest()),
    ("hmac-md5", "data.x = CryptoJS.HmacMD5('abc', 'key').toString();", hmac.new(b"key", b"abc", "md5").hexdigest()),
    ("base64", "data.x = CryptoJS.enc.Base64.stringify(CryptoJS.enc.Utf8.parse('abc'));", "YWJj"),
    ("moment", "data.x = moment.utc(0).format('YYYY-MM-DD HH:mm');", "1970-01-01 00:00"),
    ("moment-with-locales", "data.x = moment.utc(0).locale('uk').format('MMMM');", "січень"),
    ("moment-timezone", "data.x = moment.tz(1700000000000, 'Europe/Kiev').format('HH:mm');", "00:13"),
    ("dateutils", "data.x = new Date(2020, 1, 3).toFormat('YYYY-MM-DD');", "2020-02-03"),
    ("xregexp", "data.x = XRegExp.exec('7 b', XRegExp('(?<n>\\\\d)')).n;", "7"),
]


@pytest.mark.parametrize(("library", "script", "result"), LIBRARY_SCRIPTS)
def test_libraries_give_what_they_should(library: str, script: str, result: str) -> None:
    assert evaluated(f'require("libs/{library}.js"); {script}') == {"x": result}


@pytest.mark.parametrize(
    ("library", "name"), [("aes", "AES"), ("tripledes", "TripleDES"), ("rabbit", "Rabbit"), ("rc4", "RC4")]
)
def test_ciphers_give_back_what_they_took(library: str, name: str) -> None:
    script = f"""
        require("libs/{library}.js");
        var secret = CryptoJS.{name}.encrypt("message", "key").toString();
        data.secret = secret;
        data.text = CryptoJS.{name}.decrypt(secret, "key").toString(CryptoJS.enc.Utf8);
    """
    answer = evaluated(script)

    assert answer["text"] == "message"
    assert b64decode(answer["secret"]).startswith(b"Salted__")


def test_a_library_that_is_not_there_is_named(lab: Lab) -> None:
    view = ran(lab, 'require("fs");')

    assert error_of(view) == ("software", "code_executing_error", "there is no library fs")


# --- What fails -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "kind", "tag", "text"),
    [
        ("data.x = y.z;", "software", "code_executing_error", "ReferenceError: y is not defined"),
        ("throw new Error('no');", "software", "code_executing_error", "Error: no"),
        ("data.x = ;", "software", "code_executing_error", "SyntaxError"),
        ("data = 5;", "software", "code_return_format_error", "data is not an object"),
        ("data = [1];", "software", "code_return_format_error", "data is not an object"),
        ("data.self = data;", "software", "code_return_format_error", "circular"),
    ],
)
def test_a_script_that_fails_takes_the_error_route(lab: Lab, script: str, kind: str, tag: str, text: str) -> None:
    view = ran(lab, script, {"a": 1})

    assert view.node == "failed"
    found = error_of(view)
    assert found[:2] == (kind, tag)
    assert text in found[2]
    assert view.data["a"] == 1


def test_erlang_is_kept_and_fails_when_it_is_run(lab: Lab) -> None:
    view = ran(lab, "main(Data) -> Data.", lang="erl")

    assert error_of(view) == ("software", "code_executing_error", "Erlang does not run here")


# --- Limits and walls -----------------------------------------------------------------------------------------------

RUNAWAYS = [
    "while (true) {}",
    "try { while (true) {} } catch (e) { while (true) {} }",
    "try { while (true) {} } finally { while (true) {} }",
    "/(a+)+$/.test('a'.repeat(40) + 'b');",
    "Promise.resolve().then(function f() { return Promise.resolve().then(f); }); while (true) {}",
    "data.toJSON = function () { while (true) {} };",
]


@pytest.mark.parametrize("script", RUNAWAYS)
def test_a_script_that_does_not_end_is_stopped(script: str) -> None:
    began = time.monotonic()

    assert evaluated(script, limit_ms=200) == ("code_timeout", "timeout for executing code")

    assert time.monotonic() - began < 10
    assert evaluated("data.ok = 1;") == {"ok": 1}


@pytest.mark.parametrize(
    "script",
    [
        "var a = []; while (true) { a.push(new Array(100000).fill(7)); }",
        "var s = 'x'; while (true) { s += s; }",
        "new ArrayBuffer(1e12);",
        "data.x = 'x'.repeat(200000000);",
        "(function f() { f(); })();",
        "var s = '[' .repeat(1e7); JSON.parse(s);",
    ],
)
def test_a_script_that_takes_too_much_memory_is_stopped(script: str) -> None:
    tag, _ = evaluated(script, limit_ms=3000)

    assert tag in ("code_executing_error", "code_timeout", "code_return_format_error")
    assert evaluated("data.ok = 1;") == {"ok": 1}


def test_what_one_script_spoils_is_whole_for_the_next() -> None:
    evaluated(
        "Array.prototype.map = JSON.stringify = JSON.parse = undefined; globalThis.mine = 1; Object.freeze(data);"
    )

    assert evaluated("data.x = [1].map(v => v + 1); data.mine = typeof mine;") == {"x": [2], "mine": "undefined"}


def test_a_script_cannot_spoil_how_its_data_is_read() -> None:
    assert evaluated("JSON.stringify = function () { return 'no'; }; data.x = 1;") == {"x": 1}


@pytest.mark.parametrize(
    "name", ["process", "fetch", "XMLHttpRequest", "std", "os", "WebSocket", "setTimeout", "module"]
)
def test_there_is_no_way_out(name: str) -> None:
    assert evaluated(f"data.x = typeof {name};") == {"x": "undefined"}


def test_imports_are_refused() -> None:
    assert evaluated("import('os').then(m => { data.x = 1; }, e => { data.x = 'refused'; });")["x"] == "refused"


def test_the_process_has_no_environment_and_opens_no_file(lab: Lab) -> None:
    evaluated("data.x = 1;")
    children = [
        Path(f"/proc/{pid}")
        for pid in os.listdir("/proc")  # noqa: PTH208
        if pid.isdecimal() and b"engine.javascript.child" in _read(Path(f"/proc/{pid}/cmdline"))
        and _read(Path(f"/proc/{pid}/stat")).split()[3] == str(os.getpid()).encode()
    ]  # fmt: skip

    assert children
    for child in children:
        assert _read(child / "environ") == b""
        assert "Max open files            0 " in (child / "limits").read_text()


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""


def test_a_runaway_costs_its_own_task_only(settings: Settings, lab: Lab) -> None:
    lab.deploy(process("if (data.n === 3) while (true) {} data.done = 1;"))
    lab.engine.settings = settings
    tasks = [(f"t{n}", {"n": n}) for n in range(8)]
    object.__setattr__(lab.engine.settings, "code_ms", 300)
    lab.engine.submit_many(60, tasks)
    lab.run()

    nodes = [lab.engine.task(60, ref).node for ref, _ in tasks]
    assert nodes == ["failed" if n == 3 else "done" for n in range(8)]


def test_many_threads_share_the_processes() -> None:
    with ThreadPoolExecutor(16) as executor:
        answers = list(executor.map(lambda n: evaluated("data.n = data.n * 2;", {"n": n}), range(200)))

    assert [answer["n"] for answer in answers] == [2 * n for n in range(200)]


values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=4).filter(lambda name: name not in ("__proto__", "__root", "toJSON")), values))
@settings(deadline=None, max_examples=100)
def test_data_that_no_script_touches_comes_back(data: dict[str, Any]) -> None:
    assert evaluated("", data) == data


# --- Variables --------------------------------------------------------------------------------------------


VARIABLES = """
url: {value: "https://x.example/?a=1&b='2'"}
limit: {value: "5"}
odd: {value: "\\"; data.hacked = true; `${data}` //"}
key: {type: json, value: {a: [1, {b: two}]}}
token: {secret: true}
"""

READS = r"""
process: Reads
id: 96
nodes:
  start: {go: read}
  read:
    code: |
      // {{env_var[@url]}} in a comment stays, "odd
      data.double = "<{{env_var[@url]}}>";
      data.single = 'it\'s {{env_var[@odd]}}';
      data.back = `a ${1 + 1} {{env_var[@limit]}}`;
      data.number = {{env_var[@limit]}} + 1;
      data.text = {{env_var[@url]}};
      data.json = {{env_var[@key]}}.a[1].b;
      data.path = "{{env_var[@key].a[1].b}}";
      data.length = "{{env_var[@limit]}}{{env_var[@limit]}}".length;
      data.matches = /["'`]/.test("{{env_var[@odd]}}");
      data.angles = "<<env_var[@limit]>>";
    error: failed
    go: done
  done: {end: success}
  failed: {end: error}
"""


def test_a_variable_in_a_script_is_a_value_and_never_source(lab: Lab) -> None:
    (lab.folder / "variables.yaml").write_text(VARIABLES)
    lab.deploy(READS)

    view = lab.submit(96, {})

    odd = '"; data.hacked = true; `${data}` //'
    assert view.node == "done", view.data
    assert view.data == {
        "double": "<https://x.example/?a=1&b='2'>",
        "single": f"it's {odd}",
        "back": "a 2 5",
        "number": 6,
        "text": "https://x.example/?a=1&b='2'",
        "json": "two",
        "path": "two",
        "length": 2,
        "matches": True,
        "angles": "5",
    }


def test_a_script_cannot_have_a_secret_variable(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONV_VAR_TOKEN", "hunter22")
    (lab.folder / "variables.yaml").write_text(VARIABLES)
    lab.deploy(READS.replace("data.text = {{env_var[@url]}}", 'data.text = "{{env_var[@token]}}"'))

    view = lab.submit(96, {})

    assert view.node == "failed"
    assert view.data["__conveyor_code_return_description__"] == (
        "{{env_var[@token]}} is secret: a script cannot have it"
    )
    assert "hunter22" not in str(view.data)


def test_a_variable_that_a_script_names_must_be_there(lab: Lab) -> None:
    (lab.folder / "variables.yaml").write_text(VARIABLES)
    (lab.folder / "96.yaml").write_text(READS.replace("@limit]}} + 1", "@limti]}} + 1"))

    report = lab.engine.deploy([lab.folder])

    assert [problem.message for problem in report.problems if problem.severity == "error"] == [
        'there is no variable "limti"; did you mean "limit"?'
    ]
    assert [(problem.line, problem.column) for problem in report.problems if problem.severity == "error"] == [(12, 23)]


@given(
    st.lists(
        st.sampled_from(["{{env_var[@x]}}", '"', "'", "`", "\\", "//", "/*", "*/", "\n", "/", "a", "${", "}", " "])
    )
)
def test_values_are_never_pasted_whatever_the_script(parts: list[str]) -> None:
    source = "".join(parts)

    made = with_calls(source)

    assert made.replace("__variable", "").count("{{env_var[@x]}}") == source.count("{{env_var[@x]}}")
    assert len(references(source)) == made.count("__variable")
