"""api_call in a running process, against a real HTTP server on loopback."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from engine.app import Engine
from engine.config import Settings
from engine.store import calls
from engine.store.call import Partition
from engine.views import TaskView
from tests.raw_server import Asked, serving
from tests.running.conftest import Lab
from tests.waiting import PATIENCE_S

PROCESS = """
    process: Call
    id: 1
    params: {{token: {{type: string, secret: true}}}}
    nodes:
      start: {{go: call}}
      call:
        api_call:
          method: POST
          url: "{url}/token"
          format: form
          headers: {{Authorization: "Bearer {{{{token}}}}", X-Ref: "{{{{root.ref}}}}"}}
          data: {{code: "{{{{code}}}}", n: 5}}
          response: {{answer: "{{{{body.answer}}}}", code: "{{{{status}}}}", "deep.value": "{{{{deep.x}}}}"}}
        error: failed
        go: done
      done: {{end: success}}
      failed: {{end: error}}
    """


def test_an_answer_is_mapped_and_the_request_is_what_was_written(lab: Lab, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/token", method="POST").respond_with_json({"answer": "yes", "deep": {"x": [1]}})
    lab.deploy(PROCESS.format(url=httpserver.url_for("").rstrip("/")))

    view = lab.submit(1, {"token": "s3cret-t", "code": "a&b"}, ref="r1")

    assert view.node == "done", view.data
    assert (view.data["answer"], view.data["code"], view.data["deep"]) == ("yes", 200, {"value": [1]})
    request, _ = httpserver.log[0]
    assert request.form.to_dict() == {"code": "a&b", "n": "5"}
    assert request.headers["Authorization"] == "Bearer s3cret-t"
    assert request.headers["X-Ref"] == "r1"
    assert request.headers["Idempotency-Key"].startswith(view.task_id)


def test_an_error_answer_takes_the_error_route_with_its_code(lab: Lab, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/token").respond_with_json({"error": "invalid_grant"}, status=400)
    lab.deploy(PROCESS.format(url=httpserver.url_for("").rstrip("/")))

    view = lab.submit(1, {"token": "t", "code": "c"})

    assert view.node == "failed"
    assert view.data["__conveyor_api_return_type_tag__"] == "api_bad_answer"
    assert view.data["__conveyor_api_return_type_error__"] == "software"
    assert view.data["__conveyor_api_return_http_code__"] == 400
    assert view.data["error"] == "invalid_grant"


def test_an_answer_with_template_marks_stays_text(lab: Lab, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/token").respond_with_json(
        {"answer": "{{conv[1].ref[x].y}}", "deep": {"x": "<<token>>"}}
    )
    lab.deploy(PROCESS.format(url=httpserver.url_for("").rstrip("/")))

    view = lab.submit(1, {"token": "t", "code": "c"})

    assert view.data["answer"] == "{{conv[1].ref[x].y}}"
    assert view.data["deep"] == {"value": "<<token>>"}


def test_a_missing_path_of_the_answer_is_an_error(lab: Lab, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/token").respond_with_json({"other": 1})
    lab.deploy(PROCESS.format(url=httpserver.url_for("").rstrip("/")))

    view = lab.submit(1, {"token": "t", "code": "c"})

    assert view.data["__conveyor_api_return_type_tag__"] == "api_response_missing"


def test_the_stored_request_holds_no_secret(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fields that are stored while the call is under way name their secrets; the texts lie apart."""
    from engine.nodes.api_call import _decode

    monkeypatch.setenv("CONV_VAR_API_KEY", "k3y-of-the-operator")
    (lab.folder / "variables.yaml").write_text("api_key: {secret: true}\n")
    lab.deploy("""
        process: Call
        id: 1
        params: {token: {type: string, secret: true}}
        nodes:
          start: {go: call}
          call:
            api_call:
              method: POST
              url: "http://127.0.0.1:9/x?key={{env_var[@api_key]}}"
              headers: {Authorization: "Bearer {{token}}"}
              data: {both: "{{token}} {{env_var[@api_key]}}"}
            error: failed
            go: done
          done: {end: success}
          failed: {end: error}
        """)
    kept: list[bytes] = []
    commit = calls.commit

    def commit_and_keep(p: Partition, token: str, moves: Any, outcomes: Any, *more: Any) -> Any:
        kept.extend(outcome.request for outcome in outcomes)
        return commit(p, token, moves, outcomes, *more)

    monkeypatch.setattr(calls, "commit", commit_and_keep)

    view = lab.submit(1, {"token": "t0ken-of-the-task"})

    stored = next(request for request in kept if request)
    assert b"k3y-of-the-operator" not in stored
    assert "t0ken-of-the-task" not in json.dumps(str(_decode(stored).fields))
    assert "k3y" not in view.data["__conveyor_api_return_description__"]
    assert view.node == "failed"
    assert view.data["__conveyor_api_return_type_error__"] == "hardware"


