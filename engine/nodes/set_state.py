"""set_state: the task stays in this state until it is modified, or its timer fires. Source: reference 3.14 and 10."""

from __future__ import annotations

from typing import ClassVar

from engine.definition import Action
from engine.logic import Builder, Context, Event, Outcome, Rest, Running

PARK = Rest("parked")


class SetState(Action):
    """A state. Entering it tests nothing; each modify tests the routes once."""

    key: ClassVar[str] = "set_state"
    error_prefix: ClassVar[str] = "set_state"
    callback: ClassVar[bool] = True
    in_diagram: ClassVar[bool] = True

    def build(self, builder: Builder) -> ParkLogic:
        return ParkLogic()


class ParkLogic:
    """Parks every task that comes."""

    def run(self, task: Running, ctx: Context) -> Outcome | None:
        return PARK

    def resume(self, task: Running, ctx: Context, event: Event) -> Outcome | None:
        return PARK

    def ready(self, task: Running) -> bool:
        return True
