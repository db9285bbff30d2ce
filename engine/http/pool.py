"""Connections that are kept open and shared by all threads, on top of `requests`; what goes wrong becomes words.

No word of a library's error reaches an answer: they hold the whole URL, with the secrets in its query.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import secrets
import socket
import ssl
import sys
import tempfile
import threading
import zlib
from collections.abc import Callable, Hashable
from http.client import HTTPMessage
from pathlib import Path
from typing import Any, TypeVar

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util.connection import allowed_gai_family

from .answer import BROKEN, FAILED, OVERFLOW, REFUSED, TIMEOUT, UNUSABLE, Headers, HttpAnswer
from .guard import Found, Guard, HostRefused
from .request import HttpRequest
from .url import forget_urls
from .watchdog import Deadline, Line, Watchdog

POOL_SIZE = 64  # connections kept for one host, and hosts kept
CERTIFICATES_KEPT = 16  # sets of connections with a client certificate
GUARDS_KEPT = 16  # sets of connections without one: a process has two, trusted and guarded
CHUNK_BYTES = 65_536
ENCODINGS = "gzip, deflate"
# IANA's HTTP Content Coding Registry, without identity.
_COMPRESSIONS = frozenset(
    [
        *("gzip", "x-gzip", "deflate", "compress", "x-compress", "br", "zstd", "dcb", "dcz"),
        *("aes128gcm", "exi", "pack200-gzip"),
    ]
)

logging.getLogger("urllib3").setLevel(logging.CRITICAL)  # its warnings hold whole URLs

_calling = threading.local()  # .deadline and .guard of the call that this thread makes


class Pool:
    """The connections and the watchdog of one process."""

    def __init__(self) -> None:
        self.watchdog = Watchdog()
        # By guard: a call never goes out on a connection of one that was allowed more.
        self._plain: dict[Guard, HTTPAdapter] = {}
        # By a digest, too, as a certificate holds its private key.
        self._certified: dict[tuple[bytes, Guard], HTTPAdapter] = {}
        self._salt = secrets.token_bytes(16)
        self._lock = threading.Lock()

    def exchange(self, request: HttpRequest, guard: Guard, deadline: Deadline) -> HttpAnswer:
        """One request and its answer, without redirects. Raises nothing. The URL is an `Url.address`."""
        _calling.deadline, _calling.guard = deadline, guard
        try:
            adapter = self._adapter_of(request, guard)
            body = request.body.encode() if request.body is not None else None
            headers = {**request.headers, "Accept-Encoding": ENCODINGS}
            prepared = requests.Request(request.method, request.url, headers=headers, data=body).prepare()
            # Not through a Session: it would read the whole body of a redirect, keep cookies, and look at proxies.
            response = adapter.send(prepared, stream=True, timeout=max(deadline.left_s, 0.001))
        except HostRefused as refusal:
            return HttpAnswer(failure=REFUSED, description=str(refusal))
        except (requests.RequestException, urllib3.exceptions.HTTPError, ssl.SSLError, OSError) as error:
            return _failed(error, deadline)
        finally:
            forget_urls()
        with contextlib.closing(response):
            return _read(response, request, deadline)

    def _adapter_of(self, request: HttpRequest, guard: Guard) -> HTTPAdapter:
        """The connections with its certificate that were looked at in this way. Raises UnusableCertificate."""
        if not request.cert_pem:
            with self._lock:
                return _kept(self._plain, guard, GUARDS_KEPT, lambda: _Adapter(None))
        digest = hashlib.blake2b(request.cert_pem.encode(), key=self._salt).digest()
        with self._lock:
            return _kept(
                self._certified, (digest, guard), CERTIFICATES_KEPT, lambda: _Adapter(_context(request.cert_pem))
            )


K = TypeVar("K", bound=Hashable)


def _kept(adapters: dict[K, HTTPAdapter], key: K, most: int, make: Callable[[], HTTPAdapter]) -> HTTPAdapter:
    """That of the key, made when there is none; the oldest go when there are too many."""
    adapter = adapters.get(key)
    if adapter is None:
        while len(adapters) >= most:
            adapters.pop(next(iter(adapters)))
        adapter = adapters[key] = make()
    return adapter


class UnusableCertificate(requests.RequestException):
    """cert_pem is no private key with its certificate."""


def _context(cert_pem: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    # OpenSSL loads keys from files only.
    with tempfile.TemporaryDirectory(prefix="conv-") as folder:
        file = Path(folder) / "cert.pem"
        file.touch(mode=0o600)
        file.write_text(cert_pem)
        try:
            context.load_cert_chain(file, password=lambda: b"")
        except (ssl.SSLError, ValueError):
            raise UnusableCertificate from None
    return context


# --- Connections that the watchdog knows ------------------------------------------------------


class _Watched(HTTPConnection):
    """A connection to where the call's guard lets it, which is shut when the time of the call that uses it is up."""

    line: Line | None = None

    def _new_conn(self) -> socket.socket:
        # As urllib3 does it, but for the guard: an address that was looked at is not looked up again.
        try:
            found = _calling.guard.look_up(self._dns_host, self.port, allowed_gai_family())
            connection = self._connected(found)
        except socket.gaierror as error:
            raise urllib3.exceptions.NameResolutionError(self.host, self, error) from error
        except TimeoutError as error:
            raise urllib3.exceptions.ConnectTimeoutError(self, "no connection in time") from error
        except OSError as error:
            raise urllib3.exceptions.NewConnectionError(self, f"no connection: {error}") from error
        sys.audit("http.client.connect", self, self.host, self.port)
        self.line = Line(connection)
        _calling.deadline.use(self.line)
        return connection

    def _connected(self, found: list[Found]) -> socket.socket:
        """To the first of these addresses that takes it. Raises OSError of the last."""
        failed: OSError = OSError("the host has no address")
        for family, kind, protocol, _, address in found:
            connection = socket.socket(family, kind, protocol)
            try:
                for option in self.socket_options or ():
                    connection.setsockopt(*option)
                connection.settimeout(max(_calling.deadline.left_s, 0.001))
                connection.connect(address)
            except OSError as error:
                connection.close()
                failed = error
            else:
                return connection
        raise failed

    def request(self, *args: Any, **kwargs: Any) -> None:
        if self.line is not None:
            _calling.deadline.use(self.line)
        super().request(*args, **kwargs)

    def getresponse(self) -> Any:
        response = super().getresponse()
        # An idle connection keeps this one until its next request, and what was in its head.
        original = response._original_response
        if original is not None:
            original.headers = original.msg = HTTPMessage()
        return response

    def close(self) -> None:
        line, self.line = self.line, None
        if line is not None:
            line.close()
        super().close()


