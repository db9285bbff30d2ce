"""What a template is evaluated against, and how it asks for what is not in the task."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any, Protocol

from ..errors import TemplateError
from .limits import VALUE_CHARS


class ReadNeeded(Exception):
    """A Reader does not have the answer yet; the caller fetches what the reader noted and evaluates again."""


class Reader(Protocol):
    """What a template may ask of the world outside its task. Given by the worker, or by a test as a plain object.

    Every method may raise ReadNeeded. NotFound means "does not exist now" and is what `default` and `missing: empty`
    mend; UnknownConv, UnknownNode and LogicError (a process, no access) are not mended by either.
    """

    def task(self, conv: str, ref: str) -> tuple[Mapping[str, Any], AbstractSet[str]]:
        """Data of the living task `ref` of the diagram `conv` ("123" or "@alias"), and its secret top-level names."""
        ...

    def count(self, conv: str | None, node: str, sum_id: str | None) -> float | int | str:
        """Tasks in a node (`sum_id` None), the accumulator `sum_id` of it, or the address of its callbacks.

        `conv` None is the own conv.
        """
        ...

    def variable(self, name: str) -> tuple[Any, bool]:
        """A variable by its name without `@`, or by its id in digits, and whether it is secret."""
        ...


class NoReader:
    """For a scope that has nothing outside: every question is an error."""

    def task(self, conv: str, ref: str) -> tuple[Mapping[str, Any], AbstractSet[str]]:
        raise TemplateError("tasks of other convs cannot be read here")

    def count(self, conv: str | None, node: str, sum_id: str | None) -> float | int | str:
        raise TemplateError("counts cannot be read here")

    def variable(self, name: str) -> tuple[Any, bool]:
        raise TemplateError("variables cannot be read here")


NO_READER = NoReader()


class Scope:
    """One task, as templates see it. Reusable: set the attributes and evaluate again. Used by one thread at a time.

    `data` are the task's parameters, `root` the system values (task_id, ref, conv_id, …), `secrets` the names in
    `data` whose values are secret, `now_ms` the server's time. `reads` takes each secret value that a template reads.
    Only what was added to it during an evaluation says anything about that evaluation (`logic.resolve`); whoever uses
    a scope for several tasks empties it in between (`forget`). `most_chars`: of the values that one node, map or list
    makes, all together.
    """

    __slots__ = ("data", "most_chars", "now_ms", "reader", "reads", "root", "secrets")

    def __init__(
        self,
        data: dict[str, Any],
        *,
        root: Mapping[str, Any] | None = None,
        reader: Reader = NO_READER,
        secrets: AbstractSet[str] = frozenset(),
        now_ms: int = 0,
        most_chars: int = VALUE_CHARS,
    ) -> None:
        self.data = data
        self.root = root if root is not None else {}
        self.reader = reader
        self.secrets = secrets
        self.now_ms = now_ms
        self.most_chars = most_chars
        self.reads: list[Any] = []

    def forget(self) -> None:
        """Hold nothing of a task any more."""
        self.data = {}
        self.secrets = frozenset()
        self.reads = []
