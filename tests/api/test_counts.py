"""Statistics, failures, metrics and jobs over HTTP."""

from __future__ import annotations

from tests.api.conftest import Client
from tests.waiting import eventually


def test_what_moved_is_counted(api: Client) -> None:
    api.engine.submit_many(1, [(f"r{n}", {"amount": n}) for n in range(5)])
    api.run()

    said = api("GET", "/v1/convs/1/statistics").json()
    counts = {node["node"]: (node["entered"], node["left"]) for node in said["nodes"]}
    assert counts["decide"] == (5, 5)
    assert counts["done"][0] == 5
    assert [n["node"] for n in api("GET", "/v1/convs/1/statistics?node=done&step=hour").json()["nodes"]] == ["done"]
    assert api("GET", "/v1/convs/1/statistics?node=nowhere").status_code == 404
    assert api("GET", "/v1/convs/1/statistics?step=day").status_code == 400


def test_what_failed_is_listed(api: Client) -> None:
    assert api("GET", "/v1/failures").json() == {"convs": []}
    api.engine.submit(3, {}, ref="a")
    api.run()
    api.engine.callback(3, "a", {"paid": False})
    api.run()

    [conv] = api("GET", "/v1/failures?since_s=600&by=node").json()["convs"]
    assert (conv["conv"], conv["ended_in_error"], conv["refs"]) == ("Paid", 1, ["a"])


def test_prometheus_reads_it_all(api: Client) -> None:
    api.engine.submit(1, {"amount": 5})
    api.run()
    api("GET", "/v1/convs/1")

    text = api("GET", "/metrics").text
    assert 'conv_node_entered_total{conv="1",node="done",title="Order"} 1.0' in text
    assert "conv_workers 0.0" in text
    assert 'conv_http_request_seconds_count{route="show_conv",status="2xx"}' in text


def test_many_tasks_are_cancelled_by_a_job(api: Client) -> None:
    api.engine.submit_many(1, [(f"r{n}", {"amount": n}) for n in range(95, 110)])
    api.run()

    plan = api("POST", "/v1/convs/1/jobs", {"kind": "cancel", "nodes": ["big"], "where": "amount >= 105"})
    assert (plan.status_code, plan.json()["total"]) == (201, 5)
    job = plan.json()["job_id"]
    assert api("GET", f"/v1/jobs/{job}").json()["state"] == "planned"
    assert api("POST", f"/v1/jobs/{job}/run").status_code == 202
    eventually(lambda: api("GET", f"/v1/jobs/{job}").json()["state"] == "done")
    api.run()

    assert api("GET", f"/v1/jobs/{job}").json()["done"] == 5
    assert api("GET", f"/v1/jobs/{job}/refused").json() == {"tasks": []}
    assert job in [one["job_id"] for one in api("GET", "/v1/jobs").json()["jobs"]]
    assert len(api("GET", "/v1/convs/1/tasks?node=big").json()["tasks"]) == 4
    assert api("POST", f"/v1/jobs/{job}/stop").status_code == 409
    assert api("GET", "/v1/jobs/none").status_code == 404
    assert api("POST", "/v1/convs/1/jobs", {"kind": "cancel", "where": "amount >"}).status_code in (400, 422)
