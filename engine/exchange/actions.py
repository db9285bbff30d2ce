"""Each kind of logic as the action of a node, and each action as a logic. Source: reference 3, yaml.md 1."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.definition import Node, NodePart
from engine.errors import TemplateSyntaxError
from engine.exchange.names import Renaming, sum_items
from engine.exchange.values import TYPES, is_reference, text_of, to_texts, to_value, to_values
from engine.nodes.code import LANGUAGES
from engine.template import parse_path

Logic = dict[str, Any]


NOTHING = "nothing"  # the type of a logic that is none: a node without any


@dataclass(slots=True)
class Piece:
    """A logic as the author would have written it: the keys of a node. `notes` name what is different here."""

    key: str
    body: Any
    types: dict[str, str] = field(default_factory=dict)
    response_types: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    is_supported: bool = True


def read_logic(logic: Logic, rename: Renaming, *, is_state: bool, stub: Any = None) -> Piece:
    """The action of one logic; `is_state`: a callback is a state."""
    kind = str(logic.get("type"))
    if kind == "api_callback":
        return _read_state(logic) if is_state else _read_callback(logic)
    if kind == "api_rpc" and stub is not None:
        return _read_stub(logic, rename, stub)
    read = _READ.get(kind)
    if read is None:
        return unsupported(logic, f"there is no node type for {kind}")
    return read(logic, rename)


def write_logic(node: Node | NodePart, rename: Renaming, total_ids: Mapping[str, str]) -> Logic:
    """The logic of a node's action, without its routes. `total_ids`: of a sum, its totals' ids by their names."""
    action = node.action
    assert action is not None  # noqa: S101 - the caller has looked
    if action.key == "sum":
        return _write_sum(action, total_ids)
    logic = _WRITE[action.key](action, node)
    return {key: rename(value) if key not in ("src", "code") else value for key, value in logic.items()}


def unsupported(logic: Logic, why: str) -> Piece:
    """What does not run here: kept as it is, and failing where a task comes to it."""
    fields = {key: value for key, value in logic.items() if key not in ("type", "err_node_id")}
    body = {"type": str(logic.get("type")), "why": why, "fields": fields}
    return Piece("unsupported", body, notes=[why], is_supported=False)


def _kept(**fields: tuple[Any, Any]) -> dict[str, Any]:
    """The fields that are not at their default: name = (value, default)."""
    return {name: value for name, (value, default) in fields.items() if value != default}


def _flag(value: Any, default: bool) -> bool:
    return value if isinstance(value, bool) else default


def _conv(logic: Logic) -> Any:
    conv = logic.get("conv_id")
    if isinstance(conv, str) and conv.isascii() and conv.isdigit():
        return int(conv)
    return conv if isinstance(conv, int | str) and not isinstance(conv, bool) else ""


# --- set_param, code, sums ----------------------------------------------------------------------


def _read_set(logic: Logic, rename: Renaming) -> Piece:
    values, types = to_values(rename(logic.get("extra")), logic.get("extra_type"))
    if not values:
        return Piece("code", "// sets nothing", notes=["it sets nothing; a code node stands for it"])
    return Piece("set_parameters", values, types)


def _write_set(action: Any, node: Any) -> Logic:
    extra, casts = to_texts(action.values, node.types)
    return {"type": "set_param", "extra": extra, "extra_type": casts}


def _read_code(logic: Logic, rename: Renaming) -> Piece:
    lang, source = logic.get("lang", "js"), logic.get("src")
    notes = []
    if not isinstance(source, str):
        code = logic.get("code")
        source = code if isinstance(code, str) else ""
        notes.append('its script stands in "code" instead of "src"')
    if lang == "erl":
        return Piece("code", {"lang": "erl", "src": source}, notes=["Erlang does not run here"], is_supported=False)
    if lang not in LANGUAGES:
        return unsupported(logic, f"code in {lang} does not run here")
    if "env_var[" in source:
        notes.append("a variable in the script is read as a value when it runs, and never pasted into the source")
    if "toLocale" in source or "Intl." in source:
        notes.append("there is no Intl here: dates and numbers are not written in the way of a country")
    if not source.strip():
        source = "// does nothing"
        notes.append("it has no script")
    return Piece("code", source, notes=notes)


def _write_code(action: Any, node: Any) -> Logic:
    return {"type": "api_code", "lang": action.lang, "src": action.src}


def _read_sum(logic: Logic, rename: Renaming) -> Piece:
    items = sum_items(logic)
    notes = []
    if any("reset_interval" in item for item in [logic, *items]):
        notes.append("totals are not set back by themselves (reset_interval)")
    values = {
        name: to_value(rename(item.get("value", "")), "number")[0]
        for name, item in zip(logic["__names__"], items, strict=True)
    }
    if not values:
        return Piece("code", "// sums nothing", notes=["it sums nothing; a code node stands for it"])
    return Piece("sum", values, notes=notes)


def _write_sum(action: Any, ids: Mapping[str, str]) -> Logic:
    extra = [
        {"id": ids.get(name, name), "name": name, "value": text_of(value)} for name, value in action.values.items()
    ]
    return {"type": "api_sum", "extra": extra}


# --- HTTP ---------------------------------------------------------------------------------------

_FORMS = {
    "": "json",
    "application/json": "json",
    "application/x-www-form-urlencoded": "form",
    "application/xml": "xml",
    "text/xml": "xml",
    "application/soap+xml": "xml",
}
_CONTENT_TYPES = {"json": "application/json", "form": "application/x-www-form-urlencoded", "xml": "application/xml"}
UNUSED_RESPONSE = {"header": "{{header}}", "body": "{{body}}"}
UNUSED_RESPONSE_TYPE = {"header": "object", "body": "object"}
_WITHOUT_QUERY = ("POST", "PUT", "DELETE", "PATCH", "OPTIONS")
HOME: dict[str, Any] = {"success": (200, 201, 202), "lists": "json"}  # what an api logic does at home
_IDEMPOTENCY = "an Idempotency-Key header goes with each request"
_KINDS = "answers 408, 425, 429 and 5xx count as hardware errors"


def _read_api(logic: Logic, rename: Renaming) -> Piece:
    form, content_type = str(logic.get("format") or ""), str(logic.get("content_type") or "").split(";")[0].strip()
    if form == "raw":
        format_ = "raw"
    elif form in ("conveyor", "corezoid"):
        format_ = "corezoid"
    else:
        format_ = _FORMS.get(content_type, "json")
    body: dict[str, Any] = {"method": str(logic.get("method") or "GET"), "url": str(logic.get("url") or "")}
    types: dict[str, str] = {}
    if format_ != "json":
        body["format"] = format_
    if content_type and content_type != _CONTENT_TYPES.get(format_, ""):
        body["content_type"] = str(logic["content_type"])
    headers = logic.get("extra_headers")
    if headers and isinstance(headers, dict | str):
        body["headers"] = headers
    if format_ == "raw":
        body["body"] = str(logic.get("raw_body") or "")
    elif logic.get("extra"):
        body["data"], types = to_values(logic["extra"], logic.get("extra_type"))
    response_types: dict[str, str] = {}
    if logic.get("customize_response") is True:
        body["response"], response_types = to_values(logic.get("response"), logic.get("response_type"))
    if body["method"].upper() not in _WITHOUT_QUERY and any(
        _may_be_list(value, types.get(key)) for key, value in body.get("data", {}).items()
    ):
        body["lists"] = "json"
    threads = logic.get("max_threads", 5)
    body |= _kept(
        send_sys=(_flag(logic.get("send_sys"), True), False),
        debug_info=(_flag(logic.get("debug_info"), False), False),
        max_threads=(threads if isinstance(threads, int) and 1 <= threads <= 200 else 5, 5),
        rfc_format=(_flag(logic.get("rfc_format"), True), True),
        success=([*HOME["success"]], None),
        cert_pem=(str(logic.get("cert_pem") or ""), ""),
        api_secret_outer=(str(logic.get("api_secret_outer") or ""), ""),
    )
    return Piece("api_call", rename(body), types, response_types, [_IDEMPOTENCY, _KINDS])


def _may_be_list(value: Any, cast: str | None) -> bool:
    if cast is not None:
        return cast == "array"
    return isinstance(value, list) or (isinstance(value, str) and is_reference(value))


def _write_api(action: Any, node: Any) -> Logic:
    logic: Logic = {"type": "api", "method": action.method, "url": action.url}
    logic["format"] = {"raw": "raw", "corezoid": "conveyor"}.get(action.format, "")
    logic["content_type"] = action.content_type or _CONTENT_TYPES.get(action.format, "application/json")
    if action.format == "raw":
        logic["raw_body"] = action.body or ""
    logic["extra"], logic["extra_type"] = to_texts(action.data or {}, node.types)
    logic["extra_headers"] = action.headers
    logic["max_threads"] = action.max_threads
    logic["send_sys"], logic["debug_info"] = action.send_sys, action.debug_info
    logic["customize_response"] = action.response is not None
    if action.response is None:  # as the editor has it, unused
        logic["response"], logic["response_type"] = UNUSED_RESPONSE, UNUSED_RESPONSE_TYPE
    else:
        logic["response"], logic["response_type"] = to_texts(action.response, node.response_types)
    logic["rfc_format"] = action.rfc_format
    logic["cert_pem"] = action.cert_pem
    if action.api_secret_outer:
        logic["api_secret_outer"] = action.api_secret_outer
    return {**logic, "version": 2, "is_migrate": True}


# --- Between processes ----------------------------------------------------------------------------


def _read_copy(logic: Logic, rename: Renaming) -> Piece:
    mode = logic.get("mode", "create")
    if mode not in ("create", "modify"):
        return unsupported(logic, f"there is no mode {mode} of api_copy")
    data, types = to_values(rename(logic.get("data")), logic.get("data_type"))
    ref = logic.get("ref")
    body: dict[str, Any] = {"conv": _conv(logic)}
    if mode == "modify" or (ref is not None and ref != ""):
        body["ref"] = rename(str(ref if ref is not None else ""))
    body |= _kept(
        send_all=(logic.get("group") == "all", False),
        send_parent_data=(mode == "create" and _flag(logic.get("send_parent_data"), False), False),
        wait=(_flag(logic.get("is_sync"), False), False),
        data=(data, {}),
    )
    return Piece("copy_task" if mode == "create" else "modify_task", body, types)


def _write_copy(action: Any, node: Any) -> Logic:
    data, casts = to_texts(action.data, node.types)
    logic = {"type": "api_copy", "mode": "create" if action.key == "copy_task" else "modify", "conv_id": action.conv}
    logic |= {"ref": action.ref or "", "data": data, "data_type": casts, "group": "all" if action.send_all else ""}
    if getattr(action, "send_parent_data", False):
        logic["send_parent_data"] = True
    return {**logic, "is_sync": action.wait}


def _read_call(logic: Logic, rename: Renaming) -> Piece:
    data, types = to_values(rename(logic.get("extra")), logic.get("extra_type"))
    body = {"conv": _conv(logic), **_kept(send_all=(logic.get("group") == "all", False), data=(data, {}))}
    return Piece("call_process", body, types)


def _write_call(action: Any, node: Any) -> Logic:
    extra, casts = to_texts(action.data, node.types)
    logic = {"type": "api_rpc", "conv_id": action.conv, "extra": extra, "extra_type": casts}
    return {**logic, "group": "all" if action.send_all else ""}


def _read_stub(logic: Logic, rename: Renaming, stub: Any) -> Piece:
    from engine.exchange.conditions import read_tests

    piece = _read_call(logic, rename)
    branches = []
    for branch in stub.get("logics") or ():
        logics = [one for one in branch if isinstance(one, dict)] if isinstance(branch, list) else []
        made: dict[str, Any] = {}
        for one in logics:
            if one.get("type") == "go_if_const":
                made["if"] = read_tests(one, rename)
            elif one.get("type") == "api_rpc_reply":
                reply = _read_reply(one, rename)
                made["reply"] = reply.body
                if reply.types:
                    made["types"] = reply.types
        if "reply" in made:
            branches.append(made)
    if branches:
        piece.body["stub"] = branches
    return piece


def write_stub(action: Any, rename: Renaming) -> dict[str, Any]:
    """`condition.stub` of a node whose call is answered by a stub."""
    from engine.exchange.conditions import write_tests

    branches = []
    for branch in action.stub:
        tests = [{"type": "go_if_const", "conditions": write_tests(group, rename)} for group in branch.tests]
        branches.append([*tests, {key: rename(value) for key, value in _write_reply(branch.reply, branch).items()}])
    return {"logics": branches}


def _read_reply(logic: Logic, rename: Renaming) -> Piece:
    body: dict[str, Any] = {}
    types: dict[str, str] = {}
    data, casts = logic.get("res_data"), logic.get("res_data_type")
    if logic.get("mode") == "keys" or isinstance(data, list):
        body["keys"] = [str(name) for name in data] if isinstance(data, list) else []
        types = {key: cast for key, cast in casts.items() if key in body["keys"]} if isinstance(casts, dict) else {}
    else:
        body["data"], types = to_values(rename(data), casts)
    if not body.get("keys") and not body.get("data"):
        body = {}
    if logic.get("throw_exception") is True:
        body["exception"] = rename(str(logic.get("exception_reason") or "")) or True
    return Piece("reply_to_process", body, types)


def _write_reply(reply: Any, node: Any) -> Logic:
    logic: Logic = {"type": "api_rpc_reply", "mode": "keys" if reply.keys else "key_value"}
    if reply.keys:
        logic["res_data"], logic["res_data_type"] = list(reply.keys), dict(node.types)
    else:
        logic["res_data"], logic["res_data_type"] = to_texts(reply.data, node.types)
    logic["throw_exception"] = reply.exception is not False
    if isinstance(reply.exception, str):
        logic["exception_reason"] = reply.exception
    return logic


# --- Waiting, queues --------------------------------------------------------------------------------


def _read_state(logic: Logic) -> Piece:
    return Piece("set_state", {})


def _read_callback(logic: Logic) -> Piece:
    body = _kept(
        wait=(_flag(logic.get("is_sync"), True), True),
        obj_id_path=(_path(logic.get("obj_id_path")), ""),
        callback_url=(str(logic.get("callback_url") or ""), ""),
        expected_params=(_read_expected(logic.get("expected_params")), {}),
    )
    return Piece("wait_for_callback", body)


def _path(text: Any) -> str:
    """A path that ours can follow; else it is kept for the way back only."""
    written = str(text or "")
    try:
        parse_path(written) if written and "{{" not in written else None
    except TemplateSyntaxError:
        return ""
    return written


def _read_expected(items: Any) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for item in items if isinstance(items, list) else ():
        if isinstance(item, dict) and item.get("name"):
            kind = item["type"] if item.get("type") in TYPES else "string"
            made[str(item["name"])] = {"type": kind, "required": True} if item.get("required") is True else kind
    return made


def _write_callback(action: Any, node: Any) -> Logic:
    logic: Logic = {"type": "api_callback"}
    if action.key == "wait_for_callback":
        logic["is_sync"] = action.wait
        if action.obj_id_path:
            logic["obj_id_path"] = action.obj_id_path
        if action.callback_url:
            logic["callback_url"] = action.callback_url
        if action.expected_params:
            logic["expected_params"] = [
                {"name": name, "type": expected.type, "required": expected.required}
                for name, expected in action.expected_params.items()
            ]
    return logic


def _read_queue(logic: Logic, rename: Renaming) -> Piece:
    data, types = to_values(rename(logic.get("data")), logic.get("data_type"))
    body: dict[str, Any] = {"data": data} if data else {}
    capacity = logic.get("capacity")
    if _is_number(capacity, 1, 10**9):
        body["capacity"] = capacity
    notes = []
    if "alert_threshold" in logic:
        notes.append("a task_limit tells that it grows, not alert_threshold")
    return Piece("queue", body, types, notes=notes)


def _is_number(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _write_queue(action: Any, node: Any) -> Logic:
    data, casts = to_texts(action.data, node.types)
    logic: Logic = {"type": "api_queue", "data": data, "data_type": casts}
    return logic if action.capacity is None else {**logic, "capacity": action.capacity}


def _read_get(logic: Logic, rename: Renaming) -> Piece:
    conv, node = _conv(logic), str(logic.get("node_id") or logic.get("queue_node_id") or "")
    names = rename.of(conv).names
    body: dict[str, Any] = {"conv": conv, "node": names.get(node, rename(node))}
    if logic.get("order_by") == "DESC":
        body["order"] = "newest"
    notes = []
    if _is_number(logic.get("count"), 2, 100):
        body["count"] = logic["count"]
        notes.append("several tasks come as lists, which the reference leaves open")
    if _is_number(logic.get("timeout"), 1, 10**6):
        body["timeout"] = f"{logic['timeout']}s"
    if node not in names and "{{" not in node:
        notes.append(f"conv {conv} is not in this file: put the name of its node in place of {node}")
    return Piece("get_from_queue", body, notes=notes)


def _write_get(action: Any, node: Any) -> Logic:
    logic = {"type": "api_get_task", "conv_id": action.conv, "node_id": action.node}
    logic["order_by"] = "DESC" if action.order == "newest" else "ASC"
    if action.count != 1:
        logic["count"] = action.count
    if action.timeout is not None:
        logic["timeout"] = action.timeout // 1000
    return logic


# --- Databases, repositories --------------------------------------------------------------------------


def _read_database(logic: Logic, rename: Renaming) -> Piece:
    instance = logic.get("instance_id")
    body: dict[str, Any] = {"instance": instance if isinstance(instance, int) else str(instance or "")}
    body["query"] = rename(str(logic.get("query") or ""))
    params, types = to_values(rename(logic.get("params")), logic.get("params_type"))
    timeout = logic.get("timeout", 30)
    timeout = timeout if isinstance(timeout, int) and 1 <= timeout <= 3600 else 30
    body |= _kept(params=(params, {}), params_types=(types, {}), timeout=(f"{timeout}s", "30s"))
    notes = [
        "templates in the query are bound as parameters, never pasted into it",
        'the rows come as "rows", which the reference leaves open',
    ]
    return Piece("database_call", body, notes=notes)


def _write_database(action: Any, node: Any) -> Logic:
    instance = action.instance
    if isinstance(instance, str) and instance.isascii() and instance.isdigit():
        instance = int(instance)
    logic: Logic = {"type": "db_call", "instance_id": instance, "query": action.query}
    if action.params:
        logic["params"], logic["params_type"] = to_texts(action.params, action.params_types)
    if action.timeout != 30_000 and action.timeout % 1000 == 0:
        logic["timeout"] = action.timeout // 1000
    return logic


_RUNS = ("js", "python")
_GIT_TEXTS = ("repo", "commit", "path", "script", "code", "handler")


def _read_git(logic: Logic, rename: Renaming) -> Piece:
    lang = str(logic.get("lang") or "js")
    body: dict[str, Any] = {"lang": lang}
    source = logic.get("code") or logic.get("src")
    for name in _GIT_TEXTS:
        value = source if name == "code" else logic.get(name)
        if value:
            body[name] = str(value)
    if logic.get("log") is True:
        body["log"] = True
    if logic.get("code_error") is not None:
        body["code_error"] = logic["code_error"]
    notes = ["a handler runs only where the operator allows it, in a process of its own"]
    if lang not in _RUNS:
        notes = [f"{lang} does not run here: the node fails with git_call_executing_error"]
    return Piece("git_call", body, notes=notes)


def _write_git(action: Any, node: Any) -> Logic:
    logic = {"type": "git_call", "version": 2, "lang": action.lang}
    for name in _GIT_TEXTS:
        logic[name] = getattr(action, name, None) or ""
    if not logic["handler"]:
        del logic["handler"]
    if action.log:
        logic["log"] = True
    if action.code_error is not None:
        logic["code_error"] = action.code_error
    return {**logic, "src": logic["code"]}


def _write_unsupported(action: Any, node: Any) -> Logic:
    return {"type": action.type, **action.fields}


_READ: dict[str, Callable[[Logic, Renaming], Piece]] = {
    "set_param": _read_set,
    "api_code": _read_code,
    "api_sum": _read_sum,
    "api": _read_api,
    "api_copy": _read_copy,
    "api_rpc": _read_call,
    "api_rpc_reply": _read_reply,
    "api_queue": _read_queue,
    "api_get_task": _read_get,
    "db_call": _read_database,
    "git_call": _read_git,
    "api_git": _read_git,
}

_WRITE: dict[str, Callable[[Any, Any], Logic]] = {
    "set_parameters": _write_set,
    "code": _write_code,
    "api_call": _write_api,
    "copy_task": _write_copy,
    "modify_task": _write_copy,
    "call_process": _write_call,
    "reply_to_process": _write_reply,
    "set_state": _write_callback,
    "wait_for_callback": _write_callback,
    "queue": _write_queue,
    "get_from_queue": _write_get,
    "database_call": _write_database,
    "git_call": _write_git,
    "unsupported": _write_unsupported,
}