class _WatchedTls(_Watched, HTTPSConnection):
    pass


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Watched


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedTls


class _Adapter(HTTPAdapter):
    def __init__(self, context: ssl.SSLContext | None) -> None:
        self._context = context
        super().__init__(pool_connections=POOL_SIZE, pool_maxsize=POOL_SIZE)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        if self._context is not None:
            kwargs["ssl_context"] = self._context
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}


# --- Reading ----------------------------------------------------------------------------------


def _read(response: requests.Response, request: HttpRequest, deadline: Deadline) -> HttpAnswer:
    """The body, as far as it may be read. Leaving it unread closes the connection."""
    status = response.status_code
    headers: Headers = {name.lower(): text for name, text in response.headers.items()}
    cookies = response.raw.headers.getlist("set-cookie")
    if len(cookies) > 1:  # dates in them have commas
        headers["set-cookie"] = cookies
    cap = request.cap_bytes

    def failed(failure: str, description: str) -> HttpAnswer:
        return HttpAnswer(status, headers, failure=failure, description=description)

    too_large = f"the answer has more than {cap} bytes (CONV_RESPONSE_SIZE_BYTES)"
    length = response.headers.get("content-length", "")
    if request.method != "HEAD" and length.isdecimal() and len(length) < 20 and int(length) > cap:
        return failed(OVERFLOW, too_large)
    body = bytearray()
    try:
        # One byte more than the cap shows that there is more.
        while len(body) <= cap:
            chunk = response.raw.read1(min(CHUNK_BYTES, cap + 1 - len(body)), decode_content=False)
            if not chunk or deadline.left_s <= 0:
                break
            body += chunk
    except (urllib3.exceptions.HTTPError, ssl.SSLError, OSError) as error:
        answer = _failed(error, deadline)
        return failed(answer.failure, answer.description)
    if deadline.expired or deadline.left_s <= 0:
        return failed(TIMEOUT, "the answer took too long")
    if len(body) > cap:
        return failed(OVERFLOW, too_large)
    encoding = _encoding(response.headers.get("content-encoding", ""))
    if not encoding or not body:
        return HttpAnswer(status, headers, bytes(body))
    try:
        decoded = _decompressed(bytes(body), encoding, cap)
    except zlib.error:
        return failed(BROKEN, f"the body is not {encoding}")
    except ValueError as error:
        return failed(UNUSABLE, str(error))
    if len(decoded) > cap:
        return failed(OVERFLOW, too_large)
    return HttpAnswer(status, headers, decoded)


