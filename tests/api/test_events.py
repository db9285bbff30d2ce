"""Streams of counts: what changes is told, and nothing is left of who has gone."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any

import requests

from tests.api.conftest import Client
from tests.api.test_rights import key
from tests.waiting import PATIENCE_S, eventually


def events(answer: requests.Response) -> Iterator[tuple[str, Any]]:
    name = ""
    for line in answer.iter_lines(chunk_size=1):
        text = line.decode()
        if text.startswith("event: "):
            name = text.removeprefix("event: ")
        if text.startswith("data: "):
            yield name, json.loads(text.removeprefix("data: "))


def streams(client: Client) -> int:
    return client.server._site.feeds.streams


def test_all_counts_come_first_and_then_what_changes(api: Client) -> None:
    with requests.get(f"{api.url}/v1/convs/1/events", stream=True, timeout=PATIENCE_S) as answer:
        assert answer.headers["content-type"] == "text/event-stream"
        told = events(answer)
        name, first = next(told)
        assert (name, first["nodes"].keys()) == ("counts", {"start", "decide", "big", "done"})

        api.engine.submit(1, {"amount": 500}, ref="a")
        _, second = next(told)
        assert (second["living"], second["nodes"]) == (1, {"start": [1, 1, 0]})
        api.run()
        seen = dict(second["nodes"])
        while "big" not in seen:
            seen |= next(told)[1]["nodes"]
        assert seen["big"][0] == 1
    eventually(lambda: streams(api) == 0)


def test_hundreds_of_streams_that_are_killed_leave_nothing(api: Client) -> None:
    host, port = api.url.removeprefix("http://").split(":")
    request = f"GET /v1/convs/1/events HTTP/1.1\r\nhost: {host}:{port}\r\n\r\n".encode()
    connections = [socket.create_connection((host, int(port)), timeout=PATIENCE_S) for _ in range(200)]
    for connection in connections:
        connection.sendall(request)
    eventually(lambda: streams(api) == 200)
    assert api("GET", "/v1/convs/1").status_code == 200

    for connection in connections:
        connection.close()

    eventually(lambda: streams(api) == 0)
    assert api.server._site.feeds._feeds == {}


def test_a_stream_ends_when_its_key_is_revoked(guarded: Client) -> None:
    headers = key(guarded, "view", "1")
    with requests.get(f"{guarded.url}/v1/convs/1/events", headers=headers, stream=True, timeout=PATIENCE_S) as answer:
        told = events(answer)
        next(told)
        guarded.engine.keyring.revoke(int(headers["authorization"].split()[1].split(".")[0]), "test")
        assert [*told] == []


def test_a_stream_of_what_may_not_be_seen(guarded: Client) -> None:
    assert guarded("GET", "/v1/convs/1/events", headers=key(guarded, "view", "2")).status_code == 404
    assert guarded("GET", "/v1/convs/1/events", headers=key(guarded, "submit", "*")).status_code == 404


def test_the_head_of_a_stream_ends(api: Client) -> None:
    answer = requests.head(f"{api.url}/v1/convs/1/events", timeout=PATIENCE_S)

    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream")
