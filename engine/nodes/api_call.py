"""api_call: an HTTP request, made outside after a commit. Source: reference 3.4; ours: timeout, idempotency_key.

The grammar is here; building, sending and reading HTTP is engine/http_client.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from engine.definition import Action
from engine.fields import Duration, Flag, Integer, TemplateMap, TemplateText, TemplateValue, Text
from engine.logic import Builder

METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS")


class ApiCall(Action):
    """Makes an HTTP request and puts what came back into the task."""

    key: ClassVar[str] = "api_call"
    error_prefix: ClassVar[str] = "api"
    outside: ClassVar[bool] = True
    words: ClassVar[Mapping[str, tuple[str, ...]]] = {"method": METHODS}

    method: TemplateText = Field(description="GET, POST, PUT, DELETE, PATCH, HEAD, OPTIONS, or a template")
    url: TemplateText = Field(description="http:// or https://")
    headers: TemplateValue = Field(default_factory=dict, description="map, or one reference to an object")
    format: Literal["json", "form", "xml", "raw", "corezoid"] = Field("json", description="of the request's body")
    content_type: Text | None = Field(None, description="overrides that of the format")
    data: TemplateMap | None = Field(None, description="parameters: the body, or for GET the query")
    body: TemplateText | None = Field(None, description="body text, for format raw")
    response: TemplateMap | None = Field(None, description="parameter → template over the answer; none: merge it all")
    send_sys: Flag = Field(False, description="adds the task's ids and a signature")
    debug_info: Flag = Field(False, description="adds __conveyor_api_debug__")
    max_threads: Integer = Field(5, ge=1, le=200, description="how many at once in one worker")
    rfc_format: Flag = Field(True, description="200 and 201 must have a body")
    timeout: Duration = Field(60_000, description="for the whole answer; 60s")
    cert_pem: TemplateText = Field("", description="client key and certificate")
    api_secret_outer: TemplateText = Field("", description="signing secret of send_sys")
    idempotency_key: Flag = Field(True, description="sends Idempotency-Key: the same when a request is made again")

    @model_validator(mode="after")
    def _body_or_data(self) -> ApiCall:
        if self.body is not None and self.format != "raw":
            raise ValueError("body belongs to format: raw; for other formats use data")
        if self.data is not None and self.format == "raw":
            raise ValueError("format: raw takes body, not data")
        return self

    def build(self, builder: Builder) -> Any:
        raise NotImplementedError
