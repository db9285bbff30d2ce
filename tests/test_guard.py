"""Where calls may go: nothing that is refused is ever connected to, however it is written, looked up or led to."""

from __future__ import annotations

import contextlib
import ipaddress
import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine import http
from engine.errors import LogicError
from engine.http import Egress, Endpoint, HttpAnswer, HttpRequest, interpret, read_allowed, read_places
from engine.http.addresses import not_public, read_address
from engine.http.guard import Guard, HostRefused
from engine.http.places import is_odd, read_place
from engine.http.url import settles_host
from tests.raw_server import RawServer, serving

ANY = "0.0.0.0"  # noqa: S104 - to call, not to listen
PUBLIC = Egress()
LOOPBACK = Egress(read_allowed("127.0.0.1"))
GUARDED = Guard(PUBLIC, True)


class Counting:
    """Listens at a port of loopback, of IPv4 and IPv6, and counts who connects."""

    def __init__(self) -> None:
        self.four = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self.four.getsockname()[1]
        self.sockets = [self.four]
        with contextlib.suppress(OSError):  # a machine without IPv6, or somebody has the port there
            self.sockets.append(socket.create_server(("::1", self.port), family=socket.AF_INET6, backlog=64))
        for one in self.sockets:
            one.setblocking(False)

    @property
    def connections(self) -> int:
        count = 0
        for one in self.sockets:
            while True:
                try:
                    one.accept()[0].close()
                except BlockingIOError:
                    break
                count += 1
        return count

    def close(self) -> None:
        for one in self.sockets:
            one.close()


@pytest.fixture(scope="module")
def listener() -> Iterator[Counting]:
    listener = Counting()
    yield listener
    listener.close()


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[list[str]]]:
    """A resolver of the test's: the answers to each name, one after another; the last one stays."""
    known: dict[str, list[list[str]]] = {}
    real = socket.getaddrinfo

    def look_up(host: Any, port: Any, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0) -> Any:
        answers = known.get(host)
        if answers is None:
            return real(host, port, family, type, proto, flags)
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [entry for address in addresses for entry in real(address, port, 0, type, proto, flags)]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return known


def call(url: str, egress: Egress = PUBLIC, **more: Any) -> HttpAnswer:
    return http.perform(HttpRequest("GET", url, **{"timeout_ms": 5_000, **more}), egress)


def redirect(location: str) -> Any:
    return serving(lambda asked: asked.answer("302 Found", Location=location))


def ok() -> Any:
    return serving(lambda asked: asked.answer("200 OK", b"{}"))


def error_of(answer: HttpAnswer, url: str = "http://h/") -> LogicError:
    with pytest.raises(LogicError) as caught:
        interpret(answer, HttpRequest("GET", url))
    return caught.value


# --- Addresses --------------------------------------------------------------------------------

