"""code: what crosses the border between JavaScript and Python, and what a script leaves. Source: reference 3.5."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.javascript import Job, run, unfilled, unwaited
from engine.nodes.code import Code
from tests.running.conftest import Lab
from tests.running.scripts import MEMORY, error_of, evaluated, process, ran

# --- Rejected promises ------------------------------------------------------------------------------------------------

NOBODY_WAITS = [
    "Promise.reject(new Error('no')); data.x = 1;",
    "new Promise((done, fail) => fail(new Error('no'))); data.x = 1;",
    "new Promise(() => { throw new Error('no'); }); data.x = 1;",
    "Promise.resolve().then(() => { throw new Error('no'); }); data.x = 1;",
    "async function main() { throw new Error('no'); } main().then(() => { data.y = 1; }); data.x = 1;",
    "const p = Promise.reject(new Error('no')); p.finally(() => { data.y = 1; }); data.x = 1;",
    "Promise.all([1, Promise.reject(new Error('no'))]); data.x = 1;",
    "class Mine extends Promise {} Mine.reject(new Error('no')); data.x = 1;",
    "Promise.reject(new Error('no')).catch((error) => { throw error; }); data.x = 1;",
    "const p = Promise.reject(new Error('no')); p.then(() => {}); p.catch(() => {}); data.x = 1;",
]


@pytest.mark.parametrize("script", NOBODY_WAITS)
def test_a_promise_that_fails_and_nobody_waits_for_fails_the_node(lab: Lab, script: str) -> None:
    view = ran(lab, script, {"a": 1})

    assert view.node == "failed", view.data
    assert error_of(view)[:2] == ("software", "code_executing_error")
    assert error_of(view)[2].startswith("Error: no")
    assert "x" not in view.data


SOMEBODY_WAITS = [
    "const p = Promise.reject(1); Promise.resolve().then(() => p.catch(() => { data.x = 1; })); 5;",
    "(async () => { const p = Promise.reject(1); try { await p; } catch { data.x = 1; } })(); 5;",
    "(async () => { try { await (async () => { throw 1; })(); } catch { data.x = 1; } })(); 5;",
    "const p = (async () => { throw 1; })(); (async () => { try { await p; } catch { data.x = 1; } })(); p;",
    "Promise.allSettled([Promise.reject(1)]).then(() => { data.x = 1; });",
    "Promise.race([Promise.reject(1), Promise.reject(2)]).catch(() => { data.x = 1; }); 5;",
    "(async () => { for await (const x of [Promise.reject(1)]) ; })().catch(() => { data.x = 1; }); 5;",
    "(async () => { const [a, b] = [Promise.reject(1), Promise.reject(2)]; "
    "try { await a; } catch {} try { await b; } catch { data.x = 1; } })(); 5;",
    "Promise.any([Promise.reject(1), 2]).then((two) => { data.x = two - 1; });",
    "const { promise, reject } = Promise.withResolvers(); promise.catch(() => { data.x = 1; }); reject(1); 5;",
]


@pytest.mark.parametrize("script", SOMEBODY_WAITS)
def test_a_promise_that_fails_and_somebody_waits_for_is_the_scripts_own_affair(script: str) -> None:
    assert evaluated(script) == {"x": 1}


UNWAITED = [
    ("async function main() { throw 1; } main(); data.x = 1;", ["main()"]),
    ("async function main() {}\nmain()\ndata.x = 1", ["main()"]),
    ("const main = async (a) => { await a; }; if (data.x) { main(data.f(1)); } data.x = 1;", ["main()"]),
    ("main(); main(); async function main() {}", ["main()"]),
    ("(async () => { throw 1; })(); data.x = 1;", ["(async …)()"]),
    ("(async function () { f(')'); })(1); data.x = /\\(/.test('(');", ["(async …)()"]),
    ("async function main() {} data.x = 1; main();", []),
    ("async function main() {} main().then(() => { data.x = 1; }); data.y = 1;", []),
    ("async function main() {} main()\n  .catch(() => { data.x = 1; }); data.y = 1;", []),
    ("async function main() {} async function other() { await main(); } other();", []),
    ("async function main() {} const p = main(); p.catch(() => {});", []),
    ("(async () => { data.x = 1; })()", []),
    ("(async () => { data.x = 1; })().catch(() => {}); data.y = 1;", []),
    ("// async function main() {}\nmain(); data.x = 'async function main() {} main(); x'; x", []),
    ("function main() {} main(); data.x = 1; // async", []),
    ("async function main() {} main(", []),
    ("main(); async function main() { f({}); } function f(a) { return a; }", []),
    ("async function main() {} if (data.x) { main(); }", []),
    ("async function main() {} function go() { main(); } go();", ["main()"]),
]


@pytest.mark.parametrize(("source", "found"), UNWAITED)
def test_lint_names_an_async_call_that_nobody_waits_for(source: str, found: list[str]) -> None:
    assert unwaited(source) == found
    warnings = Code.model_validate({"src": source}).warnings()
    assert [text.split(" is async")[0] for text in warnings if " is async" in text] == found


@given(
    st.lists(st.sampled_from(["async ", "function ", "main", "(", ")", "{", "}", ";", "'", "/", "\n", "=", "const "]))
)
def test_lint_takes_any_script(parts: list[str]) -> None:
    unwaited("".join(parts))
    unfilled("".join(parts))


def test_promises_are_what_scripts_expect() -> None:
    script = """
        const mine = async () => 1;
        data.names = [Promise.name, Promise.length, mine() instanceof Promise, mine().constructor === Promise];
        data.tag = String(Promise.resolve(1));
        data.same = Promise.resolve(data.promise = Promise.resolve(1)) === data.promise;
        class Mine extends Promise {}
        data.sub = [Mine.resolve(1) instanceof Mine, Mine.resolve(1).then(() => 1) instanceof Mine];
        try { Promise(() => {}); } catch (error) { data.call = error.name; }
        delete data.promise;
    """

    assert evaluated(script) == {
        "names": ["Promise", 1, True, True], "tag": "[object Promise]", "same": True, "sub": [True, True],
        "call": "TypeError",
    }  # fmt: skip


# --- What is no plain object ------------------------------------------------------------------------------------------

NOT_PLAIN = [
    ("data = new Map([['a', 1]]);", "Map"),
    ("data = new Set([1]);", "Set"),
    ("data = new Error('x');", "Error"),
    ("data = Promise.resolve({a: 1});", "Promise"),
    ("data = (async () => ({a: 1}))(); 5;", "Promise"),
    ("data = (function* () { yield 1; })();", "Generator"),
    ("data = new (class Money { amount = 1; });", "Money"),
    ("data = /x/;", "RegExp"),
    ("data = new Uint8Array(3);", "Uint8Array"),
]


@pytest.mark.parametrize("data", [{}, {"secret": "hunter22"}])
@pytest.mark.parametrize(("script", "name"), NOT_PLAIN)
def test_what_is_no_plain_object_is_refused_and_not_an_empty_task(
    lab: Lab, script: str, name: str, data: dict[str, Any]
) -> None:
    view = ran(lab, script, {"kept": 1, **data})

    assert error_of(view)[1:] == ("code_return_format_error", f"data is not a plain object: it is of class {name}")
    assert view.data["kept"] == 1


@pytest.mark.parametrize("data", [{}, {"secret": "hunter22"}])
@pytest.mark.parametrize(
    "script",
    [
        "data = Object.create(null); data.x = 1;",
        "data = Object.create({a: 1}); data.x = 1;",
        "data = {x: 1, constructor: null}; delete data.constructor;",
        "data = new (class Money { toJSON() { return {x: 1}; } });",
        "data = Object.freeze({x: 1});",
        "data = new Proxy({x: 1}, {});",
    ],
)
def test_what_is_as_good_as_a_plain_object_is_taken(lab: Lab, script: str, data: dict[str, Any]) -> None:
    assert ran(lab, script, data).data == {"x": 1}


# --- Characters and depth ---------------------------------------------------------------------------------------------


def test_half_a_character_in_a_script_becomes_a_replacement_character() -> None:
    assert evaluated("data.x = '\ud800'; data.y = `a\udfff😀`; // \ud83d") == {"x": "\ufffd", "y": "a\ufffd😀"}


@pytest.mark.parametrize("thrown", ["'a\\0b'", "new Error('a\\0b')", "{code: 'a\\0b'}"])
def test_what_is_thrown_is_not_cut_at_a_character_of_number_0(thrown: str) -> None:
    assert "b" in evaluated(f"throw {thrown};")[1].split("\n")[0].replace("\\u0000b", "b")[-3:]


@pytest.mark.parametrize("name", ["a\0b", "__proto__", "a\u2028b", "ключ", "😀"])
def test_any_name_and_text_goes_in_and_comes_out(name: str) -> None:
    given = json.loads(json.dumps({name: name}))
    job = Job("data.x = data[Object.keys(data)[0]];", json.dumps(given), "{}", 1000, MEMORY)

    assert json.loads(run(job).after) == {**given, "x": name}


DEEP = [
    "function f(n) { return n ? f(n - 1) + 1 : 0; } data.x = f(10000);",
    "const f = (n) => n ? [n].map(() => f(n - 1))[0] + 1 : 0; data.x = f(5000) * 2;",
    "class A { constructor(n) { this.n = n ? new A(n - 1).n + 1 : 0; } } data.x = new A(10000).n;",
    "function f(n, ...more) { return n ? f(n - 1, ...more) + 1 : 0; } data.x = f(10000, 1, 2, 3, 4, 5, 6, 7, 8);",
    "JSON.parse('['.repeat(10000) + ']'.repeat(10000)); data.x = 10000;",
]


@pytest.mark.parametrize("script", DEEP)
def test_a_script_may_call_itself_10_000_deep(script: str) -> None:
    assert evaluated(script) == {"x": 10_000}


@pytest.mark.parametrize(
    "script",
    [
        "(function f() { f(); })();",
        "const f = () => [1].map(f); f();",
        "(function f() { try { f(); } finally { f(); } })();",
    ],
)
def test_a_script_that_calls_itself_for_ever_fails_by_itself(script: str) -> None:
    tag, text = evaluated(script, limit_ms=2000)

    assert tag in ("code_executing_error", "code_timeout")
    assert "RangeError" in text or "timeout" in text
    assert evaluated("data.ok = 1;") == {"ok": 1}


# --- Templates in scripts ---------------------------------------------------------------------------------------------


def test_lint_names_a_template_that_no_one_fills_in(lab: Lab) -> None:
    (lab.folder / "variables.yaml").write_text('limit: {value: "5"}\n')
    script = "data.b = {{a}} + 1; data.c = 'Dear {{ user.name }}'; data.d = {{env_var[@limit]}}; // {{comment}}"
    (lab.folder / "60.yaml").write_text(process(script))

    report = lab.engine.deploy([lab.folder], raise_on_errors=False)

    assert {problem.message for problem in report.problems if "{{" in problem.message} == {
        'code of node "work": {{a}} is not filled in here: a script reads data.a',
        'code of node "work": {{ user.name }} is not filled in here: a script reads data.user.name',
    }


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("data.x = {{a}}", ["{{a}}"]),
        ("'{{a}}' + `{{b[0].c}}`", ["{{a}}", "{{b[0].c}}"]),
        ("{{conv[@rates].ref[today].usd}}", ["{{conv[@rates].ref[today].usd}}"]),
        ("{{a}} {{a}}", ["{{a}}"]),
        ("// {{a}}\n/* {{b}} */ x = /{{c}}/", []),
        ("`${{a}}`; if (x) {{ data.a = 1 }}; ({ a: { b } }); while (x) {{}}", []),
        ("{{env_var[@a]}} '{{env_var[@a]}}' {{env_var[a].b}}", []),
    ],
)
def test_what_looks_like_a_template_in_a_script(source: str, found: list[str]) -> None:
    assert unfilled(source) == found


VARIABLE = """
key: {type: json, value: {"__proto__": {a: 1}, b: 2}}
"""


def test_a_variable_has_the_names_that_its_json_has(lab: Lab) -> None:
    (lab.folder / "variables.yaml").write_text(VARIABLE)
    view = ran(lab, "data.x = Object.keys({{env_var[@key]}});")

    assert view.data == {"x": ["__proto__", "b"]}
