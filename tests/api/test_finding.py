"""Finding tasks over HTTP, and reading archives as they are, or whole."""

from __future__ import annotations

import csv
import io
import json

from tests.api.conftest import Client


def test_tasks_are_searched_page_by_page(api: Client) -> None:
    api.engine.submit_many(1, [(f"r{n}", {"amount": n}) for n in range(95, 106)])
    api.run()

    found, cursor, pages = [], "", 0
    while True:
        answer = api("GET", f"/v1/convs/1/tasks?limit=2&where=amount>99{cursor}").json()
        found += [task["ref"] for task in answer["tasks"]]
        pages += 1
        if answer["cursor"] is None:
            break
        cursor = f"&cursor={answer['cursor']}"
    assert sorted(found) == ["r100", "r101", "r102", "r103", "r104", "r105"]
    assert pages >= 3
    assert len(api("GET", "/v1/convs/1/tasks?node=big").json()["tasks"]) == 5
    assert api("GET", "/v1/convs/1/tasks?place=delayed").json()["tasks"][0]["node"] == "big"


def test_a_wrong_search_says_so(api: Client) -> None:
    for query, status in (
        ("where=amount>", 422),
        ("where=card=1", 422),
        ("node=nowhere", 404),
        ("place=nowhere", 422),
        ("limit=0", 400),
        ("limit=2000", 400),
        ("cursor=abc", 422),
        ("since_ms=-1", 422),
    ):
        answer = api("GET", f"/v1/convs/1/tasks?{query}")
        assert answer.status_code in (status, 400), (query, answer.text)
        assert answer.json()["detail"]


def test_a_ref_is_found_in_all_convs(api: Client) -> None:
    api.engine.submit(1, {"amount": 1}, ref="same")
    api.engine.submit(2, {}, ref="same")

    assert [task["conv_id"] for task in api("GET", "/v1/tasks?ref=same").json()["tasks"]] == [1, 2]
    assert api("GET", "/v1/tasks?ref=other").json() == {"tasks": []}
    assert api("GET", "/v1/tasks").status_code == 400


def test_an_archive_is_read_as_pages_csv_and_lines(api: Client) -> None:
    tasks = [(f"r{n}", {"amount": n, "card": f"4000-{n:04}", "note": "=1+1" if n else "é"}) for n in range(5)]
    api.engine.submit_many(1, tasks)
    api.run()

    page = api("GET", "/v1/convs/1/nodes/done/archive?limit=3").json()
    assert len(page["tasks"]) == 3
    rest = api("GET", f"/v1/convs/1/nodes/done/archive?limit=3&cursor={page['cursor']}").json()
    assert {task["ref"] for task in page["tasks"] + rest["tasks"]} == {f"r{n}" for n in range(5)}

    table = api("GET", "/v1/convs/1/nodes/done/archive.csv")
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    rows = [*csv.DictReader(io.StringIO(table.content.decode()))]
    assert {row["ref"] for row in rows} == {f"r{n}" for n in range(5)}
    assert {row["data.note"] for row in rows} == {"'=1+1", "é"}
    assert {row["data.card"] for row in rows} == {"***"}

    lines = api("GET", "/v1/convs/1/nodes/done/archive.ndjson")
    assert {json.loads(line)["ref"] for line in lines.text.splitlines()} == {f"r{n}" for n in range(5)}
    assert "4000-" not in lines.text
    for form in ("", ".csv", ".ndjson"):
        assert api("GET", f"/v1/convs/1/nodes/nowhere/archive{form}").status_code == 404


def test_an_empty_archive_is_a_head_alone(api: Client) -> None:
    assert api("GET", "/v1/convs/1/nodes/done/archive.csv").text.startswith("task_id,ref,")
    assert api("GET", "/v1/convs/1/nodes/done/archive.ndjson").text == ""
