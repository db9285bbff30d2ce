"""api: a request over HTTP."""

from __future__ import annotations

from typing import Any

from ...definition import Node, NodePart
from ...http import is_guarded
from ..values import is_reference, to_texts, to_values
from .piece import Export, Format, Import, Logic, Piece, flag, kept

_FORMS = {
    "": "json",
    "application/json": "json",
    "application/x-www-form-urlencoded": "form",
    "application/xml": "xml",
    "text/xml": "xml",
    "application/soap+xml": "xml",
}
_CONTENT_TYPES = {"json": "application/json", "form": "application/x-www-form-urlencoded", "xml": "application/xml"}
UNUSED_RESPONSE = {"header": "{{header}}", "body": "{{body}}"}
UNUSED_RESPONSE_TYPE = {"header": "object", "body": "object"}
_WITHOUT_QUERY = ("POST", "PUT", "DELETE", "PATCH", "OPTIONS")
HOME: dict[str, Any] = {"success": (200, 201, 202), "lists": "json"}  # what an api logic does at home
_IDEMPOTENCY = "an Idempotency-Key header goes with each request"
_KINDS = "answers 408, 425, 429 and 5xx count as hardware errors"
_GUARDED = (
    "data says where it goes: public addresses are reached, and what CONV_EGRESS_ALLOW names; others end in "
    "api_host_refused"
)


class ApiCallFormat(Format):
    key = "api_call"
    logics = ("api",)
    word = "api call"
    lean = ("extra", "extra_type")
    ours = ("idempotency_key", "rate", "success", "lists", "redirects", "timeout")
    home = HOME

    def read(self, logic: Logic, given: Import) -> Piece | None:
        form, content_type = str(logic.get("format") or ""), str(logic.get("content_type") or "").split(";")[0].strip()
        if form == "raw":
            format_ = "raw"
        elif form in ("conveyor", "corezoid"):
            format_ = "corezoid"
        else:
            format_ = _FORMS.get(content_type, "json")
        body: dict[str, Any] = {"method": str(logic.get("method") or "GET"), "url": str(logic.get("url") or "")}
        types: dict[str, str] = {}
        if format_ != "json":
            body["format"] = format_
        if content_type and content_type != _CONTENT_TYPES.get(format_, ""):
            body["content_type"] = str(logic["content_type"])
        headers = logic.get("extra_headers")
        if headers and isinstance(headers, dict | str):
            body["headers"] = headers
        if format_ == "raw":
            body["body"] = str(logic.get("raw_body") or "")
        elif logic.get("extra"):
            body["data"], types = to_values(logic["extra"], logic.get("extra_type"))
        response_types: dict[str, str] = {}
        if logic.get("customize_response") is True:
            body["response"], response_types = to_values(logic.get("response"), logic.get("response_type"))
        if body["method"].upper() not in _WITHOUT_QUERY and any(
            _may_be_list(value, types.get(key)) for key, value in body.get("data", {}).items()
        ):
            body["lists"] = "json"
        threads = logic.get("max_threads", 5)
        body |= kept(
            send_sys=(flag(logic.get("send_sys"), True), False),
            debug_info=(flag(logic.get("debug_info"), False), False),
            max_threads=(threads if isinstance(threads, int) and 1 <= threads <= 200 else 5, 5),
            rfc_format=(flag(logic.get("rfc_format"), True), True),
            success=([*HOME["success"]], None),
            cert_pem=(str(logic.get("cert_pem") or ""), ""),
            api_secret_outer=(str(logic.get("api_secret_outer") or ""), ""),
        )
        body = given.rename(body)
        notes = [_IDEMPOTENCY, _KINDS, *([_GUARDED] if is_guarded(body["url"]) else [])]
        return Piece(self.key, body, types, response_types, notes)

    def write(self, action: Any, holder: Node | NodePart, given: Export) -> Logic:
        logic: Logic = {"type": "api", "method": action.method, "url": action.url}
        logic["format"] = {"raw": "raw", "corezoid": "conveyor"}.get(action.format, "")
        logic["content_type"] = action.content_type or _CONTENT_TYPES.get(action.format, "application/json")
        if action.format == "raw":
            logic["raw_body"] = action.body or ""
        logic["extra"], logic["extra_type"] = to_texts(action.data or {}, holder.types)
        logic["extra_headers"] = action.headers
        logic["max_threads"] = action.max_threads
        logic["send_sys"], logic["debug_info"] = action.send_sys, action.debug_info
        logic["customize_response"] = action.response is not None
        if action.response is None:  # as the editor has it, unused
            logic["response"], logic["response_type"] = UNUSED_RESPONSE, UNUSED_RESPONSE_TYPE
        else:
            logic["response"], logic["response_type"] = to_texts(action.response, holder.response_types)
        logic["rfc_format"] = action.rfc_format
        logic["cert_pem"] = action.cert_pem
        if action.api_secret_outer:
            logic["api_secret_outer"] = action.api_secret_outer
        return {**logic, "version": 2, "is_migrate": True}


def _may_be_list(value: Any, cast: str | None) -> bool:
    if cast is not None:
        return cast == "array"
    return isinstance(value, list) or (isinstance(value, str) and is_reference(value))
