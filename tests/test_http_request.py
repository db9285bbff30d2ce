"""What api_call sends, and what becomes of an answer: without a network."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import LogicError
from engine.http import (
    HttpAnswer,
    HttpRequest,
    Made,
    RequestFields,
    SystemValues,
    build_request,
    confine,
    debug_info,
    default_mapping,
    hide_secrets,
    interpret,
    response_scope,
    reveal_secrets,
    shown_url,
)

URL = "https://example.com/v1"
CODE = "__conveyor_api_return_http_code__"


def fields(**more: Any) -> RequestFields:
    return RequestFields(**{"method": "POST", "url": URL, **more})


def header(request: HttpRequest, name: str) -> str | None:
    return {key.lower(): text for key, text in request.headers.items()}.get(name)


def test_json_is_the_default_body() -> None:
    request = build_request(fields(data={"n": 123456789012345678901234567890, "ok": True, "x": None}))

    assert request.body == '{"n":123456789012345678901234567890,"ok":true,"x":null}'
    assert header(request, "content-type") == "application/json"


def test_a_form_is_percent_encoded() -> None:
    request = build_request(fields(format="form", data={"a": "x&y=z é", "o": {"k": 1}, "b": False, "n": None}))

    assert request.body == "a=x%26y%3Dz+%C3%A9&o=%7B%22k%22%3A1%7D&b=false&n="
    assert header(request, "content-type") == "application/x-www-form-urlencoded"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_data_of_get_and_head_is_the_query(method: str) -> None:
    request = build_request(fields(method=method, url=URL + "?a=1#top", data={"q": "SELECT Id"}))

    assert request.url == URL + "?a=1&q=SELECT+Id"
    assert request.body is None


def test_raw_sends_the_text_as_it_is() -> None:
    request = build_request(fields(format="raw", body="<a/>", content_type="text/xml"))

    assert request.body == "<a/>"
    assert header(request, "content-type") == "text/xml"


def test_without_data_there_is_no_body() -> None:
    assert build_request(fields(method="DELETE")).body is None
    assert build_request(fields(data={})).body == "{}"


def test_headers_of_the_author_win_whatever_their_case() -> None:
    request = build_request(
        fields(
            data={}, key="1:a:2", headers={"content-TYPE": "text/plain", "X-N": 5, "X-Null": None, "user-agent": "me"}
        )
    )

    assert request.headers == {
        "Accept": "*/*",
        "Idempotency-Key": "1:a:2",
        "content-TYPE": "text/plain",
        "X-N": "5",
        "user-agent": "me",
    }


def test_headers_of_the_connection_cannot_be_set() -> None:
    request = build_request(fields(headers={"Content-Length": "0", "transfer-Encoding": "chunked", "Host": "other"}))

    assert header(request, "content-length") is None
    assert header(request, "transfer-encoding") is None
    assert header(request, "host") == "other"


@pytest.mark.parametrize(
    ("more", "tag"),
    [
        ({"url": ""}, "api_bad_answer"),
        ({"url": "  "}, "api_bad_answer"),
        ({"url": "example.com/x"}, "api_bad_answer"),
        ({"url": "ftp://example.com"}, "api_bad_answer"),
        ({"url": "file:///etc/passwd"}, "api_bad_answer"),
        ({"url": "http://"}, "api_bad_answer"),
        ({"url": "http://a:x/"}, "api_bad_answer"),
        ({"url": "http://[1"}, "api_bad_answer"),
        ({"url": "http://a..b/"}, "api_bad_answer"),
        ({"url": "http://a/\r\nX: y"}, "api_bad_answer"),
        ({"method": "BREW"}, "api_bad_answer"),
        ({"headers": {"X": "a\r\nEvil: b"}}, "api_bind_error"),
        ({"headers": {"X: y": "a"}}, "api_bind_error"),
        ({"headers": {"": "a"}}, "api_bind_error"),
        ({"headers": {"X": "Ж"}}, "api_bind_error"),
        ({"format": "xml", "method": "POST", "data": {"a": 1, "b": 2}}, "api_bind_error"),
        ({"format": "xml", "method": "POST", "data": {"<": 1}}, "api_bind_error"),
    ],
)
def test_what_cannot_be_sent_is_an_error_of_the_definition(more: dict[str, Any], tag: str) -> None:
    with pytest.raises(LogicError) as caught:
        build_request(fields(**more))

    assert (caught.value.tag, caught.value.kind) == (tag, "software")


def test_errors_never_repeat_a_header_s_value() -> None:
    with pytest.raises(LogicError) as caught:
        build_request(fields(headers={"Authorization": "Bearer hunter2\n\x00"}))

    assert "hunter2" not in caught.value.description


def test_system_values_and_the_signature() -> None:
    request = build_request(
        fields(
            data={"a": 1},
            system=SystemValues("r", "65", 7, "2"),
            api_secret_outer="s3",
            sign_time=1700000000,
            sign_conv_id=7,
        )
    )

    body = '{"a":1,"sys":{"ref":"r","obj_id":"65","conv_id":7,"node_id":"2"}}'
    signature = hashlib.sha1(f"1700000000s3{body}s3".encode(), usedforsecurity=False).hexdigest()
    assert request.body == body
    assert request.url == f"{URL}?conv_signature={signature}&conv_time=1700000000&conv_id=7"


def test_a_request_is_the_same_after_being_stored() -> None:
    asked = fields(data={"a": [1, {"b": "é"}]}, headers={"A": "b"}, key="k")

    stored = msgspec.json.decode(msgspec.json.encode(asked), type=RequestFields)

    assert build_request(stored) == build_request(asked)
    sent = build_request(asked)
    assert msgspec.json.decode(msgspec.json.encode(sent), type=HttpRequest) == sent


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:pass@example.com:8443/a?code=1#x", "https://example.com:8443/a"),
        ("http://[::1]:80/", "http://[::1]:80/"),
        ("http://[", "(a URL that cannot be read)"),
    ],
)
def test_a_shown_url_has_no_query_and_no_user(url: str, shown: str) -> None:
    assert shown_url(url) == shown


# --- Secrets ----------------------------------------------------------------------------------

TEXTS = st.text(alphabet="\x1a01ab", max_size=12)


@given(TEXTS, TEXTS, st.dictionaries(st.sampled_from(["one", "two"]), TEXTS))
def test_hidden_secrets_come_back(url: str, value: str, secrets: dict[str, str]) -> None:
    asked = fields(url=url, data={value: [value, {"x": value}], "n": 1})

    hidden = hide_secrets(asked, secrets)

    assert reveal_secrets(hidden, secrets) == asked


def test_a_stored_request_holds_no_secret_variable() -> None:
    asked = fields(
        headers={"Authorization": "Bearer hunter2"}, data={"hunter2": ["hunter2"]}, api_secret_outer="hunter2"
    )

    stored = msgspec.json.encode(hide_secrets(asked, {"key": "hunter2"}))

    assert b"hunter2" not in stored


def test_a_value_cannot_ask_for_a_variable() -> None:
    asked = fields(data={"a": "\x1a1key\x1a"})

    secrets = {"key": "hunter2"}

    assert reveal_secrets(hide_secrets(asked, secrets), secrets).data == {"a": "\x1a1key\x1a"}


def test_a_variable_that_has_gone_is_an_error() -> None:
    hidden = hide_secrets(fields(body="hunter2"), {"vkey": "hunter2"})

    with pytest.raises(LogicError, match="secret variable key"):
        reveal_secrets(hidden, {})


def test_what_was_made_of_a_secret_is_known_from_its_marks_alone() -> None:
    """As in a request that an earlier release has stored."""
    secrets = {"vkey": "hunter2", "s0": "t0ken"}
    asked = fields(
        method="GET", url="https://example.com/v1?k=hunter2&of=all", headers={"X-Key": "of hunter2", "X-A": "b"},
        data={"t": ["t0ken", 5], "n": 5},
    )  # fmt: skip

    request = confine(build_request(asked), hide_secrets(asked, secrets), asked, secrets, Made(), "https://x?of=all")

    assert request.confined.headers == {"x-key"}
    assert {"hunter2", "of hunter2", "t0ken"} <= {*request.confined.texts}
    assert not {"b", "all"} & {*request.confined.texts}


def test_nothing_is_confined_where_nothing_is_secret() -> None:
    asked = fields(headers={"X-A": "b"}, data={"a": "\x1a"})

    built = build_request(asked)

    assert confine(built, hide_secrets(asked, {}), asked, {}, Made(), URL) == built


# --- Answers ----------------------------------------------------------------------------------


def answer(status: int = 200, body: bytes = b"{}", content_type: str = "application/json", **more: Any) -> HttpAnswer:
    return HttpAnswer(status, {"content-type": content_type}, body, **more)


REQUEST = HttpRequest("POST", "https://u:p@example.com/x?secret=1")


def failure(answer: HttpAnswer, request: HttpRequest = REQUEST) -> LogicError:
    with pytest.raises(LogicError) as caught:
        default_mapping(interpret(answer, request))
    assert "secret" not in caught.value.description
    return caught.value


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        *[(status, "hardware") for status in (408, 425, 429, 500, 502, 503, 504, 599)],
        *[(status, "software") for status in (209, 225, 299, 301, 302, 304, 400, 401, 403, 404, 409, 418)],
    ],
)
def test_every_other_status_is_a_bad_answer(status: int, kind: str) -> None:
    error = failure(answer(status))

    assert (error.tag, error.kind, error.parameters) == ("api_bad_answer", kind, {CODE: status})
    assert str(status) in error.description


@pytest.mark.parametrize("status", [200, 201, 202, 203, 206, 207, 208, 226])
def test_what_the_standard_calls_a_success_is_one(status: int) -> None:
    assert default_mapping(interpret(answer(status, b'{"a":1}'), REQUEST)) == {"a": 1}


@pytest.mark.parametrize("status", [204, 205])
@pytest.mark.parametrize("body", [b"", b"<html>", b'{"a":1}'])
def test_204_and_205_have_no_body(status: int, body: bytes) -> None:
    reply = interpret(answer(status, body, "text/html"), REQUEST)

    assert (default_mapping(reply), response_scope(reply)["status"]) == ({}, status)


@pytest.mark.parametrize(("status", "ok"), [(404, True), (409, True), (410, True), (411, False), (200, False)])
def test_the_author_says_what_is_a_success(status: int, ok: bool) -> None:
    request = HttpRequest("GET", URL, success=((404, 404), (409, 410)))

    if ok:
        assert default_mapping(interpret(answer(status, b'{"a":1}'), request)) == {"a": 1}
        assert default_mapping(interpret(answer(status, b""), request)) == {}
    else:
        assert failure(answer(status, b'{"a":1}'), request).parameters == {"a": 1, CODE: status}


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        (b"ok", "text/plain", "ok"),
        (b"007", "text/plain", "007"),
        (b"700", "text/plain; charset=utf-8", "700"),
        (b'"quoted"', "text/csv", '"quoted"'),
        (b"a;b\n1;2\n", "text/csv", "a;b\n1;2\n"),
        (b"<html>{{x}}", "text/html", "<html>{{x}}"),
        ("Жук".encode("cp1251"), "text/html; charset=windows-1251", "Жук"),
        (b"\xef\xbb\xbfok", "text/plain", "ok"),
        (b"ok", "", "ok"),
        (b"eyJ.eyJ.c2ln", "application/jwt", "eyJ.eyJ.c2ln"),
    ],
)
def test_the_body_of_a_text_is_the_text(body: bytes, content_type: str, text: str) -> None:
    reply = interpret(answer(200, body, content_type), REQUEST)

    assert (reply.kind, response_scope(reply)["body"]) == ("text", text)
    assert failure(answer(200, body, content_type)).tag == "api_no_valid_json"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"{", "application/json"),
        (b"ok", "text/json"),
        (b"ok", "application/problem+json"),
        (b"PK\x03\x04\x00\x00", "application/zip"),
        (b"\xff\xfe\x00", "application/octet-stream"),
        (b"\xff", "text/plain"),
    ],
)
def test_what_should_be_json_or_is_no_text_stays_an_error(body: bytes, content_type: str) -> None:
    with pytest.raises(LogicError) as caught:
        interpret(answer(200, body, content_type), REQUEST)

    assert caught.value.tag == "api_no_valid_json"


def test_a_text_is_no_envelope() -> None:
    with pytest.raises(LogicError) as caught:
        interpret(answer(200, b"<html>", "text/html"), HttpRequest("POST", URL, envelope=True))

    assert caught.value.tag == "api_no_valid_json"


@pytest.mark.parametrize(
    ("more", "query"),
    [
        ({}, "a=1&a=x+y&a=%7B%22k%22%3A%5B1%5D%7D&a=&b=2"),
        ({"repeat": False}, "a=%5B1%2C%22x+y%22%2C%7B%22k%22%3A%5B1%5D%7D%2Cnull%5D&b=2&c=%5B%5D"),
    ],
)
def test_a_list_in_a_query(more: dict[str, Any], query: str) -> None:
    data = {"a": [1, "x y", {"k": [1]}, None], "b": 2, "c": []}

    assert build_request(fields(method="GET", data=data, **more)).url == f"{URL}?{query}"


def test_a_list_in_a_form_is_json() -> None:
    assert build_request(fields(format="form", data={"a": [1, 2]})).body == "a=%5B1%2C2%5D"


def test_the_json_of_an_error_is_merged_but_cannot_pose_as_ours() -> None:
    body = {"error": "invalid_grant", "__conveyor_api_return_type_error__": "hardware", CODE: 200}

    error = failure(answer(400, json.dumps(body).encode()))

    assert error.parameters == {"error": "invalid_grant", CODE: 400}


def test_an_array_in_an_error_is_merged() -> None:
    error = failure(answer(401, b'[{"errorCode":"INVALID_SESSION_ID"}]'))

    assert error.parameters == {"__conveyor_api_array__": [{"errorCode": "INVALID_SESSION_ID"}], CODE: 401}


def test_what_is_not_json_in_an_error_is_left_out() -> None:
    assert failure(answer(503, b"<html>", "text/html")).parameters == {CODE: 503}


@pytest.mark.parametrize(
    ("lost", "tag", "kind"),
    [
        (HttpAnswer(failure="timeout", description="x"), "api_bad_answer", "hardware"),
        (HttpAnswer(failure="failed_connect", description="x"), "api_bad_answer", "hardware"),
        (HttpAnswer(200, failure="broken", description="x"), "api_bad_answer", "hardware"),
        (HttpAnswer(failure="unusable", description="x"), "api_bad_answer", "software"),
        (HttpAnswer(200, failure="overflow", description="x"), "api_task_size_overflow_limit", "software"),
        (HttpAnswer(503, failure="overflow", description="x"), "api_bad_answer", "hardware"),
    ],
)
def test_a_lost_answer(lost: HttpAnswer, tag: str, kind: str) -> None:
    error = failure(lost)

    assert (error.tag, error.kind) == (tag, kind)
    assert error.parameters == ({CODE: lost.status} if lost.status else {})


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"<html></html>", "text/html; charset=utf-8"),
        (b"ok", "text/plain"),
        (b"{", "application/json"),
        (b'{"a": NaN}', "application/json"),
        (b'"\xff"', "application/json"),
        (b"[" * 20_000, "application/json"),
        (b"9" * 5_000, "application/json"),
        (b'{"a":"\xff"}', "application/json; charset=zip"),
        (b'{"a":"\xff"}', "application/json; charset=x-user-defined"),
        (b'{"a":"\xff"}', "application/json; charset=iso-2022-kr"),
        (b'{"a":"\xff"}', "application/json; charset=utf8"),
        (b'"text"', "application/json"),
        (b"5", "application/json"),
        (b"null", "application/json"),
        (b"<a>", "application/xml"),
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "application/xml"),
        (b"<a>" * 300 + b"</a>" * 300, "application/xml"),
    ],
)
def test_a_success_without_an_object_is_no_valid_json(body: bytes, content_type: str) -> None:
    error = failure(answer(200, body, content_type))

    assert (error.tag, error.kind, error.parameters) == ("api_no_valid_json", "software", {CODE: 200})


@pytest.mark.parametrize(
    ("status", "rfc", "fails"), [(200, True, True), (201, True, True), (202, True, False), (200, False, False)]
)
def test_rfc_format_wants_a_body(status: int, rfc: bool, fails: bool) -> None:
    request = HttpRequest("POST", URL, rfc_format=rfc)
    empty = answer(status, b" \n")

    if fails:
        assert failure(empty, request).tag == "api_no_valid_json"
    else:
        assert default_mapping(interpret(empty, request)) == {}


def test_head_has_no_body() -> None:
    assert interpret(answer(200, b""), HttpRequest("HEAD", URL)).kind == "empty"


@pytest.mark.parametrize(
    ("body", "content_type", "mapped"),
    [
        (b'{"a": 123456789012345678901234567890}', "application/json", {"a": 123456789012345678901234567890}),
        (b"\xef\xbb\xbf{}", "application/json", {}),
        ('{"a":"é"}'.encode("latin-1"), "application/json; charset=ISO-8859-1", {"a": "é"}),
        ('{"a":"é"}'.encode(), "application/json; charset=ISO-8859-1", {"a": "é"}),
        ('{"a":"Жук"}'.encode("cp1251"), 'application/json; x=y; Charset="Windows-1251"', {"a": "Жук"}),
        ('{"a":"Жук"}'.encode("cp1251"), "application/json;charset=cp1251", {"a": "Жук"}),
        ('{"a":"日本"}'.encode("cp932"), "application/json; charset=x-sjis", {"a": "日本"}),
        ('{"a":"中文"}'.encode("gb18030"), "application/json; charset=gb2312", {"a": "中文"}),
        (b'{"a":"\x93\x81"}', "application/json; charset=us-ascii", {"a": "\u201c\x81"}),
        (b"{}", "application/json; charset=zip", {}),
        (b"{}", "application/json; charset=utf8mb4", {}),
        ('{"a":"é"}'.encode("utf-16-le"), "application/json; charset=utf-16", {"a": "é"}),
        ('\ufeff{"a":"é"}'.encode("utf-16-be"), "application/json", {"a": "é"}),
        ('\ufeff{"a":"é"}'.encode(), "application/json; charset=windows-1252", {"a": "é"}),
        ("\ufeffa=é".encode(), "application/x-www-form-urlencoded; charset=koi8-r", {"a": "é"}),
        ("\ufeff<a>é</a>".encode("utf-16-le"), "application/xml", {"a": "é"}),
        ('<?xml version="1.0" encoding="windows-1251"?><a>Жук</a>'.encode("cp1251"), "text/xml", {"a": "Жук"}),
        ('<?xml version="1.0" encoding="utf-8"?><a>Жук</a>'.encode("koi8-r"), "text/xml; charset=koi8", {"a": "Жук"}),
        (b'{"a":1}', "", {"a": 1}),
        (b'{"a":1}', "text/plain", {"a": 1}),
        (b'{"a":1}', "application/vnd.api+json", {"a": 1}),
        (b"[1]", "application/json", {"__conveyor_api_array__": [1]}),
        (b"a=1&b=x+y&c=", "application/x-www-form-urlencoded", {"a": "1", "b": "x y", "c": ""}),
        (b"\x89PNG", "image/png", {"__conveyor_api_image__": "iVBORw=="}),
    ],
)
def test_the_default_mapping(body: bytes, content_type: str, mapped: dict[str, Any]) -> None:
    assert default_mapping(interpret(answer(200, body, content_type), REQUEST)) == mapped


OURS = "__conveyor_api_return_type_tag__"


@pytest.mark.parametrize(
    ("body", "content_type", "mapped"),
    [
        (json.dumps({"a": 1, OURS: "x", "__webhook": 1}).encode(), "application/json", {"a": 1}),
        (b'{"__conveyor_api_array__": [1], "__typename": "T"}', "application/json", {"__typename": "T"}),
        (f"a=1&{OURS}=x&__queue_task_id__=5".encode(), "application/x-www-form-urlencoded", {"a": "1"}),
        (f"<{OURS}>x</{OURS}>".encode(), "application/xml", {}),
    ],
)
def test_an_answer_cannot_set_names_of_the_engine(body: bytes, content_type: str, mapped: dict[str, Any]) -> None:
    assert default_mapping(interpret(answer(200, body, content_type), REQUEST)) == mapped
    if content_type == "application/json":
        assert failure(answer(400, body, content_type)).parameters == {**mapped, CODE: 400}


def test_an_envelope_cannot_set_names_of_the_engine() -> None:
    body = {"request_proc": "ok", "ops": [{"proc": "ok", "res_data": {"a": 1, OURS: "x", "__missed__": 3}}]}

    assert default_mapping(interpret(answer(200, json.dumps(body).encode()), ENVELOPE)) == {"a": 1}


def test_the_scope_of_response() -> None:
    reply = interpret(answer(201, b'{"token":"{{conv[1].ref[x].y}}","status":"busy"}'), REQUEST)

    scope = response_scope(reply)

    assert scope["body"] == {"token": "{{conv[1].ref[x].y}}", "status": "busy"}
    assert scope["token"] == "{{conv[1].ref[x].y}}"
    assert scope["status"] == 201
    assert scope["header"]["content-type"] == scope["header"]["Content-Type"] == "application/json"


def test_xml_is_read_as_the_reference_writes_it() -> None:
    body = b'<?xml version="1.0"?><order id="7"><line>tea</line><line n="2">cup</line><none/></order>'

    found = interpret(answer(200, body, "text/xml"), REQUEST).body

    assert found == {"order": {"@id": "7", "line": ["tea", {"@n": "2", "#value": "cup"}], "none": None}}


def test_data_is_written_as_xml() -> None:
    data = {"order": {"@id": 7, "line": ["tea", {"@n": 2, "#value": "a < b"}], "none": None}}

    request = build_request(fields(format="xml", method="POST", data=data))

    assert header(request, "content-type") == "application/xml"
    assert request.body is not None
    assert request.body.split("\n", 1)[1] == (
        '<order id="7"><line>tea</line><line n="2">a &lt; b</line><none></none></order>'
    )


# --- The model system's envelope ----------------------------------------------------------------------------

SYSTEM = SystemValues("r", "t" * 24, 7, "3")


def test_an_envelope_carries_the_task_and_its_parameters() -> None:
    request = build_request(fields(format="corezoid", method="POST", data={"a": 1}, system=SYSTEM))

    assert json.loads(request.body or "") == {
        "ops": [
            {
                "ref": "r", "obj_id": "t" * 24, "conv_id": 7, "node_id": "3", "type": "data", "obj": "task",
                "data": {"a": 1}, "extra": {"a": 1},
            }
        ]
    }  # fmt: skip
    assert request.envelope


ENVELOPE = HttpRequest("POST", URL, envelope=True)


def opened(body: Any) -> Any:
    return interpret(answer(200, json.dumps(body).encode()), ENVELOPE).body


def test_res_data_of_an_envelope_is_the_answer() -> None:
    assert opened({"request_proc": "ok", "ops": [{"proc": "ok", "res_data": {"a": 1}}]}) == {"a": 1}
    assert opened({"request_proc": "ok", "ops": [{"proc": "ok"}]}) == {}


@pytest.mark.parametrize(
    ("body", "tag"),
    [
        ({}, "api_no_request_proc"),
        ([], "api_no_request_proc"),
        ({"request_proc": "format_error"}, "api_no_request_proc"),
        ({"request_proc": "ok"}, "api_no_ops"),
        ({"request_proc": "ok", "ops": []}, "api_no_ops"),
        ({"request_proc": "ok", "ops": [1]}, "api_no_ops"),
        ({"request_proc": "ok", "ops": [{"proc": "ok", "res_data": 5}]}, "api_bad_res_data"),
    ],
)
def test_a_wrong_envelope_has_an_error_of_its_own(body: Any, tag: str) -> None:
    with pytest.raises(LogicError) as caught:
        opened(body)

    assert (caught.value.tag, caught.value.kind) == (tag, "software")


def test_res_data_of_an_op_that_failed_is_merged_and_it_is_an_error() -> None:
    with pytest.raises(LogicError, match="the op failed: no such user") as caught:
        opened(
            {
                "request_proc": "ok",
                "ops": [{"proc": "error", "description": "no such user", "res_data": {"a": 1, "__conveyor_x": 2}}],
            }
        )

    assert caught.value.parameters == {"a": 1, "__conveyor_api_return_http_code__": 200}


def test_debug_info() -> None:
    request = HttpRequest("POST", URL, body="é")

    assert debug_info(answer(200, b"{}", elapsed_ms=5), request) == {
        "__conveyor_api_debug__": {
            "http_exec_time": 5,
            "http_req_body_size": 2,
            "http_res_code": 200,
            "http_res_body_size": 2,
        }
    }
