"""Each limit of outside calls is exact: what just fits is taken, and one more is not."""

from __future__ import annotations

import contextlib
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from engine.errors import LogicError
from engine.http import Egress, HttpAnswer, HttpRequest, interpret, perform, read_allowed
from engine.http.pool import CERTIFICATES_KEPT, POOL_SIZE
from engine.http.request import Confined, RequestFields, build_request
from engine.template.limits import VALUE_CHARS
from tests.raw_server import Asked, RawServer, serving
from tests.waiting import PATIENCE_S

CERTIFICATE = (Path(__file__).parent / "certificates" / "self_signed.pem").read_text()


def get(url: str, **more: Any) -> HttpAnswer:
    return perform(HttpRequest("GET", url, **more), Egress(read_allowed("127.0.0.1")))


def yes(asked: Asked) -> None:
    asked.answer("200 OK", b"{}")


def connections(server: RawServer) -> list[int]:
    """The number of the connection on which each request came."""
    return [asked.connection_number for asked in server.asked]


@pytest.mark.parametrize(
    ("status", "kind"), [(408, "hardware"), (409, "software"), (499, "software"), (500, "hardware"), (599, "hardware")]
)
def test_which_answers_may_be_better_later(status: int, kind: str) -> None:
    with pytest.raises(LogicError) as caught:
        interpret(HttpAnswer(status), HttpRequest("GET", "http://host/"))

    assert caught.value.kind == kind


@pytest.mark.parametrize("format", ["form", "get"])
def test_a_form_and_a_query(format: str) -> None:
    def built(value: str) -> Any:
        fields: dict[str, Any] = {"method": "GET"} if format == "get" else {"method": "POST", "format": "form"}
        return build_request(RequestFields(url="http://host/", data={"k": value, "l": ""}, **fields))

    most = "x" * (VALUE_CHARS - len("k=" + "l="))
    built(most)
    with pytest.raises(LogicError, match=f"more than {VALUE_CHARS} characters"):
        built(most + "x")


@pytest.mark.parametrize(("text", "status"), [("abc", 200), ("abcd", 302)])
def test_the_shortest_secret_that_an_address_may_not_carry_to_another_host(text: str, status: int) -> None:
    with (
        serving(yes) as other,
        serving(lambda asked: asked.answer("302 Found", Location=f"{other.url}/?code={text}")) as server,
    ):
        assert get(server.url, confined=Confined(texts=(text,))).status == status


# --- Connections that are kept --------------------------------------------------------------------------


def test_connections_to_one_host() -> None:
    at_once = POOL_SIZE + 1
    together = threading.Barrier(at_once)

    def respond(asked: Asked) -> None:
        together.wait(PATIENCE_S)
        yes(asked)

    with serving(respond) as server, ThreadPoolExecutor(at_once) as threads:
        for _ in range(2):
            assert {answer.status for answer in threads.map(lambda _: get(server.url), range(at_once))} == {200}

    assert sorted(set(connections(server))) == [*range(1, at_once + 2)], "one of the first was not kept"


def test_hosts() -> None:
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(serving(yes)) for _ in range(POOL_SIZE + 1)]
        for server in [*servers[:-1], *servers[:-1]]:
            get(server.url)
        assert [connections(server) for server in servers[:-1]] == [[1, 1]] * POOL_SIZE

        get(servers[-1].url)
        get(servers[1].url)
        get(servers[0].url)

    assert connections(servers[1]) == [1, 1, 1]
    assert connections(servers[0]) == [1, 1, 2], "of all that were kept it was the longest ago"


def test_certificates() -> None:
    certificates = [f"{uuid.uuid4()}\n{CERTIFICATE}" for _ in range(CERTIFICATES_KEPT + 1)]
    with serving(yes) as server:
        for certificate in [*certificates[:-1], *certificates[:-1]]:
            get(server.url, cert_pem=certificate)
        assert connections(server) == [*range(1, CERTIFICATES_KEPT + 1)] * 2
        server.asked.clear()

        get(server.url, cert_pem=certificates[-1])
        get(server.url, cert_pem=certificates[-2])
        get(server.url, cert_pem=certificates[0])

    assert connections(server) == [CERTIFICATES_KEPT + 1, CERTIFICATES_KEPT, CERTIFICATES_KEPT + 2]
