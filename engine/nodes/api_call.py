"""api_call: an HTTP request, made outside after a commit. Source: reference 3.4; ours: timeout, idempotency_key.

The grammar is here, and what a task brings and gets; building, sending and reading HTTP is engine/http/.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, NamedTuple

import msgspec
from pydantic import Field, model_validator

from .. import http
from ..changes import secret_texts
from ..data import is_deeper, too_deep
from ..definition import OutsideAction
from ..errors import CastError, LogicError, TemplateError, TemplateSyntaxError, ValueTooLarge
from ..fields import (
    Duration,
    Flag,
    Integer,
    Statuses,
    TemplateMap,
    TemplateText,
    TemplateValue,
    Text,
    elided,
    status_range,
)
from ..logic import (
    Builder,
    CallOut,
    Context,
    Event,
    Reads,
    Running,
    SecretValues,
    Site,
    Stay,
    keep_secret,
    own_name,
    resolve,
    secret_name,
    wrong_cast,
)
from ..sealing import hide, holds, long_enough, masked_error, names_of, reveal, sealed_texts
from ..template import Path, Scope, Template, assign_all, compile_path, compile_value


class ApiCall(OutsideAction):
    """Makes an HTTP request and puts what came back into the task."""

    key: ClassVar[str] = "api_call"
    error_prefix: ClassVar[str] = "api"
    overflow_tag: ClassVar[str] = "api_task_size_overflow_limit"
    words: ClassVar[Mapping[str, tuple[str, ...]]] = {"method": http.METHODS}
    icon: ClassVar[str] = "M2 5.5h11l-3-3M14 10.5H3l3 3"

    method: TemplateText = Field(description="GET, POST, PUT, DELETE, PATCH, HEAD, OPTIONS, or a template")
    url: TemplateText = Field(description="http:// or https://")
    headers: TemplateValue = Field(default_factory=dict, description="map, or one reference to an object")
    format: Literal["json", "form", "xml", "raw", "corezoid"] = Field("json", description="of the request's body")
    content_type: Text | None = Field(None, description="overrides that of the format")
    data: TemplateMap | None = Field(None, description="parameters: the body, or for GET the query")
    body: TemplateText | None = Field(None, description="body text, for format raw")
    response: TemplateMap | None = Field(
        None,
        description="parameter → template over the answer: {{body}}, {{header.NAME}}, {{status}}; none: merge it all",
    )
    send_sys: Flag = Field(False, description="adds the task's ids and a signature")
    debug_info: Flag = Field(False, description="adds __conveyor_api_debug__")
    rfc_format: Flag = Field(True, description="200 and 201 must have a body")
    success: Statuses = Field(
        ("200-208", 226), description="statuses and ranges; every other is the error api_bad_answer"
    )
    lists: Literal["repeat", "json"] = Field("repeat", description="of a query: a=1&a=2, or a=[1,2]")
    redirects: Integer = Field(5, ge=0, le=10, description="how many are followed, of GET and HEAD only")
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

    @property
    def is_guarded(self) -> bool:
        return http.is_guarded(self.url)

    def detail(self) -> str:
        place = elided(self.url)
        return f"{self.method} {place}" if place != "…" else self.method

    def build(self, builder: Builder) -> ApiCallLogic:
        return ApiCallLogic(self, builder)


class Stored(msgspec.Struct, frozen=True):
    """The request as the store keeps it while the call is under way: secrets taken out of the fields.

    Those of variables are named only; those that came from tasks lie apart, in `sealed`, to be treated as task data is.
    `made`: what the fields were made of them. `guarded`: whether a task had a say in where it goes; None: an older
    worker stored it, which did not ask. `hosts`: those that the definition names, None for any.
    """

    fields: http.RequestFields
    sealed: list[str] = []
    made: http.Made = http.Made()
    guarded: bool | None = None
    hosts: list[str] | None = None


class Came(NamedTuple):
    """What a call brought, and the secrets that it was made with."""

    request: http.HttpRequest
    answer: http.HttpAnswer
    secrets: tuple[str, ...]


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Stored).decode


class ApiCallLogic:
    """Resolves the request, and maps the answer."""

    def __init__(self, action: ApiCall, builder: Builder) -> None:
        self.action = action
        value = builder.value
        self.texts = {
            "method": value(action.method, "string"),
            "url": value(action.url, "string"),
            "body": value(action.body or "", "string"),
            "cert_pem": value(action.cert_pem, "string"),
            "api_secret_outer": value(action.api_secret_outer, "string"),
        }
        self.origin = http.Origin(action.url, builder.definition.missing)
        self.hosts = builder.definition.hosts
        self.host_texts = {f"\2{number}": value(text, "string") for number, text in enumerate(self.hosts or ())}
        # One template for each header shows which of them are made of a secret.
        headers = action.headers
        self.headers = [
            value(part)
            for part in ([{name: headers[name]} for name in headers] if isinstance(headers, dict) else [headers])
        ]
        self.data = builder.fields(action.data) if action.data is not None else None
        self.success = tuple(map(status_range, action.success))
        self.depth = builder.settings.depth
        self.response: dict[str, Template] | None = None
        self.of_text: dict[str, Template] = {}  # where a text stands for the answer
        self.paths: dict[str, Path] = {}
        if action.response is not None:
            types = builder.response_types
            self.response = {key: value(text, types.get(key)) for key, text in action.response.items()}
            self.of_text = self.response
            if builder.definition.missing == "empty":
                self.of_text = {
                    key: _strict(text, types.get(key), self.response[key]) for key, text in action.response.items()
                }
            self.paths = {key: compile_path(key, missing=builder.definition.missing) for key in action.response}

    def run(self, task: Running, ctx: Context) -> Stay | None:
        scope, action = ctx.scope, self.action
        try:
            wanted = {**self.texts, **_prefixed(self.data), **_numbered(self.headers), **self.host_texts}
            values, reads = resolve(wanted, scope)
        except CastError as error:
            raise wrong_cast("api", error) from error
        headers: dict[str, Any] = {}
        secret_headers: list[str] = []
        for field in range(len(self.headers)):
            part = values[f"\1{field}"]
            if not isinstance(part, dict):
                raise LogicError("api_bind_error", "headers must be an object")
            headers.update(part)
            if f"\1{field}" in reads.fields:
                secret_headers += part
        root = scope.root
        fields = http.RequestFields(
            method=values["method"],
            url=values["url"],
            headers=headers,
            format=action.format,
            content_type=action.content_type or "",
            data=None if self.data is None else {key: values["\0" + key] for key in self.data},
            body=values["body"],
            system=self._system(task, root) if action.send_sys or action.format == "corezoid" else None,
            api_secret_outer=values["api_secret_outer"],
            sign_time=scope.now_ms // 1000,
            sign_conv_id=task.conv_id,
            key=f"{task.task_id}:{root['node_id']}:{task.visit}" if action.idempotency_key else "",
            timeout_ms=min(action.timeout, ctx.api_timeout_ms),
            cap_bytes=ctx.response_size_bytes,
            rfc_format=action.rfc_format,
            cert_pem=values["cert_pem"],
            success=self.success,
            redirects=action.redirects,
            repeat=action.lists == "repeat",
        )
        http.build_request(fields)  # what cannot be sent fails here, before anything is committed
        hosts = None if self.hosts is None else [values[name] for name in self.host_texts]
        stored = _seal(fields, reads, secret_headers, ctx.secret_variables, hosts)
        stored = msgspec.structs.replace(stored, guarded=not self.origin.is_trusted(fields.url, scope))
        return CallOut(_encode(stored), bool(reads.values or secret_headers))

    def _system(self, task: Running, root: Mapping[str, Any]) -> http.SystemValues:
        return http.SystemValues(task.ref, task.task_id, task.conv_id, root["node_id"])

    def resume(self, task: Running, ctx: Context, event: Event) -> Stay | None:
        return self.run(task, ctx)

    def perform(self, request: bytes, site: Site) -> Came | LogicError:
        """Make the stored request; in a thread."""
        stored = _decode(request)
        names = names_of(site.secret_variables, stored.sealed)
        try:
            fields = http.reveal_secrets(stored.fields, names)
            made = msgspec.convert(reveal(msgspec.to_builtins(stored.made), names, "api_bind_error"), http.Made)
            built = http.confine(http.build_request(fields), stored.fields, fields, names, made, self.action.url)
            built = msgspec.structs.replace(
                built,
                guarded=self.origin.may_be_guarded if stored.guarded is None else stored.guarded,
                hosts=_places(reveal(stored.hosts, names, "api_bind_error")),
            )
        except LogicError as error:
            return masked_error(error, [*names.values()])
        return Came(built, http.perform(built, site.egress), tuple(names.values()))

    def take(self, task: Running, ctx: Context, answer: Any) -> Stay | None:
        if isinstance(answer, LogicError):
            raise answer
        request, came, secrets = answer
        debug = http.debug_info(came, request) if self.action.debug_info else {}
        try:
            reply = http.interpret(came, request, self.depth)
            new = http.default_mapping(reply) if self.response is None else self._mapped(self.response, reply, ctx)
            size = len(_encode({**task.data, **new, **debug}))
            if size > ctx.task_size_bytes:
                raise LogicError(
                    "api_task_size_overflow_limit",
                    f"Your task size: {size} bytes, Max available task size: {ctx.task_size_bytes} bytes",
                    parameters={http.RETURN_CODE: reply.status},
                )
        except LogicError as error:
            task.data.update(debug)
            if came.status:
                error.parameters[http.RETURN_HEADERS] = http.masked_headers(came.headers, request, secrets)
            raise masked_error(error, secrets) from None
        hidden = [*secret_texts(task), *long_enough(secrets)]
        if any(secret in name for name in new for secret in hidden):
            raise secret_name()
        task.data.update({**new, **debug})
        if hidden:
            keep_secret(task, [name for name, value in new.items() if holds(value, hidden)])
        return None

    def _mapped(self, response: dict[str, Template], reply: http.Reply, ctx: Context) -> dict[str, Any]:
        """The parameters of `response`: values from the answer, dynamic keys from the task."""
        seen = Scope(http.response_scope(reply), now_ms=ctx.scope.now_ms)
        code = {http.RETURN_CODE: reply.status}
        try:
            values, _ = resolve(self.of_text if reply.kind == "text" else response, seen)
        except CastError as error:
            raise LogicError("api_wrong_convert_param", error.message, parameters=dict(code)) from error
        except ValueTooLarge as error:
            raise LogicError("api_task_size_overflow_limit", error.message, parameters=dict(code)) from error
        except TemplateError as error:
            if reply.kind == "text":
                detail = f"{http.NO_JSON}: {reply.why}: {error.message}"
                raise LogicError("api_no_valid_json", http.NO_JSON, parameters=dict(code), detail=detail) from error
            raise LogicError("api_response_missing", error.message, parameters=dict(code)) from error
        pairs = [(own_name(self.paths[key], ctx.scope), value) for key, value in values.items()]
        written = assign_all(ctx.scope.data, pairs)
        new = {str(path[0]): written[str(path[0])] for path, _ in pairs}
        if is_deeper(new, self.depth):
            detail = f"{http.NO_JSON}: response: {too_deep(self.depth)}"
            raise LogicError("api_no_valid_json", http.NO_JSON, parameters=dict(code), detail=detail)
        return new


def _places(hosts: list[str] | None) -> tuple[http.Place, ...] | None:
    try:
        return None if hosts is None else http.read_places(hosts)
    except ValueError as error:
        raise LogicError("api_host_refused", f'one of the "hosts" of the definition cannot be used: {error}') from None


def _strict(value: Any, cast: str | None, usual: Template) -> Template:
    """The template such that what a text has no part of is an error even under `missing: empty`."""
    try:
        return compile_value(value, cast)
    except TemplateSyntaxError:
        return usual


def _prefixed(data: dict[str, Template] | None) -> dict[str, Template]:
    """The data's templates under names that none of the other fields has."""
    return {"\0" + key: template for key, template in (data or {}).items()}


def _numbered(headers: list[Template]) -> dict[str, Template]:
    return {f"\1{number}": template for number, template in enumerate(headers)}


def _seal(
    fields: http.RequestFields, reads: Reads, headers: list[str], variables: SecretValues, hosts: list[str] | None
) -> Stored:
    """Take the secrets that the templates have read out of the fields. `headers`: names of those made of one."""
    if not reads.values:
        return Stored(http.hide_secrets(fields, {}), hosts=hide(hosts, {}))
    sealed = sealed_texts(reads.values, variables)
    names = names_of(variables, sealed)
    data = [name[1:] for name in reads.fields if name.startswith("\0")]
    made = http.Made("url" in reads.fields, "body" in reads.fields, hide(headers, names), hide(data, names))
    return Stored(http.hide_secrets(fields, names), sealed, made, hosts=hide(hosts, names))
