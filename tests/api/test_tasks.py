"""Tasks over HTTP: submitted, looked at, waited for, changed."""

from __future__ import annotations

import dataclasses
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from engine.config import Settings
from tests.api.conftest import Client, served
from tests.waiting import PATIENCE_S

SECRET_KEY = "5c" * 32


def test_a_task_is_submitted_and_seen(api: Client) -> None:
    answer = api("POST", "/v1/convs/1/tasks", {"ref": "a", "data": {"amount": 5}})

    assert answer.status_code == 201
    made = answer.json()
    assert (made["ref"], made["conv_id"]) == ("a", 1)
    assert "task" not in made
    api.run()
    for path in (
        answer.headers["location"],
        "/v1/convs/1/tasks/a",
        "/v1/convs/@order/tasks/a",
        "/v1/convs/Order/tasks/a",
    ):
        view = api("GET", path).json()
        assert (view["task_id"], view["node"], view["place"]) == (made["task_id"], "done", "final")
        assert view["data"] == {"amount": 5}
        assert [visit["node"] for visit in view["path"]] == ["start", "decide", "done"]


def test_a_ref_may_hold_what_paths_are_made_of(api: Client) -> None:
    ref = "a/b?c=%d #é"

    assert api("POST", "/v1/convs/1/tasks", {"ref": ref, "data": {"amount": 5}}).status_code == 201

    assert api("GET", "/v1/convs/1/tasks/a%2Fb%3Fc=%25d%20%23%C3%A9").json()["ref"] == ref
    assert api("GET", "/v1/convs/1/tasks/a%2Fb%3Fc=%25d%20%23%C3%A9/why").json()["place"] == "ready"
    assert api("GET", "/v1/convs/1/tasks/a/b").status_code == 404
    assert api("GET", "/v1/convs/1/tasks/%ff").json()["code"] == "wrong_path"


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/v1/convs/9/tasks", {"data": {"amount": 5}}, 404, "unknown_conv"),
        ("/v1/convs/1/tasks", {"data": {}}, 422, "wrong_validate_params"),
        ("/v1/convs/1/tasks", {"data": {"amount": "x"}}, 422, "wrong_validate_params"),
        ("/v1/convs/1/tasks", {"data": []}, 422, "wrong_shape"),
        ("/v1/convs/1/tasks", [], 422, "wrong_shape"),
        ("/v1/convs/1/tasks", {"data": {"amount": 5}, "reff": "a"}, 422, "wrong_shape"),
        ("/v1/convs/1/tasks", {"data": {"amount": 5}, "ref": 5}, 422, "wrong_shape"),
        ("/v1/convs/1/tasks", {"data": {"amount": 5}, "ref": ""}, 422, "refused"),
        ("/v1/convs/1/tasks", {"data": {"amount": 5}, "ref": "x" * 256}, 422, "refused"),
        ("/v1/convs/1/tasks", {"data": {"amount": 5}, "ref": "there"}, 409, "not_unical_ref"),
        ("/v1/convs/1/tasks", {"data": {"amount": 5, "x": "y" * 200_000}}, 413, "task_size_overflow_limit"),
        ("/v1/convs/1/tasks?wait=99", {"data": {"amount": 5}}, 400, "wrong_query"),
        ("/v1/convs/1/tasks?wait=x", {"data": {"amount": 5}}, 400, "wrong_query"),
        ("/v1/convs/1/tasks?weit=1", {"data": {"amount": 5}}, 400, "wrong_query"),
        ("/v1/convs/1/tasks?wait=1&wait=2", {"data": {"amount": 5}}, 400, "wrong_query"),
    ],
)
def test_what_is_wrong_is_refused_and_changes_nothing(
    api: Client, path: str, body: object, status: int, code: str
) -> None:
    api.engine.submit(1, {"amount": 500}, ref="there")
    before = api.engine.show(1)

    answer = api("POST", path, body)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert api.engine.show(1) == before


def test_the_problem_says_where(api: Client) -> None:
    answer = api("POST", "/v1/convs/1/tasks", {"data": {"amount": 5}, "ref": 5}).json()
    assert answer["errors"] == [{"path": "$.ref", "message": "Expected `str | null`, got `int`"}]

    answer = api("POST", "/v1/convs/1/tasks", {"data": {}}).json()
    assert answer["errors"][0]["path"] == "$.data.amount"


def test_the_answer_waits_for_the_end(api: Client) -> None:
    with_end = []
    asking = threading.Thread(
        target=lambda: with_end.append(api("POST", "/v1/convs/1/tasks?wait=60", {"data": {"amount": 5}}).json())
    )
    asking.start()
    while asking.is_alive():
        api.engine.run_until_idle(PATIENCE_S)
        asking.join(0.05)
    assert with_end[0]["task"]["node"] == "done"


def test_the_answer_waits_no_longer_than_asked(api: Client) -> None:
    made = api("POST", "/v1/convs/1/tasks?wait=0.05", {"data": {"amount": 500}}).json()
    assert "task" not in made

    view = api("GET", f"/v1/convs/1/tasks/{made['task_id']}?wait=0.05").json()
    assert view["place"] == "ready"


