"""The system values of a task, `{{root.…}}` in a template (reference 5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..task import Failure
    from .run import Run


def _name(run: Run, node_id: str) -> str:
    return run.program.name_of(node_id)


def _error(run: Run, failed: Failure) -> dict[str, Any]:
    return {
        "node": _name(run, failed.node),
        "tag": failed.tag,
        "type": failed.type,
        "text": failed.text,
        "attempt": failed.attempt,
    }


_VALUES: dict[str, Callable[[Run], Any]] = {
    "task_id": lambda run: run.task_id,
    "ref": lambda run: run.ref,
    "conv_id": lambda run: run.conv_id,
    "node_id": lambda run: run.step.id,
    "prev_node_id": lambda run: run.meta.prev_node,
    "node_name": lambda run: run.step.name,
    "prev_node_name": lambda run: _name(run, run.meta.prev_node),
    "create_time": lambda run: run.create_ms // 1000,
    "change_time": lambda run: run.meta.path[-1][1] // 1000,
    "end_time": lambda run: run.due_ms // 1000,
    "user_id": lambda run: run.meta.user_id,
    "status": lambda _: 2,  # 1 queued, 2 processed, 4 closed: a task that resolves a template is being processed
}
_ERROR = "error"  # only there while a failure is not mended


class Root(Mapping[str, Any]):
    """The values of the task that runs just now, looked up when a template asks."""

    def __init__(self) -> None:
        self.run: Run | None = None

    def __getitem__(self, name: str) -> Any:
        if self.run is None:
            raise KeyError(name)
        if name == _ERROR and self.run.meta.failure is not None:
            return _error(self.run, self.run.meta.failure)
        return _VALUES[name](self.run)

    def __iter__(self) -> Iterator[str]:
        yield from _VALUES
        if self.run is not None and self.run.meta.failure is not None:
            yield _ERROR

    def __len__(self) -> int:
        return sum(1 for _ in self)
