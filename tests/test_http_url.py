"""One reading of a URL: what is compared and shown is where a request goes."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
import requests
from hypothesis import example, given
from hypothesis import strategies as st
from urllib3.util import parse_url

from engine.http.url import Url, join_url, read_url

PIECES = st.sampled_from(
    [
        *("http://", "https://", "HTTP://", "http:", "//", "/", "\\", "@", ":", "80", "0", "?", "#", "[", "]", "::1"),
        *(
            "%",
            "%40",
            "%2e",
            "%5C",
            "a",
            "other",
            "first",
            ".",
            "..",
            "b.c",
            "A.B",
            "é",
            "ß",
            "１",
            "℀",
            "。",
            "\u200d",
        ),
        *("&", "=", ";", "|", "^", " ", "\t", "\u00a0", "\x85", "user", "0x7f.1", "-", "_", "*"),
    ]
)


@given(st.lists(PIECES, max_size=12).map("".join))
@example("http://other\\@first/")
@example("http://first@other\\@first/")
@example("http://a#@b/")
@example("http://a?@b/")
@example("http://a;@b/")
@example("http://[::1]@b/")
@example("http://a:80:90/")
@example("//http://a")
def test_every_parser_reads_what_is_sent_in_the_same_way(text: str) -> None:
    try:
        url = read_url(text)
    except ValueError:
        return

    assert read_url(url.text) == url
    sent = requests.Request("GET", url.address).prepare().url
    assert sent is not None
    standard, other = urlsplit(sent), parse_url(sent)
    host = f"[{url.host}]" if ":" in url.host else url.host
    assert (standard.scheme, standard.hostname, standard.port) == (url.scheme, url.host, url.port)
    assert (other.scheme, other.host, other.port, other.auth) == (url.scheme, host, url.port, None)
    assert read_url(sent).origin == url.origin == read_url(url.shown).origin


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://a", Url("http", "", "a", None, "", "")),
        (" HTTPS://U:P@Ex.com:8080/A b?Q#f ", Url("https", "U:P", "ex.com", 8080, "/A%20b", "Q")),
        ("http://me@here:pw@a/", Url("http", "me@here:pw", "a", None, "/", "")),
        ("http://[0:0::1]:80/", Url("http", "", "::1", 80, "/", "")),
        ("http://faß.de/", Url("http", "", "xn--fa-hia.de", None, "/", "")),
        ("http://a_b.c.:/", Url("http", "", "a_b.c.", None, "/", "")),
    ],
)
def test_the_parts_of_a_url(text: str, url: Url) -> None:
    assert read_url(text) == url


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("ftp://a", "must begin with http"),
        ("http:a", "names no host"),
        ("http:///a", "names no host"),
        ("http://u@/a", "names no host"),
        ("http://other\\@first/", "(%5C)"),
        ("http://a\\b/", "host name"),
        ("http://a%2eb/", "host name"),
        ("http://a..b/", "host name"),
        ("http://℀.com/", "host name"),
        ("http://[::1%25eth0]/", "zone"),
        ("http://[::1/", "brackets"),
        ("http://a:65536/", "port"),
        ("http://a:0/", "port"),
        ("http://a\nb/", "line break"),
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(text: str, words: str) -> None:
    with pytest.raises(ValueError, match="URL") as caught:
        read_url(text)

    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ("/b", "http://a:1/b"),
        ("b?c#d", "http://a:1/x/b?c"),
        ("//b", "http://b"),
        ("http:\\\\b/", "http://a:1/x/\\\\b/"),
        ("/\\b/", "http://a:1/\\b/"),
        ("http:///b", "http://a:1/b"),
        ("https://u:p@b/", "https://u:p@b/"),
    ],
)
def test_where_a_location_leads(target: str, text: str) -> None:
    assert join_url(read_url("http://u:p@a:1/x/y?z"), target).text == text
