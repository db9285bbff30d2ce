"""The API's description for programs, as OpenAPI 3.1, made from the table of routes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from types import GenericAlias
from typing import Any

import msgspec

from .problem import MEDIA_TYPE, TITLES, Problem
from .route import ROUTES, Route

REF = "#/components/schemas/{name}"
OF_ALL = (400, 401, 403, 405, 408, 413, 415, 422, 429, 503)  # which every route may answer

TAGS = {
    "tasks": "Tasks that move through a process, or stand in a state diagram.",
    "convs": "Processes and state diagrams, by id, `@alias` or title.",
    "definitions": "What is deployed, and what a deploy would do.",
    "states": "Values of state diagrams.",
    "counts": "What was counted over time, and what failed.",
    "jobs": "Something done to many tasks.",
    "versions": "Earlier versions of what is deployed, and going back to one.",
    "finding": "Tasks by what they hold and where they are; archives.",
    "variables": "Values that definitions name and operators set.",
    "keys": "Who may do what, who is signed in, and who did what.",
    "health": "The server itself.",
}

INTRODUCTION = """Everything that the engine does, over HTTP. Who calls says so with a key: `Authorization: Bearer
LOGIN.SECRET`, or Basic with the two halves. Errors are RFC 9457 problems, whose `code` is for programs. Submits,
modifies, callbacks and values take an `Idempotency-Key`: repeated within a day under the same key, it is done once and
answered as the first time. Other routes refuse it."""


@cache
def document() -> dict[str, Any]:
    """The whole document."""
    types = [kind for route in ROUTES for kind in (route.body, route.answers) if _is_shape(kind)]
    unique = [*dict.fromkeys([*types, Problem])]
    schemas, components = msgspec.json.schema_components(unique, ref_template=REF)
    by_type = dict(zip(unique, schemas, strict=True))
    paths: dict[str, Any] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, by_type)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Conv", "version": version("conv-engine"), "description": INTRODUCTION},
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "basic": {"type": "http", "scheme": "basic"},
            },
            "responses": {str(status): _problem(status) for status in TITLES if status not in (406, 421, 500)},
        },
    }


def _is_shape(kind: Any) -> bool:
    return kind is not None and not isinstance(kind, str | GenericAlias)


def _operation(route: Route, by_type: dict[Any, Any]) -> dict[str, Any]:
    says: dict[str, Any] = {"description": "Done"}
    if isinstance(route.answers, str):
        says["content"] = {route.answers: {"schema": {"type": "string"}}}
    elif route.status != 204:
        content: dict[str, Any] = {"schema": by_type.get(route.answers, {"type": "object"})}
        if route.example.answer is not None:
            content["example"] = route.example.answer
        says["content"] = {"application/json": content}
    statuses = sorted({*OF_ALL, *(error.http_status for error in route.errors)} & TITLES.keys())
    operation: dict[str, Any] = {
        "operationId": route.name,
        "tags": [route.tag],
        "summary": route.summary,
        "parameters": [*_parameters(route)],
        "responses": {
            str(route.status): says,
            **{str(status): {"$ref": f"#/components/responses/{status}"} for status in statuses},
        },
        "security": [{"bearer": []}, {"basic": []}] if route.role else [],
    }
    codes = ", ".join(f"`{code}`" for code in dict.fromkeys(error.code for error in route.errors))
    right = f"Needs the role `{route.role}`{' on the conv' if route.is_about_a_conv else ''}." if route.role else ""
    operation["description"] = " ".join(filter(None, [right, f"Codes: {codes}." if codes else ""]))
    if route.body is not None:
        content = {"schema": by_type[route.body]}
        if route.example.body is not None:
            content["example"] = route.example.body
        operation["requestBody"] = {"required": True, "content": {"application/json": content}}
    return operation


def _parameters(route: Route) -> Iterator[dict[str, Any]]:
    for part in route.path.split("/"):
        if part.startswith("{"):
            name = part[1:-1]
            parameter = {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            if name in route.example.path:
                parameter["example"] = route.example.path[name]
            yield parameter
    fields = msgspec.json.schema(route.query, ref_template=REF)
    shape = fields.get("$defs", {}).get(route.query.__name__, fields)
    for name, schema in shape.get("properties", {}).items():
        required = name in shape.get("required", ())
        yield {"name": name, "in": "query", "required": required, "schema": _said(schema)}
    if route.alters:
        yield {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "description": "Repeated within a day under the same key, the request is done once.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[ -~]*$"},
        }


def _said(schema: dict[str, Any]) -> dict[str, Any]:
    """A query says something or is left out: it cannot say null."""
    kinds = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    return kinds[0] if len(kinds) == 1 else schema


def _problem(status: int) -> dict[str, Any]:
    return {
        "description": TITLES[status],
        "content": {MEDIA_TYPE: {"schema": {"$ref": REF.format(name="Problem")}}},
    }
