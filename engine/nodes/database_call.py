"""database_call: one SQL statement in a database, made outside after a commit. Source: reference 3.13; the error tags,
which are unpublished, `result` and the instances' file are ours.

Templates in `query` become bound values (engine/database/query.py). The call commits by itself, so after a crash it is
made again: at least once. What must not happen twice needs a key of its own, such as {{root.task_id}} in a unique
column. The tags are listed in engine/database/call.py.
"""

from __future__ import annotations

import re
import sys
from typing import Annotated, Any, ClassVar, Literal

import msgspec
from pydantic import BeforeValidator, Field, StrictInt, StrictStr, model_validator

from .. import database
from ..changes import secret_texts
from ..definition import OutsideAction
from ..errors import CastError, LogicError, TemplateSyntaxError
from ..fields import Duration, Flag, Templated, TemplateMap, TemplateText, Text, Types, elided, plain
from ..logic import Builder, CallOut, Context, Event, Running, Site, Stay, keep_secret, resolve, wrong_cast
from ..sealing import hide, holds, long_enough, masked, names_of, reveal, sealed_texts
from ..template import Template, compile_parts, text_of

_QUOTED = re.compile(r"""['"`].*""", re.DOTALL)  # to the end: a value may hold quotes, and an error may be cut off
_RESULT = re.compile(r"[^\W\d]\w*")

_encode = msgspec.json.Encoder().encode


class DatabaseCall(OutsideAction):
    """Runs one SQL statement in a database, in a transaction of its own; templates in it become bound values."""

    key: ClassVar[str] = "database_call"
    error_prefix: ClassVar[str] = "db_call"
    icon: ClassVar[str] = "M3 4c0-2 10-2 10 0v8c0 2-10 2-10 0zM3 4c0 2 10 2 10 0"

    instance: Annotated[StrictInt | StrictStr, BeforeValidator(plain), Templated()] = Field(
        description="name or id of an instance in processes/instances.yaml, or a template"
    )
    query: TemplateText = Field(description="SQL; templates stand where values may, and :name for one of params")
    params: TemplateMap = Field(default_factory=dict, description="named values, bound as :name")
    params_types: Types = Field(default_factory=dict, description="casts of params")
    timeout: Duration = Field(30_000, description="for the whole call; 30s")
    isolation: Literal["read uncommitted", "read committed", "repeatable read", "serializable"] | None = Field(
        None, description="of the transaction; none: the database's own"
    )
    autocommit: Flag = Field(False, description="in no transaction: VACUUM, procedures that commit")
    result: Text = Field("rows", description="takes the rows; how many they are, or how many were changed: …_count")

    @model_validator(mode="after")
    def _bindable(self) -> DatabaseCall:
        if not _RESULT.fullmatch(self.result):
            raise ValueError('"result" is the name of a parameter')
        for name in self.params_types.keys() - self.params.keys():
            raise ValueError(f'"params_types" has "{name}", which is not in "params"')
        if self.autocommit and self.isolation is not None:
            raise ValueError('"isolation" is of a transaction, and with "autocommit" there is none; remove one of them')
        if "\0" in self.query:
            raise ValueError("the query holds a NUL character")
        try:
            parts = compile_parts(self.query, missing="empty")
        except TemplateSyntaxError:
            return self  # told where it stands
        reason, _ = self._checked(parts)
        if reason:
            raise ValueError(reason)
        return self

    def refused_by(self, dialect: str) -> str:
        """Why a database of this dialect cannot take the query, or ""."""
        return self._checked(compile_parts(self.query, missing="empty"), dialect)[0]

    def _checked(self, parts: list[str | Template], dialect: str | None = None) -> tuple[str, set[str]]:
        texts, templates = _pieces(parts)
        return database.check(texts, set(self.params), dialect, _names(templates))

    def warnings(self) -> list[str]:
        found = [] if database.is_installed() else [database.MISSING_EXTRA]
        _, used = self._checked(compile_parts(self.query, missing="empty"))
        return found + [
            f'params has "{name}", but the query has no :{name}' for name in self.params if name not in used
        ]

    def detail(self) -> str:
        return elided(f"{self.instance}")

    def build(self, builder: Builder) -> DatabaseCallLogic:
        return DatabaseCallLogic(self, builder)


def _pieces(parts: list[str | Template]) -> tuple[list[str], list[Template]]:
    """The author's texts, one more than templates, and the templates between them."""
    written, templates = [""], list[Template]()
    for part in parts:
        if isinstance(part, str):
            written[-1] += part
        else:
            templates.append(part)
            written.append("")
    return written, templates


