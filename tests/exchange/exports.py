"""Exports as the editor writes them, made here: of 2016, of 2020, of 2026, and by hand."""

from __future__ import annotations

import json
from typing import Any

Object = dict[str, Any]


def id_of(number: int) -> str:
    return f"5f28{number:020x}"


def go(target: int, **extra: Any) -> Object:
    return {"type": "go", "to_node_id": id_of(target), **extra}


def go_if(target: int, *tests: tuple[str, str, Any, str]) -> Object:
    conditions = [{"param": param, "const": const, "fun": fun, "cast": cast} for param, fun, const, cast in tests]
    return {"type": "go_if_const", "to_node_id": id_of(target), "conditions": conditions}


def wait(value: Any, target: int, dimension: str = "sec") -> Object:
    return {"type": "time", "value": value, "dimension": dimension, "to_node_id": id_of(target)}


def node(number: int, title: str, *logics: Object, kind: int = 0, icon: str = "", **fields: Any) -> Object:
    semaphors = fields.pop("semaphors", [])
    form = "collapse" if kind in (1, 2, 3) else "expand"
    return {
        "id": id_of(number),
        "obj_type": kind,
        "condition": {"logics": [*logics], "semaphors": semaphors},
        "title": title,
        "description": "",
        "x": 100 * number,
        "y": 40 * number,
        "extra": json.dumps({"modeForm": form, "icon": icon}, separators=(",", ":")),
        "options": '{"save_task":true}' if icon == "success" else None,
        **fields,
    }


def process(conv_id: int, title: str, *nodes: Object, **fields: Any) -> Object:
    return {
        "obj_type": 1,
        "obj_id": conv_id,
        "parent_id": 0,
        "title": title,
        "description": "",
        "status": "active",
        "params": [],
        "ref_mask": True,
        "conv_type": "process",
        "scheme": {"nodes": [*nodes], "web_settings": [[], []]},
        **fields,
    }


SHOP = 4001
STOCK = 4002


def shop() -> Object:
    """A process of today: a call, its escalation, a state diagram read and written, a reply."""
    return process(
        SHOP,
        "Order: check out",
        node(2, "Final", kind=2, icon="success"),
        node(1, "Start", go(3), kind=1),
        node(
            3,
            "Prepare",
            {
                "type": "set_param",
                "extra": {
                    "total": "$.math({{price}}*{{count}})",
                    "left": "{{conv[4002].ref[{{item}}].left}}",
                    "waiting": "{{conv[4002].node[" + id_of(22) + "].count}}",
                    "retries": "{{node[" + id_of(7) + "].1756991082448}}",
                    "tags": '["a","b"]',
                    "limit": "10",
                },
                "extra_type": {
                    "total": "number",
                    "left": "number",
                    "waiting": "number",
                    "retries": "number",
                    "tags": "array",
                    "limit": "number",
                },
                "err_node_id": id_of(8),
            },
            go(4),
            uuid="0f39668a-4286-44b5-a218-c7cde5909a71",
        ),
        node(
            4,
            "",
            go_if(5, ("{{total}}", "more", "100", "number"), ("vip", "eq", "true", "boolean")),
            go_if(5, ("country", "eq", "UA", "string")),
            go_if(8, ("{{total}}", "less_or_eq", "0", "number")),
            go(6),
        ),
        node(
            5,
            "Bulk price",
            {"type": "api_code", "lang": "js", "src": "data.total = data.total * 0.9;\n", "err_node_id": id_of(8)},
            go(6),
        ),
        node(
            6,
            "Charge",
            {
                "type": "api",
                "method": "POST",
                "url": "{{env_var[@bank]}}/charge",
                "format": "",
                "content_type": "application/json",
                "extra": {"sum": "{{total}}", "note": "order {{root.ref}}"},
                "extra_type": {"sum": "number", "note": "string"},
                "extra_headers": {"X-Shop": "{{shop}}"},
                "max_threads": 5,
                "send_sys": False,
                "debug_info": False,
                "customize_response": True,
                "response": {"charge": "{{body.id}}"},
                "response_type": {"charge": "string"},
                "rfc_format": True,
                "cert_pem": "",
                "version": 2,
                "is_migrate": True,
                "err_node_id": id_of(9),
            },
            go(10),
            semaphors=[wait(2, 8, "min")],
        ),
        node(
            7,
            "Retries",
            {"type": "api_sum", "extra": [{"id": "1756991082448", "name": "retries", "value": "1"}]},
            go(11),
        ),
        node(8, "Failed", kind=2, icon="error"),
        node(
            9,
            "",
            go_if(7, ("__conveyor_api_return_type_error__", "eq", "hardware", "string")),
            go(8),
            kind=3,
        ),
        node(
            10,
            "Take from stock",
            {
                "type": "api_copy",
                "mode": "modify",
                "conv_id": STOCK,
                "ref": "{{item}}",
                "is_sync": True,
                "group": "",
                "data": {"left": "$.math({{left}}-{{count}})"},
                "data_type": {"left": "number"},
                "err_node_id": id_of(8),
                "user_id": 66423,
            },
            go(12),
        ),
        node(11, "", semaphors=[wait(30, 6)]),
        node(
            12,
            "Answer",
            {
                "type": "api_rpc_reply",
                "mode": "key_value",
                "res_data": {"charge": "{{charge}}", "ok": "true"},
                "res_data_type": {"charge": "string", "ok": "boolean"},
                "throw_exception": False,
            },
            go(2),
        ),
        params=[
            {
                "name": "item",
                "type": "string",
                "descr": "what",
                "flags": ["required", "input"],
                "regex": "^[a-z]+$",
                "regex_error_text": "small letters",
            },
            {"name": "count", "type": "number", "descr": "", "flags": ["input"], "regex": "", "regex_error_text": ""},
            {
                "name": "card",
                "type": "string",
                "descr": "",
                "flags": ["input", "auto-clear"],
                "regex": "",
                "regex_error_text": "",
            },
            {"name": "charge", "type": "string", "descr": "", "flags": ["output"], "regex": "", "regex_error_text": ""},
        ],
        uuid="8e15e9e6-3056-4a40-b652-3d0bca7d9894",
        parent_id=77,
    )


