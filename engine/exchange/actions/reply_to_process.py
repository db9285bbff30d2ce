"""api_rpc_reply."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...definition import Node, NodePart
from ..values import to_texts, to_values
from .piece import Export, Format, Import, Logic, Piece


class ReplyToProcessFormat(Format):
    key = "reply_to_process"
    logics = ("api_rpc_reply",)
    word = "reply"

    def read(self, logic: Logic, given: Import) -> Piece | None:
        return read_reply(logic, given)

    def write(self, action: Any, holder: Node | NodePart, given: Export) -> Logic:
        return write_reply(action, holder.types)


def read_reply(logic: Logic, given: Import) -> Piece:
    body: dict[str, Any] = {}
    types: dict[str, str] = {}
    data, casts = logic.get("res_data"), logic.get("res_data_type")
    if logic.get("mode") == "keys" or isinstance(data, list):
        body["keys"] = [str(name) for name in data] if isinstance(data, list) else []
        types = {key: cast for key, cast in casts.items() if key in body["keys"]} if isinstance(casts, dict) else {}
    else:
        body["data"], types = to_values(given.rename(data), casts)
    if not body.get("keys") and not body.get("data"):
        body = {}
    if logic.get("throw_exception") is True:
        body["exception"] = given.rename(str(logic.get("exception_reason") or "")) or True
    return Piece(ReplyToProcessFormat.key, body, types)


def write_reply(reply: Any, types: Mapping[str, str]) -> Logic:
    logic: Logic = {"type": "api_rpc_reply", "mode": "keys" if reply.keys else "key_value"}
    if reply.keys:
        logic["res_data"], logic["res_data_type"] = list(reply.keys), dict(types)
    else:
        logic["res_data"], logic["res_data_type"] = to_texts(reply.data, types)
    logic["throw_exception"] = reply.exception is not False
    if isinstance(reply.exception, str):
        logic["exception_reason"] = reply.exception
    return logic
