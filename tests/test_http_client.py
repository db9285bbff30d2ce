"""What `perform` makes of servers that are slow, wrong, huge, or not there."""

from __future__ import annotations

import base64
import gzip
import socket
import ssl
import subprocess
import sys
import threading
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from engine import http
from engine.errors import LogicError
from engine.http import Egress, HttpAnswer, HttpRequest, default_mapping, interpret, read_allowed
from engine.http.request import Confined
from tests.raw_server import Asked, serving
from tests.waiting import PATIENCE_S

CERTIFICATE = Path(__file__).parent / "certificates" / "self_signed.pem"
SECRET = "hunter2"


LOOPBACK = Egress(read_allowed("127.0.0.1, localhost"))


def perform(request: HttpRequest) -> HttpAnswer:
    return http.perform(request, LOOPBACK)


def get(url: str, **more: object) -> HttpAnswer:
    return perform(HttpRequest("GET", url, **more))  # type: ignore[arg-type]


def error_of(answer: HttpAnswer, request: HttpRequest | None = None) -> LogicError:
    with pytest.raises(LogicError) as caught:
        default_mapping(interpret(answer, request or HttpRequest("GET", "http://example.com")))
    return caught.value


def test_a_plain_answer() -> None:
    with serving(lambda asked: asked.answer("200 OK", b'{"a":1}', Content_Type="application/json")) as server:
        request = HttpRequest("POST", server.url + "/x?y=1", {"X-A": "b", "Idempotency-Key": "7:n:1"}, "é")
        answer = perform(request)

    assert (answer.status, answer.body, answer.failure) == (200, b'{"a":1}', "")
    assert answer.headers["content-type"] == "application/json"
    assert server.asked[0].line == "POST /x?y=1 HTTP/1.1"
    assert server.asked[0].body == "é".encode()
    assert server.asked[0].headers["x-a"] == "b"
    assert server.asked[0].headers["idempotency-key"] == "7:n:1"


def test_connections_are_kept_and_shared() -> None:
    with serving(lambda asked: asked.answer("200 OK", b"{}")) as server:
        for _ in range(5):
            assert get(server.url).status == 200

    assert {asked.connection_number for asked in server.asked} == {1}


def test_a_kept_connection_that_was_closed_is_replaced() -> None:
    def once(asked: Asked) -> None:
        asked.answer("200 OK", b"{}")
        asked.connection.shutdown(socket.SHUT_RDWR)

    with serving(once) as server:
        assert get(server.url).status == 200
        assert server.closed.wait(PATIENCE_S)
        assert get(server.url).status == 200


def test_many_threads_at_once() -> None:
    with (
        serving(lambda asked: asked.answer("200 OK", asked.line.encode())) as server,
        ThreadPoolExecutor(16) as threads,
    ):
        answers = list(threads.map(lambda number: get(f"{server.url}/{number}"), range(200)))

    assert [answer.body for answer in answers] == [f"GET /{number} HTTP/1.1".encode() for number in range(200)]
    assert len({asked.connection_number for asked in server.asked}) <= 16


# --- Not there --------------------------------------------------------------------------------


def test_a_refused_connection_is_a_hardware_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    request = HttpRequest("GET", f"http://u:{SECRET}@127.0.0.1:{port}/x?code={SECRET}", {"Authorization": SECRET})

    answer = perform(request)

    assert (answer.status, answer.failure, answer.description) == (0, "failed_connect", "connection refused")
    error = error_of(answer, request)
    assert (error.tag, error.kind, error.parameters) == ("api_bad_answer", "hardware", {})
    assert error.description == "failed_connect: connection refused"
    assert error.detail == f"GET http://127.0.0.1:{port}/x: failed_connect: connection refused"


def test_an_unknown_host() -> None:
    assert get(f"http://nowhere.invalid/?code={SECRET}").description == "the host name is not known"


def test_a_connection_that_nobody_accepts_ends_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        port = listener.getsockname()[1]
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))

        answer = get(f"http://127.0.0.1:{port}/", timeout_ms=200)

        for filler in fillers:
            filler.close()
    assert answer.failure == "timeout"


# --- Slow -------------------------------------------------------------------------------------


def silent(asked: Asked) -> None:
    asked.connection.recv(1)  # until the other side closes


