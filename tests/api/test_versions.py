"""Versions over HTTP."""

from __future__ import annotations

from tests.api.conftest import Client

ONE = "process: New\nid: 9\nnodes: {start: {go: end}, end: {end: success}}  # as written\n"
TWO = "process: New\nid: 9\nnodes: {start: {go: mid}, mid: {set_state: {}}, end: {end: success}}\n"


def deploy(api: Client, text: str, message: str) -> None:
    sent = {"files": {"processes/shop/new.yaml": text}, "message": message}
    assert api("POST", "/v1/definitions/deploy", sent).status_code == 200


def test_versions_are_listed_read_and_gone_back_to(api: Client) -> None:
    deploy(api, ONE, "first")
    deploy(api, TWO.replace("set_state: {}", "delay: 1h, go: end"), "second")

    versions = api("GET", "/v1/convs/9/versions").json()["versions"]
    assert [(one["number"], one["message"], one["author"], one["folder"]) for one in versions] == [
        (2, "second", "everybody", "shop"),
        (1, "first", "everybody", "shop"),
    ]
    source = api("GET", "/v1/convs/9/versions/1")
    assert source.json()["source"] == ONE
    again = api("GET", "/v1/convs/9/versions/1", headers={"if-none-match": source.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")

    assert api("POST", "/v1/convs/9/versions/1/rollback", {"message": "back"}).json()["deployed"]
    newest = api("GET", "/v1/convs/9/versions").json()["versions"][0]
    assert (newest["number"], newest["back_to"], newest["message"]) == (3, 1, "back")
    for wrong in ("7", "x", "0", "9" * 30):
        assert api("GET", f"/v1/convs/9/versions/{wrong}").status_code == 404
        assert api("POST", f"/v1/convs/9/versions/{wrong}/rollback", {}).status_code == 404


def test_a_rollback_strands_no_task(api: Client) -> None:
    deploy(api, ONE, "first")
    deploy(api, TWO.replace("set_state: {}", "delay: 1h, go: end"), "second")
    api("POST", "/v1/convs/9/tasks", {"ref": "a"})
    api.run()
    assert api("GET", "/v1/convs/9/tasks/a").json()["node"] == "mid"

    refused = api("POST", "/v1/convs/9/versions/1/rollback", {})
    assert (refused.status_code, refused.json()["code"]) == (409, "stranded_tasks")
    wrong = api("POST", "/v1/convs/9/versions/1/rollback", {"node_map": {"mid": "start"}})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "wrong_node_map")
    api("POST", "/v1/convs/9/tasks/a/cancel")
    api.run()
    assert api("POST", "/v1/convs/9/versions/1/rollback", {}).status_code == 200
