"""code: a script that changes the task's data. Source: reference 3.5.

It runs outside the engine's process (engine/javascript), in a thread's time: a script that does not end costs its own
task only. Run again after a crash it changes the same data again, so it takes effect once.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import msgspec
from pydantic import Field

from engine.changes import take_changes
from engine.definition import OutsideAction
from engine.errors import LogicError
from engine.fields import Integer, Text
from engine.javascript import LIBRARIES, Job, Result, required, run
from engine.logic import Builder, CallOut, Context, Event, Outcome, Running, SecretValues

LANGUAGES = {"js": "JavaScript", "erl": "Erlang"}

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


class Code(OutsideAction):
    """Runs a script that reads and changes `data`, the task's parameters."""

    key: ClassVar[str] = "code"
    error_prefix: ClassVar[str] = "code"
    in_diagram: ClassVar[bool] = True
    short: ClassVar[str] = "src"

    lang: Literal["js", "erl"] = Field("js", description="js; erl is kept, but fails when it is run")
    src: Text = Field(description='the script; require("libs/sha256.js") and others bring libraries')
    max_threads: Integer = Field(200, ge=1, le=200, description="how many at once, over all workers")

    def warnings(self) -> list[str]:
        if self.lang != "js":
            return [f"unsupported: {LANGUAGES[self.lang]}; the node will fail with code_executing_error"]
        return [f"there is no library {name}; there are {', '.join(LIBRARIES)}" for name in required(self.src)[1]]

    def build(self, builder: Builder) -> CodeLogic:
        return CodeLogic(self)


class Stored(msgspec.Struct, frozen=True):
    """A run of a script, as the store keeps it while it is under way."""

    data: msgspec.Raw
    root: dict[str, Any]
    limit_ms: int
    memory: int


_decode_stored = msgspec.json.Decoder(Stored).decode


class CodeLogic:
    def __init__(self, action: Code) -> None:
        self.action = action

    def run(self, task: Running, ctx: Context) -> Outcome | None:
        if self.action.lang != "js":
            raise LogicError("code_executing_error", f"{LANGUAGES[self.action.lang]} does not run here")
        stored = Stored(msgspec.Raw(_encode(task.data)), dict(ctx.scope.root), ctx.code_ms, ctx.code_memory_bytes)
        return CallOut(_encode(stored))

    def resume(self, task: Running, ctx: Context, event: Event) -> Outcome | None:
        return self.run(task, ctx)

    def perform(self, request: bytes, secrets: SecretValues) -> Result:
        stored = _decode_stored(request)
        root = _encode(stored.root).decode()
        return run(Job(self.action.src, bytes(stored.data).decode(), root, stored.limit_ms, stored.memory))

    def take(self, task: Running, ctx: Context, answer: Result) -> Outcome | None:
        if answer.tag:
            kind = "hardware" if answer.tag == "code_timeout" else "software"
            raise LogicError(answer.tag, answer.text, kind=kind)
        before, after = _decode(answer.before), _decode(answer.after)
        # What the script has not touched stays as it is: JavaScript has no whole numbers beyond 2^53.
        take_changes(task, before, after)
        return None
