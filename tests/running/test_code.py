"""code: scripts change the task, within limits, and can reach nothing else. Source: reference 3.5."""

from __future__ import annotations

import hashlib
import hmac
import os
import resource
import signal
import subprocess
import sys
from base64 import b64decode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.config import Settings
from engine.javascript import LIBRARIES, Job, references, run
from engine.javascript.pool import Pool, Result
from engine.javascript.process import Process, _Time
from engine.javascript.variables import with_calls
from tests.running.conftest import Lab
from tests.running.scripts import MEMORY, error_of, evaluated, process, ran
from tests.waiting import PATIENCE_S, eventually

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


def test_all_callbacks_of_promises_run(lab: Lab) -> None:
    script = "let p = Promise.resolve(); data.n = 0; for (let i = 0; i < 15000; i++) p = p.then(() => { data.n++; });"

    assert ran(lab, script).data == {"n": 15_000}


@pytest.mark.parametrize(
    "script",
    [
        "const p = Promise.reject(new Error('no')); p.catch(() => { data.x = 1; });",
        "p = Promise.reject(new Error('no')); const handled = p.catch(() => { data.x = 1; });",
        "(async () => { try { await Promise.reject(1); } catch { data.x = 1; } })();",
        "data.x = 1; ({then: 5});",
    ],
)
def test_a_promise_that_is_waited_for_may_fail(script: str) -> None:
    assert evaluated(script) == {"x": 1}


@pytest.mark.parametrize(
    "script",
    [
        "(async () => { await 0; data.x = 1; throw new Error('no'); })();",
        "Promise.reject(new Error('no'));",
        "Promise.resolve().then(() => { throw new Error('no'); });",
    ],
)
def test_a_script_that_ends_with_a_promise_fails_with_it(lab: Lab, script: str) -> None:
    view = ran(lab, script)

    assert error_of(view)[1] == "code_executing_error"
    assert error_of(view)[2].startswith("Error: no")
    assert "x" not in view.data


def test_console_is_there_and_prints_nowhere(lab: Lab) -> None:
    methods = "log info warn error debug trace dir table group groupEnd time timeEnd count assert"
    script = "for (const name of '" + methods + "'.split(' ')) console[name](data, 'x'.repeat(1e6)); data.x = 1;"

    assert ran(lab, script).data == {"x": 1}


def test_half_a_character_becomes_a_replacement_character(lab: Lab) -> None:
    view = ran(lab, r'data.x = "ab😀".slice(0, 3); data["\ud800"] = ["\\ud83d", "😀"]; data.x')

    assert view.data == {"x": "ab\ufffd", "\ufffd": ["\\ud83d", "😀"]}


@pytest.mark.parametrize(
    "last", ["1n", "10n ** 5000n", "Symbol()", "'😀'.slice(0, 1)", "() => 1", "new Proxy({}, {})", "{}"]
)
def test_the_last_value_of_a_script_does_not_matter(last: str) -> None:
    assert evaluated(f"data.x = 1; ({last});") == {"x": 1}


def test_what_json_does_not_have_is_written_as_javascript_writes_it() -> None:
    script = """
        data.list = [NaN, Infinity, undefined, () => 1, Symbol()];
        data.zero = -0; data.date = new Date(0); data.map = new Map([[1, 2]]); data.set = new Set([1]);
        data.gone = undefined; data.function = () => 1; data[Symbol('x')] = 1; data[5] = 1;
    """

    assert evaluated(script) == {
        "5": 1, "list": [None] * 5, "zero": 0, "date": "1970-01-01T00:00:00.000Z", "map": {}, "set": {}
    }  # fmt: skip


@pytest.mark.parametrize("spoils", ["freeze", "seal", "preventExtensions"])
def test_the_system_values_do_not_stay_in_data_that_cannot_change(spoils: str) -> None:
    assert evaluated(f"Object.{spoils}(data);", {"a": 1}) == {"a": 1}