def _names(templates: list[Template]) -> list[str]:
    """What the author calls each value: the first thing that its template asks for."""

    def name(template: Template) -> str:
        for reference in template.references:
            if reference.kind == "parameter" and reference.name is not None:
                return f"{{{{{reference.name}}}}}"
        return "{{…}}"

    return [name(template) for template in templates]


class Stored(msgspec.Struct, frozen=True):
    """A call as the store keeps it while it is under way: secrets taken out of its values.

    `sealed` are those that came from tasks. `has_secrets`: what the database says may quote one.
    """

    instance: str
    texts: list[str]
    values: list[Any]
    named: dict[str, Any]
    timeout_ms: int
    cap_bytes: int
    sealed: list[str] = []
    has_secrets: bool = False
    names: list[str] = []
    isolation: str = ""
    autocommit: bool = False


_decode = msgspec.json.Decoder(Stored).decode


class DatabaseCallLogic:
    def __init__(self, action: DatabaseCall, builder: Builder) -> None:
        self.action = action
        missing = builder.definition.missing
        self.texts, templates = _pieces(compile_parts(action.query, missing=missing))
        types = action.params_types
        self.fields: dict[str, Template] = {
            "\0instance": builder.value(action.instance),
            **{f"\0{index}": template for index, template in enumerate(templates)},
            **{key: builder.value(value, types.get(key)) for key, value in action.params.items()},
        }
        self.names = _names(templates)
        self.depth = builder.settings.depth

    def run(self, task: Running, ctx: Context) -> Stay | None:
        action = self.action
        try:
            values, reads = resolve(self.fields, ctx.scope)
        except CastError as error:
            raise wrong_cast("db_call", error) from error
        sealed = sealed_texts(reads.values, ctx.secret_variables)
        names = names_of(ctx.secret_variables, sealed) if reads.values else {}
        # What does not fit is to fail before the database commits, not when it comes into the task.
        numbers = {f"{action.result}_count": sys.maxsize, f"{action.result}_last_insert_id": str(2**64)}
        around = {**task.data, action.result: [], **numbers}
        room = ctx.task_size_bytes - len(_encode(around))
        stored = Stored(
            hide(text_of(values["\0instance"]).strip(), names),
            self.texts,
            [hide(values[f"\0{index}"], names) for index in range(len(self.names))],
            {key: hide(values[key], names) for key in action.params},
            min(action.timeout, ctx.api_timeout_ms),
            max(0, min(ctx.response_size_bytes, room)),
            sealed,
            bool(reads.values),
            self.names,
            action.isolation or "",
            action.autocommit,
        )
        return CallOut(_encode(stored), stored.has_secrets)

    def resume(self, task: Running, ctx: Context, event: Event) -> Stay | None:
        return self.run(task, ctx)

    def perform(self, request: bytes, site: Site) -> database.Rows | LogicError:
        """Make the stored call; in a thread."""
        stored = _decode(request)
        names = names_of(site.secret_variables, stored.sealed)
        secrets = [*names.values()]
        try:
            name, values, named = reveal([stored.instance, stored.values, stored.named], names, "db_call_bind_error")
            instance = site.instance(name)
            secrets += instance.secrets
            query = database.Query(stored.texts, values, named, stored.names, stored.has_secrets)
            mode = database.Mode(stored.isolation, stored.autocommit)
            return database.call(
                instance, query, timeout_ms=stored.timeout_ms, cap_bytes=stored.cap_bytes, depth=self.depth, mode=mode
            )
        except LogicError as error:
            text = _QUOTED.sub("***", error.description) if stored.has_secrets else error.description
            # An earlier failure's code would stay.
            parameters = {database.RETURN_CODE: "", **error.parameters}
            return LogicError(error.tag, masked(text, secrets), kind=error.kind, parameters=parameters)

    def take(self, task: Running, ctx: Context, answer: database.Rows | LogicError) -> Stay | None:
        if isinstance(answer, LogicError):
            raise answer
        result = self.action.result
        task.data.update({result: answer.rows, f"{result}_count": answer.total})
        if answer.last_insert_id is not None:
            task.data[f"{result}_last_insert_id"] = answer.last_insert_id
        hidden = [*secret_texts(task), *long_enough(ctx.secret_variables.values())]
        if hidden and holds(answer.rows, hidden):
            keep_secret(task, [result])
        return None
