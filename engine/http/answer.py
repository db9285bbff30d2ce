"""What an answer means: success and its decoded body, or the error of reference 3.4. Pure.

    HttpAnswer → interpret → Reply → default_mapping   (no `response`: the body is merged into the task)
                                   → response_scope    (`response`: its templates see the answer, never the task)

Text of an answer is data: nothing here or later reads it as a template.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from ..data import DEPTH, is_deeper, read_answer, too_deep
from ..errors import LogicError
from ..reserved import without_reserved
from .charset import label_of_xml, text_of_body, texts_of_json
from .request import HttpRequest, shown_url
from .xml import from_xml

RETURN_CODE = "__conveyor_api_return_http_code__"
RETURN_HEADERS = "__conveyor_api_return_headers__"
NO_JSON = "Not valid http result json(ok)"  # the reference's words for it
ARRAY = "__conveyor_api_array__"
IMAGE = "__conveyor_api_image__"
DEBUG = "__conveyor_api_debug__"

_NO_BODY = (204, 205)  # RFC 9110, 15.3.5 and 15.3.6
_WITH_BODY = (200, 201)  # under rfc_format
_MAY_PASS = (408, 425, 429)  # and 5xx

# What `perform` says of an answer that did not come, or not whole. All but the last three may pass by themselves.
TIMEOUT = "timeout"
FAILED = "failed_connect"
BROKEN = "broken"
OVERFLOW = "overflow"
UNUSABLE = "unusable"
REFUSED = "refused"
_STAYS = (OVERFLOW, UNUSABLE)


Headers = dict[str, str | list[str]]


class HttpAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """What came back. `status` 0: no answer at all. Header names are in small letters; several Set-Cookie are a list;
    `body` is decompressed.

    `failure`: "" when the whole answer was read, else "timeout", "failed_connect" (no answer), "broken" (cut off by the
    other side), "overflow" (more than cap_bytes; the rest was not read), "unusable" (nothing could be sent, or what
    came is not HTTP that we read) or "refused" (the call may not go there: guard.py). `description` says it in words,
    without anything of the request but where it went.
    """

    status: int = 0
    headers: Headers = {}
    body: bytes = b""
    failure: str = ""
    description: str = ""
    elapsed_ms: int = 0

    def header(self, name: str) -> str:
        """The text of a header, by its name in small letters; "" when there is none."""
        value = self.headers.get(name, "")
        return value if isinstance(value, str) else ", ".join(value)


class Reply(msgspec.Struct, frozen=True):
    """A successful answer. `kind` says how `body` was read: json, form (a map of texts), xml (a map, see xml.py), image
    (base64), text or empty ({}). `why`: of a text, why it is no JSON."""

    status: int
    headers: Headers
    kind: str
    body: Any
    why: str = ""


def interpret(answer: HttpAnswer, request: HttpRequest, depth: int = DEPTH) -> Reply:
    """The reply of a successful answer. `depth`: how deep it may lie as part of a task's data (CONV_DEPTH).

    Raises LogicError: `api_host_refused` for where the call may not go, `api_bad_answer` for a status that is not of
    `request.success` and for every failure of the network, `api_task_size_overflow_limit` for an answer that is too
    large, `api_no_valid_json` for a body that is not what it should be or, under rfc_format, missing. Its parameters
    hold the status, and what JSON the answer had.
    """
    parameters: dict[str, object] = {RETURN_CODE: answer.status} if answer.status else {}
    place = f"{request.method} {shown_url(request.url)}"
    if answer.failure == REFUSED:
        description = f"{request.method}: {answer.description}"
        raise LogicError(
            "api_host_refused", description, parameters=parameters, detail=f"{place}: {answer.description}"
        )
    if answer.status and not any(first <= answer.status <= last for first, last in request.success):
        raise LogicError(
            "api_bad_answer",
            f"{place}: status {answer.status}" + (f": {answer.description}" if answer.failure else ""),
            kind="hardware" if answer.status in _MAY_PASS or answer.status >= 500 else "software",
            parameters={**_merged(answer, depth), **parameters},
        )
    if answer.failure == OVERFLOW:
        description = f"{place}: {answer.description}"
        raise LogicError("api_task_size_overflow_limit", description, parameters=parameters)
    if answer.failure:
        raise LogicError(
            "api_bad_answer",
            answer.failure if answer.failure == TIMEOUT else f"{answer.failure}: {answer.description}",
            kind="software" if answer.failure in _STAYS else "hardware",
            parameters=parameters,
            detail=f"{place}: {answer.failure}: {answer.description}",
        )
    if answer.status in _NO_BODY:
        return Reply(answer.status, answer.headers, "empty", {})
    if not answer.body.strip():
        if request.rfc_format and answer.status in _WITH_BODY and request.method != "HEAD":
            detail = f"{place}: {NO_JSON}: the body is empty"
            raise LogicError("api_no_valid_json", NO_JSON, parameters=parameters, detail=detail)
        return Reply(answer.status, answer.headers, "empty", {})
    try:
        kind, body, why = _decoded(answer, depth)
        if why and request.envelope:
            raise ValueError(why)
    except ValueError as error:
        detail = f"{place}: {NO_JSON}: {error}"
        raise LogicError("api_no_valid_json", NO_JSON, parameters=parameters, detail=detail) from None
    if request.envelope:
        body = _opened(body, place, parameters)
    return Reply(answer.status, answer.headers, kind, body, why)


def _opened(body: Any, place: str, parameters: dict[str, object]) -> dict[str, Any]:
    """What lies in an envelope of the model system: `res_data` of its first op. Raises LogicError."""

    def wrong(tag: str, what: str, more: Mapping[str, object] = MappingProxyType({})) -> LogicError:
        return LogicError(tag, f"{place}: {what}", parameters={**more, **parameters})

    if not isinstance(body, dict) or body.get("request_proc") != "ok":
        raise wrong("api_no_request_proc", 'the answer has no "request_proc": "ok"')
    ops = body.get("ops")
    if not isinstance(ops, list) or not ops or not isinstance(ops[0], dict):
        raise wrong("api_no_ops", 'the answer has no "ops"')
    data = ops[0].get("res_data", {})
    if not isinstance(data, dict):
        raise wrong("api_bad_res_data", '"res_data" of the answer is not an object')
    if ops[0].get("proc") != "ok":
        said = str(ops[0].get("description") or ops[0].get("proc"))[:200]
        raise wrong("api_bad_answer", f"the op failed: {said}", without_reserved(data))
    return data


def default_mapping(reply: Reply) -> dict[str, Any]:
    """What an answer without `response` adds to the task, but for names of the engine's own.

    Raises LogicError for a body that has no names.
    """
    body = reply.body
    if reply.kind == "image":
        return {IMAGE: body}
    if isinstance(body, dict):
        return without_reserved(body)
    if isinstance(body, list):
        return {ARRAY: body}
    raise LogicError(
        "api_no_valid_json",
        NO_JSON,
        parameters={RETURN_CODE: reply.status},
        detail=f"{NO_JSON}: {reply.why or 'the body is neither an object nor an array'}",
    )


def response_scope(reply: Reply) -> dict[str, Any]:
    """What the templates of `response` see: `body`, `header`, `status`, then the body's top keys.

    Header names can be written in small letters or as usual: header.content-type, header.Content-Type.
    """
    top = reply.body if isinstance(reply.body, dict) else {}
    header = {name.title(): text for name, text in reply.headers.items()} | reply.headers
    return {**top, "body": reply.body, "header": header, "status": reply.status}


def debug_info(answer: HttpAnswer, request: HttpRequest) -> dict[str, Any]:
    """What `debug_info: true` adds, also beside an error. Time in milliseconds, sizes in bytes."""
    return {
        DEBUG: {
            "http_exec_time": answer.elapsed_ms,
            "http_req_body_size": len((request.body or "").encode()),
            "http_res_code": answer.status,
            "http_res_body_size": len(answer.body),
        }
    }


def _merged(answer: HttpAnswer, depth: int) -> dict[str, object]:
    """The JSON of an error's answer; names that are ours cannot be set from outside."""
    if answer.failure:
        return {}
    try:
        kind, body, _ = _decoded(answer, depth)
    except ValueError:
        return {}
    if kind != "json" or not isinstance(body, dict | list):
        return {}
    return without_reserved(body) if isinstance(body, dict) else {ARRAY: body}