def _encoding(value: str) -> str:
    """How a body is compressed, by its Content-Encoding; "": not at all.

    Servers also write there what is no compression (utf-8, none): what nobody has registered leaves a body as it is.
    """
    return ", ".join(token for token in (word.strip() for word in value.lower().split(",")) if token in _COMPRESSIONS)


def _decompressed(body: bytes, encoding: str, cap: int) -> bytes:
    """At most cap + 1 bytes of what the body holds. Raises zlib.error, ValueError for an encoding that is not read."""
    if encoding in ("gzip", "x-gzip"):
        window = 31
    elif encoding == "deflate":
        # The standard says zlib, many servers send the bare stream.
        window = 15 if body[0] & 15 == 8 and int.from_bytes(body[:2]) % 31 == 0 else -15
    else:
        raise ValueError("the body is compressed in a way that was not asked for")
    decoded = bytearray()
    while body and len(decoded) <= cap:
        stream = zlib.decompressobj(window)
        decoded += stream.decompress(body, cap + 1 - len(decoded))
        if not stream.eof:
            if len(decoded) <= cap:
                raise zlib.error("cut off")
            break
        body = stream.unused_data.lstrip(b"\0")  # gzip: members one after another, padded with zeros
    return bytes(decoded)


# --- Failures ---------------------------------------------------------------------------------

_TIMEOUTS = (requests.Timeout, urllib3.exceptions.TimeoutError, TimeoutError)
_REFUSED = urllib3.exceptions.NewConnectionError  # a kind of timeout, to urllib3
_UNUSABLE = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidHeader,
    urllib3.exceptions.LocationParseError,
)


def _failed(error: BaseException, deadline: Deadline) -> HttpAnswer:
    """What kept the answer away, in words that hold nothing of the request."""
    causes = _causes(error)
    if deadline.expired or any(isinstance(cause, _TIMEOUTS) and not isinstance(cause, _REFUSED) for cause in causes):
        return HttpAnswer(failure=TIMEOUT, description="no answer in time")
    if isinstance(error, UnusableCertificate):
        return HttpAnswer(failure=UNUSABLE, description="cert_pem is not a private key with its certificate")
    if isinstance(error, _UNUSABLE):
        return HttpAnswer(failure=UNUSABLE, description="the URL or a header cannot be used")
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return HttpAnswer(failure=FAILED, description=f"its certificate is not trusted: {cause.verify_message}")
        if isinstance(cause, socket.gaierror | urllib3.exceptions.NameResolutionError):
            return HttpAnswer(failure=FAILED, description="the host name is not known")
        if isinstance(cause, ConnectionRefusedError):
            return HttpAnswer(failure=FAILED, description="connection refused")
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return HttpAnswer(failure=FAILED, description="TLS could not be agreed on")
    if any(isinstance(cause, _REFUSED) for cause in causes):
        words = [cause.strerror for cause in causes if isinstance(cause, OSError) and cause.strerror]
        return HttpAnswer(failure=FAILED, description=words[0].lower() if words else "no connection")
    return HttpAnswer(failure=BROKEN, description="the connection was closed before the answer was complete")


def _causes(error: BaseException) -> list[BaseException]:
    """An error and all that is wrapped in it: as an argument, as a reason, as what it was raised from."""
    found: list[BaseException] = []
    waiting: list[Any] = [error]
    while waiting:
        cause = waiting.pop(0)
        if isinstance(cause, BaseException) and not any(cause is known for known in found):
            found.append(cause)
            waiting += [*cause.args, getattr(cause, "reason", None), cause.__cause__, cause.__context__]
    return found
