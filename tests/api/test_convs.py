"""Processes and state diagrams over HTTP."""

from __future__ import annotations

from tests.api.conftest import Client
from tests.api.test_rights import key


def test_what_is_deployed_is_listed(api: Client) -> None:
    convs = api("GET", "/v1/convs").json()["convs"]
    assert [(conv["conv_id"], conv["title"], conv["kind"]) for conv in convs] == [
        (1, "Order", "process"),
        (2, "Prices", "diagram"),
        (3, "Paid", "process"),
    ]
    assert [conv["conv_id"] for conv in api("GET", "/v1/convs?kind=diagram").json()["convs"]] == [2]
    assert [conv["conv_id"] for conv in api("GET", "/v1/convs?text=ORD").json()["convs"]] == [1]
    assert api("GET", "/v1/convs?kind=dashboard").status_code == 400


def test_a_conv_is_found_by_each_of_its_names(api: Client) -> None:
    for name in ("1", "@order", "Order", "%31"):
        conv = api("GET", f"/v1/convs/{name}").json()
        assert [node["name"] for node in conv["nodes"]] == ["start", "decide", "big", "done"]
    answer = api("GET", "/v1/convs/Ordre")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_conv")
    assert 'did you mean "Order"?' in answer.json()["detail"]


def test_a_definition_comes_as_the_document_that_was_read(api: Client) -> None:
    definition = api("GET", "/v1/convs/Prices/definition").json()["definition"]

    assert definition["title"] == "Prices"
    assert definition["nodes"].keys() == {"start", "kept"}


def test_the_graph_has_every_node_in_its_place(api: Client) -> None:
    graph = api("GET", "/v1/convs/1/graph").json()

    assert [(card["name"], card["look"]) for card in graph["cards"]] == [
        ("start", "start"),
        ("decide", "node"),
        ("big", "node"),
        ("done", "success"),
    ]
    for card in graph["cards"]:
        assert 0 <= card["x"] <= graph["width"] - card["width"]
        assert 0 <= card["y"] <= graph["height"] - card["height"]
    assert {(stroke["source"], stroke["target"]) for stroke in graph["strokes"]} >= {(0, 1), (1, 2)}
    assert [label["whole"] for label in graph["labels"]] == ["amount > 100", "otherwise"]
    assert all(stroke["path"].startswith("M") for stroke in graph["strokes"])


def test_a_graph_is_laid_out_once(api: Client) -> None:
    assert api.engine.drawing(1) is api.engine.drawing("@order")


def test_definitions_are_planned_and_deployed(api: Client) -> None:
    text = "process: New\nid: 9\nnodes: {start: {go: end}, end: {end: success}}\n"
    files = {"files": {"processes/shop/new.yaml": text}}

    plan = api("POST", "/v1/definitions/plan", files).json()
    assert (plan["deployed"], plan["changed"]) == (False, ["New (9)"])
    assert api("GET", "/v1/convs/9").status_code == 404

    assert api("POST", "/v1/definitions/deploy", files).json()["deployed"]
    assert api("GET", "/v1/convs/9").json()["title"] == "New"
    assert api("POST", "/v1/definitions/deploy", files).json()["unchanged"] == ["New (9)"]


def test_wrong_definitions_say_where_and_deploy_nothing(api: Client) -> None:
    files = {"files": {"processes/new.yaml": "process: New\nid: 9\nnodes: {start: {go: nowhere}}\n"}}

    assert api("POST", "/v1/definitions/plan", files).json()["findings"][0]["file"] == "processes/new.yaml"
    answer = api("POST", "/v1/definitions/deploy", files)

    assert (answer.status_code, answer.json()["code"]) == (422, "definition")
    assert answer.json()["errors"][0]["path"].startswith("processes/new.yaml:3:")
    assert api("GET", "/v1/convs/9").status_code == 404


def test_a_path_leads_nowhere_else(api: Client) -> None:
    for path in ("/etc/x.yaml", "../x.yaml", "processes/../../x.yaml", "x.yaml", "processes/x.txt", "processes/.x.yaml",
                 "processes/a\0.yaml", "diagrams\\x.yaml", "processes/" + "a" * 500 + ".yaml"):  # fmt: skip
        answer = api("POST", "/v1/definitions/plan", {"files": {path: "process: X"}})
        assert (answer.status_code, answer.json()["code"]) == (422, "wrong_path"), path


def test_variables_are_set_and_secret_ones_not_shown(api: Client) -> None:
    assert api("GET", "/v1/variables").json() == {"variables": []}
    made = api("PUT", "/v1/variables/login_url", {"value": "https://login.example.com", "description": "where"}).json()
    assert (made["value"], made["source"]) == ("https://login.example.com", "file")
    api("PUT", "/v1/variables/client_secret", {"value": "s3cr3t-value", "secret": True})

    listed = api("GET", "/v1/variables")
    assert "s3cr3t-value" not in listed.text
    assert [(one["name"], one["value"]) for one in listed.json()["variables"]] == [
        ("client_secret", None),
        ("login_url", "https://login.example.com"),
    ]
    assert api("PUT", "/v1/variables/no%20name", {"value": "x"}).status_code == 422
    answer = api("POST", "/v1/evaluate", {"template": "{{env_var[@client_secret]}}"})
    assert answer.json() == {"value": None, "secret": True}


def test_a_template_is_tried_with_data(api: Client) -> None:
    assert api("POST", "/v1/evaluate", {"template": "{{a}}", "data": {"a": [1]}}).json() == {
        "value": [1],
        "secret": False,
    }
    assert api("POST", "/v1/evaluate", {"template": "{{a|nothing}}"}).json()["code"] == "template_syntax"
    assert api("POST", "/v1/evaluate", {"template": "{{a}}"}).status_code == 422


def test_a_template_tells_nothing_of_a_secret_by_failing(guarded: Client) -> None:
    admin, viewer = key(guarded, "admin", "*"), key(guarded, "view", "*")
    guarded("PUT", "/v1/variables/hidden", {"value": "s3cr3t-value", "secret": True}, headers=admin)
    guarded("PUT", "/v1/variables/hidden", {"value": "s3cr3t-value"}, headers=admin)

    for template in (
        "{{env_var[@hidden]}}",
        "{{conv[2].ref[{{env_var[@hidden]}}].rate}}",
        "{{conv[{{env_var[@hidden]}}].ref[a].b}}",
        "{{node[{{env_var[@hidden]}}].count}}",
        "{{env_var[@{{env_var[@hidden]}}]}}",
        "$.to_number({{env_var[@hidden]}})",
        "$.to_object({{env_var[@hidden]}})",
    ):
        answer = guarded("POST", "/v1/evaluate", {"template": template, "conv": 1}, headers=viewer)
        assert (answer.status_code, answer.json()) == (200, {"value": None, "secret": True}), template
    shown = guarded("GET", "/v1/variables", headers=viewer)
    assert "s3cr3t-value" not in shown.text
