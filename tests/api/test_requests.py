"""Requests that no client of ours would send: none is answered 5xx, and none changes anything."""

from __future__ import annotations

import contextlib
import socket

import pytest
import requests

from tests.api.conftest import Client
from tests.waiting import PATIENCE_S

JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b'{"data": {"amount": NaN}}', 400),
        (b'{"data": {"amount": 1e999}}', 422),
        (b'{"data": {"amount": "\\ud800"}}', 400),
        (b"[" * 5_000, 422),
        (b'{"data": {"amount": 1, "x": ' + b"[" * 5_000 + b"]" * 5_000 + b"}}", 400),
        (b'{"data": {"amount": 1, "x": ' + b"[" * 200 + b"]" * 200 + b"}}", 422),
        (b'{"data": {"amount": ' + b"9" * 5_000 + b"}}", 422),
        (b'{"data": {"amount": 5}}' + b" " * 6_000_000, 413),
        (b'{"data": {"amount": 5}} trailing', 400),
    ],
)
def test_bodies_that_cannot_be_read(api: Client, body: bytes, status: int) -> None:
    answer = api("POST", "/v1/convs/1/tasks", data=body, headers=JSON)

    assert answer.status_code == status, answer.text
    assert api.engine.show(1).living == 0
    assert api("GET", "/healthz").status_code == 200


def test_a_body_of_another_form_is_refused(api: Client) -> None:
    answer = api(
        "POST", "/v1/convs/1/tasks", data=b"a=1", headers={"content-type": "application/x-www-form-urlencoded"}
    )

    assert (answer.status_code, answer.json()["code"]) == (415, "wrong_media_type")


def test_what_is_not_there(api: Client) -> None:
    assert api("GET", "/").status_code == 404
    assert api("GET", "/v1/convs/").status_code == 404
    assert api("GET", "/v1/convs/1/../1").status_code in (200, 404)
    wrong = api("PUT", "/v1/convs/1/tasks")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET, POST")


def test_a_head_is_a_get_without_its_body(api: Client) -> None:
    answer = api("HEAD", "/v1/convs/1")

    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) > 0


def test_an_open_server_answers_only_to_its_own_name(api: Client) -> None:
    for host in ("evil.example", "127.0.0.1", f"127.0.0.1.evil.example:{api.url.rpartition(':')[2]}"):
        answer = api("GET", "/v1/convs", headers={"host": host})
        assert (answer.status_code, answer.json()["code"]) == (421, "wrong_host")


def raw(api: Client, request: bytes) -> bytes:
    host, port = api.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=PATIENCE_S) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while part := connection.recv(65_536):
            answer += part
    return answer


@pytest.mark.parametrize(
    "request_",
    [
        b"\0\0\0\0\r\n\r\n",
        b"GET /v1/convs HTTP/9.9\r\n\r\n",
        b"GET " + b"/x" * 50_000 + b" HTTP/1.1\r\nhost: a\r\n\r\n",
        b"POST /v1/convs/1/tasks HTTP/1.1\r\nhost: HOST\r\ncontent-length: -5\r\n\r\n",
        b"POST /v1/convs/1/tasks HTTP/1.1\r\nhost: HOST\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"POST /v1/convs/1/tasks HTTP/1.1\r\nhost: HOST\r\ncontent-length: 50\r\n\r\n{",
    ],
)
def test_what_is_no_http_gets_no_5xx(api: Client, request_: bytes) -> None:
    answer = raw(api, request_.replace(b"HOST", api.url.removeprefix("http://").encode()))

    assert not answer.startswith(b"HTTP/1.1 5"), answer[:200]
    assert api("GET", "/healthz").status_code == 200
    assert api.engine.show(1).living == 0


def test_a_head_without_end_is_refused_before_it_fills_memory(api: Client) -> None:
    for begin, more in ((b"GET /healthz HTTP/1.1\r\nx: ", b"y" * 10_000), (b"GET /", b"x" * 10_000),
                        (b"GET /healthz HTTP/1.1\r\n", b"a: b\r\n" * 1_000)):  # fmt: skip
        host, port = api.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=PATIENCE_S) as connection:
            connection.sendall(begin)
            sent = 0
            with contextlib.suppress(ConnectionError):
                while sent < 50_000_000:
                    connection.sendall(more)
                    sent += len(more)
            assert sent < 50_000_000
    assert api("GET", "/healthz").status_code == 200


def test_a_head_that_does_not_come_is_not_waited_for(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.api.protocol.HEAD_S", 0.2)
    host, port = api.url.removeprefix("http://").split(":")
    for begin in (b"", b"GET /healthz HTTP/1.1\r\nhost: "):
        with socket.create_connection((host, int(port)), timeout=PATIENCE_S) as connection:
            connection.sendall(begin)
            answer = b""
            while part := connection.recv(65_536):
                answer += part
        assert b'"code":"too_slow"' in answer
    assert api("GET", "/healthz").status_code == 200


def test_a_server_whose_store_takes_no_writes_is_not_ready(api: Client) -> None:
    client = api.engine.store.client
    assert api("GET", "/readyz").status_code == 200
    client.config_set("min-replicas-to-write", 1)  # as a full disk does it
    try:
        answer = requests.get(f"{api.url}/readyz", timeout=PATIENCE_S)
        assert (answer.status_code, answer.json()["status"]) == (503, "waiting")
        assert api("GET", "/healthz").status_code == 200
    finally:
        client.config_set("min-replicas-to-write", 0)
    assert api("GET", "/readyz").status_code == 200


def test_a_server_that_has_too_much_to_do_says_when_to_try_again(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert api("POST", "/v1/convs/1/tasks", {"data": {"amount": 5}}).status_code == 201
    monkeypatch.setattr("engine.api.submitter.MOST_WAITING", -1)

    answer = api("POST", "/v1/convs/1/tasks", {"data": {"amount": 5}})

    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (429, "too_often", "1")
    assert api("GET", "/v1/convs/1").json()["living"] == 1
