"""What commands write into the trail (conv audit-log): secrets that they show, and values that they edit.

Over HTTP the server does it, which knows who asks.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..app import Engine
    from ..views import TaskView


def secrets_shown(engine: Engine, on: str) -> None:
    """Before they are."""
    if not engine.is_remote:
        from ..rights.actor import actor

        engine.keyring.note(actor(), "saw secrets", on)


def secrets_of_task_shown(engine: Engine, view: TaskView) -> None:
    """Before they are, if it has any."""
    if view.secrets:
        secrets_shown(engine, f"task {view.task_id} of {view.conv} ({view.conv_id})")


@contextlib.contextmanager
def value_edited(engine: Engine, conv: str, ref_or_id: str, names: Iterable[str]) -> Iterator[None]:
    """Noted before it is done, if it is a value of a state diagram, and again if it is refused."""
    from ..errors import EngineError
    from ..rights.actor import actor

    record = None if engine.is_remote else engine.find(conv)
    if record is None or record.kind != "diagram":
        yield
        return
    on, about = f"task {ref_or_id} of {record.title} ({record.conv_id})", ", ".join(names)
    engine.keyring.note(actor(), "value edited", on, about=about)
    try:
        yield
    except EngineError as error:
        engine.keyring.note(actor(), "value edited", on, error.code, about)
        raise