def test_a_parameter_named_as_the_system_values_stays(lab: Lab) -> None:
    assert ran(lab, "data.ref = data.__root.ref;", {"__root": "mine"}).data == {"ref": "r", "__root": "mine"}


@pytest.mark.parametrize(("levels", "is_taken"), [(100, True), (101, False), (900, False), (5000, False)])
def test_data_may_be_nested_to_a_limit(lab: Lab, levels: int, is_taken: bool) -> None:
    view = ran(lab, f"for (let d = data, n = 1; n < {levels}; n++) d = d.d = {{}};")

    assert view.node == ("done" if is_taken else "failed")
    assert is_taken or error_of(view)[1] == "code_return_format_error"


def test_old_scripts_with_undeclared_names_run(lab: Lab) -> None:
    assert ran(lab, "x = 5; var data2 = data; data2.x = x;").data == {"x": 5}


def test_a_value_made_from_a_secret_is_secret(lab: Lab) -> None:
    view = ran(lab, "data.other = 'Bearer'; data.header = 'Bearer ' + data.secret;", {"secret": "hunter22"})

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
        ("throw null;", "software", "code_executing_error", "the script threw null"),
        ("data.a = 2; data.n = 10n;", "software", "code_return_format_error", "data.n: TypeError: BigInt"),
        ("data.a = 2; for (let d = data, n = 0; n < 600; n++) d = d.d = {};", "software", "code_return_format_error",
         "lists and objects lie more than 100 deep in each other (CONV_DEPTH)"),
        ("data.toJSON = () => [1];", "software", "code_return_format_error", "data is not an object"),
    ],
)  # fmt: skip
def test_a_script_that_fails_takes_the_error_route(lab: Lab, script: str, kind: str, tag: str, text: str) -> None:
    view = ran(lab, script, {"a": 1})

    assert view.node == "failed"
    found = error_of(view)
    assert found[:2] == (kind, tag)
    assert text in found[2]
    assert view.data["a"] == 1


THROWN = [
    ("'text'", "text"),
    ("''", "an error without a text"),
    ("undefined", "the script threw undefined"),
    ("null", "the script threw null, or its memory ran out"),
    ("5", "5"),
    ("10n", "10"),
    ("Symbol()", "Symbol()"),
    ("{code: 5}", '{"code":5}'),
    ("{code: 5n}", "[object Object]"),
    ("Object.create(null)", "an error without a text"),
    ("{toString() { throw this; }, code: 5}", '{"code":5}'),
    ("{toString: () => 'mine'}", "mine"),
    ("'ab😀'.slice(0, 3)", "ab\ufffd"),
    ("new Proxy({}, {get() { throw 1; }})", "an error without a text"),
    ("Object.defineProperty(new Error('x'), 'message', {get() { throw 1; }})",
     "an error without a text\n    at <eval> (<input>:1:33)"),
    ("Object.defineProperty(new Error('x'), 'stack', {get() { throw 1; }})", "Error: x"),
    ("new Error('')", "Error\n    at <eval> (<input>:1:11)"),
    ("new Error('interrupted')", "Error: interrupted\n    at <eval> (<input>:1:11)"),
    ("new (class A extends TypeError {})('x')", "TypeError: x\n    at A (<input>:1:1)\n    at <eval> (<input>:1:28)"),
]  # fmt: skip


@pytest.mark.parametrize(("thrown", "text"), THROWN)
def test_what_is_thrown_is_told_plainly(thrown: str, text: str) -> None:
    assert evaluated(f"throw {thrown};") == ("code_executing_error", text)
    assert evaluated(f"(async () => {{ throw {thrown}; }})();")[1].split("\n")[0] == text.split("\n")[0]


def test_a_huge_text_that_is_thrown_is_cut() -> None:
    tag, text = evaluated("throw '😀'.repeat(2e6);")

    assert (tag, text) == ("code_executing_error", "😀" * 1000)


