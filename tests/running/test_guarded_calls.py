"""Which calls are guarded, as a definition says where they go; and what becomes of those that are refused."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine import http
from engine.app import Engine
from engine.config import Settings
from engine.nodes.api_call import ApiCall, Stored, _encode
from engine.store import calls
from engine.store.client import Store
from engine.views import TaskView
from tests.own_server import OwnServer
from tests.ports import free_port
from tests.raw_server import RawServer, serving
from tests.running.conftest import Lab

README = Path(__file__).parents[2] / "README.md"
TAG = "__conveyor_api_return_type_tag__"
KIND = "__conveyor_api_return_type_error__"
WHY = "__conveyor_api_return_description__"

PROCESS = """
    process: Call
    id: 1
    {top}
    nodes:
      start: {{go: call}}
      call:
        api_call: {{method: GET, url: '{url}', response: {{status: "{{{{status}}}}"}}}}
        error: failed
        go: done
      done: {{end: success}}
      failed: {{end: error}}
    """

VARIABLES = """
scheme: http
host: 127.0.0.1
port: "{port}"
base: http://127.0.0.1:{port}
half: "http:"
config: {{type: json, value: {{base: "http://127.0.0.1:{port}"}}}}
nobody: {{description: without a value}}
key: {{secret: true, value: s3cret-of-the-operator}}
"""


@pytest.fixture
def lab(settings: Settings, tmp_path: Path) -> Iterator[Lab]:
    """As the others have it, but with nothing allowed."""
    folder = tmp_path / "definitions"
    folder.mkdir()
    with Engine.open(replace(settings, egress_allow="")) as engine:
        yield Lab(engine, folder)


@pytest.fixture
def server() -> Iterator[RawServer]:
    with serving(lambda asked: asked.answer("200 OK", b"{}")) as server:
        yield server


def submitted(lab: Lab, server: RawServer, url: str, top: str = "") -> TaskView:
    """A task whose data name this machine in every way."""
    (lab.folder / "variables.yaml").write_text(VARIABLES.format(port=server.port))
    lab.deploy(PROCESS.format(url=url.replace("PORT", str(server.port)), top=top))
    port = str(server.port)
    data = {"u": server.url, "h": "127.0.0.1", "p": port, "x": "x", "s": "http", "hp": f"127.0.0.1:{port}", "n": "base"}
    return lab.submit(1, data, ref="127.0.0.1")


TRUSTED = [
    "http://127.0.0.1:PORT",
    "http://127.0.0.1:PORT/{{x}}",
    "http://127.0.0.1:PORT?{{x}}",
    "http://127.0.0.1:PORT/?a={{u}}#{{x}}",
    "{{env_var[@base]}}",
    "{{env_var[@base]}}/{{x}}",
    "<<env_var[@base]>>/{{x}}?y={{u}}",
    "{{env_var[@scheme]}}://{{env_var[@host]}}:{{env_var[@port]}}/{{x}}",
    "http://{{env_var[@host]}}:PORT/{{x}}",
    "{{env_var[@config].base}}/{{x}}",
    '{{env_var[@base] | default("http://a/")}}/{{x}}',
    '{{"http://127.0.0.1:PORT"}}/{{x}}',
    "  http://127.0.0.1:PORT/{{x}}",
    "{{env_var[@base]}}/{{env_var[@key]}}/{{x}}",
]
GUARDED = [
    "{{u}}",
    "{{u}}/x",
    "http://{{h}}:PORT/",
    "http://{{hp}}/",
    "http://127.0.0.1:{{p}}/",
    "{{s}}://127.0.0.1:PORT/",
    "http://{{x}}@127.0.0.1:PORT/",
    "http://{{root.ref}}:PORT/",
    "{{env_var[@base]}}{{y | default(\"\")}}",
    "{{env_var[@base]}}{{y | default(\"/\")}}x",
    "{{env_var[@half]}}//{{hp}}/",
    "{{env_var[@{{n}}]}}/",
    "{{env_var[@config].{{n}}}}/",
    "{{env_var[@nobody] | default({{u}})}}/",
    "{{conv[2].ref[there].url}}/",
    "http://$.random(127,127).0.0.1:PORT/",
]  # fmt: skip


@pytest.mark.parametrize("url", TRUSTED)
def test_trusted(lab: Lab, server: RawServer, url: str) -> None:
    view = submitted(lab, server, url)

    assert (view.node, len(server.asked)) == ("done", 1), view.data


@pytest.mark.parametrize("url", GUARDED)
def test_guarded(lab: Lab, server: RawServer, url: str) -> None:
    lab.deploy(
        """
        diagram: Kept
        id: 2
        nodes:
          start: {go: kept}
          kept: {set_state: {}}
        """
    )
    lab.submit(2, {"url": server.url}, ref="there")

    view = submitted(lab, server, url, "missing: error")

    assert (view.node, view.data[TAG], view.data[KIND]) == ("failed", "api_host_refused", "software"), view.data
    assert "CONV_EGRESS_ALLOW=127.0.0.1:" in view.data[WHY]
    assert server.asked == []


# --- `hosts` ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hosts", "node"),
    [
        ("[127.0.0.1]", "done"),
        ('["{{env_var[@base]}}"]', "done"),
        ('["{{env_var[@host]}}:{{env_var[@port]}}"]', "done"),
        ("<<env_var[@host]>>", "done"),
        ('["<<env_var[@config].base>>"]', "done"),
        ("[example.com]", "failed"),
        ("[]", "failed"),
        ('["{{env_var[@host]}}:1"]', "failed"),
        ('["{{env_var[@key]}}"]', "failed"),
    ],
)
def test_hosts_narrow_a_trusted_call(lab: Lab, server: RawServer, hosts: str, node: str) -> None:
    view = submitted(lab, server, "{{env_var[@base]}}/{{x}}", f"hosts: {hosts}")

    assert view.node == node, view.data
    assert len(server.asked) == (node == "done")
    if node == "failed":
        assert (view.data[TAG], view.data[KIND]) == ("api_host_refused", "software")
        assert "s3cret" not in str(view.data)


def test_hosts_allow_nothing_that_the_guard_refuses(lab: Lab, server: RawServer) -> None:
    view = submitted(lab, server, "{{u}}", "hosts: [127.0.0.1]")

    assert (view.data[TAG], server.asked) == ("api_host_refused", [])
    assert "CONV_EGRESS_ALLOW" in view.data[WHY]


def test_a_host_that_cannot_be_used_is_refused_without_its_text(lab: Lab, server: RawServer) -> None:
    view = submitted(lab, server, "{{env_var[@base]}}/", 'hosts: ["{{env_var[@key]}}/*"]')

    assert view.data[TAG] == "api_host_refused"
    assert view.data[WHY] == (
        'one of the "hosts" of the definition cannot be used: a host is written as name, *.domain, name:port or address'
    )


def test_hosts_with_a_secret_are_not_stored_with_it(
    lab: Lab, server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[bytes] = []
    commit = calls.commit

    def commit_and_keep(*given: Any, **named: Any) -> Any:
        kept.append(repr((given, named)).encode())
        return commit(*given, **named)

    monkeypatch.setattr(calls, "commit", commit_and_keep)

    submitted(lab, server, "{{env_var[@base]}}/", 'hosts: ["{{env_var[@key]}}"]')

    assert any(b"hosts" in body for body in kept)
    assert not any(b"s3cret-of-the-operator" in body for body in kept)


# --- Where an older worker, or another definition, stored the request -------------------------


class Here:
    """A site at which nothing is allowed."""

    secret_variables: Mapping[str, str] = {}
    egress = http.Egress()


@pytest.mark.parametrize("url", ["http://127.0.0.1:PORT/{{x}}", "{{u}}"])
@pytest.mark.parametrize("stored", [True, False, None])
def test_the_request_keeps_how_it_was_made(
    lab: Lab, server: RawServer, url: str, stored: bool | None, settings: Settings
) -> None:
    """A request of a definition that trusted it is made so, whatever the definition says now; and the other way."""
    (lab.folder / "variables.yaml").write_text("")
    lab.deploy(PROCESS.format(url=url.replace("PORT", str(server.port)), top=""))
    step = lab.engine.current.program(1).steps["call"]
    assert step.outside is not None
    request = _encode(Stored(http.RequestFields("GET", server.url), guarded=stored))
    if stored is None:
        request = request.replace(b',"guarded":null', b"").replace(b',"hosts":null', b"")
        assert b"guarded" not in request

    came = step.outside.perform(request, Here())  # type: ignore[arg-type]

    guarded = stored if stored is not None else url == "{{u}}"
    assert came.answer.failure == ("refused" if guarded else "")


def test_a_request_of_today_is_read_by_a_worker_that_knows_no_guard() -> None:
    class Older(msgspec.Struct):
        fields: http.RequestFields
        sealed: list[str] = []

    request = _encode(Stored(http.RequestFields("GET", "http://a/"), guarded=True, hosts=["a"]))

    assert msgspec.json.decode(request, type=Older).fields.url == "http://a/"


# --- The store --------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.2", "{{h}}"])
def test_the_store_is_reached_by_no_call(
    settings: Settings, server_binary: Path, short_folder: Path, tmp_path: Path, host: str
) -> None:
    port = free_port()
    store = OwnServer(server_binary, short_folder, "--port", str(port), "--bind", "127.0.0.1")
    store.start()
    try:
        own = replace(settings, redis_url=f"redis://127.0.0.1:{port}", egress_allow="127.0.0.0/8 localhost")
        with Engine.open(own) as engine:
            lab = Lab(engine, tmp_path)
            lab.deploy(PROCESS.format(url=f"http://{host}:{port}/", top=""))
            view = lab.submit(1, {"h": "127.0.0.1"})
    finally:
        store.stop()

    assert (view.node, view.data[TAG], view.data[KIND]) == ("failed", "api_host_refused", "software")
    assert view.data[WHY].endswith("is the store of this engine, which no call reaches")


def test_a_store_at_a_unix_socket_has_no_endpoint(lab: Lab) -> None:
    assert lab.engine.store.endpoints() == frozenset()


def test_a_store_by_url_has_one() -> None:
    with contextlib.closing(Store.connect("redis://store.example")) as store:
        assert store.endpoints() == {("store.example", 6379)}
    with contextlib.closing(Store.connect("rediss://:pass@[::1]:7000/3")) as store:
        assert store.endpoints() == {("::1", 7000)}
    with contextlib.closing(Store.connect("redis://")) as store:
        assert store.endpoints() == {("localhost", 6379)}


# --- What lint says ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "guarded"),
    [
        *((url, False) for url in TRUSTED),
        *((url, True) for url in GUARDED if url != "{{env_var[@half]}}//{{hp}}/"),
        ("https://a.example{{path}}", True),
        ("https://{{env_var[@shop]}}.example/{{path}}", False),
        ("{{env_var[@scheme]}}://{{h}}/", True),
        ("{{broken", False),
    ],
)
def test_what_is_known_without_a_task(url: str, guarded: bool) -> None:
    assert ApiCall(method="GET", url=url).is_guarded is guarded


def test_the_table_of_readme_is_so() -> None:
    rows = re.findall(r"^\| `(.+?)` \| (trusted|guarded) \|", README.read_text("utf-8"), re.MULTILINE)

    assert len(rows) > 5
    for url, kind in rows:
        assert ApiCall(method="GET", url=url).is_guarded is (kind == "guarded"), url
