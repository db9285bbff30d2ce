"""Whatever the description allows and forbids: Schemathesis finds no 5xx, and no answer but those described."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

from engine.api import surfaces  # noqa: F401 - fills the table
from engine.api.openapi import document
from engine.api.route import ROUTES, Route
from tests.api.conftest import Client

EXAMPLES = 12
ENDING = [route for route in ROUTES if route.answers != "text/event-stream"]


@pytest.mark.slow
@pytest.mark.parametrize("mode", [*GenerationMode], ids=lambda mode: mode.value)
@pytest.mark.parametrize(
    "route", [route for route in ROUTES if route.answers != "text/event-stream"], ids=lambda route: route.name
)
def test_every_operation(guarded: Client, route: Route, mode: GenerationMode) -> None:
    guarded.engine.submit(1, {"amount": 500}, ref="token")
    made = guarded.engine.keyring.create("fuzz", [("admin", "*")], [], None, "test")
    headers = {"authorization": f"Bearer {made.text}"}
    operation = schemathesis.openapi.from_dict(document())[route.path][route.method]

    # The first goes by other headers than these (tests/api/test_rights.py tries them all). The second holds where a
    # schema says everything: what a condition, a definition or a process' own parameters may be stands in none.
    excluded: list[Any] = [ignored_auth, positive_data_acceptance]

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=[*HealthCheck])
    def run(case: Case[Any]) -> None:
        case.call_and_validate(base_url=guarded.url, headers=headers, excluded_checks=excluded)

    with contextlib.suppress(Unsatisfiable):  # there is nothing to get wrong
        run()
    assert guarded("GET", "/healthz").status_code == 200