@pytest.mark.parametrize(
    "script",
    [
        "data = new Proxy({}, {ownKeys() { throw new Error('no'); }});",
        "Object.defineProperty(globalThis, 'data', {get() { throw new Error('no'); }});",
        "data.x = {toJSON() { throw new Error('no'); }};",
        "Object.defineProperty(data, 'x', {enumerable: true, get() { throw new Error('no'); }});",
        "Object.prototype.toJSON = () => { throw new Error('no'); };",
    ],
)
def test_data_that_throws_when_it_is_read_says_so(script: str) -> None:
    tag, text = evaluated(script)

    assert tag == "code_return_format_error"
    assert "Error: no" in text


def test_a_description_shows_no_secret(lab: Lab) -> None:
    view = ran(lab, "data.x = 1;\nthrow new Error('bad ' + data.secret);", {"secret": "hunter22"})

    assert error_of(view)[2] == "Error in line 2; what it says is not shown, for it had read a secret"


def test_a_result_that_is_too_large_is_refused() -> None:
    result = run(Job("data.x = 'x'.repeat(64e6);", "{}", "{}", 20_000, 500_000_000))

    assert (result.tag, result.text) == ("code_return_format_error", "data is larger than 64000000 bytes")


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
    "(function f() { Promise.resolve().then(f); })();",
    "(async () => { while (true) await 0; })();",
    "throw { toString() { while (true) {} } };",
    "throw { get message() { while (true) {} }, toString() { return this.message; } };",
    "throw Object.defineProperty(new Error(), 'stack', { get() { while (true) {} } });",
    "InternalError.prototype.toString = () => { while (true) {} }; while (true) {}",
    "Object.defineProperty(data, 'x', { enumerable: true, get() { while (true) {} } });",
    "data = new Proxy({}, { ownKeys() { while (true) {} } });",
    "const s = 'a'.repeat(5e7); for (let n = 0; n < 1e4; n++) s.indexOf('b');",
    "const a = new Array(1e6).fill(0); for (let n = 0; n < 1e4; n++) a.indexOf(1);",
]


@pytest.mark.parametrize("script", RUNAWAYS)
def test_a_script_that_does_not_end_is_stopped(script: str) -> None:
    assert evaluated(script, limit_ms=200) == ("code_timeout", "timeout for executing code")

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


def children(parent: int) -> list[int]:
    """The processes of scripts of a process."""
    return [
        int(folder.name)
        for folder in Path("/proc").iterdir()
        if folder.name.isdecimal()
        and b"engine.javascript.child" in _read(folder / "cmdline")
        and _stat(int(folder.name))[1:2] == [str(parent).encode()]
    ]


def _stat(pid: int) -> list[bytes]:
    """State, parent and more of a process; nothing when it is gone."""
    return _read(Path(f"/proc/{pid}/stat")).rpartition(b")")[2].split()


def test_the_process_has_no_environment_and_opens_no_file() -> None:
    evaluated("data.x = 1;")

    found = children(os.getpid())

    assert found
    for child in found:
        assert _read(Path(f"/proc/{child}/environ")) == b""
        assert "Max open files            0 " in Path(f"/proc/{child}/limits").read_text()


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


def test_native_code_costs_its_own_task_only(lab: Lab) -> None:
    lab.deploy(process("const s = 'a'.repeat(5e7); for (let n = 0; n < data.n; n++) s.indexOf('b'); data.done = 1;"))
    object.__setattr__(lab.engine.settings, "code_ms", 400)
    tasks = [(f"t{n}", {"n": 10_000 if n < 2 else 0}) for n in range(8)]

    lab.engine.submit_many(60, tasks)
    lab.run(60.0)

    nodes = [lab.engine.task(60, ref).node for ref, _ in tasks]
    assert nodes == ["failed"] * 2 + ["done"] * 6
    assert error_of(lab.engine.task(60, "t0")) == ("hardware", "code_timeout", "timeout for executing code")


