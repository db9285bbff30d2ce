"""Whatever an export holds comes back as it was; whatever a person writes is read as it was written."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.exchange import import_file
from engine.exchange.exporting import export, ids_of
from engine.load import parse
from engine.load.spelling import spelled
from engine.load.writer import write_yaml

IDS = [f"{number:024x}" for number in range(1, 9)]
TEXTS = [
    "",
    "a",
    "{{a}}",
    "{{a}} and {{b.c[0]}}",
    "<<a>>",
    "5",
    "05",
    "1.0",
    "1e5",
    "-0",
    "true",
    "True",
    "null",
    "~",
    "on",
    '{"a":1}',
    '{"a": "{{x}}"}',
    "[1, 2]",
    "[]",
    "{}",
    "$.math(1+{{a}})",
    "$.date(%y-%m-%d)",
    "0o17",
    "12:30",
    "2020-01-01",
    " lead",
    "trail ",
    "# x",
    "a # b",
    "- a",
    "k: v",
    "a\tb",
    "line\n  two \n\n",
    "\n",
    "\r\n",
    "х\u2028y",
    "🙂",
    '"q"',
    "'q'",
    "\\n",
    "a\\.b",
    "{{",
    "}}",
    "{{a}",
    "<<",
    "@alias",
    "%y",
    "&a",
    "*a",
    "!a",
    "|",
    ">",
    "?",
    ": ",
    "=",
    "<<:",
    "{{node[" + IDS[1] + "].count}}",
    "{{conv[7].node[" + IDS[2] + "].count}}",
    "{{env_var[@x]}}",
]
texts = st.sampled_from(TEXTS)
anything = st.one_of(texts, st.integers(-5, 10**20), st.booleans(), st.none(), st.lists(texts, max_size=2))
types = st.sampled_from(["string", "number", "boolean", "object", "array"])
names = st.sampled_from(["a", "b", "a.b", "arr[0]", "{{k}}", "ключ", "a b"])
targets = st.sampled_from(IDS)


def some(always: dict[str, Any], **optional: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(always, optional=optional)


maps = st.dictionaries(names, texts, max_size=3)
casts = st.dictionaries(names, types, max_size=3)
conditions = st.lists(
    some(
        {"param": texts, "const": anything}, fun=st.sampled_from(["eq", "not_eq", "less", "regexp", "gt"]), cast=types
    ),
    max_size=3,
)
error = {"err_node_id": targets}
LOGICS: list[st.SearchStrategy[dict[str, Any]]] = [
    some({"type": st.just("go"), "to_node_id": targets}, id=st.uuids().map(str), chTime=st.integers(0, 10**12)),
    some({"type": st.just("go_if_const"), "to_node_id": targets, "conditions": conditions}),
    some({"type": st.just("go_if_const"), "to_node_id": targets, "param": texts, "const": texts, "fun": st.just("eq")}),
    some({"type": st.just("set_param")}, extra=maps, extra_type=casts, **error),
    some({"type": st.just("api_code")}, src=texts, code=texts, lang=st.sampled_from(["js", "erl", "python"]), **error),
    some(
        {"type": st.just("api")},
        url=texts,
        method=st.sampled_from(["GET", "POST"]),
        extra=maps,
        extra_type=casts,
        extra_headers=maps,
        format=st.sampled_from(["", "raw", "conveyor"]),
        raw_body=texts,
        send_sys=st.booleans(),
        content_type=st.sampled_from(["application/json", "text/xml", "application/x-www-form-urlencoded", "x/y", ""]),
        customize_response=st.booleans(),
        response=maps,
        response_type=casts,
        max_threads=st.integers(0, 300),
        is_migrate=st.booleans(),
        version=st.integers(1, 2),
        **error,
    ),
    some(
        {"type": st.just("api_copy")},
        mode=st.sampled_from(["create", "modify"]),
        conv_id=st.sampled_from([7, "7", "@x"]),
        ref=texts,
        data=maps,
        data_type=casts,
        group=st.sampled_from(["all", ""]),
        is_sync=st.booleans(),
        user_id=anything,
        **error,
    ),
    some({"type": st.just("api_rpc"), "conv_id": st.sampled_from([7, "{{x}}"])}, extra=maps, extra_type=casts, **error),
    some(
        {"type": st.just("api_rpc_reply")},
        mode=st.sampled_from(["keys", "key_value"]),
        res_data=st.one_of(maps, st.lists(names)),
        res_data_type=casts,
        throw_exception=st.booleans(),
        exception_reason=texts,
    ),
    some(
        {"type": st.just("api_callback")},
        is_sync=st.booleans(),
        timeout=anything,
        obj_id_path=texts,
        callback_url=texts,
        expected_params=st.lists(some({"name": names, "type": types}, required=st.booleans()), max_size=2),
    ),
    some(
        {"type": st.just("api_queue")},
        data=maps,
        data_type=casts,
        capacity=st.sampled_from([0, 5, "x"]),
        alert_threshold=st.integers(0, 9),
    ),
    some(
        {"type": st.just("api_get_task"), "conv_id": st.just(7), "node_id": targets},
        order_by=st.sampled_from(["ASC", "DESC"]),
        count=st.integers(0, 200),
        timeout=st.integers(0, 60),
    ),
    some({"type": st.just("api_sum")}, extra=st.lists(some({"id": texts, "name": texts, "value": texts}), max_size=2)),
    some(
        {"type": st.just("db_call")},
        instance_id=st.sampled_from([227, None, "x"]),
        query=st.sampled_from(["SELECT 1", "SELECT {{a}}", 'SELECT "{{a}}"', "", "SELECT :p", "'"]),
        params=maps,
        params_type=casts,
        timeout=st.sampled_from([0, 30, 60, "x"]),
        **error,
    ),
    some(
        {"type": st.sampled_from(["git_call", "api_git"])},
        lang=st.sampled_from(["js", "python", "golang", "rust"]),
        repo=texts,
        commit=texts,
        path=texts,
        script=texts,
        code=texts,
        src=texts,
        log=anything,
        code_error=st.booleans(),
        version=st.integers(1, 2),
        **error,
    ),
    some({"type": st.just("api_form"), "form_id": st.integers()}, fields=st.lists(maps, max_size=2)),
]
timers = some(
    {"type": st.just("time"), "value": st.sampled_from([0, 30, "60", "{{until}}", 10**9])},
    dimension=st.sampled_from(["sec", "min", "hour", "day"]),
    to_node_id=targets,
)
counters = some({"type": st.just("count"), "value": st.integers(0, 50), "esc_node_id": targets})
extras = st.sampled_from(
    [
        None,
        '{"modeForm":"expand","icon":""}',
        '{"icon":"","modeForm":"collapse"}',
        '{"modeForm": "collapse"}',
        '{"modeForm":"expand","icon":"state"}',
        {"modeForm": "expand"},
        "no json",
    ]
)


@st.composite
def processes(draw: st.DrawFn) -> dict[str, Any]:
    nodes = []
    for index, node_id in enumerate(IDS):
        is_end = draw(st.booleans()) if index else False
        node: dict[str, Any] = {
            "id": node_id,
            "obj_type": 1 if index == 0 else 2 if is_end else draw(st.sampled_from([0, 3])),
        }
        logics = draw(st.lists(st.one_of(LOGICS), max_size=0 if is_end else 1 if index == 0 else 4))
        semaphors = draw(st.lists(st.one_of(timers, counters), max_size=0 if is_end else 2))
        if index == 0:
            logics = [{"type": "go", "to_node_id": IDS[1]}]
        node["condition"] = {"logics": logics, "semaphors": semaphors}
        node |= draw(
            some(
                {},
                title=texts,
                description=texts,
                x=st.integers(-99, 99),
                y=st.integers(-9, 9),
                extra=extras,
                options=extras,
            )
        )
        nodes.append(node)
    params = st.lists(
        some(
            {"name": names},
            type=types,
            descr=texts,
            regex=st.just(""),
            flags=st.lists(st.sampled_from(["input", "required"])),
        ),
        max_size=3,
    )
    process = draw(
        some(
            {"obj_type": st.just(1), "obj_id": st.sampled_from([7, 0, None])},
            title=texts,
            description=texts,
            status=st.sampled_from(["active", "actived", "paused", "odd"]),
            params=st.one_of(st.none(), params),
            conv_type=st.sampled_from(["process", "state"]),
            ref_mask=st.booleans(),
            company_id=anything,
        )
    )
    return {**process, "scheme": {"nodes": nodes, **draw(some({}, web_settings=st.just([[], []])))}}


@given(processes())
@settings(max_examples=150, suppress_health_check=list(HealthCheck))
def test_whatever_an_export_holds_comes_back_as_it_was(process: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "export.json"
        file.write_text(json.dumps([process]), "utf-8")
        [imported] = import_file(file).convs  # refuses what would not come back

    definition = parse(imported.text, "file")
    again = spelled(definition)

    assert export(definition, {str(process.get("obj_id")): ids_of(definition)})[0] == process
    assert parse(write_yaml(again), "again") == definition
