"""A stand-in for the Salesforce host, on loopback: OAuth 2.0 tokens and the REST query, as strict as the real one.

    POST /services/oauth2/token        an authorization code for an access token
    GET  /services/data/v59.0/query    account records, for tokens that were issued here
    POST /effects                      counts what reaches it; for tests

It remembers every request in a ledger of its own, and can be told to be slow, busy, wrong or endless.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.server
import json
import secrets
import socket
import threading
import time
from collections import Counter
from types import TracebackType
from typing import Any, ClassVar, NamedTuple
from urllib.parse import parse_qs, urlsplit

TOKEN_PATH = "/services/oauth2/token"  # noqa: S105
QUERY_PATH = "/services/data/v59.0/query"
EFFECTS_PATH = "/effects"

FORM = "application/x-www-form-urlencoded"
FIELDS = ("grant_type", "client_id", "client_secret", "redirect_uri", "code")
ORGANISATION = "00D5g000004XYZaEAM"
USER = "0055g00000AbCdEAAV"
ENDLESS_BYTES = 10_000_000_000
LARGEST_BODY = 10_000_000

ACCOUNTS = (
    ("0015g00000FwAAhAAN", "Acme"),
    ("0015g00000FwAAiAAN", "Global Media"),
    ("0015g00000FwAAjAAN", "salesforce.com"),
)


class LedgerEntry(NamedTuple):
    """One request that was answered. `key`: its Idempotency-Key; `path` without the query."""

    method: str
    path: str
    key: str
    status: int


class Answer(NamedTuple):
    status: int
    body: Any
    content_type: str = "application/json;charset=UTF-8"


class AuthorizationServer:
    """The server, from construction until `close`. Safe to be told things while it answers.

    `url` is what takes the place of https://login.salesforce.com, and is the instance_url of what it issues.
    """

    def __init__(
        self,
        *,
        client_id: str = "3MVG9demo.client",
        client_secret: str = "1955279925675241571",  # noqa: S107
        callback_url: str = "https://localhost/callback",
        port: int = 0,
    ) -> None:
        self.client_id = client_id
        self.client_secret = client_secret
        self.callback_url = callback_url
        self._lock = threading.Lock()
        self._codes: set[str] = set()
        self._used_codes: set[str] = set()
        self._tokens: set[str] = set()
        self._ledger: list[LedgerEntry] = []
        self._unavailable = 0
        self._slow_s = 0.0
        self._html = False
        self._endless = False
        self._next_token: str | None = None
        self._stopping = threading.Event()
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.stand_in = self
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="stand-in", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> AuthorizationServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- What it is told ------------------------------------------------------------------------

    def issue_code(self) -> str:
        """A new authorization code, as after a user has agreed in the browser. Good for one token."""
        code = "aPrx" + secrets.token_urlsafe(24)
        with self._lock:
            self._codes.add(code)
        return code

    def revoke(self, token: str) -> None:
        """Refuse this access token from now on."""
        with self._lock:
            self._tokens.discard(token)

    def next_token(self, text: str) -> None:
        """The access token that is issued next is this text."""
        with self._lock:
            self._next_token = text

    def be_unavailable(self, times: int) -> None:
        """Answer the next requests with 503."""
        with self._lock:
            self._unavailable = times

    def be_slow(self, seconds: float) -> None:
        """Wait before every answer, until told 0."""
        with self._lock:
            self._slow_s = seconds

    def answer_html(self, on: bool = True) -> None:
        """Answer 200 with a page, as a proxy in the way does."""
        with self._lock:
            self._html = on

    def answer_endlessly(self, on: bool = True) -> None:
        """Announce 10 GB of JSON, and send until the other side has enough."""
        with self._lock:
            self._endless = on

    # --- What it has seen -----------------------------------------------------------------------

    @property
    def ledger(self) -> list[LedgerEntry]:
        """Every request so far, in the order of the answers."""
        with self._lock:
            return list(self._ledger)

    def times(self, path: str) -> Counter[str]:
        """How often each Idempotency-Key was seen on a path."""
        return Counter(entry.key for entry in self.ledger if entry.path == path)

    def note(self, entry: LedgerEntry) -> None:
        with self._lock:
            self._ledger.append(entry)

    # --- How it answers -------------------------------------------------------------------------

    def pause(self) -> None:
        with self._lock:
            seconds = self._slow_s
        if seconds:
            self._stopping.wait(seconds)

    @property
    def is_stopping(self) -> bool:
        return self._stopping.is_set()

    def is_endless(self) -> bool:
        with self._lock:
            return self._endless

    def respond(self, request: _Request) -> Answer:
        with self._lock:
            if self._unavailable > 0:
                self._unavailable -= 1
                return Answer(503, "<html><body>Service Unavailable</body></html>", "text/html;charset=UTF-8")
            if self._html:
                return Answer(200, "<html><body>Please log in</body></html>", "text/html;charset=UTF-8")
        if request.path == TOKEN_PATH:
            return self._token(request) if request.method == "POST" else _wrong_method()
        if request.path == QUERY_PATH:
            return self._query(request) if request.method == "GET" else _wrong_method()
        if request.path == EFFECTS_PATH and request.method == "POST":
            return self._effect(request)
        return Answer(404, [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}])

    def _token(self, request: _Request) -> Answer:
        if request.content_type != FORM:
            return _refusal("invalid_request", f"content type must be {FORM}")
        form = {name: texts[0] for name, texts in parse_qs(request.body.decode("utf-8", "replace")).items()}
        for name in FIELDS:
            if not form.get(name):
                return _refusal("invalid_request", f"missing required parameter: {name}")
        if form["grant_type"] != "authorization_code":
            return _refusal("unsupported_grant_type", "grant type not supported")
        if form["client_id"] != self.client_id:
            return _refusal("invalid_client_id", "client identifier invalid")
        if not hmac.compare_digest(form["client_secret"].encode(), self.client_secret.encode()):
            return _refusal("invalid_client", "invalid client credentials")
        if form["redirect_uri"] != self.callback_url:
            return _refusal("redirect_uri_mismatch", "redirect_uri must match configuration")
        return self._trade(form["code"])

    def _trade(self, code: str) -> Answer:
        with self._lock:
            if code in self._used_codes:
                return _refusal("invalid_grant", "expired authorization code")
            if code not in self._codes:
                return _refusal("invalid_grant", "invalid authorization code")
            self._codes.discard(code)
            self._used_codes.add(code)
            token = self._next_token or f"{ORGANISATION[:15]}!{secrets.token_urlsafe(72)}"
            self._next_token = None
            self._tokens.add(token)
        identity = f"{self.url}/id/{ORGANISATION}/{USER}"
        issued_at = str(int(time.time() * 1000))
        digest = hmac.new(self.client_secret.encode(), (identity + issued_at).encode(), hashlib.sha256).digest()
        return Answer(
            200,
            {
                "access_token": token,
                "signature": base64.b64encode(digest).decode(),
                "scope": "refresh_token api",
                "instance_url": self.url,
                "id": identity,
                "token_type": "Bearer",
                "issued_at": issued_at,
            },
        )

    def _query(self, request: _Request) -> Answer:
        scheme, _, token = request.authorization.partition(" ")
        with self._lock:
            known = scheme in ("Bearer", "OAuth") and token in self._tokens
        if not known:
            return Answer(401, [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}])
        query = parse_qs(request.query).get("q", [""])[0]
        words = query.lower().split()
        if words[:1] != ["select"] or "from" not in words:
            return Answer(400, [{"message": f"unexpected token: '{query[:50]}'", "errorCode": "MALFORMED_QUERY"}])
        records = [
            {
                "attributes": {"type": "Account", "url": f"/services/data/v59.0/sobjects/Account/{account_id}"},
                "Id": account_id,
                "Name": name,
            }
            for account_id, name in ACCOUNTS
        ]
        return Answer(200, {"totalSize": len(records), "done": True, "records": records})

    def _effect(self, request: _Request) -> Answer:
        try:
            body = json.loads(request.body or b"{}")
        except ValueError:
            return Answer(400, {"error": "not JSON"})
        return Answer(200, {"ok": True, "key": request.key, "received": body})


class _Request(NamedTuple):
    method: str
    path: str
    query: str
    content_type: str
    authorization: str
    key: str
    body: bytes


def _refusal(error: str, description: str) -> Answer:
    return Answer(400, {"error": error, "error_description": description})


def _wrong_method() -> Answer:
    return Answer(405, [{"errorCode": "METHOD_NOT_ALLOWED", "message": "HTTP Method not allowed"}])


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    stand_in: AuthorizationServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is an everyday thing."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "stand-in"
    sys_version = ""
    server: _Server
    timeout: ClassVar[float] = 60.0

    def setup(self) -> None:
        super().setup()
        # Head and body go out in two writes: without this, each answer on a kept connection waits 40 ms.
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def _answer(self) -> None:
        stand_in = self.server.stand_in
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > LARGEST_BODY:
            self.close_connection = True
            self._send(Answer(413, {"error": "too large"}))
            return
        parts = urlsplit(self.path)
        request = _Request(
            self.command,
            parts.path,
            parts.query,
            self.headers.get_content_type() if "Content-Type" in self.headers else "",
            self.headers.get("Authorization", ""),
            self.headers.get("Idempotency-Key", ""),
            self.rfile.read(int(length)),
        )
        stand_in.pause()
        if stand_in.is_endless():
            stand_in.note(LedgerEntry(request.method, request.path, request.key, 200))
            self._send_endlessly()
            return
        answer = stand_in.respond(request)
        # Noted before it is sent: who has the answer finds it in the ledger.
        stand_in.note(LedgerEntry(request.method, request.path, request.key, answer.status))
        self._send(answer)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _answer

    def _send(self, answer: Answer) -> None:
        body = (answer.body if isinstance(answer.body, str) else json.dumps(answer.body)).encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _send_endlessly(self) -> None:
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(ENDLESS_BYTES))
        self.end_headers()
        part = b" " * 65_536
        for _ in range(ENDLESS_BYTES // len(part)):
            if self.server.stand_in.is_stopping:
                return
            self.wfile.write(part)

    def log_message(self, format: str, *args: object) -> None:
        """Not on the screen: query and form hold secrets."""
