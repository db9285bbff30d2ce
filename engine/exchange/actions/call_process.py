"""api_rpc, and the stub that answers in its place."""

from __future__ import annotations

from typing import Any

from ...definition import Node, NodePart
from ..conditions import read_tests, write_tests
from ..renaming import Renaming
from ..values import to_texts, to_values
from .piece import Export, Format, Import, Logic, Piece, conv_of, kept
from .reply_to_process import read_reply, write_reply


class CallProcessFormat(Format):
    key = "call_process"
    logics = ("api_rpc",)
    word = "call process"

    def read(self, logic: Logic, given: Import) -> Piece | None:
        data, types = to_values(given.rename(logic.get("extra")), logic.get("extra_type"))
        body = {"conv": conv_of(logic), **kept(send_all=(logic.get("group") == "all", False), data=(data, {}))}
        if branches := _branches(given):
            body["stub"] = branches
        return Piece(self.key, body, types)

    def write(self, action: Any, holder: Node | NodePart, given: Export) -> Logic:
        extra, casts = to_texts(action.data, holder.types)
        logic = {"type": "api_rpc", "conv_id": action.conv, "extra": extra, "extra_type": casts}
        return {**logic, "group": "all" if action.send_all else ""}


def _branches(given: Import) -> list[dict[str, Any]]:
    branches = []
    for branch in (given.stub or {}).get("logics") or ():
        logics = [one for one in branch if isinstance(one, dict)] if isinstance(branch, list) else []
        made: dict[str, Any] = {}
        for one in logics:
            if one.get("type") == "go_if_const":
                made["if"] = read_tests(one, given.rename)
            elif one.get("type") == "api_rpc_reply":
                reply = read_reply(one, given)
                made["reply"] = reply.body
                if reply.types:
                    made["types"] = reply.types
        if "reply" in made:
            branches.append(made)
    return branches


def write_stub(action: Any, rename: Renaming) -> dict[str, Any]:
    """`condition.stub` of a node whose call is answered by a stub."""
    branches = []
    for branch in action.stub:
        tests = [{"type": "go_if_const", "conditions": write_tests(group, rename)} for group in branch.tests]
        reply = write_reply(branch.reply, branch.types)
        branches.append([*tests, {key: rename(value) for key, value in reply.items()}])
    return {"logics": branches}
