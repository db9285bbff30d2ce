"""What is decided by a request's headers alone: who it is from, whose page has sent it, by which name it came."""

from __future__ import annotations

import base64
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import NotSignedIn
from engine.rights import headers, sessions
from engine.rights.browser import foreign, forged, wrong_host
from engine.rights.credentials import read_authorization

OWN = "https://conv.example"

FETCH_SITES = (None, "same-origin", "same-site", "cross-site", "none", "")
ORIGINS = (None, OWN, "https://evil.example", "http://conv.example", "https://conv.example:444", "null")
CUSTOM = (None, "1", "0")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "post", "TRACE"])
def test_what_changes_something_comes_from_our_own_page(method: str) -> None:
    passed = set()
    for site, origin, custom in itertools.product(FETCH_SITES, ORIGINS, CUSTOM):
        given = {"sec-fetch-site": site, "origin": origin, "x-conv": custom}
        sent = {name: value for name, value in given.items() if value is not None}
        if not forged(method, sent, OWN):
            passed.add((site, origin, custom))

    assert passed == {("same-origin", origin, "1") for origin in ORIGINS} | {(None, OWN, "1")}


@pytest.mark.parametrize("method", ["GET", "HEAD", "get"])
def test_what_only_looks_is_not_for_pages_of_other_sites(method: str) -> None:
    passed = set()
    for site, origin in itertools.product(FETCH_SITES, ORIGINS):
        sent = {name: value for name, value in {"sec-fetch-site": site, "origin": origin}.items() if value is not None}
        assert forged(method, sent, OWN) == foreign(sent, OWN)
        if not foreign(sent, OWN):
            passed.add((site, origin))

    own = {(site, origin) for site in ("same-origin", "none") for origin in ORIGINS}
    assert passed == own | {(None, None), (None, OWN)}


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8117", "localhost:8117", "LOCALHOST:8117", "[::1]:8117", " localhost:8117 "]
)
def test_an_open_server_answers_to_its_own_names(host: str) -> None:
    assert wrong_host(host, 8117) == ""


@pytest.mark.parametrize(
    "host",
    [
        None, "", "localhost", "localhost:80", "localhost:81170", "evil.example", "evil.example:8117",
        "localhost.evil.example:8117", "127.0.0.1.evil.example:8117", "0.0.0.0:8117", "::1:8117",
        "evil.example@localhost:8117", "localhost:8117@evil.example", "localhost:8117,evil.example", "127.1:8117",
    ],
)  # fmt: skip
def test_an_open_server_answers_to_no_other_name(host: str | None) -> None:
    assert "localhost:8117" in wrong_host(host, 8117)


def test_the_port_may_be_left_out_where_it_is_the_schemes_own() -> None:
    assert wrong_host("localhost", 80) == ""


def basic(text: str) -> str:
    return f"Basic {base64.b64encode(text.encode()).decode()}"


@pytest.mark.parametrize(
    "header",
    [
        "Bearer 10001.abc.d",
        "bearer  10001.abc.d ",
        basic("10001:abc.d"),
        basic("10001:abc.d").replace("Basic", "BASIC"),
    ],
)
def test_a_key_comes_as_bearer_or_basic(header: str) -> None:
    assert read_authorization(header) == (10001, "abc.d")


def test_a_secret_may_hold_colons_and_is_not_shown() -> None:
    read = read_authorization(basic("10001:a:b"))

    assert read.secret == "a:b"
    assert "a:b" not in f"{read!r} {read}"


@pytest.mark.parametrize(
    "header",
    [
        "", "Bearer", "Bearer ", "Bearer secret-text", "Bearer 10001", "Bearer 10001.", "Bearer .secret-text",
        "Bearer 0.secret-text", "Bearer -1.secret-text", "Bearer ١.secret-text", "Bearer 1e4.secret-text",
        "Bearer 99999999999999999.secret-text", "Basic", "Basic !!!", basic("10001"), basic(":secret-text"),
        basic("10001:"), basic("ann:secret-text"), "Basic /////w==", "Digest 10001.secret-text",
        "10001.secret-text", "Bearer 10001." + "secret-text" * 100,
    ],
)  # fmt: skip
def test_what_is_no_key_is_refused_without_a_word_of_it(header: str) -> None:
    with pytest.raises(NotSignedIn) as caught:
        read_authorization(header)

    assert "secret-text" not in str(caught.value)


@given(st.text(max_size=600))
def test_no_header_breaks_it(header: str) -> None:
    try:
        read = read_authorization(header)
    except NotSignedIn:
        return
    assert read.login > 0


def test_the_page_may_load_nothing_from_elsewhere() -> None:
    rules = dict(rule.split(" ", 1) for rule in headers.PAGE["content-security-policy"].split("; "))

    assert rules["default-src"] == "'none'"
    assert rules["frame-ancestors"] == "'none'"
    assert not any(word in rule for rule in rules.values() for word in ("unsafe", "http:", "*"))
    for sent in (headers.PAGE, headers.DOCUMENT, headers.DOWNLOAD, headers.HASHED_FILE):
        assert all(name == name.lower() and value.isascii() and "\n" not in value for name, value in sent.items())
        assert sent["x-content-type-options"] == "nosniff"


def test_a_cookie_is_for_no_script_and_no_other_site() -> None:
    name = sessions.new_name()

    secure, plain = sessions.cookie(name, is_tls=True), sessions.cookie(name, is_tls=False)

    assert secure.startswith(f"__Host-conv={name}; Path=/; HttpOnly; SameSite=Strict; Max-Age=604800; Secure")
    assert plain.startswith(f"conv={name}; Path=/; HttpOnly; SameSite=Strict")
    assert "Secure" not in plain
    assert "Max-Age=0" in sessions.no_cookie(is_tls=True)
