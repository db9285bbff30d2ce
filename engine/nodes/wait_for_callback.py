"""wait_for_callback: the task waits until it is modified, then goes on by its routes. Source: reference 3.10."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, field_validator

from ..data import may_deepen
from ..definition import CallbackAction
from ..errors import CastError, TemplateSyntaxError
from ..fields import Flag, Model, Scalar, Text, TypeName
from ..logic import Builder, Context, Event, Rest, Running, Stay, check_depth, wrong_cast
from ..task import Place
from ..template import MISSING, cast, parse_path

WAIT = Rest(Place.WAITING)


class Expected(Model):
    """A parameter that a callback brings."""

    type: TypeName = Field("string", description="string, number, boolean, object or array: what comes is cast to it")
    required: Flag = Field(False, description="the task waits until it is there")


def _expected(value: Any) -> Any:
    return {"type": value} if isinstance(value, str | Scalar) else value


class WaitForCallback(CallbackAction):
    """Waits for a modify: by hand, by modify_task, or by a callback from outside."""

    key: ClassVar[str] = "wait_for_callback"
    error_prefix: ClassVar[str] = "callback"
    icon: ClassVar[str] = "M5.5 3v10M10.5 3v10"

    wait: Flag = Field(True, description="true: a synchronous modify is answered when the task has moved on")
    obj_id_path: Text = Field("", description="where the task's id stands in what a callback brings: order.task_id")
    callback_url: Text = Field(
        "", description="the address that others call back: {{node[NAME].public_callback_corezoid}} gives it"
    )
    expected_params: dict[str, Annotated[Expected, BeforeValidator(_expected)]] = Field(
        default_factory=dict, description="name → type, or {type, required}: what a callback brings"
    )

    @field_validator("obj_id_path")
    @classmethod
    def _path(cls, text: str) -> str:
        if text and "{{" not in text:
            try:
                parse_path(text)
            except TemplateSyntaxError as error:
                raise ValueError(f"takes a path such as order.task_id: {error.message}") from error
        return text

    @property
    def callback_address(self) -> str:
        return self.callback_url

    @property
    def callback_id_path(self) -> str | None:
        return self.obj_id_path

    def build(self, builder: Builder) -> WaitLogic:
        return WaitLogic(self, builder.settings.depth)


class WaitLogic:
    """Lets every task wait, and says when what came is all that was expected."""

    def __init__(self, action: WaitForCallback, depth: int) -> None:
        self.expected = action.expected_params
        self.depth = depth if any(may_deepen("", expected.type) for expected in self.expected.values()) else 0

    def run(self, task: Running, ctx: Context) -> Stay | None:
        return WAIT

    def resume(self, task: Running, ctx: Context, event: Event) -> Stay | None:
        return WAIT

    def ready(self, task: Running) -> bool:
        """Whether the task has what it waits for. Raises LogicError when something is of another type."""
        values = {}
        for name, expected in self.expected.items():
            value = task.data.get(name, MISSING)
            if value is MISSING or value is None:
                if expected.required:
                    return False
                continue
            try:
                values[name] = cast(value, expected.type)
            except CastError as error:
                raise wrong_cast("callback", error) from error
        check_depth(values, self.depth, "callback_depth_overflow_limit")
        task.data.update(values)
        return True