REFUSED = {
    "loopback": ("127.0.0.1", "127.0.0.0", "127.255.255.255", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"),
    "private": (
        *("10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.0.0", "192.168.255.255"),
        *("fc00::", "fdff::1", "fd00:ec2::254", "::ffff:10.0.0.1", "64:ff9b::10.0.0.1"),
    ),
    "link-local": ("169.254.0.0", "169.254.169.254", "169.254.255.255", "fe80::1", "febf::1", "fe80::a9fe:a9fe"),
    "of a carrier's own network": ("100.64.0.0", "100.100.100.200", "100.127.255.255"),
    "no address of a host": (ANY, "0.255.255.255", "::"),
    "multicast": ("224.0.0.0", "239.255.255.255", "ff02::1", "ff0e::1"),
    "a cloud's own service": ("168.63.129.16", "::ffff:168.63.129.16"),
    "of 6to4": ("2002:7f00:1::", "2002:a00:1::1", "2002:808:808::1"),
    "of a 6to4 relay": ("192.88.99.0", "192.88.99.255"),
    "for measurements": ("198.18.0.0", "198.19.255.255"),
    "for documentation": (
        *("192.0.2.1", "192.0.2.255", "198.51.100.0", "198.51.100.255", "203.0.113.0", "203.0.113.255"),
        *("2001:db8::1", "2001:db8:ffff::", "3fff::1", "3fff:fff::"),
    ),
    "reserved": (
        *("192.0.0.0", "192.0.0.192", "192.0.0.255", "240.0.0.0", "255.255.255.255"),
        *("2001::1", "2001:0:7f00:1::", "2001:1ff::", "fec0::1", "::7f00:1", "64:ff9b:1::7f00:1", "100::1", "4000::1"),
        *("::ffff:0:7f00:1", "1fff::1", "5f00::1"),
    ),
}
OPEN = (
    *("1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255"),
    *("128.0.0.0", "168.63.129.15", "168.63.129.17", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0"),
    *("191.255.255.255", "192.0.1.0", "192.0.3.0", "192.88.98.255", "192.88.100.0", "192.167.255.255", "192.169.0.0"),
    *("198.17.255.255", "198.20.0.0", "198.51.99.255", "198.51.101.0", "203.0.112.255", "203.0.114.0"),
    *("223.255.255.255", "1.0.0.0", "2000::1", "2001:200::1", "2001:db7::1", "2001:db9::1", "2001:4860:4860::8888"),
    *("2003::1", "2a00:1450:4001::1", "3ffe::1", "3fff:1000::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"),
)


@pytest.mark.parametrize(("address", "what"), [(one, what) for what, some in REFUSED.items() for one in some])
def test_what_is_not_public(address: str, what: str) -> None:
    assert not_public(read_address(address)) == what


@pytest.mark.parametrize("address", OPEN)
def test_what_is_public(address: str) -> None:
    assert not_public(read_address(address)) == ""


@given(st.ip_addresses())
def test_nothing_is_public_that_python_knows_to_be_none(address: Any) -> None:
    if not_public(read_address(str(address))) == "":
        meant = read_address(str(address))
        assert meant.is_global
        kinds = ("private", "loopback", "link_local", "multicast", "reserved", "unspecified")
        assert not [kind for kind in kinds if getattr(meant, f"is_{kind}")]


# --- Spellings --------------------------------------------------------------------------------

ODD = (
    *("127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0x7f.1", "0177.0.0.1", "0177.1", "017700000001"),
    *(
        "127.0.0.01",
        "127.0.0.1.",
        "0x7f.0x0.0x0.0x1",
        "127.0.0x1",
        "0",
        "0x0",
        ANY,
        "0x",
        "localhost",
        "LOCALHOST",
    ),
    *(
        "localhost.",
        "LocalHost.",
        "①②⑦.⓪.⓪.①",
        "127。0。0。1",
        "127．0．0．1",
        "１２７.0.0.1",
        "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
        "loc\u00adalhost",
    ),
    *("[::1]", "[0:0:0:0:0:0:0:1]", "[::0001]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[::]"),
    *(
        "[64:ff9b::7f00:1]",
        "[64:ff9b::127.0.0.1]",
        "[2002:7f00:1::]",
        "[2001:0:7f00:1::]",
        "[fe80::1%25lo]",
        "[::1%25lo]",
    ),
    *(
        "[::1%lo]",
        "%31%32%37.0.0.1",
        "127%2e0%2e0%2e1",
        "127.0.0.1%00.example.com",
        "user@127.0.0.1",
        "example.com@127.0.0.1",
    ),
    *("example.com:80@127.0.0.1", "127.0.0.1\\@example.com", "127.0.0.1#@example.com", "127.0.0.1?@example.com"),
    *("999999999999", "0x17f000001", "127.0.0.1.0x", "1.2.3", "0x7f.00.00.01", "0000127.0.0.1", "127.0.0.256"),
)


@pytest.mark.parametrize("host", ODD)
def test_no_spelling_reaches_this_machine(listener: Counting, host: str) -> None:
    place, at, rest = host.partition("#") if "#" in host else host.partition("?") if "?" in host else (host, "", "")
    answer = call(f"http://{place}:{listener.port}{at}{rest}")

    assert (answer.status, answer.failure) in ((0, "refused"), (0, "unusable"), (0, "failed_connect")), answer
    assert listener.connections == 0


def spelled(number: int, base: str) -> str:
    return {"d": str(number), "x": hex(number), "o": f"0{number:o}", "X": f"0X{number:X}", "z": f"{number:04d}"}[base]


@st.composite
def loopbacks(draw: st.DrawFn) -> str:
    """A host that some reader takes for an address of loopback, or another that is refused."""
    address = draw(st.sampled_from(["127.0.0.1", "127.0.0.2", ANY, "127.255.255.254"]))
    parts = [*ipaddress.IPv4Address(address).packed]
    kind = draw(st.integers(0, 3))
    if kind == 0:
        together = draw(st.integers(1, 4))
        last = int.from_bytes(bytes(parts[4 - together :]))
        words = [spelled(part, draw(st.sampled_from("dxoXz"))) for part in [*parts[: 4 - together], last]]
        return ".".join(words) + draw(st.sampled_from(["", "", "."]))
    if kind == 1:
        digits = "".join(chr(ord("０") + int(c)) if c.isdigit() and draw(st.booleans()) else c for c in address)
        return digits.replace(".", draw(st.sampled_from([".", "。", "．", "｡"])))
    whole = ipaddress.IPv4Address(address)
    prefix = draw(st.sampled_from(["::ffff:", "64:ff9b::", "::", "::ffff:0:"]))
    return f"[{prefix}{whole}]" if kind == 2 else f"[{prefix}{int(whole) >> 16:x}:{int(whole) & 0xFFFF:x}]"


@given(
    loopbacks(), st.sampled_from(["", "user@", "a:b@", "example.com@"]), st.sampled_from(["", "/", "/x?y", "?z", "#f"])
)
@example("0177.1", "", "")
def test_whatever_the_spelling_nothing_connects(listener: Counting, host: str, user: str, rest: str) -> None:
    answer = call(f"http://{user}{host}:{listener.port}{rest}")

    assert answer.failure in ("refused", "unusable", "failed_connect")
    assert listener.connections == 0


PIECES = st.sampled_from(
    [
        *(
            "http://",
            "https://",
            "HTTP:",
            "//",
            "/",
            "\\",
            "@",
            ":",
            "#",
            "?",
            "[",
            "]",
            ".",
            "%",
            "%00",
            "%2f",
            "\t",
            " ",
        ),
        *("127.0.0.1", "localhost", "::1", "::ffff:127.0.0.1", "127.1", "0x7f.1", "PORT", "example.invalid", "é", "。"),
        *("1", "0", "a", "-", "_", "&", ";", ",", "\u200d", "\u00a0", "ﬀ", "℀", "%lo", "%25lo"),
    ]
)


@given(st.lists(PIECES, max_size=10).map("".join))
@example("http://127.0.0.1:PORT\\@example.invalid/")
@example("http://localhost:PORT@example.invalid/")
@example("http://example.invalid@localhost:PORT/")
def test_no_text_is_a_way_in(listener: Counting, text: str) -> None:
    answer = call(text.replace("PORT", str(listener.port)), timeout_ms=2_000)

    assert answer.failure
    assert listener.connections == 0


def test_an_odd_spelling_of_a_public_address_is_refused_too() -> None:
    with pytest.raises(HostRefused, match="spelling"):
        GUARDED.look_up("0x08080808", 80)
    with pytest.raises(HostRefused, match="spelling"):
        GUARDED.look_up("8.8.8.8.", 80)
    assert GUARDED.look_up("8.8.8.8", 80)


@pytest.mark.parametrize(
    ("host", "odd"),
    [
        ("8.8.8.8", False), ("255.0.10.1", False), ("8.8.8.8.", True), ("08.8.8.8", True), ("8.8.8", True),
        ("1", True), ("0x1", True), ("a.1", True), ("a.0x1f", True), ("a.0xg", False), ("a.1b", False),
        ("example.com", False), ("example.com.", False), ("1.example", False), ("::1", False), ("8.8.8.8.8", True),
        ("8.8.8.0x8", True), ("2001:db8::8", False), ("00.0.0.0", True), ("1000.1.1.1", True),
    ],
)  # fmt: skip
def test_which_spellings_are_odd(host: str, odd: bool) -> None:
    assert is_odd(host) is odd


# --- Looked up --------------------------------------------------------------------------------


def test_an_address_is_looked_up_once(names: dict[str, list[list[str]]], listener: Counting) -> None:
    """A name that is public when it is asked for, and this machine a moment later."""
    names["rebind.example"] = [["192.0.2.1"], ["127.0.0.1"]]
    asked = names["rebind.example"]

    refused = call(f"http://rebind.example:{listener.port}/")
    names["rebind.example"] = [["127.0.0.1"]]

    assert refused.failure == "refused"
    assert asked == [["127.0.0.1"]]  # one look-up, no second
    assert listener.connections == 0


def test_what_was_looked_at_is_what_is_connected_to(names: dict[str, list[list[str]]]) -> None:
    with ok() as server:
        egress = Egress(read_allowed(f"127.0.0.1:{server.port}"))
        names["rebind.example"] = [["127.0.0.1"], ["192.0.2.1"]]

        answer = call(f"http://rebind.example:{server.port}/", egress)

        assert answer.status == 200
        assert names["rebind.example"] == [["192.0.2.1"]]
        assert server.asked[0].headers["host"] == f"rebind.example:{server.port}"


@pytest.mark.parametrize("addresses", [["8.8.8.8", "127.0.0.1"], ["127.0.0.1", "8.8.8.8"], ["2000::1", "::1"]])
def test_every_address_of_a_name_is_looked_at(
    names: dict[str, list[list[str]]], listener: Counting, addresses: list[str]
) -> None:
    names["two.example"] = [addresses]

    answer = call(f"http://two.example:{listener.port}/")

    assert (answer.failure, listener.connections) == ("refused", 0)
    assert answer.description == (
        f"two.example:{listener.port} is not public: its address is loopback, and where this call goes was not said by "
        f"its definition; CONV_EGRESS_ALLOW=two.example:{listener.port} for the workers would allow it"
    )


def test_the_second_address_is_tried_when_nobody_is_at_the_first(names: dict[str, list[list[str]]]) -> None:
    with ok() as server:
        names["two.example"] = [["127.0.0.2", "127.0.0.1"]]

        assert call(f"http://two.example:{server.port}/", Egress(read_allowed("127.0.0.0/8"))).status == 200


def test_an_ipv6_address_is_named_in_brackets() -> None:
    with pytest.raises(HostRefused, match=re.escape("[fe80::1]:80 is not public: its address is link-local")):
        GUARDED.look_up("fe80::1", 80)


def test_a_zone_is_no_way_around(names: dict[str, list[list[str]]], monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("fe80::1%lo", 80, 0, 1))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)

    with pytest.raises(HostRefused, match="link-local"):
        GUARDED.look_up("zone.example", 80)


# --- Connections that are kept ----------------------------------------------------------------


def test_a_guarded_call_never_rides_on_a_trusted_connection() -> None:
    with ok() as server:
        assert call(server.url, guarded=False).status == 200
        assert call(server.url).failure == "refused"
        assert call(server.url, LOOPBACK).status == 200
        assert call(server.url).failure == "refused"
        assert call(server.url, guarded=False).status == 200

    first, guarded, last = [asked.connection_number for asked in server.asked]
    assert guarded not in (first, last)


def test_nor_with_a_certificate(tmp_path: Any) -> None:
    from tests.test_http_client import CERTIFICATE

    pem = CERTIFICATE.read_text()
    with ok() as server:
        assert call(server.url, guarded=False, cert_pem=pem).status == 200
        assert call(server.url, cert_pem=pem).failure == "refused"


# --- Redirects --------------------------------------------------------------------------------


def test_a_redirect_to_another_host_is_guarded() -> None:
    with ok() as inner, redirect(f"{inner.url}/in") as outer:
        refused = call(outer.url, guarded=False)
        allowed = call(outer.url, LOOPBACK, guarded=False)

    assert (refused.failure, allowed.status) == ("refused", 200)
    assert len(inner.asked) == 1
    assert error_of(refused).tag == "api_host_refused"


def test_a_redirect_on_the_same_host_and_port_stays_trusted() -> None:
    def respond(asked: Any) -> None:
        if asked.line.startswith("GET /in"):
            asked.answer("200 OK", b"{}")
        else:
            asked.answer("302 Found", Location="/in")

    with serving(respond) as server:
        assert call(server.url, guarded=False).status == 200
        assert call(server.url).failure == "refused"


def test_another_port_of_the_same_host_is_guarded() -> None:
    with ok() as other, redirect(f"http://127.0.0.1:{other.port}/") as server:
        assert call(server.url, guarded=False).failure == "refused"
    assert other.asked == []


def test_what_was_led_away_stays_guarded_when_it_is_led_back() -> None:
    with ExitStack() as stack:
        home: RawServer = stack.enter_context(
            serving(
                lambda asked: (
                    asked.answer("200 OK", b"{}")
                    if asked.line.startswith("GET /back")
                    else asked.answer("302 Found", Location=f"{away.url}/x")
                )
            )
        )
        away: RawServer = stack.enter_context(redirect(f"{home.url}/back"))
        egress = Egress(read_allowed(f"127.0.0.1:{away.port}"))

        assert call(home.url, egress, guarded=False).failure == "refused"
        assert call(home.url, LOOPBACK, guarded=False).status == 200
        assert [asked.line.split()[1] for asked in home.asked] == ["/", "/", "/back"]


def test_from_http_to_https_at_the_usual_ports_is_the_same_host(
    names: dict[str, list[list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.http.client import _is_over_tls
    from engine.http.url import read_url

    home = read_url("http://intern.example/")
    assert _is_over_tls(home, read_url("https://intern.example/x"))
    assert _is_over_tls(home, read_url("https://intern.example:443/x"))
    for other in ("https://other.example/", "https://intern.example:8443/", "http://intern.example:81/", "http://a/"):
        assert not _is_over_tls(home, read_url(other))
    assert not _is_over_tls(read_url("http://intern.example:8080/"), read_url("https://intern.example/"))
    assert not _is_over_tls(read_url("https://intern.example/"), home)


@pytest.mark.parametrize(
    "location", ["http://127.0.0.1:PORT/", "//localhost:PORT/", "http://0x7f.1:PORT/", "http://[::1]:PORT/"]
)
def test_a_chain_of_redirects_ends_where_it_must(listener: Counting, location: str) -> None:
    with redirect(location.replace("PORT", str(listener.port))) as second, redirect(second.url) as first:
        egress = Egress(read_allowed(f"127.0.0.1:{second.port}"))
        answer = call(first.url, egress, guarded=False)

    assert answer.failure == "refused"
    assert (len(first.asked), len(second.asked), listener.connections) == (1, 1, 0)


# --- `hosts` of a definition ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hosts", "goes"),
    [
        (None, True), (["127.0.0.1"], True), (["127.0.0.1:PORT"], True), (["http://127.0.0.1:PORT/x"], True),
        ([], False), (["127.0.0.1:1"], False), (["http://127.0.0.1"], False), (["localhost"], False),
        (["*.0.0.1"], None), (["example.com", "127.0.0.1"], True),
    ],
)  # fmt: skip
@pytest.mark.parametrize("guarded", [True, False])
def test_hosts_narrow_both_kinds(hosts: list[str] | None, goes: bool | None, guarded: bool) -> None:
    with ok() as server:
        texts = None if hosts is None else [host.replace("PORT", str(server.port)) for host in hosts]
        if goes is None:
            with pytest.raises(ValueError, match="a host is written as"):
                read_places(texts or [])
            return
        places = None if texts is None else read_places(texts)
        answer = call(server.url, LOOPBACK, guarded=guarded, hosts=places)

    assert (answer.status == 200) is goes
    assert len(server.asked) == int(goes)
    if not goes:
        assert answer.description == f'127.0.0.1:{server.port} does not stand among the "hosts" of this definition'
        assert error_of(answer).tag == "api_host_refused"


def test_hosts_narrow_redirects() -> None:
    with ok() as inner, redirect(f"{inner.url}/in") as outer:
        narrow = read_places([f"127.0.0.1:{outer.port}"])
        wide = read_places([f"127.0.0.1:{outer.port}", f"127.0.0.1:{inner.port}"])

        refused = call(outer.url, LOOPBACK, hosts=narrow)
        assert (refused.status, refused.failure) == (302, "refused")
        assert refused.description == (
            f'a redirect: 127.0.0.1:{inner.port} does not stand among the "hosts" of this definition'
        )
        assert error_of(refused).parameters == {http.RETURN_CODE: 302}
        assert call(outer.url, LOOPBACK, hosts=wide).status == 200
    assert len(inner.asked) == 1


@pytest.mark.parametrize(
    ("place", "host", "port", "has"),
    [
        ("a.example", "a.example", 1, True), ("A.Example", "a.example", 1, True),
        ("a.example", "b.a.example", 1, False),
        ("a.example.", "a.example", 1, True), ("a.example", "a.example.", 1, True), ("*.example", "a.example", 1, True),
        ("*.example", "b.a.example", 1, True), ("*.example", "example", 1, False), ("*.example", "aexample", 1, False),
        ("*.example:8", "a.example", 8, True), ("*.example:8", "a.example", 9, False), ("a:8", "a", 8, True),
        ("a:8", "a", 80, False), ("https://a/x", "a", 443, True), ("https://a/x", "a", 80, False),
        ("http://a:8/", "a", 8, True), ("10.0.0.5", "10.0.0.5", 1, True), ("::1", "::1", 1, True),
        ("[::1]:8", "::1", 8, True), ("[::1]:8", "::1", 9, False), ("é.example", "xn--9ca.example", 1, True),
    ],
)  # fmt: skip
def test_what_a_place_names(place: str, host: str, port: int, has: bool) -> None:
    assert read_place(place).has(host, port) is has


@pytest.mark.parametrize(
    "text",
    ["", "*", "a b", "a/b", "*.10.0.0.1", "10.1", "0x7f.1", "10.0.0.1.", "http://u@a/", "ftp://a/", "a:0", "a:x",
     "a:70000", "**.a", "*.*.a", "[::1", "::1%lo", "http://", "http://0x7f.1/"],
)  # fmt: skip
def test_what_is_no_place(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape("a host is written as name, *.domain, name:port or address")):
        read_place(text)


# --- CONV_EGRESS_ALLOW ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("allowed", "goes"),
    [
        ("127.0.0.1", True), ("127.0.0.1:PORT", True), ("127.0.0.1:1", False), ("127.0.0.0/8", True),
        ("127.0.0.0/31", True), ("127.0.0.2/31", False), ("10.0.0.0/8, 127.0.0.1", True), ("::ffff:127.0.0.1", True),
        ("inner.example", True), ("inner.example:PORT", True), ("inner.example:1", False), ("*.example", True),
        ("*.inner.example", False), ("example", False), ("", False), ("::1", False),
        ("0.0.0.0/0", True), ("::/0", False),
    ],
)  # fmt: skip
def test_what_the_setting_allows(names: dict[str, list[list[str]]], allowed: str, goes: bool) -> None:
    names["inner.example"] = [["127.0.0.1"]]
    with ok() as server:
        egress = Egress(read_allowed(allowed.replace("PORT", str(server.port))))
        answer = call(f"http://inner.example:{server.port}/", egress)

    assert (answer.status == 200, answer.failure == "refused") == (goes, not goes)


@pytest.mark.parametrize("word", ["*", "10.0.0.1/8", "10.0.0.0/33", "0x7f.1", "a/b", "10.0.0.0/8:80"])
def test_a_word_of_the_setting_that_cannot_be_used_is_named(word: str) -> None:
    with pytest.raises(ValueError, match=re.escape(repr(word))):
        read_allowed(f"a.example {word}")


# --- The engine's own endpoints ---------------------------------------------------------------


@pytest.mark.parametrize("guarded", [True, False])
@pytest.mark.parametrize("store", ["127.0.0.1", "localhost", ANY])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.2", "0x7f.1", ANY, "[::ffff:127.0.0.1]"])
def test_the_store_is_reached_by_none(listener: Counting, store: str, host: str, guarded: bool) -> None:
    egress = Egress(read_allowed("0.0.0.0/0, ::/0, localhost"), frozenset([Endpoint(store, listener.port)]))

    answer = call(f"http://{host}:{listener.port}/", egress, guarded=guarded)

    assert (answer.failure, listener.connections) == ("refused", 0)
    if not (guarded and host == "0x7f.1"):
        assert answer.description.endswith("is the store of this engine, which no call reaches")


def test_the_store_is_known_by_its_name_and_by_its_address(names: dict[str, list[list[str]]]) -> None:
    names["store.example"] = names["store.example."] = names["Store.example"] = [["192.0.2.7"]]
    names["other.example"] = [["192.0.2.7"]]
    names["third.example"] = [["192.0.2.8"]]
    trusted = Guard(
        Egress(closed=frozenset([Endpoint("Store.example", 6379), Endpoint("x.invalid", 7, "the API")])), False
    )

    for host, port in (("store.example", 6379), ("store.example.", 6379), ("other.example", 6379), ("192.0.2.7", 6379)):
        with pytest.raises(HostRefused, match=re.escape("is the store of this engine")):
            trusted.look_up(host, port)
    assert trusted.look_up("third.example", 6379)
    assert trusted.look_up("other.example", 6380)


def test_the_store_is_known_by_its_name_when_each_look_up_gives_another_address(
    names: dict[str, list[list[str]]],
) -> None:
    names["turns.example"] = [["192.0.2.7"], ["192.0.2.9"]]
    trusted = Guard(Egress(closed=frozenset([Endpoint("turns.example", 6379)])), False)

    with pytest.raises(HostRefused, match="is the store of this engine"):
        trusted.look_up("turns.example", 6379)


def test_one_address_of_several_is_enough_to_be_the_store(names: dict[str, list[list[str]]]) -> None:
    names["several.example"] = [["8.8.8.8", "192.0.2.7"]]
    trusted = Guard(Egress(closed=frozenset([Endpoint("192.0.2.7", 6379)])), False)

    with pytest.raises(HostRefused, match="is the store of this engine"):
        trusted.look_up("several.example", 6379)


@pytest.mark.parametrize(("store", "host"), [("127.0.0.1", "192.0.2.8"), ("192.0.2.7", "127.0.0.1")])
def test_the_same_port_of_another_machine_is_not_the_store(store: str, host: str) -> None:
    assert Guard(Egress(closed=frozenset([Endpoint(store, 6379)])), False).look_up(host, 6379)


def test_another_port_of_the_stores_machine_is_not_the_store() -> None:
    with ok() as server:
        egress = Egress(closed=frozenset([Endpoint("127.0.0.1", server.port + 1)]))
        assert call(server.url, egress, guarded=False).status == 200


# --- Where a URL is settled -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("beginning", "settled"),
    [
        ("http://a/", True), ("HTTPS://a:8/", True), ("http://a?", True), ("http://a#", True), (" http://a/x", True),
        ("http://a", False), ("http://", False), ("http://u@a", False), ("http:/", False), ("", False), ("a/", False),
        ("ftp://a/", False), ("http://a:", False), ("http://u:p@", False), ("/http://a/", False),
    ],
)  # fmt: skip
def test_where_a_url_is_settled(beginning: str, settled: bool) -> None:
    assert settles_host(beginning) is settled


@given(st.lists(PIECES, max_size=6).map("".join), st.lists(PIECES, max_size=6).map("".join))
@example("http://a/", "@b")
@example("http://a", "@b/")
@example("http://a?", "://b/")
def test_what_follows_a_settled_beginning_never_moves_the_host(beginning: str, rest: str) -> None:
    from engine.http.url import read_url

    if not settles_host(beginning):
        return
    try:
        alone = read_url(beginning)
        whole = read_url(beginning + rest)
    except ValueError:
        return
    assert whole[:4] == alone[:4]
