"""git_call: what fails says why."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import gitcode
from engine.config import Settings
from engine.errors import LogicError
from tests.running.conftest import Lab
from tests.running.git_call.handlers import (
    called,
    checked_out,
    failed,
    needs_node,
    ran,
    said,
)

FAILS = [
    ("def handle(data): raise ValueError('no\\nsecond line')", "ValueError: no"),
    ("def handle(data): return [1]", "TypeError: the handler returned list, not a dict"),
    ("def handle(data): yield 1", "TypeError: the handler returned generator, not a dict"),
    ("async def handle(data): yield 1", "TypeError: the handler returned async_generator, not a dict"),
    ("class A: pass\ndef handle(data): return A()", "TypeError: the handler returned A, not a dict"),
    ("def handle(data): return {'x': {1, 2}}", "TypeError: Object of type set is not JSON serializable"),
    ("def handle(data): return {'x': float('nan')}", "ValueError: Out of range float values are not JSON compliant"),
    ("def handle(data: pass", "SyntaxError"),
    ("import sys; sys.exit(3)", "SystemExit: 3"),
    ("import os\ndef handle(data): os._exit(3)", "the handler's process ended before it answered (exit status 3)"),
    (
        "import os\ndef handle(data): os.kill(os.getpid(), 11)",
        "the handler's process ended before it answered (signal 11)",
    ),
    ("x = 1", "TypeError: the handler's file has no function handle"),
    ("def handle(data):\n    a = []\n    while True: a.append(bytearray(100_000))", "out of memory"),
    ("def handle(data): data['x'] = 'x' * 500_000_000", "out of memory"),
    ("import requests", "ModuleNotFoundError: No module named 'requests'"),
    ("class E(Exception):\n    def __str__(self): raise self\ndef handle(data): raise E", "E"),
    ("class E(Exception):\n    def __str__(self): raise SystemExit\ndef handle(data): raise E", "E"),
    ("def handle(data): raise ValueError('a\\ud800')", "ValueError: a\ufffd"),
    ("def handle(data): raise ValueError('x' * 80_000_000)", "ValueError: " + "x" * 400),
    ("def handle(data): return {(1, 2): 3}", "TypeError: keys must be str"),
    ("def handle(data): data['self'] = data", "ValueError: Circular reference detected"),
    ("async def handle(data): raise ValueError('later')", "ValueError: later"),
    ("def handle(data): handle(data)", "RecursionError"),
]


@pytest.mark.parametrize(("source", "text"), FAILS)
def test_a_python_handler_that_fails_says_why(source: str, text: str) -> None:
    kind, description = said(called(source))

    assert kind == "software"
    assert text in description
    assert "\n" not in description


FAILS_JS = [
    ("module.exports = () => { throw new Error('no\\nsecond line'); };", "Error: no"),
    ("module.exports = async () => { throw 'no'; };", "no"),
    ("module.exports = () => { throw 'ab😀'.slice(0, 3); };", "ab\ufffd"),
    ("module.exports = () => { throw ''; };", "an error without a text"),
    ("module.exports = () => { throw null; };", "the handler threw null"),
    ("module.exports = () => { throw undefined; };", "the handler threw undefined"),
    ("module.exports = () => { throw {code: 5}; };", '{"code":5}'),
    ("module.exports = () => { throw Symbol('q'); };", "Symbol(q)"),
    ("module.exports = () => { throw Object.create(null); };", "an error without a text"),
    ("module.exports = () => { throw {toString() { throw this; }, code: 5}; };", '{"code":5}'),
    ("module.exports = () => { throw 'x'.repeat(8e7); };", "x" * 400),
    ("module.exports = () => { throw new (class E extends Error {})(''); };", "Error"),
    ("module.exports = () => ({ get x() { throw new Error('no'); } });", "Error: no"),
    (
        "module.exports = (data) => { JSON.stringify = String = Buffer.from = undefined; throw new Error('no'); };",
        "Error: no",
    ),
    ("module.exports = function f(data) { return f(data); };", "RangeError"),
    ("module.exports = () => { new Promise((a, b) => b(new Error('later'))); return new Promise(() => {}); }", "later"),
    ("module.exports = () => 5;", "the handler returned a number, not an object"),
    ("module.exports = function* () { yield 1; };", "a value of class Generator, not a plain object"),
    ("module.exports = async function* () {};", "a value of class AsyncGenerator, not a plain object"),
    ("module.exports = () => new Map([[1, 2]]);", "a value of class Map, not a plain object"),
    ("module.exports = () => new Error('x');", "a value of class Error, not a plain object"),
    ("module.exports = () => new (class Money { amount = 1; })();", "a value of class Money, not a plain object"),
    ("module.exports = () => new Date();", "no object as JSON"),
    ("module.exports = () => ({ toJSON: () => [1] });", "no object as JSON"),
    ("module.exports = (data) => { Promise.reject(new Error('later')); };", "Error: later"),
    ("export default () => 5;", "the handler returned a number, not an object"),
    ("export default (", "SyntaxError"),
    ("module.exports = () => [1];", "the handler returned an array, not an object"),
    ("module.exports = (data) => { data.self = data; };", "circular"),
    ("module.exports = (data) => ({ x: 1n });", "BigInt"),
    ("module.exports = (", "SyntaxError"),
    ("module.exports = () => process.exit(0);", "the handler's process ended before it answered"),
    ("exports.x = 1;", "module.exports is not a function"),
    ("module.exports = () => { const a = []; while (true) a.push(new Array(100000).fill(7)); };", "out of memory"),
    (
        "module.exports = () => { const a = []; while (true) a.push(Buffer.alloc(1e7, 1)); };",
        "llocation failed|out of memory",
    ),
]


@needs_node
@pytest.mark.parametrize(("source", "text"), FAILS_JS)
def test_a_javascript_handler_that_fails_says_why(source: str, text: str) -> None:
    kind, description = said(called(source, lang="js"))

    assert kind == "software"
    assert any(part in description for part in text.split("|"))
    assert "\n" not in description


def test_other_languages_are_kept_and_fail_when_they_are_run(lab: Lab) -> None:
    assert failed(ran(lab, lang="golang", code="package main")) == "golang does not run here"


@pytest.mark.parametrize("program", ["git", "node"])
def test_a_program_that_is_not_there_is_named(
    program: str, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    if program == "git":
        with pytest.raises(LogicError, match="there is no git on this machine"):
            checked_out(settings, gitcode.read_repository("/x"), "main")
    else:
        assert "there is no node on this machine" in said(called("", lang="js"))[1]
