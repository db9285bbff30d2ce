"""code: a script that changes the task's data. Source: reference 3.5.

It runs outside the engine's process (engine/javascript), in a thread's time: a script that does not end costs its own
task only. Run again after a crash it changes the same data again, so it takes effect once.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import msgspec
from pydantic import Field

from .. import sealing
from ..changes import Seen, read_result, secret_texts, take_changes, unshown
from ..data import whole_text
from ..definition import OutsideAction
from ..errors import LogicError
from ..fields import Integer, Text
from ..javascript import LIBRARIES, Job, Result, references, required, run, unfilled, unwaited
from ..logic import Builder, CallOut, Context, Event, Running, Site, Stay, resolve
from ..template import Template

LANGUAGES = {"js": "JavaScript", "erl": "Erlang"}

_encode = msgspec.json.Encoder().encode


class Code(OutsideAction):
    """Runs a script that reads and changes `data`, the task's parameters."""

    key: ClassVar[str] = "code"
    error_prefix: ClassVar[str] = "code"
    in_diagram: ClassVar[bool] = True
    short: ClassVar[str] = "src"
    script_field: ClassVar[str] = "src"
    icon: ClassVar[str] = "M5.5 4L2 8l3.5 4M10.5 4L14 8l-3.5 4"

    lang: Literal["js", "erl"] = Field("js", description="js; erl is kept, but fails when it is run")
    src: Text = Field(description='the script; require("libs/…") brings libraries, {{env_var[@name]}} is a value')
    public: tuple[Text, ...] = Field(
        (), description="parameters that are no secret though they are written after one was read"
    )
    max_threads: Integer = Field(200, ge=1, le=200, description="how many at once, over all workers")

    def warnings(self) -> list[str]:
        if self.lang != "js":
            return [f"unsupported: {LANGUAGES[self.lang]}; the node will fail with code_executing_error"]
        said = [f"there is no library {name}; there are {', '.join(LIBRARIES)}" for name in required(self.src)[1]]
        said += [f"{text} is not filled in here: {_cure(text)}" for text in unfilled(self.src)]
        return said + [
            f"{call} is async and nobody waits for it: that it fails would not be seen; write {call}.then()"
            for call in unwaited(self.src)
        ]

    def build(self, builder: Builder) -> CodeLogic:
        return CodeLogic(self, {text: builder.value(text) for _, text in references(self.src)}, builder.settings.depth)


def _cure(template: str) -> str:
    name = template.strip("{} ")
    if name.startswith("root."):
        return f"a script reads data.__root.{name.removeprefix('root.')}"
    if name.startswith(("conv[", "node[")):
        return "a node before it, set_parameters, puts it into a parameter"
    return f"a script reads data.{name}"


class Stored(msgspec.Struct, frozen=True):
    """A run of a script, as the store keeps it while it is under way."""

    data: msgspec.Raw
    root: dict[str, Any]
    limit_ms: int
    memory: int
    variables: dict[str, Any] = {}
    secrets: list[str] = []  # names of secret parameters


_decode_stored = msgspec.json.Decoder(Stored).decode


class CodeLogic:
    """Variables in the script are resolved before it runs, and given to it as values."""

    def __init__(self, action: Code, variables: dict[str, Template], depth: int) -> None:
        self.action = action
        self.variables = variables
        self.depth = depth

    def run(self, task: Running, ctx: Context) -> Stay | None:
        if self.action.lang != "js":
            raise LogicError("code_executing_error", f"{LANGUAGES[self.action.lang]} does not run here")
        values: dict[str, Any] = {}
        if self.variables:
            values, reads = resolve(self.variables, ctx.scope)
            if reads.fields:
                raise LogicError("code_executing_error", f"{reads.fields[0]} is secret: a script cannot have it")
        data = msgspec.Raw(_encode(task.data))
        secrets = sorted(task.secrets & task.data.keys())
        stored = Stored(data, dict(ctx.scope.root), ctx.code_ms, ctx.code_memory_bytes, values, secrets)
        return CallOut(_encode(stored), bool(secrets))

    def resume(self, task: Running, ctx: Context, event: Event) -> Stay | None:
        return self.run(task, ctx)

    def perform(self, request: bytes, site: Site) -> Result:
        stored = _decode_stored(request)
        root = _encode(stored.root).decode()
        variables = _encode(stored.variables).decode() if stored.variables else ""
        secrets = _encode(stored.secrets).decode() if stored.secrets else ""
        data = bytes(stored.data).decode()
        job = Job(self.action.src, data, root, stored.limit_ms, stored.memory, variables, secrets)
        return run(job)

    def take(self, task: Running, ctx: Context, answer: Result) -> Stay | None:
        if answer.tag:
            text = sealing.masked(whole_text(answer.text), secret_texts(task))
            if answer.unread:
                text = unshown(text)
            raise LogicError(answer.tag, text, kind=answer.kind)
        try:
            before, after = read_result(answer.before), read_result(answer.after)
        except ValueError as error:
            raise LogicError("code_return_format_error", f"data cannot be taken: {error}") from None
        # What the script has not touched stays as it is: JavaScript has no whole numbers beyond 2^53.
        seen = Seen.of(answer.unread, self.action.public, self.action.src)
        take_changes(task, before, after, self.depth, "code_return_format_error", seen)
        return None