def stock() -> Object:
    """A state diagram."""
    return process(
        STOCK,
        "Stock",
        node(21, "Start", go(22), kind=1),
        node(22, "There", {"type": "api_callback"}, go_if(23, ("left", "less", "1", "number")), go(22), icon="state"),
        node(
            23,
            "Sold out",
            {"type": "api_callback"},
            go_if(22, ("left", "more", "0", "number")),
            go(23),
            icon="state",
            semaphors=[wait(1, 24, "day")],
        ),
        node(24, "Gone", kind=2, icon="error"),
        conv_type="state",
        parent_id=78,
    )


def folders() -> list[Object]:
    return [
        {"obj_type": 0, "obj_id": 77, "parent_id": 0, "title": "Web shop", "description": ""},
        {"obj_type": 0, "obj_id": 78, "parent_id": 77, "title": "Store", "description": "all that is kept"},
    ]


def of_2016() -> Object:
    """The oldest form: flat conditions, no dimension, `actived`, several logics, ids of logics and times of change."""
    return {
        "obj_type": 1,
        "obj_id": 106,
        "parent_id": 55,
        "title": "Router",
        "description": "old",
        "status": "actived",
        "params": None,
        "conv_type": "process",
        "company_id": "i1234",
        "scheme": {
            "nodes": [
                {**node(1, "Start", go(2, id="aa-1", chTime=1475419886388), kind=1)},
                node(
                    2,
                    "Route",
                    {
                        "type": "set_param",
                        "extra": {"a": "1"},
                        "extra_type": {"a": "string"},
                        "id": "aa-2",
                        "err_node_id": id_of(4),
                    },
                    {
                        "type": "go_if_const",
                        "to_node_id": id_of(3),
                        "param": "{{kind}}",
                        "fun": "eq",
                        "const": "x",
                        "cast": "string",
                    },
                    {
                        "type": "api_copy",
                        "mode": "create",
                        "conv_id": "4002",
                        "ref": "",
                        "group": "all",
                        "data": {},
                        "data_type": {},
                        "user_id": 2,
                        "convTitle": "Other",
                        "err_node_id": id_of(4),
                    },
                    go(3),
                    semaphors=[{"type": "time", "value": "60", "to_node_id": id_of(4), "id": "aa-3"}],
                ),
                node(3, "Final", kind=2, icon="success"),
                node(4, "", kind=2, icon="error"),
            ],
            "web_settings": [[], []],
        },
    }
