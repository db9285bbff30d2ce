"""Every route with every role: who may not is refused, and nothing is changed; who may not see is told nothing."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from engine.api import surfaces  # noqa: F401 - fills the table
from engine.api.caller import SIGNED_IN
from engine.api.route import ROUTES, Route
from engine.rights.roles import INCLUDES, ROLES
from tests.api.conftest import Client
from tests.waiting import eventually

PATH = {"conv": "1", "ref": "a", "node": "done", "number": "1", "login": "10001", "name": "x", "job": "none"}


def key(guarded: Client, role: str, on: str) -> dict[str, str]:
    """The headers of a key with this role."""
    made = guarded.engine.keyring.create(f"{role} on {on}", [(role, on)], [], None, "test")
    eventually(lambda: guarded("GET", "/v1/session", headers=bearer(made.text)).status_code == 200)
    return bearer(made.text)


def bearer(text: str) -> dict[str, str]:
    return {"authorization": f"Bearer {text}"}


def sent(guarded: Client, route: Route, headers: dict[str, str]) -> Any:
    path = route.path
    for name, value in PATH.items():
        path = path.replace("{" + name + "}", value)
    body = (route.example.body or {}) if route.body is not None else None
    is_stream = route.answers == "text/event-stream"  # which has no end
    return guarded(route.method, path, body, params=dict(route.example.query), headers=headers, stream=is_stream)


def state(guarded: Client) -> Any:
    engine = guarded.engine
    return (
        [engine.show(conv) for conv in (1, 2, 3)],
        [engine.definition(1), len(engine.variables()), len(engine.convs())],
        engine.keyring.refreshed().keys.keys(),
    )


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_each_route_with_each_role(guarded: Client, route: Route) -> None:
    engine = guarded.engine
    engine.submit(1, {"amount": 500}, ref="a")
    engine.keyring.create("victim", [("view", "*")], [], None, "test")
    keys = {(role, on): key(guarded, role, on) for role in ROLES for on in ("*", "1", "2")}

    for (role, on), headers in keys.items():
        if route.name in ("revoke_key", "rotate_key") and (role, on) == ("admin", "*"):
            continue  # below
        before = state(guarded)
        answer = sent(guarded, route, headers)
        covers = on == "*" or (on == "1" and route.is_about_a_conv)
        may = route.role in ("", SIGNED_IN) or route.filters or (covers and route.role in INCLUDES[role])
        sees = covers and "view" in INCLUDES[role]
        if may:
            assert answer.status_code != 401, answer.text
            assert answer.status_code != 403 or route.name == "sign_in", answer.text
            if route.name == "delete_task":
                engine.submit(1, {"amount": 500}, ref="a")
            if route.name == "pause_conv":
                engine.resume(1)
        else:
            expected = 403 if not route.is_about_a_conv or sees else 404
            assert answer.status_code == expected, (role, on, answer.text)
            assert state(guarded) == before

    for headers in ({}, bearer("10001.wrong"), bearer("99999.wrong"), {"authorization": "Digest x"}):
        before = state(guarded)
        answer = sent(guarded, route, headers)
        if route.role:
            assert answer.status_code in (401, 429), answer.text
            assert state(guarded) == before
    if route.name in ("revoke_key", "rotate_key"):
        assert sent(guarded, route, keys["admin", "*"]).status_code == 200


def test_a_conv_that_may_not_be_seen_looks_as_if_it_were_not_there(guarded: Client) -> None:
    headers = key(guarded, "view", "2")

    there = guarded("GET", "/v1/convs/1", headers=headers)
    nowhere = guarded("GET", "/v1/convs/777", headers=headers)
    assert there.json()["detail"].replace('"1"', "X") == nowhere.json()["detail"].replace('"777"', "X")
    assert there.status_code == nowhere.status_code == 404
    assert "Order" not in guarded("GET", "/v1/convs/Ordr", headers=headers).text
    listed = guarded("GET", "/v1/convs", headers=headers).json()["convs"]
    assert [conv["conv_id"] for conv in listed] == [2]
    guarded.engine.submit(1, {"amount": 1}, ref="same")
    guarded.engine.submit(2, {}, ref="same")
    assert [t["conv_id"] for t in guarded("GET", "/v1/tasks?ref=same", headers=headers).json()["tasks"]] == [2]


def test_a_key_signs_in_as_bearer_and_as_basic_until_it_is_revoked(guarded: Client) -> None:
    made = guarded.engine.keyring.create("one", [("view", "*")], [], None, "test")
    login, secret = str(made.key.login), made.secret
    basic = {"authorization": "Basic " + base64.b64encode(f"{login}:{secret}".encode()).decode()}
    eventually(lambda: guarded("GET", "/v1/convs", headers=bearer(made.text)).status_code == 200)
    assert guarded("GET", "/v1/convs", headers=basic).status_code == 200

    refused = guarded("GET", "/v1/convs")
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith("Bearer")
    guarded.engine.keyring.revoke(made.key.login, "test")
    eventually(lambda: guarded("GET", "/v1/convs", headers=basic).status_code == 401)
    assert secret not in guarded("GET", "/v1/convs", headers=basic).text


def test_who_guesses_is_slowed_down_and_others_are_not(guarded: Client) -> None:
    headers = key(guarded, "view", "*")

    statuses = [guarded("GET", "/v1/convs", headers=bearer("10001.guess")).status_code for _ in range(15)]

    assert statuses[0] == 401
    assert statuses[-1] == 429
    assert "retry-after" in guarded("GET", "/v1/convs", headers=bearer("10001.guess")).headers
    assert guarded("GET", "/v1/convs", headers=headers).status_code == 200


def test_a_submit_is_answered_only_to_the_key_that_sent_it(guarded: Client) -> None:
    one, other = key(guarded, "modify", "1"), key(guarded, "submit", "1")
    same = {"Idempotency-Key": "k"}

    first = guarded("POST", "/v1/convs/1/tasks", {"data": {"amount": 5}}, headers={**one, **same})
    second = guarded("POST", "/v1/convs/1/tasks", {"data": {"amount": 6}}, headers={**other, **same})

    assert (first.status_code, second.status_code) == (201, 201)
    assert guarded("POST", "/v1/convs/1/tasks?wait=1", {"data": {"amount": 5}}, headers=other).status_code == 403


def test_secrets_are_shown_to_admins_and_that_is_noted(guarded: Client) -> None:
    guarded.engine.submit(1, {"amount": 500, "card": "4000-1234"}, ref="a")
    viewer, admin, all_admin = key(guarded, "modify", "1"), key(guarded, "admin", "1"), key(guarded, "admin", "*")

    for path in ("/v1/convs/1/tasks/a", "/v1/convs/1/tasks", "/v1/tasks?ref=a", "/v1/convs/1/nodes/done/archive.csv"):
        mark = "&" if "?" in path else "?"
        assert "4000-1234" not in guarded("GET", path, headers=viewer).text
        assert guarded("GET", f"{path}{mark}reveal=true", headers=viewer).status_code == 403
    assert "4000-1234" in guarded("GET", "/v1/convs/1/tasks/a?reveal=true", headers=admin).text
    entries = guarded("GET", "/v1/audit-log?limit=1000", headers=all_admin).json()["entries"]
    assert [(one["what"], one["on"]) for one in entries if one["what"] == "saw secrets"] == [
        ("saw secrets", "task a of conv 1")
    ]


def test_a_person_signs_in_and_out(guarded: Client) -> None:
    made = guarded.engine.keyring.create("person", [("modify", "1")], [], None, "test")
    eventually(lambda: guarded("GET", "/v1/session", headers=bearer(made.text)).status_code == 200)
    own = {"X-Conv": "1", "Origin": guarded.url}
    wanted = {"login": str(made.key.login), "secret": made.secret}

    assert guarded("POST", "/v1/session", wanted).status_code == 403, "no page of ours"
    assert guarded("POST", "/v1/session", wanted, headers={**own, "Origin": "https://evil.example"}).status_code == 403
    assert guarded("POST", "/v1/session", {**wanted, "secret": "x"}, headers=own).status_code == 401
    signed_in = guarded("POST", "/v1/session", wanted, headers=own)
    assert signed_in.status_code == 200
    cookie = signed_in.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie

    assert guarded("GET", "/v1/session").json()["login"] == str(made.key.login)
    assert guarded("POST", "/v1/convs/1/tasks", {"data": {"amount": 5}}).status_code == 403, "no X-Conv"
    assert guarded("POST", "/v1/convs/1/tasks", {"data": {"amount": 5}}, headers=own).status_code == 201
    evil = {**own, "Sec-Fetch-Site": "cross-site"}
    assert guarded("POST", "/v1/convs/1/tasks", {"data": {"amount": 5}}, headers=evil).status_code == 403
    assert guarded("DELETE", "/v1/session", headers=own).status_code == 204
    assert guarded("GET", "/v1/session").status_code == 401


def test_a_page_of_somebody_else_drives_no_open_server(api: Client) -> None:
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        assert api("POST", "/v1/convs/1/pause", headers=headers).status_code == 403
    assert api("POST", "/v1/convs/1/tasks", {"data": {"amount": 1}}).status_code == 201


def test_what_a_key_does_is_its_own_in_the_trail(guarded: Client) -> None:
    admin = key(guarded, "admin", "*")
    login = admin["authorization"].split()[1].split(".")[0]
    files = {"files": {"processes/new.yaml": "process: New\nid: 9\nnodes: {start: {go: end}, end: {end: success}}\n"}}

    assert guarded("POST", "/v1/definitions/deploy", files, headers=admin).status_code == 200

    entries = guarded("GET", "/v1/audit-log?limit=1000", headers=admin).json()["entries"]
    assert [one["who"] for one in entries if "deploy" in one["what"]][-1] == login
    assert guarded("GET", "/v1/convs/9/versions", headers=admin).json()["versions"][0]["author"] == login
