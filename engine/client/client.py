"""Client: what `Engine` does, asked of a server."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, TypeVar

import msgspec

from ..app import Filter, Modified, Page, Submitted
from ..data import check_ref, check_seconds, encode_given, kind_of, pairs_of, paths_of
from ..deploy import DeployReport, NodeMap, not_deployed
from ..errors import EngineError, NotDeployed, WrongCondition, WrongData
from ..load import Problem, from_document
from ..variables import Variable
from ..versions import Version
from ..views import ConvView, TaskView, Why
from .files import files_of
from .sending import Sending, error_of, segment

T = TypeVar("T")

WAIT_S = 30.0  # of one request; a longer wait takes several
BATCH = 1_000  # tasks of one request


class Found(NamedTuple):
    """A conv of the server, as far as commands need to know it."""

    conv_id: int
    title: str
    kind: str


class Client:
    """A server of the API. Safe for many threads. Whatever alters something is sent with a key, so that it is done
    once though it may be sent twice.
    """

    is_embedded = False
    is_remote = True

    def __init__(self, url: str, key: str | None = None, *, reveal: bool = False) -> None:
        """`key`: LOGIN.SECRET. `reveal`: secrets are shown, to admins; else they come masked. Raises ConfigError.
        Nothing is sent yet."""
        self._sending = Sending(url, key)
        self._shown = {"reveal": True} if reveal else {}

    def close(self) -> None:
        """Let go of the connections."""
        self._sending.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def url(self) -> str:
        return self._sending.url

    # --- What is deployed ---------------------------------------------------------------------

    def convs(self) -> list[ConvView]:
        """All that the key may see, by id."""
        return _list(self._get("/v1/convs")["convs"], ConvView)

    def show(self, conv: str | int) -> ConvView:
        """One conv with its nodes and counts. Raises UnknownConv."""
        return _as(self._get(f"/v1/convs/{segment(conv)}"), ConvView)

    def find(self, conv: str | int) -> Found:
        """A conv by id, `@alias` or title. Raises UnknownConv."""
        view = self.show(conv)
        return Found(view.conv_id, view.title, view.kind)

    def definition(self, conv: str | int) -> Any:
        """The deployed definition (engine.definition.Definition)."""
        return from_document(self._get(f"/v1/convs/{segment(conv)}/definition")["definition"])

    def deploy(
        self,
        paths: str | Path | Sequence[str | Path],
        *,
        node_map: NodeMap | None = None,
        raise_on_errors: bool = True,
        message: str = "",
        author: str | None = None,
    ) -> DeployReport:
        """Send definitions, files or folders of them, and make them current there. As Engine.deploy; their author is
        the login of the key."""
        sent = {**self._files(paths, node_map), "message": message}
        try:
            return self._report("/v1/definitions/deploy", sent)
        except NotDeployed:
            plan = self._report("/v1/definitions/plan", sent)
        if raise_on_errors:
            raise not_deployed(plan)
        return plan

    def plan(self, paths: str | Path | Sequence[str | Path], *, node_map: NodeMap | None = None) -> DeployReport:
        """What `deploy` would change, and which tasks stand there. Nothing is written."""
        return self._report("/v1/definitions/plan", self._files(paths, node_map))

    def _files(self, paths: str | Path | Sequence[str | Path], node_map: NodeMap | None) -> dict[str, Any]:
        maps = {str(conv_id): dict(nodes) for conv_id, nodes in (node_map or {}).items()}
        return {"files": files_of(paths_of(paths)), "node_map": maps}

    def _report(self, path: str, sent: dict[str, Any]) -> DeployReport:
        said = self._post(path, sent, is_safe=True)
        found = {name: said[name] for name in ("version", "changed", "unchanged", "plans")}
        report = _as(found, DeployReport)
        report.problems = _list(said["findings"], Problem)
        report.versions = {int(conv_id): number for conv_id, number in said["versions"].items()}
        return report

    def history(self, conv: str | int) -> list[Version]:
        """The versions of a conv that are kept, the newest first. Raises UnknownConv."""
        return _list(self._get(f"/v1/convs/{segment(conv)}/versions")["versions"], Version)

    def source(self, conv: str | int, number: int | None = None) -> bytes:
        """The YAML of a version as its author wrote it, default: of what is deployed. Raises UnknownVersion."""
        if number is None:
            number = next((one.number for one in self.history(conv) if one.is_current), 0)
        return str(self._get(f"/v1/convs/{segment(conv)}/versions/{number}")["source"]).encode()

    def pause(self, conv: str | int) -> None:
        """Refuse new tasks and run none, until `resume`."""
        self._post(f"/v1/convs/{segment(conv)}/pause", is_safe=True)

    def resume(self, conv: str | int) -> None:
        """Let tasks in again, and run them."""
        self._post(f"/v1/convs/{segment(conv)}/resume", is_safe=True)

    # --- Tasks --------------------------------------------------------------------------------

    def submit(
        self,
        conv: str | int,
        data: dict[str, Any],
        *,
        ref: str | None = None,
        watched: bool = False,
        key: str | None = None,
    ) -> Submitted:
        """Create one task. Raises as Engine.submit. `wait` works without `watched`."""
        if ref is not None:
            check_ref(ref)
        encode_given(data, _DEEPEST)
        said = self._post(_tasks(conv), {"ref": ref, "data": data}, key=key or _new_key())
        return Submitted(said["task_id"], said["ref"], said["conv_id"])

    def submit_each(
        self, conv: str | int, tasks: Sequence[tuple[str | None, dict[str, Any]]], *, watched: bool = False
    ) -> list[Submitted | EngineError]:
        """Create many tasks, with an outcome for each. Raises StoreUnavailable; then it is unknown which exist."""
        pairs = pairs_of(tasks)
        conv_id = self.find(conv).conv_id
        outcomes: list[Submitted | EngineError] = []
        for start in range(0, len(pairs), BATCH):
            sent = [{"ref": ref, "data": data} for ref, data in pairs[start : start + BATCH]]
            said = self._post(f"/v1/convs/{segment(conv)}/batch", {"tasks": sent}, key=_new_key())
            outcomes += [_outcome(one, conv_id) for one in said["tasks"]]
        return outcomes

    def submit_many(
        self, conv: str | int, tasks: Sequence[tuple[str | None, dict[str, Any]]], *, watched: bool = False
    ) -> list[Submitted]:
        """Create many tasks. Raises what the first that is refused met; the others exist."""
        submitted = []
        for outcome in self.submit_each(conv, tasks):
            if isinstance(outcome, EngineError):
                raise outcome
            submitted.append(outcome)
        return submitted

    def task(self, conv: str | int, ref_or_id: str) -> TaskView:
        """A task by ref (of several the newest) or id; secrets are masked. Raises NotFound."""
        return _as(self._get(_task(conv, ref_or_id), self._shown), TaskView)

    def why(self, conv: str | int, ref_or_id: str) -> Why:
        """The one reason that a task waits, and what would release it. Raises NotFound."""
        return _as(self._get(f"{_task(conv, ref_or_id)}/why"), Why)

    def wait(self, submitted: Submitted, timeout_s: float) -> TaskView | None:
        """Wait until a task ends or parks in a state; None: not within timeout_s seconds."""
        if not isinstance(submitted, Submitted):
            raise WrongData(f"what is waited for is what submit answered, not {kind_of(submitted)}")
        check_seconds(timeout_s, "timeout_s")
        until = time.monotonic() + timeout_s
        while True:
            left = max(0.0, until - time.monotonic())
            query = {"wait": min(left, WAIT_S), **self._shown}
            view = _as(self._get(_task(submitted.conv_id, submitted.task_id), query), TaskView)
            if view.place in ("final", "parked", "aside"):
                return view
            if time.monotonic() >= until:
                return None

    def modify(self, conv: str | int, ref_or_id: str, data: dict[str, Any], *, key: str | None = None) -> Modified:
        """Merge data into a living task. Raises as Engine.modify."""
        encode_given(data, _DEEPEST)
        said = self._ask("PATCH", _task(conv, ref_or_id), {"data": data}, key=key or _new_key())
        return Modified(**said)

    def callback(
        self, conv: str | int, ref_or_id: str, data: dict[str, Any], *, node: str | None = None, key: str | None = None
    ) -> Modified:
        """Modify a task that must stand at a callback node now. Raises as Engine.callback."""
        encode_given(data, _DEEPEST)
        body = {"data": data, "node": node}
        return Modified(**self._post(f"{_task(conv, ref_or_id)}/callback", body, key=key or _new_key()))

    def callback_in(self, conv: str | int, node: str, body: dict[str, Any], *, key: str | None = None) -> Modified:
        """A callback that names its task in its body, at the node's `obj_id_path`. Raises as Engine.callback_in."""
        encode_given(body, _DEEPEST)
        path = f"/v1/convs/{segment(conv)}/nodes/{segment(node)}/callback"
        return Modified(**self._post(path, {"data": body}, key=key or _new_key()))

    def cancel(self, conv: str | int, ref_or_id: str) -> str:
        """End a task from any place, in the error end."""
        return str(self._post(f"{_task(conv, ref_or_id)}/cancel")["status"])

    def retry(
        self, conv: str | int, ref_or_id: str, node: str | None = None, *, data: dict[str, Any] | None = None
    ) -> str:
        """Run a task again: in `node`, or where it failed; `data` is merged into the task's. Raises as Engine.retry."""
        body: dict[str, Any] = {"node": node}
        if data is not None:
            encode_given(data, _DEEPEST)
            body["data"] = data
        return str(self._post(f"{_task(conv, ref_or_id)}/retry", body)["status"])

    def delete(self, conv: str | int, ref_or_id: str) -> str:
        """Remove a task and all that is kept of it."""
        return str(self._ask("DELETE", _task(conv, ref_or_id))["status"])

    def search(
        self, conv: str | int, what: Filter | None = None, *, limit: int = 100, cursor: str | None = None
    ) -> Page:
        """The next tasks of a conv that pass a filter, of one node and place at most. As Engine.search."""
        what = what or Filter()
        if len(what.nodes) > 1 or len(what.places) > 1:
            raise WrongCondition("over HTTP a search is in one node, and in one place")
        query = {
            "node": "".join(what.nodes), "place": "".join(what.places), "where": what.where, "error": what.error,
            "since_ms": what.since_ms, "until_ms": what.until_ms, "failed": what.failed, "cursor": cursor or "",
        }  # fmt: skip
        said = self._get(_tasks(conv), {**{k: v for k, v in query.items() if v}, **self._shown, "limit": limit})
        return _as(said, Page)

    def archive(self, conv: str | int, node: str, limit: int = 100) -> list[TaskView]:
        """The tasks in a node, newest first; of an end node those that ended there. Raises UnknownNode."""
        views: list[TaskView] = []
        for page in self._pages(f"/v1/convs/{segment(conv)}/nodes/{segment(node)}/archive", {}, limit):
            views += page
        return views[:limit]

    def find_ref(self, ref: str) -> list[TaskView]:
        """The tasks with exactly this ref, or this id, in all convs."""
        check_ref(ref)
        return _list(self._get("/v1/tasks", {"ref": ref, **self._shown})["tasks"], TaskView)

    def _pages(self, path: str, query: dict[str, Any], limit: int) -> Iterator[list[TaskView]]:
        left, cursor = limit, ""
        while left > 0:
            said = self._get(
                path, {**query, **self._shown, "limit": min(left, 1_000), **({"cursor": cursor} if cursor else {})}
            )
            page = _list(said["tasks"], TaskView)
            yield page
            left -= len(page)
            cursor = said["cursor"] or ""
            if not cursor:
                return

    # --- The rest -----------------------------------------------------------------------------

    def evaluate(
        self, template: str, data: dict[str, Any] | None = None, conv: str | int | None = None
    ) -> tuple[Any, bool]:
        """What a template resolves to, and whether that is secret; a secret value is not told: None."""
        said = self._post("/v1/evaluate", {"template": template, "data": data or {}, "conv": conv}, is_safe=True)
        return said["value"], said["secret"]

    def variables(self) -> list[Variable]:
        """The variables, by name; secret ones without their value."""
        return _list(self._get("/v1/variables")["variables"], Variable)

    def workers_alive(self) -> int:
        """How many workers listen for work just now."""
        return int(self._get("/readyz")["workers"])

    # --- Inside -------------------------------------------------------------------------------

    def _get(self, path: str, query: dict[str, Any] | None = None) -> Any:
        return self._sending.ask("GET", path, query=query, is_safe=True)

    def _post(self, path: str, body: Any = None, *, key: str | None = None, is_safe: bool = False) -> Any:
        return self._ask("POST", path, body, key=key, is_safe=is_safe)

    def _ask(self, method: str, path: str, body: Any = None, *, key: str | None = None, is_safe: bool = False) -> Any:
        return self._sending.ask(method, path, body, key=key, is_safe=is_safe or key is not None)


_DEEPEST = 1_000  # how deep data may be is the server's to say


def _new_key() -> str:
    return uuid.uuid4().hex


def _tasks(conv: str | int) -> str:
    return f"/v1/convs/{segment(conv)}/tasks"


def _task(conv: str | int, ref_or_id: str) -> str:
    if not isinstance(ref_or_id, str) or not ref_or_id:
        raise WrongData(f"a task is named by a ref or an id, a text, not by {kind_of(ref_or_id)}")
    return f"{_tasks(conv)}/{segment(ref_or_id)}"


def _outcome(said: dict[str, Any], conv_id: int) -> Submitted | EngineError:
    problem = said.get("problem")
    if problem is None:
        return Submitted(said["task_id"], said["ref"], conv_id)
    return error_of(problem, problem["status"])


def _as(said: Any, kind: type[T]) -> T:
    return msgspec.convert(said, kind)


def _list(said: list[Any], kind: type[T]) -> list[T]:
    return [msgspec.convert(one, kind) for one in said]
