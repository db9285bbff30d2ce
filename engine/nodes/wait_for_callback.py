"""wait_for_callback: the task waits until it is modified, then goes on by its routes. Source: reference 3.10."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from engine.definition import Action
from engine.fields import Flag
from engine.logic import Builder, Context, Event, Outcome, Rest, Running

WAIT = Rest("waiting")


class WaitForCallback(Action):
    """Waits for a modify: by hand, by modify_task, or by the API."""

    key: ClassVar[str] = "wait_for_callback"
    error_prefix: ClassVar[str] = "callback"
    callback: ClassVar[bool] = True
    later: ClassVar[frozenset[str]] = frozenset({"obj_id_path", "callback_url", "expected_params"})

    wait: Flag = Field(True, description="true: a synchronous modify is answered when the task has moved on")

    def build(self, builder: Builder) -> WaitLogic:
        return WaitLogic()


class WaitLogic:
    """Lets every task wait."""

    def run(self, task: Running, ctx: Context) -> Outcome | None:
        return WAIT

    def resume(self, task: Running, ctx: Context, event: Event) -> Outcome | None:
        return WAIT
