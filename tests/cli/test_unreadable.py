"""Records as no door lets them in today: an older version did, or something else has written them."""

from __future__ import annotations

import json

import pytest
import redis

from tests.cli.conftest import Shell

DEEP = {
    "600": b'{"token": "abcdef", "deep": ' + b"[" * 600 + b"]" * 600 + b"}",
    "6000": b'{"token": "abcdef", "deep": ' + b"[" * 6000 + b"]" * 6000 + b"}",
    "cut off": b'{"token": "abcd',
    "a list": b"[1]",
}


@pytest.mark.parametrize("kind", DEEP)
def test_one_task_that_cannot_be_read_hides_no_other(conv: Shell, redis_client: redis.Redis, kind: str) -> None:
    tasks = [conv("submit", "Keeper", f"token=abcde{n}", "--ref", f"t{n}", "--wait", "--json").json for n in range(3)]
    key = f"{{{conv.environment['CONV_NAMESPACE']}:12.0}} t:{tasks[1]['task_id']}"
    redis_client.hset(key, "d", DEEP[kind])

    for how in ([], ["--json"], ["--jsonl"], ["--csv"]):
        said = conv("archive", "Keeper", "kept", "--reveal", *how)
        assert said.status == 0
        assert "abcde0" in said.out
        assert "abcde2" in said.out
        assert "its data" in said.out
    masked = conv("archive", "Keeper", "kept", "--json")
    assert [task["data"] for task in masked.json] == [{"token": "***"}, {}, {"token": "***"}]

    for how in ([], ["--json"]):
        said = conv("task", "Keeper", "t1", *how)
        assert said.status == 0
        assert "its data" in said.out
        assert conv("why", "Keeper", "t1", *how).status == 0
        assert conv("list", *how).status == 0
        assert conv("show", "Keeper", *how).status == 0
        assert conv("audit", *how).status == 0
    said = conv("eval", "{{conv[12].ref[t1].token}}")
    assert said.status in (0, 1)
    assert said.status == 0 or "its record cannot be read" in said.err
    assert conv("delete", "Keeper", "t1").status == 0
    assert conv("audit").status == 0


def test_the_deepest_data_that_a_setting_allows_is_shown(conv: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONV_DEPTH", "200")
    monkeypatch.setenv("COLUMNS", "1000")
    deep = '{"a":' * 199 + "1" + "}" * 199
    conv.write("deep.json", json.dumps({"name": "Ada", "deep": json.loads(deep)}))

    assert conv("submit", "Greet", "--data", "deep.json", "--ref", "d", "--wait", "--json").json["node"] == "final"
    shown = conv("task", "Greet", "d", "--json").json["data"]
    assert json.dumps(shown["deep"], separators=(",", ":")) == deep
    assert conv("task", "Greet", "d").status == 0
    for how in ([], ["--json"], ["--jsonl"], ["--csv"]):
        said = conv("archive", "Greet", "final", *how)
        assert said.status == 0
        assert said.out.count("}") >= 199
    assert conv("submit", "Greet", "name=Ada", "deep:=[" + deep + "]").status == 2
    assert conv("eval", "{{deep}}", "--data", "deep.json").status == 0
