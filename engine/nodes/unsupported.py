"""unsupported: a logic of an imported file that does not run here. It is kept for the way back; a task fails at it."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from ..definition import Action
from ..errors import LogicError
from ..fields import Anything, Text
from ..logic import Builder, Context, Event, Running, Stay


class Unsupported(Action):
    """Stands for a logic that does not run here: a task that comes to it takes the error route."""

    key: ClassVar[str] = "unsupported"
    error_prefix: ClassVar[str] = "unsupported"
    in_diagram: ClassVar[bool] = True
    icon: ClassVar[str] = "M8 2a6 6 0 1 0 .01 0M4 4l8 8"

    type: Text = Field(description="its name in the exchange format")
    why: Text = Field("", description="for people")
    fields: dict[str, Anything] = Field(default_factory=dict, description="as they were in the exchange format")

    def warnings(self) -> list[str]:
        return [f"{self.why or self.type}; a task that comes here fails with unsupported_logic"]

    def build(self, builder: Builder) -> Logic:
        return Logic(self)


class Logic:
    def __init__(self, action: Unsupported) -> None:
        self.action = action

    def run(self, task: Running, ctx: Context) -> Stay | None:
        raise LogicError("unsupported_logic", f"{self.action.type} does not run here: {self.action.why}")

    def resume(self, task: Running, ctx: Context, event: Event) -> Stay | None:
        return self.run(task, ctx)