def _decoded(answer: HttpAnswer, depth: int) -> tuple[str, Any, str]:
    """Kind and value of a body, and of a text why it is no JSON. Raises ValueError."""
    kind, body, why = _read(answer)
    if is_deeper(body if isinstance(body, dict) else [body], depth):  # a list comes into the task under a name
        raise ValueError(f"the body: {too_deep(depth)}")
    return kind, body, why


def _read(answer: HttpAnswer) -> tuple[str, Any, str]:
    """By its Content-Type; what does not say that it is JSON may be, and else is text."""
    content_type, _, options = answer.header("content-type").lower().partition(";")
    content_type, label = content_type.strip(), _label(options)
    if content_type.startswith("image/") and not content_type.endswith("+xml"):
        return "image", base64.b64encode(answer.body).decode(), ""
    if content_type == "application/x-www-form-urlencoded":
        return "form", dict(parse_qsl(text_of_body(answer.body, label), keep_blank_values=True)), ""
    if content_type in ("application/xml", "text/xml") or content_type.endswith("+xml"):
        return "xml", from_xml(text_of_body(answer.body, label_of_xml(answer.body, label))), ""
    what = f"the body is {content_type}" if content_type else ""
    try:
        if content_type in ("text/html", "application/xhtml"):
            raise ValueError(what)
        value = _json(answer.body, label)
        if content_type.startswith("text/") and "json" not in content_type and not isinstance(value, dict | list):
            raise ValueError(what)  # 007 is a text, and so is 700
        return "json", value, ""
    except ValueError as error:
        why = f"{what}: {error}" if what and str(error) != what else str(error)
    text = text_of_body(answer.body, label) if "json" not in content_type else "\0"
    if "\0" in text:  # not JSON, and no text either
        raise ValueError(why)
    return "text", text, why


def _label(options: str) -> str:
    """The charset that a Content-Type names, or ""."""
    for option in options.split(";"):
        name, _, value = option.partition("=")
        if name.strip() == "charset":
            return value.strip(" \"'")
    return ""


def _json(body: bytes, label: str) -> Any:
    """The value of JSON. Raises ValueError: what is wrong with what it most probably is."""
    wrong: ValueError | None = None
    texts = texts_of_json(body, label)
    while True:
        try:
            return read_answer(next(texts))
        except StopIteration:
            raise wrong or ValueError("the body is empty") from None
        except ValueError as error:
            wrong = wrong or error
