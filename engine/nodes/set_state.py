"""set_state: the task stays in this state until it is modified, or its timer fires. Source: reference 3.14 and 10."""

from __future__ import annotations

from typing import ClassVar

from ..definition import CallbackAction
from ..logic import Builder, Context, Event, Rest, Running, Stay
from ..task import Place

PARK = Rest(Place.PARKED)


class SetState(CallbackAction):
    """A state. Entering it tests nothing; each modify tests the routes once."""

    key: ClassVar[str] = "set_state"
    error_prefix: ClassVar[str] = "set_state"
    rests_in: ClassVar[Place | None] = Place.PARKED
    in_diagram: ClassVar[bool] = True
    icon: ClassVar[str] = "M3 4h10M3 8h10M3 12h10"

    def build(self, builder: Builder) -> ParkLogic:
        return ParkLogic()


class ParkLogic:
    """Parks every task that comes."""

    def run(self, task: Running, ctx: Context) -> Stay | None:
        return PARK

    def resume(self, task: Running, ctx: Context, event: Event) -> Stay | None:
        return PARK

    def ready(self, task: Running) -> bool:
        return True
