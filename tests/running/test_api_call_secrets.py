"""What an api_call makes of secrets stays with the host that it was made for, and is masked in what came back."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest

from engine.views import TaskView
from tests.raw_server import Asked, RawServer, serving
from tests.running.conftest import Lab

KEY, TOKEN, NUMBER = "k3y-of/the operator", "t0ken-of-the-task", 90210417
PROCESS = """
    process: Call
    id: 1
    params: {{token: {{type: string, secret: true}}, pin: {{type: number, secret: true}}}}
    nodes:
      start: {{go: call}}
      call:
        api_call:
          method: GET
          url: "{url}"
          headers: {headers}
          data: {data}
        error: failed
        go: done
      done: {{end: success}}
      failed: {{end: error}}
    """


class Hosts:
    """Two servers. The first redirects to the second, with what `location` adds to its address."""

    def __init__(self, first: RawServer, other: RawServer) -> None:
        self.first, self.other = first, other
        self.location = ""


@pytest.fixture
def hosts() -> Iterator[Hosts]:
    def redirect(asked: Asked) -> None:
        echo = asked.line.split(" ")[1].partition("?")[2]
        asked.answer("302 Found", Location=made.other.url + made.location.replace("QUERY", echo))

    with serving(lambda asked: asked.answer("200 OK", b"{}")) as other, serving(redirect) as first:
        made = Hosts(first, other)
        yield made


def call(lab: Lab, monkeypatch: pytest.MonkeyPatch, url: str, headers: str = "{}", data: str = "{}") -> TaskView:
    monkeypatch.setenv("CONV_VAR_API_KEY", KEY)
    (lab.folder / "variables.yaml").write_text("api_key: {secret: true}\n")
    lab.deploy(PROCESS.format(url=url, headers=headers, data=data))
    return lab.submit(1, {"token": TOKEN, "pin": NUMBER, "plain": "no-secret", "all": {"X-In-Map": "no-secret"}})


@pytest.mark.parametrize(
    ("header", "sent"),
    [
        ("{{env_var[@api_key]}}", KEY),
        ("of {{token}}", f"of {TOKEN}"),
        ("{{pin}}", str(NUMBER)),
        ("$.base64_encode({{token}})", base64.b64encode(TOKEN.encode()).decode()),
        ('{{env_var[@api_key] | default("x")}}', KEY),
    ],
)
def test_a_header_made_of_a_secret_does_not_follow_to_another_host(
    lab: Lab, hosts: Hosts, monkeypatch: pytest.MonkeyPatch, header: str, sent: str
) -> None:
    headers = f"{{X-Api-Key: '{header}', X-Plain: '{{{{plain}}}}', X-Written: here}}"

    view = call(lab, monkeypatch, hosts.first.url, headers)

    assert view.node == "done", view.data
    assert hosts.first.asked[0].headers["x-api-key"] == sent
    asked = hosts.other.asked[0]
    assert (asked.headers["x-plain"], asked.headers["x-written"]) == ("no-secret", "here")
    assert "x-api-key" not in asked.headers


def test_headers_that_are_one_reference_are_judged_as_one(
    lab: Lab, hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = call(lab, monkeypatch, hosts.first.url, '"{{all}}"')

    assert view.node == "done", view.data
    assert hosts.other.asked[0].headers["x-in-map"] == "no-secret"


@pytest.mark.parametrize(
    ("query", "data"),
    [
        ("?key={{env_var[@api_key]}}&a=1", "{}"),
        ("?sign=$.sha256_hex({{token}})", "{}"),
        ("?a={{plain}}", "{k: '{{token}}'}"),
        ("", "{pin: '{{pin}}'}"),
    ],
)
def test_a_query_made_of_a_secret_is_not_passed_on_to_another_host(
    lab: Lab, hosts: Hosts, monkeypatch: pytest.MonkeyPatch, query: str, data: str
) -> None:
    hosts.location = "/?QUERY"

    view = call(lab, monkeypatch, hosts.first.url + "/" + query, data=data)

    assert view.node == "failed"
    assert hosts.other.asked == []
    assert "another host" in view.data["__conveyor_api_return_description__"]
    assert TOKEN not in str(view.data["__conveyor_api_return_description__"])


def test_a_query_without_a_secret_is_passed_on(lab: Lab, hosts: Hosts, monkeypatch: pytest.MonkeyPatch) -> None:
    hosts.location = "/?QUERY"

    view = call(lab, monkeypatch, hosts.first.url + "/?a={{plain}}", "{X-Key: '{{token}}'}", "{b: '{{plain}}'}")

    assert view.node == "done", view.data
    assert hosts.other.asked[0].line == "GET /?a=no-secret&b=no-secret HTTP/1.1"


def test_the_user_of_a_url_does_not_follow_to_another_host(
    lab: Lab, hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = hosts.first.url.removeprefix("http://")

    view = call(lab, monkeypatch, f"http://user:{{{{token}}}}@{place}")

    assert view.node == "done", view.data
    assert "authorization" in hosts.first.asked[0].headers
    assert "authorization" not in hosts.other.asked[0].headers


def test_the_headers_of_a_failure_are_masked(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is, percent-encoded, and what the request was made of; also in a list."""

    def echo(asked: Asked) -> None:
        query = asked.line.split(" ")[1].partition("?")[2]
        asked.send(
            f"HTTP/1.1 302 Found\r\nLocation: /in?{query}\r\nX-Key: of {KEY}.\r\nX-Made: {asked.headers['x-made']}\r\n"
            f"X-Pin: {asked.headers['x-pin']}\r\nSet-Cookie: a={TOKEN}\r\nSet-Cookie: b=plain\r\n"
            f"Content-Length: 0\r\n\r\n".encode()
        )

    with serving(echo) as server:
        headers = "{X-Made: '$.base64_encode({{token}})', X-Pin: '{{pin}}'}"
        view = call(lab, monkeypatch, server.url, headers, "{k: '{{env_var[@api_key]}}'}")

    assert view.node == "failed"
    assert view.data["__conveyor_api_return_headers__"] == {
        "location": "/in?k=***",
        "x-key": "of ***.",
        "x-made": "***",
        "x-pin": "***",
        "set-cookie": ["a=***", "b=plain"],
        "content-length": "0",
    }
