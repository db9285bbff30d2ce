"""Requests to the API, sent again where that is safe; problems become the errors that they were."""

from __future__ import annotations

import contextlib
import os
import re
import time
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec
import requests

from .. import errors
from ..errors import ConfigError, EngineError, NotSignedIn, Rejected, StoreError, StoreUnavailable

TRIES = 4  # of a request that was not answered, or "not for the moment"
PAUSE_S = 0.2  # before the second; then twice as long each time
LONGEST_PAUSE_S = 5.0
CONNECT_S = 5.0
ANSWER_S = 90.0  # a wait of the API takes up to 60 s

_decode = msgspec.json.Decoder().decode


class Sending:
    """One server and one key. Safe for many threads."""

    def __init__(self, url: str, key: str | None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ConfigError(f"the address of an API is such as http://127.0.0.1:8117, not {url[:80]!r}", where="url")
        if parts.username or parts.password:
            raise ConfigError(
                "the address of an API holds no name and password; the key stands in CONV_KEY", where="url"
            )
        self.url = url.rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False  # neither ~/.netrc nor a proxy hears of the key
        authorities = os.environ.get("SSL_CERT_FILE") or os.environ.get("REQUESTS_CA_BUNDLE")
        if authorities:
            self._session.verify = authorities  # as other programs have it
        self._has_key = bool(key)
        self._session.headers["user-agent"] = "conv-client"
        if key:
            login, dot, secret = key.partition(".")
            if not (dot and secret and login.isdecimal() and key.isascii() and key.isprintable()):
                raise ConfigError("a key is LOGIN.SECRET, as conv key create has shown it", where="CONV_KEY")
            self._session.headers["authorization"] = f"Bearer {key}"

    def close(self) -> None:
        self._session.close()

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: dict[str, Any] | None = None,
        key: str | None = None,
        is_safe: bool,
    ) -> Any:
        """The answer's JSON. `is_safe`: it may be done twice, so it is sent again when no answer comes.

        Raises the engine's errors: those of the request, and StoreUnavailable when the server does not answer.
        """
        sent = {"content-type": "application/json"} if body is not None else {}
        if key is not None:
            sent["idempotency-key"] = f'"{key}"'
        data = msgspec.json.encode(body) if body is not None else None
        said = {name: _said(value) for name, value in (query or {}).items()}
        pause_s = PAUSE_S
        for attempt in range(1, TRIES + 1):
            is_last = attempt == TRIES
            try:
                answer = self._session.request(
                    method, self.url + path, data=data, params=said, headers=sent, timeout=(CONNECT_S, ANSWER_S),
                    allow_redirects=False,
                )  # fmt: skip
            except requests.ConnectionError as error:
                if is_last or not (is_safe or _is_not_sent(error)):
                    raise self._silent(error, is_safe) from None
            except requests.RequestException as error:
                raise self._silent(error, is_safe) from None
            else:
                if answer.status_code < 300:
                    return _json(answer, self.url)
                if is_last or answer.status_code not in (429, 503):
                    raise self._error(answer)
                with contextlib.suppress(ValueError):
                    pause_s = max(pause_s, float(answer.headers.get("retry-after", "")))
            time.sleep(min(pause_s, LONGEST_PAUSE_S))
            pause_s *= 2
        raise AssertionError("the last try has answered or raised")

    def _silent(self, error: Exception, is_safe: bool) -> StoreUnavailable:
        again = "" if is_safe else "; whether it was done is unknown"
        kind = "does not answer in time" if isinstance(error, requests.Timeout) else "cannot be reached"
        if isinstance(error, requests.exceptions.SSLError):
            found = re.search(r"certificate verify failed: ([^(\[]*)", str(error))
            why = found[1].strip() if found is not None else "it speaks no TLS there, or another one"
            kind = f"cannot be reached by TLS: {why} (SSL_CERT_FILE names the authorities to trust)"
        return StoreUnavailable(f"the API at {self.url} {kind}{again}", where=self.url)

    def _error(self, answer: requests.Response) -> EngineError:
        if answer.status_code == 401 and not self._has_key:
            return NotSignedIn(f"the API at {self.url} asks for a key: set CONV_KEY to LOGIN.SECRET", where=self.url)
        try:
            return error_of(_decode(answer.content), answer.status_code)
        except (msgspec.DecodeError, KeyError, TypeError, AttributeError):
            return StoreError(f"{self.url} answered {answer.status_code}, and is no API of conv", where=self.url)


def error_of(problem: dict[str, Any], status: int) -> EngineError:
    """What a problem was on the server. Raises KeyError, TypeError for what is no problem."""
    name, detail = problem["type"].removeprefix("urn:conv:"), str(problem["detail"])
    kind = getattr(errors, name, None)
    if not (isinstance(kind, type) and issubclass(kind, EngineError)):
        kind = StoreError if status >= 500 else Rejected
    error = kind.__new__(kind)
    EngineError.__init__(error, detail, where=str(problem.get("where", "")))
    # What the makers of some classes are told besides is not sent.
    for name in ("parameter", "reference", "tag", "kind", "description", "detail"):
        error.__dict__.setdefault(name, "")
    error.__dict__.update(position=0, report=None, parameters={}, faults=problem.get("errors", []))
    return error


def segment(text: str | int) -> str:
    """One part of a path, whatever it holds."""
    return quote(str(text), safe="@")


def _json(answer: requests.Response, url: str) -> Any:
    try:
        return _decode(answer.content)
    except msgspec.DecodeError:
        raise StoreError(f"{url} answered what is no JSON: it is no API of conv", where=url) from None


def _is_not_sent(error: requests.ConnectionError) -> bool:
    """Whether there was no connection, so that nothing can have been done."""
    return isinstance(error, requests.ConnectTimeout) or "NewConnectionError" in repr(error)


def _said(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