def drip(first: bytes, drop: bytes) -> Callable[[Asked], None]:
    def respond(asked: Asked) -> None:
        asked.send(first)
        while not asked.stopping.wait(0.02):
            asked.send(drop)

    return respond


@pytest.mark.parametrize(
    ("respond", "status"),
    [
        (silent, 0),
        (drip(b"HTTP/1.1 200 OK\r\n", b"X"), 200),
        (drip(b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"), 0),
        (drip(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n", b"x"), 200),
        (drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"), 200),
        (drip(b"HTTP/1.0 200 OK\r\n\r\n", b"x"), 200),
    ],
    ids=["silent", "dripping head", "endless continue", "dripping body", "dripping chunks", "dripping until closed"],
)
def test_the_whole_answer_must_come_in_time(respond: Callable[[Asked], None], status: int) -> None:
    with serving(respond) as server:
        answer = get(server.url, timeout_ms=300)

        assert (answer.status, answer.failure) == (status, "timeout")
        assert answer.elapsed_ms >= 300
        assert error_of(answer).kind == "hardware"
        assert server.closed.wait(PATIENCE_S), "the connection is closed, not left to drip"


def test_a_late_answer_leaves_other_calls_alone() -> None:
    def by_path(asked: Asked) -> None:
        if "slow" in asked.line:
            silent(asked)
        else:
            asked.answer("200 OK", b"{}")

    with serving(by_path) as server, ThreadPoolExecutor(2) as threads:
        slow = threads.submit(get, server.url + "/slow", timeout_ms=300)
        while not slow.done():
            assert get(server.url + "/quick").status == 200

    assert slow.result().failure == "timeout"


# --- Broken -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"", 0),
        (b"HTTP/1.1 2", 0),
        (b"SSH-2.0-OpenSSH\r\n", 0),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", 200),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nha", 200),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 200),
    ],
)
def test_a_connection_closed_too_early_is_a_hardware_error(sent: bytes, status: int) -> None:
    def respond(asked: Asked) -> None:
        asked.send(sent)
        asked.connection.shutdown(socket.SHUT_RDWR)

    with serving(respond) as server:
        answer = get(server.url + f"/?code={SECRET}")

    assert (answer.status, answer.failure, answer.body) == (status, "broken", b"")
    assert SECRET not in answer.description
    assert error_of(answer).kind == "hardware"


def test_a_reset_connection_is_a_hardware_error() -> None:
    with serving(Asked.abort) as server:
        answer = get(server.url)

    assert (answer.failure, error_of(answer).kind) == ("broken", "hardware")


@pytest.mark.parametrize("status", ["503 Service Unavailable", "429 Too Many Requests"])
def test_a_busy_server_is_a_hardware_error(status: str) -> None:
    with serving(lambda asked: asked.answer(status, b"<html>busy</html>", Content_Type="text/html")) as server:
        error = error_of(get(server.url))

    code = int(status[:3])
    assert (error.tag, error.kind) == ("api_bad_answer", "hardware")
    assert error.parameters == {"__conveyor_api_return_http_code__": code}


def test_html_is_no_answer() -> None:
    with serving(lambda asked: asked.answer("200 OK", b"<html>", Content_Type="text/html")) as server:
        error = error_of(get(server.url))

    assert (error.tag, error.kind) == ("api_no_valid_json", "software")


# --- Huge -------------------------------------------------------------------------------------

CAP = 10_000


def announced(asked: Asked) -> None:
    asked.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n")
    while not asked.stopping.is_set():
        asked.send(b"x" * 65_536)


def endless_chunks(asked: Asked) -> None:
    asked.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not asked.stopping.is_set():
        asked.send(b"10000\r\n" + b"x" * 65_536 + b"\r\n")


def until_closed(asked: Asked) -> None:
    asked.send(b"HTTP/1.0 200 OK\r\n\r\n")
    while not asked.stopping.is_set():
        asked.send(b"x" * 65_536)


def bomb(asked: Asked) -> None:
    body = gzip.compress(b"0" * 5_000_000, mtime=0)
    assert len(body) < CAP
    asked.answer("200 OK", body, Content_Encoding="gzip", Content_Type="application/json")


@pytest.mark.parametrize("respond", [announced, endless_chunks, until_closed, bomb])
def test_an_answer_that_is_too_large_is_not_read(respond: Callable[[Asked], None]) -> None:
    with serving(respond) as server:
        answer = get(server.url, cap_bytes=CAP)

        assert (answer.status, answer.failure, answer.body) == (200, "overflow", b"")
        assert error_of(answer).tag == "api_task_size_overflow_limit"
        if respond is not bomb:
            assert server.closed.wait(PATIENCE_S)


@pytest.mark.parametrize(("size", "failure"), [(CAP, ""), (CAP + 1, "overflow")])
@pytest.mark.parametrize("compressed", [False, True])
def test_the_cap_is_exact(size: int, failure: str, compressed: bool) -> None:
    body = b"x" * size

    def respond(asked: Asked) -> None:
        if compressed:
            asked.answer("200 OK", gzip.compress(body, mtime=0), Content_Encoding="gzip")
        else:
            asked.answer("200 OK", body)

    with serving(respond) as server:
        assert get(server.url, cap_bytes=CAP).failure == failure


@pytest.mark.parametrize(
    ("encoding", "body", "failure"),
    [
        ("gzip", gzip.compress(b"{}", mtime=0), ""),
        ("gzip", gzip.compress(b"{", mtime=0) + gzip.compress(b"}", mtime=0), ""),
        ("deflate", zlib.compress(b"{}"), ""),
        ("deflate", zlib.compress(b"{}", wbits=-15), ""),
        ("identity", b"{}", ""),
        ("utf-8", b"{}", ""),
        ("UTF-8, None", b"{}", ""),
        ("binary", b"{}", ""),
        ("amz-1.0", b"{}", ""),
        ("utf-8, GZIP", gzip.compress(b"{}", mtime=0), ""),
        ("gzip,identity", gzip.compress(b"{}", mtime=0), ""),
        ("gzip", b"{}", "broken"),
        ("gzip", gzip.compress(b"{}", mtime=0)[:-9], "broken"),
        ("br", b"{}", "unusable"),
        ("gzip, gzip", b"{}", "unusable"),
    ],
)
def test_compressed_answers(encoding: str, body: bytes, failure: str) -> None:
    with serving(lambda asked: asked.answer("200 OK", body, Content_Encoding=encoding)) as server:
        answer = get(server.url)

    assert (answer.failure, answer.body) == (failure, b"" if failure else b"{}")
    assert server.asked[0].headers["accept-encoding"] == "gzip, deflate"


# --- Redirects --------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
def test_get_follows_a_redirect(status: str) -> None:
    def respond(asked: Asked) -> None:
        if " /old" in asked.line:
            asked.answer(status, b"moved", Location="/new?a=1")
        else:
            asked.answer("200 OK", b"{}")

    with serving(respond) as server:
        answer = perform(HttpRequest("GET", server.url + "/old", {"Authorization": SECRET}))

    assert answer.status == 200
    assert server.asked[1].line == "GET /new?a=1 HTTP/1.1"
    assert server.asked[1].headers["authorization"] == SECRET


def test_post_does_not_follow_a_redirect() -> None:
    with serving(lambda asked: asked.answer("307 Temporary Redirect", Location="/new")) as server:
        request = HttpRequest("POST", server.url, body="{}")
        answer = perform(request)

    assert len(server.asked) == 1
    error = error_of(answer, request)
    assert (error.kind, error.parameters["__conveyor_api_return_http_code__"]) == ("software", 307)


def test_secrets_do_not_follow_to_another_host() -> None:
    with (
        serving(lambda asked: asked.answer("200 OK", b"{}")) as other,
        serving(lambda asked: asked.answer("302 Found", Location=other.url + "/in")) as server,
    ):
        headers = {"authorization": SECRET, "Cookie": SECRET, "X-A": "kept"}
        answer = perform(HttpRequest("GET", server.url.replace("http://", f"http://user:{SECRET}@"), headers))

    assert answer.status == 200
    assert SECRET in server.asked[0].head
    assert SECRET not in other.asked[0].head
    assert "authorization" not in other.asked[0].headers
    assert other.asked[0].headers["x-a"] == "kept"


CONFINED = Confined(headers=frozenset(["x-key"]), body=True, texts=(SECRET, "a b+c/d"))


def redirected(location: str, **more: Any) -> tuple[HttpAnswer, list[Asked], list[Asked]]:
    """The answer, what the first server was asked, and what another. HERE and OTHER in `location` are their URLs."""
    with serving(lambda asked: asked.answer("200 OK", b"{}")) as other:

        def respond(asked: Asked) -> None:
            if " /in" in asked.line:
                asked.answer("200 OK", b"{}")
            else:
                asked.answer("302 Found", Location=location.replace("HERE", server.url).replace("OTHER", other.url))

        with serving(respond) as server:
            headers = {"X-Key": SECRET, "X-A": "kept", "Host": "first"}
            answer = perform(HttpRequest("GET", server.url, headers, confined=CONFINED, **more))
        return answer, server.asked, other.asked


def test_what_was_made_of_a_secret_stays_with_its_host_whatever_its_name() -> None:
    answer, _, asked = redirected("OTHER/in")

    assert answer.status == 200
    assert asked[0].headers["x-a"] == "kept"
    assert "x-key" not in asked[0].headers
    assert asked[0].headers["host"] != "first"


def test_what_was_made_of_a_secret_goes_on_to_the_same_host() -> None:
    _, asked, _ = redirected("HERE/in?code=a+b%2Bc%2Fd")

    assert asked[1].headers["x-key"] == SECRET


@pytest.mark.parametrize(
    "location", [f"OTHER/in?code={SECRET}", f"OTHER/{SECRET}/in", "OTHER/in?code=a+b%2Bc%2Fd", "OTHER/in#a%20b%2Bc%2Fd"]
)
def test_a_redirect_that_echoes_a_secret_to_another_host_is_not_followed(location: str) -> None:
    answer, _, asked = redirected(location)

    if "#" in location:  # which is never sent
        assert answer.status == 200
        return
    assert (answer.status, answer.failure, asked) == (302, "unusable", [])
    assert answer.description == "a redirect to another host, which must not get the secret in its address"


def test_a_body_made_of_a_secret_is_not_sent_to_another_host() -> None:
    answer, _, asked = redirected("OTHER/in", body=f'{{"key":"{SECRET}"}}')

    assert (answer.failure, asked) == ("unusable", [])
    assert "a body made of a secret" in answer.description


def test_a_client_certificate_is_for_its_host() -> None:
    """Connections with a certificate are never shared with those without one."""
    pem = CERTIFICATE.read_text()
    with (
        serving(lambda asked: asked.answer("200 OK", b"{}")) as other,
        serving(lambda asked: asked.answer("302 Found", Location=other.url)) as server,
    ):
        get(other.url)
        get(server.url, cert_pem=pem)
        get(other.url, cert_pem=pem)

    assert [asked.connection_number for asked in other.asked] == [1, 1, 2]


def test_a_secret_does_not_come_back_with_a_detour() -> None:
    with serving(lambda asked: asked.answer("302 Found", Location=server.url + "/in")) as other:

        def respond(asked: Asked) -> None:
            if " /in" in asked.line:
                asked.answer("200 OK", b"{}")
            else:
                asked.answer("302 Found", Location=other.url)

        with serving(respond) as server:
            answer = perform(HttpRequest("GET", server.url, {"X-Key": SECRET}, confined=CONFINED))

    assert answer.status == 200
    assert [SECRET in asked.head for asked in (*server.asked, *other.asked)] == [True, False, False]


def test_a_location_that_two_parsers_read_differently_leads_nowhere() -> None:
    with serving(lambda asked: asked.answer("200 OK", b"{}")) as other:
        place = f"http://127.0.0.1:{other.port}\\@"

        def respond(asked: Asked) -> None:
            asked.answer("302 Found", Location=f"{place}127.0.0.1:{server.port}/")

        with serving(respond) as server:
            answer = perform(HttpRequest("GET", server.url, {"Authorization": SECRET, "Cookie": SECRET}))

    assert (answer.failure, answer.description, other.asked) == ("unusable", "a redirect to nowhere", [])


def test_a_location_in_utf_8_is_read_as_it_is_meant() -> None:
    _, asked, _ = redirected("HERE/in/é")

    assert asked[1].line == "GET /in/%C3%A9 HTTP/1.1"


def test_the_user_of_a_url_goes_on_to_the_same_host() -> None:
    def respond(asked: Asked) -> None:
        asked.answer("200 OK" if " /in" in asked.line else "302 Found", b"{}", Location=server.url + "/in")

    with serving(respond) as server:
        get(server.url.replace("http://", "http://%D0%96:p%40ss@"))

    sent = "Basic " + base64.b64encode("Ж:p@ss".encode()).decode()
    assert [asked.headers["authorization"] for asked in server.asked] == [sent, sent]


@pytest.mark.parametrize(("redirects", "status", "failure"), [(0, 302, ""), (1, 302, "unusable"), (2, 200, "")])
def test_as_many_redirects_are_followed_as_the_author_says(redirects: int, status: int, failure: str) -> None:
    def respond(asked: Asked) -> None:
        step = int(asked.line.split("/")[1].split(" ")[0] or 0)
        if step == 2:
            asked.answer("200 OK", b"{}")
        else:
            asked.answer("302 Found", b"moved", Location=f"/{step + 1}")

    with serving(respond) as server:
        answer = get(server.url, redirects=redirects)

    assert (answer.status, answer.failure, len(server.asked)) == (status, failure, redirects + 1)
    assert answer.headers.get("location") == (None if status == 200 else f"/{redirects + 1}")


@pytest.mark.parametrize("location", ["/", "file:///etc/passwd", "ftp://a/", "http://[", "http://a:x/"])
def test_redirects_without_end_or_to_nowhere(location: str) -> None:
    with serving(lambda asked: asked.answer("302 Found", Location=location)) as server:
        answer = get(server.url)

    assert (answer.status, answer.failure) == (302, "unusable")
    assert len(server.asked) == (6 if location == "/" else 1)


def test_several_cookies_are_a_list_and_other_headers_one_text() -> None:
    def respond(asked: Asked) -> None:
        more = "Set-Cookie: b=2; Expires=Thu, 01 Jan 2026 00:00:00 GMT\r\nX-A: 2\r\n" if " /two" in asked.line else ""
        asked.send(f"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nSet-Cookie: a=1\r\nX-A: 1\r\n{more}\r\n".encode())

    with serving(respond) as server:
        one, two = get(server.url).headers, get(server.url + "/two").headers

    assert (one["set-cookie"], one["x-a"]) == ("a=1", "1")
    assert (two["set-cookie"], two["x-a"]) == (["a=1", "b=2; Expires=Thu, 01 Jan 2026 00:00:00 GMT"], "1, 2")


# --- The environment, cookies, TLS ------------------------------------------------------------


def test_nothing_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")

    with serving(lambda asked: asked.answer("200 OK", b"{}")) as server:
        assert get(server.url).status == 200


def test_no_cookie_is_kept() -> None:
    with serving(lambda asked: asked.answer("200 OK", b"{}", Set_Cookie="session=1; Path=/")) as server:
        get(server.url)
        get(server.url)

    assert "cookie" not in server.asked[1].headers


def test_a_certificate_that_nobody_vouches_for_is_refused() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            connection, _ = listener.accept()
            with connection, pytest.raises(OSError, match=r"."):
                context.wrap_socket(connection, server_side=True)

        thread = threading.Thread(target=accept)
        thread.start()
        answer = get(f"https://127.0.0.1:{listener.getsockname()[1]}/?code={SECRET}")
        thread.join()

    assert answer.failure == "failed_connect"
    assert "certificate is not trusted" in answer.description


def test_a_tls_handshake_that_never_ends_is_cut() -> None:
    with serving(silent) as server:
        answer = get(server.url.replace("http:", "https:"), timeout_ms=300)

    assert answer.failure == "timeout"


def test_https_to_a_server_without_tls() -> None:
    with serving(lambda asked: None) as server:
        server.greeting = b"HTTP/1.1 400 Bad Request\r\n\r\n"
        answer = get(server.url.replace("http:", "https:"))

    assert (answer.failure, error_of(answer).kind) == ("failed_connect", "hardware")


@pytest.mark.parametrize("pem", ["junk", CERTIFICATE.read_text().split("-----END PRIVATE KEY-----")[1]])
def test_a_client_certificate_that_cannot_be_used(pem: str) -> None:
    answer = get("https://127.0.0.1:1/", cert_pem=pem)

    assert (answer.failure, error_of(answer).kind) == ("unusable", "software")
    assert "cert_pem" in answer.description


def test_a_client_certificate_is_loaded() -> None:
    with serving(lambda asked: asked.answer("200 OK", b"{}")) as server:
        assert get(server.url, cert_pem=CERTIFICATE.read_text()).status == 200


def test_loading_the_package_loads_no_http_library() -> None:
    script = "import sys, engine.http; print(*sys.modules)"
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert not {"requests", "urllib3", "http.client", "ssl"} & set(said.stdout.split())
