"""What stands outside a template in these tests: a plain object in place of a store."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from engine.errors import NotFound, UnknownConv, UnknownNode
from engine.template import ReadNeeded, Scope

NOW_MS = 1_709_210_096_789  # 2024-02-29 12:34:56 GMT


class World:
    """Other tasks `{conv: {ref: data}}`, counts `{conv or "": {node: {sum or "count": number}}}`, variables.

    `secrets` are secret names of other tasks' data, `secret_variables` of variables.
    """

    def __init__(
        self,
        tasks: Mapping[str, Mapping[str, dict[str, Any]]] | None = None,
        counts: Mapping[str, Mapping[str, Mapping[str, int]]] | None = None,
        variables: Mapping[str, Any] | None = None,
        secrets: AbstractSet[str] = frozenset(),
        secret_variables: AbstractSet[str] = frozenset(),
    ) -> None:
        self.tasks = tasks or {}
        self.counts = counts or {}
        self.variables = variables or {}
        self.secrets = secrets
        self.secret_variables = secret_variables

    def task(self, conv: str, ref: str) -> tuple[Mapping[str, Any], AbstractSet[str]]:
        if conv not in self.tasks:
            raise UnknownConv(f"there is no conv {conv}")
        if ref not in self.tasks[conv]:
            raise NotFound(f"conv {conv} has no living task with ref {ref}")
        return self.tasks[conv][ref], self.secrets

    def count(self, conv: str | None, node: str, sum_id: str | None) -> float | int:
        if (conv or "") not in self.counts:
            raise UnknownConv(f"there is no conv {conv}")
        if node not in self.counts[conv or ""]:
            raise UnknownNode(f"there is no node {node}")
        sums = self.counts[conv or ""][node]
        if (sum_id or "count") not in sums:
            raise NotFound("no such sum")
        return sums[sum_id or "count"]

    def variable(self, name: str) -> tuple[Any, bool]:
        if name not in self.variables:
            raise NotFound("no such variable")
        return self.variables[name], name in self.secret_variables


class Later:
    """A reader that knows nothing at first: it notes what it is asked, and answers after `fetch`."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.wanted: set[tuple[Any, ...]] = set()
        self.known: set[tuple[Any, ...]] = set()
        self.rounds = 0

    def fetch(self) -> None:
        self.known |= self.wanted
        self.wanted.clear()
        self.rounds += 1

    def _ask(self, *question: Any) -> None:
        if question not in self.known:
            self.wanted.add(question)
            raise ReadNeeded

    def task(self, conv: str, ref: str) -> tuple[Mapping[str, Any], AbstractSet[str]]:
        self._ask("task", conv, ref)
        return self.world.task(conv, ref)

    def count(self, conv: str | None, node: str, sum_id: str | None) -> float | int:
        self._ask("count", conv, node, sum_id)
        return self.world.count(conv, node, sum_id)

    def variable(self, name: str) -> tuple[Any, bool]:
        self._ask("variable", name)
        return self.world.variable(name)


ROOT = {
    "task_id": "655a1b2c3d4e5f6071829304",
    "ref": "order-1",
    "conv_id": 140896,
    "node_id": "3",
    "prev_node_id": "2",
    "create_time": 1709210000,
    "change_time": 1709210090,
    "user_id": 7,
    "status": 2,
    "node_name": "pay",
    "prev_node_name": "check",
    "error": {"node": "call", "tag": "api_bad_answer", "type": "hardware", "text": "no answer", "attempt": 2},
}


def scope(data: dict[str, Any] | None = None, **kwargs: Any) -> Scope:
    return Scope(data or {}, root=ROOT, now_ms=NOW_MS, reader=kwargs.pop("reader", World()), **kwargs)
