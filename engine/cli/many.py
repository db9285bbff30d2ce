"""`conv submit --data` with many lines: sent in batches; what goes wrong names its line and how many went before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ..errors import BadParameter, EngineError, TaskTooLarge, WrongData
from .lines import Lines
from .output import count_of
from .progress import Bar
from .status import Interrupted

if TYPE_CHECKING:
    from ..app import Engine

BATCH = 1000  # tasks that are sent together


class Sender:
    """Collects tasks and submits them in batches. `sent` counts those that the store has."""

    def __init__(self, engine: Engine, process: str) -> None:
        self.sent = 0
        self._engine = engine
        self._process = process
        self._batch: list[tuple[int, str | None, dict[str, Any]]] = []

    def add(self, line: int, ref: str | None, data: dict[str, Any]) -> None:
        self._batch.append((line, ref, data))
        if len(self._batch) == BATCH:
            self.flush()

    def flush(self) -> None:
        """Send what was collected. Raises Rejected, StoreError; a wrong task's error names its line."""
        batch, self._batch = self._batch, []
        if not batch:
            return
        try:
            self._engine.submit_many(self._process, [(ref, data) for _, ref, data in batch])
            self.sent += len(batch)
        except (BadParameter, TaskTooLarge, WrongData):
            # All are checked before the first is sent, so nothing of this batch is there yet: one by one, up to the
            # wrong one, so that the line to go on from is known.
            for line, ref, data in batch:
                self._send_one(line, ref, data)

    def _send_one(self, line: int, ref: str | None, data: dict[str, Any]) -> None:
        try:
            self._engine.submit(self._process, data, ref=ref)
        except EngineError as error:
            error.message = f"line {line}: {error.message}"
            raise
        self.sent += 1


def submit_many(
    engine: Engine, process: str, tasks: Lines, words: dict[str, Any], ref_from: str | None, as_json: bool
) -> int:
    """Submit every line, with `words` over its data; how many there were."""
    engine.find(process)
    sender = Sender(engine, process)
    try:
        with Bar("Submitting", tasks.size, hidden=as_json) as bar:
            for line, data in tasks:
                data = {**data, **words}
                sender.add(line, ref_of(data, ref_from, f"line {line}") if ref_from is not None else None, data)
                bar.update(tasks.read, count_of(sender.sent, "task"))
        sender.flush()
    except KeyboardInterrupt:
        raise Interrupted(f"interrupted; {_went(sender.sent)}") from None
    except click.ClickException as error:
        # What stands before a line that cannot be read is sent, so that it is known where to go on.
        sender.flush()
        raise click.ClickException(f"{error.message}; {_went(sender.sent)}") from None
    except EngineError as error:
        error.message = f"{error.message}; {_went(sender.sent)}"
        raise
    return sender.sent


def _went(sent: int) -> str:
    return f"{count_of(sent, 'task')} before {'was' if sent == 1 else 'were'} submitted"


def ref_of(data: dict[str, Any], name: str, where: str) -> str:
    """The ref of a task that carries it as a parameter. Raises click.ClickException."""
    value = data.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise click.ClickException(f'{where}: the parameter "{name}" of --ref-from is no text or number')
    return str(value)