def test_a_key_makes_a_submit_safe_to_repeat(api: Client) -> None:
    key = {"Idempotency-Key": '"one"'}
    first = api("POST", "/v1/convs/1/tasks", {"data": {"amount": 5}}, headers=key)
    again = api("POST", "/v1/convs/1/tasks", {"data": {"amount": 5}}, headers=key)
    other = api("POST", "/v1/convs/1/tasks", {"data": {"amount": 6}}, headers=key)

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    assert 'the key "one" was used' in other.json()["detail"], "without whose it is"
    assert api.engine.show(1).living == 1
    for wrong in ("", '""', "x" * 201, "é".encode().decode("latin-1")):
        refused = api(
            "POST", "/v1/convs/1/tasks", {"data": {"amount": 5}}, headers={"Idempotency-Key": wrong.encode("latin-1")}
        )
        assert refused.status_code == 400, wrong


def test_many_tasks_have_outcomes_of_their_own(api: Client) -> None:
    tasks = [
        {"ref": "a", "data": {"amount": 1}},
        {"ref": "a", "data": {"amount": 2}},
        {"data": {}},
        {"data": {"amount": 3}},
    ]

    answer = api("POST", "/v1/convs/1/batch", {"tasks": tasks})

    assert answer.status_code == 200
    said = answer.json()
    assert (said["created"], said["refused"]) == (2, 2)
    codes = [outcome.get("problem", {}).get("code") for outcome in said["tasks"]]
    assert codes == [None, "not_unical_ref", "wrong_validate_params", None]
    assert api.engine.show(1).living == 2
    assert api("POST", "/v1/convs/1/batch", {"tasks": []}).json() == {"created": 0, "refused": 0, "tasks": []}
    too_many: dict[str, list[dict[str, object]]] = {"tasks": [{}] * 10_001}
    assert api("POST", "/v1/convs/1/batch", too_many).status_code == 422


def test_secrets_are_masked_until_an_admin_asks(api: Client) -> None:
    api.engine.submit(1, {"amount": 500, "card": "4000-1234"}, ref="a")

    assert api("GET", "/v1/convs/1/tasks/a").json()["data"] == {"amount": 500, "card": "***"}
    assert api("GET", "/v1/convs/1/tasks/a?reveal=true").json()["data"]["card"] == "4000-1234"


def test_a_state_is_modified(api: Client) -> None:
    api("POST", "/v1/convs/2/tasks", {"ref": "usd", "data": {"rate": 41}})
    api.run()

    taken = api("PATCH", "/v1/convs/Prices/tasks/usd", {"data": {"rate": 42}})

    assert taken.json() == {"task_id": taken.json()["task_id"], "node": "kept", "kept": False, "busy": False}
    api.run()
    assert api("GET", "/v1/convs/2/tasks/usd").json()["data"] == {"rate": 42}
    assert api("PATCH", "/v1/convs/2/tasks/eur", {"data": {}}).status_code == 404


def test_a_callback_is_taken_where_it_is_waited_for(api: Client) -> None:
    api("POST", "/v1/convs/3/tasks", {"ref": "a"})
    api.run()

    assert api("POST", "/v1/convs/3/tasks/a/callback", {"data": {}, "node": "nowhere"}).status_code == 404
    assert api("POST", "/v1/convs/3/tasks/a/callback", {"data": {"paid": True}, "node": "ask"}).json()["node"] == "ask"
    api.run()
    assert api("GET", "/v1/convs/3/tasks/a").json()["node"] == "done"
    assert api("POST", "/v1/convs/3/tasks/a/callback", {"data": {}}).status_code in (404, 409)


def test_a_task_is_cancelled_retried_and_deleted(api: Client) -> None:
    api("POST", "/v1/convs/1/tasks", {"ref": "a", "data": {"amount": 500}})
    api.run()

    assert api("POST", "/v1/convs/1/tasks/a/cancel").json() == {"status": "ok"}
    api.run()
    assert api("POST", "/v1/convs/1/tasks/a/cancel").status_code == 409
    assert api("POST", "/v1/convs/1/tasks/a/retry", {"node": "nowhere"}).status_code == 404
    assert api("POST", "/v1/convs/1/tasks/a/retry", {"node": "decide"}).json() == {"status": "ok"}
    api.run()
    assert api("GET", "/v1/convs/1/tasks/a").json()["node"] == "big"
    assert api("DELETE", "/v1/convs/1/tasks/a").json() == {"status": "ok"}
    assert api("DELETE", "/v1/convs/1/tasks/a").status_code == 404