@pytest.fixture
def pool() -> Iterator[Pool]:
    """One process for scripts."""
    pool = Pool(1)
    yield pool
    pool.close()


def test_native_code_gets_hardly_more_than_its_processor_time(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    # Beside others it takes long to come by its processor time.
    monkeypatch.setattr("engine.javascript.process.GRACE_S", PATIENCE_S)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)

    result = pool.run(Job(RUNAWAYS[-2], "{}", "{}", 2000, MEMORY))

    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert result.tag == "code_timeout"
    assert 2.0 < used_s < 2.4 + 1.0, "the limit, a fifth, and the start of the process"


def test_a_process_that_is_gone_is_replaced(pool: Pool) -> None:
    ok = Job("data.ok = 1;", "{}", "{}", 1000, MEMORY)
    before = set(children(os.getpid()))
    assert pool.run(ok) == Result("", "", "{}", '{"ok":1}')
    (child,) = set(children(os.getpid())) - before

    os.kill(child, signal.SIGTERM)
    os.kill(child, signal.SIGINT)
    assert pool.run(ok) == Result("", "", "{}", '{"ok":1}')
    assert child in children(os.getpid()), "it goes on until its worker is done with it"
    os.kill(child, signal.SIGKILL)
    eventually(lambda: [task.name for task in Path(f"/proc/{child}/task").iterdir()] == [str(child)], 20.0)
    eventually(lambda: _stat(child)[:1] == [b"Z"], 20.0)
    assert pool.run(ok) == Result("", "", "{}", '{"ok":1}')
    assert child not in children(os.getpid())


def test_the_process_answers_a_worker_of_before_under_which_the_engine_was_upgraded() -> None:
    process = Process()
    job: tuple[object, ...] = ("data.x = 1;", [], "{}", "{}", 1000, MEMORY, "")

    assert process._ask(msgspec.msgpack.encode(job), _Time(None, 30.0, 30.0)) == ["", "{}", '{"x":1}']

    process.end()


def test_a_process_that_dies_costs_its_own_task_only(pool: Pool) -> None:
    before = set(children(os.getpid()))
    assert pool.run(Job("data.ok = 1;", "{}", "{}", 1000, MEMORY)).after == '{"ok":1}'
    (child,) = set(children(os.getpid())) - before
    with ThreadPoolExecutor(1) as executor:
        running = executor.submit(pool.run, Job("while (true) {}", "{}", "{}", 60_000, MEMORY))
        os.kill(child, signal.SIGKILL)
        result = running.result()

    assert (result.tag, result.text) == (
        "code_executing_error", "the script's process ended before it answered (signal 9)"
    )  # fmt: skip
    assert pool.run(Job("data.ok = 1;", "{}", "{}", 1000, MEMORY)).after == '{"ok":1}'


def test_a_process_that_cannot_be_started_may_be_another_time(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")

    result = pool.run(Job("", "{}", "{}", 1000, MEMORY))

    assert (result.tag, result.kind) == ("code_executing_error", "hardware")
    assert "cannot be started: No such file or directory" in result.text


@pytest.mark.parametrize("source", [RUNAWAYS[0], RUNAWAYS[-2]])
def test_the_processes_end_with_their_worker(source: str) -> None:
    script = (
        "from engine.javascript import Job, run\n"
        f"print(run(Job('data.x = 1', '{{}}', '{{}}', 1000, {MEMORY})).after, flush=True)\n"
        f"run(Job({source!r}, '{{}}', '{{}}', 300, {MEMORY})); input()"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == b'{"x":1}\n'
        started = eventually(lambda: children(worker.pid), 20.0)

        worker.kill()

    eventually(
        lambda: not any(b"engine.javascript.child" in _read(Path(f"/proc/{pid}/cmdline")) for pid in started), 20.0
    )


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
@settings(max_examples=100)
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

    report = lab.engine.deploy([lab.folder], raise_on_errors=False)

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