def test_an_answer_too_large_for_the_task_takes_the_error_route(lab: Lab, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/token").respond_with_json({"answer": "x" * 130_000, "deep": {"x": 1}})
    lab.deploy(PROCESS.format(url=httpserver.url_for("").rstrip("/")))

    view = lab.submit(1, {"token": "t", "code": "c"})

    assert view.node == "failed"
    assert view.data["__conveyor_api_return_type_tag__"] == "api_task_size_overflow_limit"
    assert "answer" not in view.data
    assert "api_task_size_overflow_limit" in view.note


ASKED = """
    process: Call
    id: 1
    missing: {missing}
    nodes:
      start: {{go: call}}
      call:
        api_call: {{method: GET, url: "{url}", data: {data}, response: {response}{more}}}
        error: failed
        go: done
      done: {{end: success}}
      failed: {{end: error}}
    """
TAG = "__conveyor_api_return_type_tag__"


def ask(lab: Lab, url: str, response: str, more: str = "", data: str = "{}", missing: str = "error") -> TaskView:
    lab.deploy(ASKED.format(url=url, response=response, more=f", {more}" if more else "", data=data, missing=missing))
    return lab.submit(1, {"items": ["a", 2]})


@pytest.mark.parametrize("missing", ["error", "empty"])
def test_the_text_of_an_answer_is_its_body(lab: Lab, httpserver: HTTPServer, missing: str) -> None:
    httpserver.expect_request("/").respond_with_data("<p>{{items}} $.date(%y)</p>", content_type="text/html")

    view = ask(lab, httpserver.url_for("/"), '{page: "{{body}}", code: "{{status}}"}', missing=missing)

    assert (view.node, view.data["page"], view.data["code"]) == ("done", "<p>{{items}} $.date(%y)</p>", 200)


@pytest.mark.parametrize("missing", ["error", "empty"])
def test_what_a_text_has_no_part_of_is_no_valid_json(lab: Lab, httpserver: HTTPServer, missing: str) -> None:
    httpserver.expect_request("/").respond_with_data("<p>down</p>", content_type="text/html")

    view = ask(lab, httpserver.url_for("/"), '{token: "{{body.token}}", page: "{{body}}"}', missing=missing)

    assert (view.node, view.data[TAG]) == ("failed", "api_no_valid_json")
    assert "page" not in view.data


def test_without_response_a_text_is_no_valid_json(lab: Lab, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/token").respond_with_data("ok", content_type="text/plain")
    lab.deploy(PROCESS.format(url=httpserver.url_for("").rstrip("/")).replace("response:", "# response:"))

    view = lab.submit(1, {"token": "t", "code": "c"})

    assert view.data[TAG] == "api_no_valid_json"
    assert "text/plain" in view.note


@pytest.mark.parametrize(("success", "node"), [("[404]", "done"), ("[200, 400-499]", "done"), ("[200-403]", "failed")])
def test_the_author_says_what_is_a_success(lab: Lab, httpserver: HTTPServer, success: str, node: str) -> None:
    httpserver.expect_request("/").respond_with_json({"why": "gone"}, status=404)

    view = ask(lab, httpserver.url_for("/"), '{found: "{{status}}", why: "{{why}}"}', f"success: {success}")

    assert view.node == node
    assert view.data["why"] == "gone"


@pytest.mark.parametrize(("more", "query"), [("", "i=a&i=2"), ("lists: json", "i=%5B%22a%22%2C2%5D")])
def test_lists_in_a_query_are_repeated_or_json(lab: Lab, httpserver: HTTPServer, more: str, query: str) -> None:
    httpserver.expect_request("/").respond_with_json({})

    ask(lab, httpserver.url_for("/"), "{}", more, data='{i: "{{items}}"}')

    assert httpserver.log[0][0].query_string.decode() == query


@pytest.mark.parametrize(
    ("redirects", "node", "asked"),
    [("", "done", 2), ("redirects: 0", "failed", 1), ("redirects: 0, success: [302]", "done", 1)],
)
def test_redirects_are_followed_or_are_the_answer(
    lab: Lab, httpserver: HTTPServer, redirects: str, node: str, asked: int
) -> None:
    httpserver.expect_request("/").respond_with_data("", status=302, headers={"Location": "/in"})
    httpserver.expect_request("/in").respond_with_json({}, headers={"Location": "/here"})

    view = ask(lab, httpserver.url_for("/"), '{to: "{{header.Location}}"}', redirects)

    assert (view.node, len(httpserver.log)) == (node, asked)
    assert view.data.get("to") == {"failed": None, "done": "/here" if asked == 2 else "/in"}[node]


HEADERS = "__conveyor_api_return_headers__"
COOKIES = [("X-Request-Id", "r-1"), ("Set-Cookie", "a=1; Path=/"), ("Set-Cookie", "b=2, 3"), ("Retry-After", "7")]


def answer(asked: Asked, status: str, body: bytes = b"{}") -> None:
    head = "".join(f"{name}: {text}\r\n" for name, text in COOKIES)
    asked.send(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{head}\r\n".encode() + body)


@pytest.mark.parametrize(
    ("status", "body", "method", "tag"),
    [
        ("503 Busy", b"<html>", "POST", "api_bad_answer"),
        ("307 Elsewhere", b"", "POST", "api_bad_answer"),
        ("200 OK", b"{", "POST", "api_no_valid_json"),
        ("200 OK", b'{"a":1}', "POST", "api_response_missing"),
        ("200 OK", b"x" * 3_000_000, "POST", "api_task_size_overflow_limit"),
        ("200 OK", b'{"b":"' + b"x" * 200_000 + b'"}', "GET", "api_task_size_overflow_limit"),
    ],
)
def test_after_a_failure_the_headers_of_the_answer_are_there(
    lab: Lab, status: str, body: bytes, method: str, tag: str
) -> None:
    with serving(lambda asked: answer(asked, status, body)) as server:
        text = ASKED.format(url=server.url, response='{b: "{{body.b}}"}', more="", data="{}", missing="error")
        lab.deploy(text.replace("GET", method))
        view = lab.submit(1)

    assert (view.node, view.data[TAG]) == ("failed", tag)
    assert view.data[HEADERS] == {
        "content-length": str(len(body)),
        "x-request-id": "r-1",
        "set-cookie": ["a=1; Path=/", "b=2, 3"],
        "retry-after": "7",
    }
    assert view.data["__conveyor_api_return_http_code__"] == int(status[:3])


def test_without_an_answer_there_are_no_headers(lab: Lab) -> None:
    with serving(Asked.abort) as server:
        view = ask(lab, server.url, "{}")

    assert view.node == "failed"
    assert HEADERS not in view.data


def test_response_reads_headers_by_either_spelling(lab: Lab) -> None:
    with serving(lambda asked: answer(asked, "200 OK")) as server:
        view = ask(lab, server.url, '{id: "{{header.x-request-id}}", all: "{{header.Set-Cookie}}"}')

    assert (view.data["id"], view.data["all"]) == ("r-1", ["a=1; Path=/", "b=2, 3"])
    assert HEADERS not in view.data


def test_a_full_task_keeps_the_status_when_it_has_no_room_for_the_headers(lab: Lab) -> None:
    with serving(lambda asked: answer(asked, "503 Busy", json.dumps({"x": "y" * 3000}).encode())) as server:
        lab.deploy(ASKED.format(url=server.url, response="{}", more="", data="{}", missing="error"))
        view = lab.submit(1, {"full": "x" * 126_500})

    assert (view.node, view.data[TAG]) == ("failed", "api_bad_answer")
    assert view.data["__conveyor_api_return_http_code__"] == 503
    assert HEADERS not in view.data


def test_no_call_waits_longer_than_the_setting(settings: Settings, tmp_path: Path, httpserver: HTTPServer) -> None:
    over = threading.Event()

    def silent(_: Request) -> Response:
        over.wait(PATIENCE_S)
        return Response("{}", content_type="application/json")

    httpserver.expect_request("/token").respond_with_handler(silent)
    with Engine.open(replace(settings, api_timeout_ms=100)) as engine:
        lab = Lab(engine, tmp_path)
        lab.deploy(PROCESS.format(url=httpserver.url_for("").rstrip("/")).replace("format: form", "timeout: 1h"))
        try:
            view = lab.submit(1, {"token": "t", "code": "c"})
        finally:
            over.set()

    assert view.node == "failed"
    assert view.data["__conveyor_api_return_type_error__"] == "hardware"
    assert view.data["__conveyor_api_return_description__"] == "timeout"
