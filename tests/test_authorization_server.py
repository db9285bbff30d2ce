"""The stand-in is as strict as the host that it stands for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from engine.demo.authorization_server import AuthorizationServer, LedgerEntry
from engine.http import HttpAnswer, HttpRequest, perform

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def server() -> Iterator[AuthorizationServer]:
    with AuthorizationServer() as server:
        yield server


def ask(server: AuthorizationServer, content_type: str = FORM, key: str = "", **changes: str | None) -> HttpAnswer:
    """Ask for a token, with these changes to a request that is right."""
    right: dict[str, str | None] = {
        "grant_type": "authorization_code",
        "client_id": server.client_id,
        "client_secret": server.client_secret,
        "redirect_uri": server.callback_url,
        "code": changes.get("code") or server.issue_code(),
    }
    body = urlencode({name: text for name, text in (right | changes).items() if text is not None})
    headers = {"Content-Type": content_type, "Idempotency-Key": key}
    return perform(HttpRequest("POST", server.url + "/services/oauth2/token", headers, body, guarded=False))


def accounts(server: AuthorizationServer, authorization: str, query: str = "SELECT Id FROM Account") -> HttpAnswer:
    url = f"{server.url}/services/data/v59.0/query?{urlencode({'q': query})}"
    return perform(HttpRequest("GET", url, {"Authorization": authorization}, guarded=False))


def said(answer: HttpAnswer) -> Any:
    return json.loads(answer.body)


def test_a_code_becomes_a_token(server: AuthorizationServer) -> None:
    answer = ask(server)

    assert answer.status == 200
    token = said(answer)
    assert set(token) == {"access_token", "signature", "scope", "instance_url", "id", "token_type", "issued_at"}
    assert token["instance_url"] == server.url
    assert token["token_type"] == "Bearer"
    assert token["issued_at"].isdecimal()


def test_a_code_used_twice_is_refused(server: AuthorizationServer) -> None:
    code = server.issue_code()
    ask(server, code=code)

    answer = ask(server, code=code)

    assert answer.status == 400
    assert said(answer) == {"error": "invalid_grant", "error_description": "expired authorization code"}


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"client_id": "x"}, "invalid_client_id"),
        ({"client_secret": "x"}, "invalid_client"),
        ({"redirect_uri": "https://elsewhere"}, "redirect_uri_mismatch"),
        ({"code": "never issued"}, "invalid_grant"),
        *[
            ({name: None}, "invalid_request")
            for name in ("grant_type", "client_id", "client_secret", "redirect_uri", "code")
        ],
        ({"content_type": "application/json"}, "invalid_request"),
    ],
)
def test_every_field_is_checked(server: AuthorizationServer, changes: dict[str, Any], error: str) -> None:
    answer = ask(server, **changes)

    assert answer.status == 400
    assert said(answer)["error"] == error


def test_a_refused_request_leaves_the_code_good(server: AuthorizationServer) -> None:
    code = server.issue_code()

    assert ask(server, code=code, client_secret="x").status == 400
    assert ask(server, code=code).status == 200


def test_accounts_for_its_own_tokens_only(server: AuthorizationServer) -> None:
    token = said(ask(server))["access_token"]

    answer = accounts(server, f"Bearer {token}")

    assert answer.status == 200
    assert [record["Name"] for record in said(answer)["records"]] == ["Acme", "Global Media", "salesforce.com"]
    for authorization in ("", "Bearer x", token, f"Basic {token}"):
        refused = accounts(server, authorization)
        assert refused.status == 401
        assert said(refused) == [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]


def test_a_revoked_token_is_refused(server: AuthorizationServer) -> None:
    token = said(ask(server))["access_token"]
    server.revoke(token)

    assert accounts(server, f"Bearer {token}").status == 401


def test_a_malformed_query(server: AuthorizationServer) -> None:
    token = said(ask(server))["access_token"]

    assert said(accounts(server, f"Bearer {token}", "DROP"))[0]["errorCode"] == "MALFORMED_QUERY"


def test_it_is_unavailable_as_often_as_it_is_told(server: AuthorizationServer) -> None:
    server.be_unavailable(2)

    assert [ask(server).status for _ in range(3)] == [503, 503, 200]


def test_it_is_slow_when_told(server: AuthorizationServer) -> None:
    server.be_slow(60)

    url = server.url + "/services/oauth2/token"
    assert perform(HttpRequest("POST", url, timeout_ms=100, guarded=False)).failure == "timeout"


def test_it_answers_a_page_when_told(server: AuthorizationServer) -> None:
    server.answer_html()

    assert ask(server).header("content-type").startswith("text/html")


def test_it_answers_endlessly_when_told(server: AuthorizationServer) -> None:
    server.answer_endlessly()

    assert ask(server).failure == "overflow"


def test_the_next_token_can_be_any_text(server: AuthorizationServer) -> None:
    server.next_token("{{conv[1].ref[x].y}}")

    assert said(ask(server))["access_token"] == "{{conv[1].ref[x].y}}"
    assert accounts(server, "Bearer {{conv[1].ref[x].y}}").status == 200


def test_the_ledger(server: AuthorizationServer) -> None:
    ask(server, key="7:n:1")
    perform(HttpRequest("POST", server.url + "/effects", {"Idempotency-Key": "7:n:2"}, '{"a": 1}', guarded=False))
    perform(HttpRequest("POST", server.url + "/effects", {"Idempotency-Key": "7:n:2"}, '{"a": 1}', guarded=False))
    perform(HttpRequest("GET", server.url + "/nowhere?a=1", guarded=False))

    assert server.ledger == [
        LedgerEntry("POST", "/services/oauth2/token", "7:n:1", 200),
        LedgerEntry("POST", "/effects", "7:n:2", 200),
        LedgerEntry("POST", "/effects", "7:n:2", 200),
        LedgerEntry("GET", "/nowhere", "", 404),
    ]
    assert server.times("/effects") == {"7:n:2": 2}