def test_a_paused_process_takes_no_tasks(api: Client) -> None:
    assert api("POST", "/v1/convs/1/pause").json() == {"conv_id": 1, "paused": True}
    refused = api("POST", "/v1/convs/1/tasks", {"data": {"amount": 5}})
    assert (refused.status_code, refused.json()["code"]) == (409, "conveyor_is_not_active")
    assert api("POST", "/v1/convs/1/resume").json() == {"conv_id": 1, "paused": False}
    assert api("POST", "/v1/convs/1/tasks", {"data": {"amount": 5}}).status_code == 201


def test_a_secret_that_is_submitted_lies_sealed_in_the_store(settings: Settings, tmp_path: Path) -> None:
    data = {"amount": 500, "card": "c4n4ry-1234"}
    with served(dataclasses.replace(settings, secret_key=SECRET_KEY), tmp_path, is_open=True) as api:
        api("POST", "/v1/convs/1/tasks", {"data": data}, headers={"Idempotency-Key": "k"})
        api("POST", "/v1/convs/1/tasks", {"ref": "a", "data": data})
        api("POST", "/v1/convs/1/batch", {"tasks": [{"ref": "b", "data": data}]})
        client = api.engine.store.client

        keys = client.scan_iter(match=f"{{{settings.namespace}:*")
        hashes = [key for key in keys if client.type(key) == b"hash"]
        values: list[Any] = [value for key in hashes for value in client.hgetall(key).values()]
        assert sum(value[:1] == b"\x01" for value in values) >= 3
        assert [value for value in values if b"c4n4ry" in value] == []
        assert api("GET", "/v1/convs/1/tasks/a?reveal=true").json()["data"]["card"] == "c4n4ry-1234"


def test_hundreds_wait_and_hold_up_nobody(api: Client) -> None:
    """Who waits has no thread; who only looks is answered at once."""
    api.engine.submit(1, {"amount": 500}, ref="a")
    with ThreadPoolExecutor(200) as executor:
        waiting = [
            executor.submit(requests.get, f"{api.url}/v1/convs/1/tasks/a?wait=60", timeout=90) for _ in range(200)
        ]
        assert api("GET", "/v1/convs/1/tasks/a").json()["place"] == "ready"
        assert not any(future.done() for future in waiting)
        api.engine.cancel(1, "a")
        api.run()
        places = [future.result().json()["place"] for future in waiting]
    assert places == ["final"] * 200


def test_a_value_is_set_whether_it_is_there_or_not(api: Client) -> None:
    made = api("PUT", "/v1/convs/2/values/usd", {"data": {"rate": 41}})
    assert (made.status_code, made.json()["created"]) == (201, True)
    api.run()
    again = api("PUT", "/v1/convs/Prices/values/usd", {"data": {"rate": 42}}, headers={"Idempotency-Key": "k"})
    assert (again.status_code, again.json()["created"]) == (200, False)
    api.run()

    assert api("GET", "/v1/convs/2/tasks/usd").json()["data"] == {"rate": 42}
    assert api("PUT", "/v1/convs/1/values/usd", {"data": {}}).status_code == 409
    api("PATCH", "/v1/convs/2/tasks/usd", {"data": {"rate": 43}})
    assert api("PATCH", "/v1/convs/2/tasks/eur", {"data": {"rate": 43}}).status_code == 404
    api("DELETE", "/v1/convs/2/tasks/usd")
    entries = api("GET", "/v1/audit-log").json()["entries"]
    assert [(one["on"], one["about"], one["outcome"]) for one in entries if one["what"] == "value edited"] == [
        ("task usd of Prices (2)", "rate", "done"),
        ("task usd of Prices (2)", "rate", "done"),
        ("task usd of Prices (2)", "rate", "done"),
        ("task eur of Prices (2)", "rate", "done"),
        ("task eur of Prices (2)", "rate", "not_found_task"),
        ("task usd of Prices (2)", "(deleted)", "done"),
    ]


def test_a_retry_takes_new_data(api: Client) -> None:
    api.engine.submit(1, {"amount": 500}, ref="a")
    api.run()
    assert api("POST", "/v1/convs/1/tasks/a/retry", {"node": "decide", "data": {"amount": 5}}).status_code == 200
    api.run()
    assert api("GET", "/v1/convs/1/tasks/a").json()["node"] == "done"
    assert api("GET", "/v1/convs/1/tasks/a/family").json()["parents"] == []


def test_many_tasks_under_one_key_are_made_once(api: Client) -> None:
    tasks = {"tasks": [{"data": {"amount": 1}}, {"ref": "a", "data": {"amount": 2}}, {"data": {}}]}
    first = api("POST", "/v1/convs/1/batch", tasks, headers={"Idempotency-Key": "k"}).json()
    again = api("POST", "/v1/convs/1/batch", tasks, headers={"Idempotency-Key": "k"}).json()

    assert first == again
    assert (first["created"], first["refused"]) == (2, 1)
    assert api.engine.show(1).living == 2
    refused = api("POST", "/v1/convs/1/tasks/a/cancel", headers={"Idempotency-Key": "k"})
    assert (refused.status_code, refused.json()["code"]) == (400, "no_key_here")
    assert api.engine.task(1, "a").place == "ready"
