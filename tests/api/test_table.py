"""The table of routes: each has a description, a right and an example, and the server holds what it says."""

from __future__ import annotations

import pytest
from openapi_spec_validator import validate

from engine.api import surfaces  # noqa: F401 - fills the table
from engine.api.caller import SIGNED_IN
from engine.api.openapi import TAGS, document
from engine.api.route import ROUTES, Route
from engine.rights.roles import ROLES
from tests.api.conftest import Client


def test_the_description_is_openapi(api: Client) -> None:
    answer = api("GET", "/v1/openapi.json")

    validate(answer.json())
    assert answer.json()["openapi"] == "3.1.0"
    assert answer.json().keys() == document().keys()


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_every_route_is_described(route: Route) -> None:
    assert route.summary.endswith(".")
    assert route.role in ("", SIGNED_IN, *ROLES)
    assert route.tag in TAGS
    assert {part[1:-1] for part in route.path.split("/") if part.startswith("{")} <= route.example.path.keys()
    assert (route.body is None) or route.method in ("POST", "PUT", "PATCH")
    assert route.path.startswith("/v1/") or route.path in ("/healthz", "/readyz", "/metrics")
    assert not route.alters or route.method != "GET"


def test_names_are_unique() -> None:
    assert len({route.name for route in ROUTES}) == len(ROUTES)
    assert len({(route.method, route.path) for route in ROUTES}) == len(ROUTES)
