"""Engine: the whole of Conv in one object. What the command line, the HTTP API and other programs use.

with Engine.open() as engine:
    engine.deploy(["processes", "diagrams"])
    task = engine.submit("Get token", {"code": "…"}, ref="first")
    engine.run_until_idle()
    print(engine.task("Get token", "first").node)
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, TypeVar

import msgspec

from .backup import Summary, backup, restore
from .config import Settings, read_settings
from .convs import Convs, definition_of, kept_of
from .data import (
    check_count,
    check_flag,
    check_function,
    check_name,
    check_ref,
    check_seconds,
    encode_given,
    kind_of,
    pairs_of,
    path_of,
    paths_of,
)
from .deploy import Deployment, DeployReport, NodeMap, not_deployed
from .errors import (
    DefinitionError,
    Elsewhere,
    NotActive,
    NotFound,
    QueueFull,
    RefTaken,
    Refused,
    StoreError,
    TaskTooLarge,
    UnknownConv,
    WrongData,
)
from .keys import call_key, modify_again, reused, submit_again, unanswered
from .logic import resolve
from .params import check_params
from .program import Program, implicit_error
from .repartition import repartition
from .reserved import refuse_reserved
from .store import audit, calls, open_store, records
from .store.call import Call, Partition
from .store.client import Store
from .store.ids import effect_task_id, new_task_id
from .store.records import LANE_RUN, Modify, NewTask, Record, Snapshot
from .store.registry import ConvRecord, Registry
from .store.roster import Seen, roster
from .store.sizes import MAX_ITEMS, in_parts
from .task import Failure, Meta
from .template import ReadNeeded, Scope, compile_text, lookup, parse_path
from .views import (
    PLACES,
    ConvView,
    FailureView,
    Keeps,
    NodeView,
    TaskView,
    Visit,
    Why,
    deleted_task,
    readable,
)
from .worker import Worker
from .worker.reader import BatchReader

T = TypeVar("T")

_encode = msgspec.json.Encoder().encode

REFRESH_S = 1.0  # how old a snapshot of the deployed convs may be
MOVE_S = 10.0  # for how long a call is sent again while the bucket of its task is being moved
BUSY_S = 2.0  # for how long a callback waits while its task is busy with an earlier event
BUSY_POLL_S = 0.01  # and asks again after
POLL_S = 0.25  # notifications may be lost; a waiting client also looks


class Submitted(NamedTuple):
    """A task that was accepted. `ref`: its id where it was given none."""

    task_id: str
    ref: str
    conv_id: int


class Modified(NamedTuple):
    """What became of a modify: taken in `node`, where the task stood, or `kept` for the next callback node on its way.

    `busy`: it is kept because the task, at the callback node `node`, is busy with an earlier event.
    """

    task_id: str
    node: str
    kept: bool
    busy: bool = False


class Engine:
    """A store and what is deployed in it. Not safe for several threads at once: open one for each."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._is_closed = False
        self.settings = settings
        self._registry = Registry(store)
        self._convs: Convs | None = None
        self._convs_at = 0.0

    @classmethod
    def open(cls, settings: Settings | None = None) -> Engine:
        """Open the store of the settings (default: the environment's). Raises ConfigError, StoreUnavailable."""
        settings = read_settings() if settings is None else settings
        if not isinstance(settings, Settings):
            raise WrongData(
                f"Engine.open takes Settings, not {kind_of(settings)}: CONV_REDIS_URL, or "
                'Engine.open(Settings(redis_url="redis://…")), says where the store is'
            )
        return cls(open_store(settings), settings)

    def close(self) -> None:
        """Let go of the store; an embedded server ends with its last user. Nothing can be asked of it any more."""
        self._is_closed = True
        self._store.close()

    def __enter__(self) -> Engine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def store(self) -> Store:
        """The store. Raises StoreError once it is closed."""
        if self._is_closed:
            raise StoreError("this Engine is closed; open another one")
        return self._store

    @property
    def registry(self) -> Registry:
        """The registry of that store. Raises StoreError once it is closed."""
        if self._is_closed:
            raise StoreError("this Engine is closed; open another one")
        return self._registry

    # --- What is deployed ---------------------------------------------------------------------

    @property
    def current(self) -> Convs:
        """The deployed convs, at most a second old."""
        if self._convs is not None and time.monotonic() - self._convs_at <= REFRESH_S:
            return self._convs
        return self._refresh()

    def _refresh(self) -> Convs:
        if self._convs is None:
            convs = Convs(self.registry.load(), settings=self.settings)
        else:
            convs = self._convs
            deployed, moved = self.registry.versions()
            if deployed != convs.version:
                convs = convs.renewed(self.registry.load())
            elif moved != convs.moves:
                convs.moved(self.registry.load())
        self._convs, self._convs_at = convs, time.monotonic()
        return convs

    def find(self, conv: str | int) -> ConvRecord:
        """A conv by id, `@alias` or title. Raises UnknownConv."""
        try:
            return self.current.find(conv)
        except UnknownConv:
            return self._refresh().find(conv)

    def deploy(
        self,
        paths: str | Path | Sequence[str | Path],
        *,
        only_reached_by: str | None = None,
        node_map: NodeMap | None = None,
        raise_on_errors: bool = True,
    ) -> DeployReport:
        """Check definitions, files or folders of them, and make them current. With errors nothing is deployed.

        Raises NotDeployed, which has the report, where there are errors; without `raise_on_errors` the report comes
        back, and is false. StrandedTasks, WrongNodeMap, LostRace.

        `only_reached_by`: deploy what this process (id, alias or title) reaches; errors elsewhere do not stop it.
        `node_map`: by conv id, which new node takes the tasks of which removed one, as `was` would say.
        """
        if only_reached_by is not None:
            check_name(only_reached_by, "the name of a process")
        deployment = Deployment(self.registry, self.store, self.settings)
        report = deployment.deploy(paths_of(paths), only_reached_by=only_reached_by, node_map=node_map)
        self._convs_at = 0.0
        if raise_on_errors and not report:
            raise not_deployed(report)
        return report

    def plan(self, paths: str | Path | Sequence[str | Path], *, node_map: NodeMap | None = None) -> DeployReport:
        """What `deploy` would change, and which tasks stand there. Nothing is written."""
        return Deployment(self.registry, self.store, self.settings).plan(paths_of(paths), node_map=node_map)

    def pause(self, conv: str | int) -> None:
        """Refuse new tasks and run none, until `resume`. Tasks stay where they are."""
        self._set_paused(conv, True)

    def resume(self, conv: str | int) -> None:
        """Let tasks in again, and run them."""
        self._set_paused(conv, False)

    def _set_paused(self, conv: str | int, paused: bool) -> None:
        record = self.find(conv)
        self._all([calls.pause(partition, paused) for partition in self.current.partitions(record.conv_id)])

    # --- Tasks ----------------------------------------------------------------------------------

    def submit(
        self,
        conv: str | int,
        data: dict[str, Any],
        *,
        ref: str | None = None,
        watched: bool = False,
        key: str | None = None,
    ) -> Submitted:
        """Create one task. Raises Rejected (unknown conv, no data, wrong parameter, taken ref, too large, paused, full)
        and StoreFull.

        `key`: the same call under the same key, within a day, gives the first answer and creates nothing (engine.keys).
        """
        return self._submit(conv, [(ref, data)], watched, key)[0]

    def submit_many(
        self, conv: str | int, tasks: Sequence[tuple[str | None, dict[str, Any]]], *, watched: bool = False
    ) -> list[Submitted]:
        """Create many tasks in few round trips. All are checked before the first is sent.

        A task that the store refuses (its ref is taken) raises; those sent before it exist.
        """
        return self._submit(conv, tasks, watched, None)

    def _submit(
        self, conv: str | int, tasks: Sequence[tuple[str | None, dict[str, Any]]], watched: bool, key: str | None
    ) -> list[Submitted]:
        check_flag(watched, "watched")
        tasks = pairs_of(tasks)
        record = self.find(conv)
        if key is not None and (known := self._submitted_before(record, *tasks[0], key)):
            return [known]
        program = self.current.program(record.conv_id)
        if record.status not in ("active", "debug"):
            raise NotActive(f'"{record.title}" is {record.status}; conv resume {record.conv_id} lets tasks in')
        start = program.start.id
        meta = _encode(Meta(watched=watched))
        now_s = time.time()
        new_tasks = []
        submitted = []
        params = program.definition.params
        limit, depth = self.settings.task_size_bytes, self.settings.depth
        for ref, data in tasks:
            if ref is not None:
                check_ref(ref)
            body = encode_given(data, depth)
            if params and (full := check_params(params, data)) is not data:
                body = encode_given(full, depth)
            if len(body) > limit:
                raise TaskTooLarge(
                    f"Your task size: {len(body)} bytes, Max available task size: {limit} bytes (CONV_TASK_SIZE_BYTES)"
                )
            task_id = new_task_id(ref, now_s)
            new_task = NewTask(task_id, ref or "", start, LANE_RUN, body, meta)
            if key is not None:
                effect_id, digest = call_key(key, record.conv_id, ref or "", "submit", data)
                task_id = effect_task_id(effect_id, ref)
                new_task = new_task._replace(task_id=task_id, effect_id=effect_id, digest=digest)
            submitted.append(Submitted(task_id, ref or task_id, record.conv_id))
            new_tasks.append(new_task)
        until = time.monotonic() + MOVE_S
        while new_tasks := self._create(record, new_tasks, key):
            self._moved(until)
        return submitted

    def _submitted_before(
        self, record: ConvRecord, ref: str | None, data: dict[str, Any], key: str
    ) -> Submitted | None:
        """The first answer to this call, also where it would be refused by now; None when there was none."""
        if ref is not None:
            check_ref(ref)
        encode_given(data, self.settings.depth)
        effect_id, digest = call_key(key, record.conv_id, ref or "", "submit", data)
        task_id = effect_task_id(effect_id, ref)
        sent = Modify(ref or task_id, effect_id, b"", digest)
        with unanswered(lambda: submit_again([ref], key)):
            answer = self._routed(record, sent.name, lambda partition: calls.modify(partition, sent, only_recall=True))
        if answer.status == "other_call":
            raise reused(key)
        return Submitted(task_id, ref or task_id, record.conv_id) if answer.status != "new" else None

    def _create(self, record: ConvRecord, tasks: Sequence[NewTask], key: str | None) -> list[NewTask]:
        """Returns those whose bucket is being moved just now."""
        groups: dict[Partition, list[NewTask]] = {}
        for task in tasks:
            groups.setdefault(self.current.partition(record.conv_id, task.ref or task.task_id), []).append(task)
        left = []
        sent = [(partition, some) for partition, tasks in groups.items() for some in in_parts(tasks)]
        queue = self.current.queue_limit(record.conv_id)
        with unanswered(lambda: submit_again([task.ref for task in tasks], key)):
            answers = self._all([calls.create(partition, some, queue) for partition, some in sent])
        for (_, some), statuses in zip(sent, answers, strict=True):
            for task, status in zip(some, statuses, strict=True):
                if status == "ref_taken":
                    raise RefTaken(f'"{record.title}" has a living task with ref "{task.ref}" (not unical reference)')
                if status == "other_call":
                    raise reused(str(key))
                if status == "inactive":
                    raise NotActive(f'"{record.title}" is paused; conv resume {record.conv_id} lets tasks in')
                if status == "elsewhere":
                    left.append(task)
                if status == "queue_full":
                    raise QueueFull(
                        f'"{record.title}" has as many tasks waiting for a worker as its queue_limit allows; submit '
                        f"again when workers have caught up (conv watch {record.conv_id}), or start more of them"
                    )
        return left

    def modify(self, conv: str | int, ref_or_id: str, data: dict[str, Any], *, key: str | None = None) -> Modified:
        """Merge data into a living task: an event of its own, for which the routes of the state or callback node where
        the task stands, or of the next that it comes to, are tested.

        `key` as of `submit`. Raises NotFound, NotActive, WrongData, TaskTooLarge, KeyReused, and Refused when the task
        cannot come to a callback node any more.
        """
        return self._modify(conv, ref_or_id, data, key=key)

    def callback(
        self, conv: str | int, ref_or_id: str, data: dict[str, Any], *, node: str | None = None, key: str | None = None
    ) -> Modified:
        """Modify a task that must stand at a callback node now, in `node` if that is given.

        Raises as `modify`, and Refused when it does not stand there; UnknownNode. A task that is busy with an earlier
        event is waited for up to BUSY_S seconds.
        """
        return self._modify(conv, ref_or_id, data, must_stand=True, node=node, key=key)

    def _modify(
        self,
        conv: str | int,
        ref_or_id: str,
        data: dict[str, Any],
        *,
        must_stand: bool = False,
        node: str | None = None,
        key: str | None = None,
    ) -> Modified:
        record = self.find(conv)
        body = encode_given(data, self.settings.depth)
        refuse_reserved(data)
        node_id = "" if node is None else self.current.node_id(record, node)
        sent = Modify(ref_or_id, f"client:{new_task_id(None, time.time())}", body, "", must_stand, node_id)
        if key is not None:
            effect_id, digest = call_key(
                key, record.conv_id, ref_or_id, "callback" if must_stand else "modify", node, data
            )
            sent = sent._replace(effect_id=effect_id, digest=digest)
            with unanswered(lambda: modify_again(key)):
                known = self._routed(
                    record, ref_or_id, lambda partition: calls.modify(partition, sent, only_recall=True)
                )
            if known.status != "new":
                return self._modified(record, ref_or_id, known, key)
        self._check_size(record, ref_or_id, data, sent.data)
        sent = sent._replace(deaf=self.current.program(record.conv_id).deaf)
        until = time.monotonic() + BUSY_S
        while True:
            with unanswered(lambda: modify_again(key)):
                answer = self._routed(record, ref_or_id, lambda partition: calls.modify(partition, sent))
            if answer.status != "busy" or time.monotonic() > until:
                return self._modified(record, ref_or_id, answer, key)
            time.sleep(BUSY_POLL_S)

    def _check_size(self, record: ConvRecord, ref_or_id: str, data: dict[str, Any], body: bytes) -> None:
        """Raises TaskTooLarge, NotFound. Of a task that is busy it is seen when the task takes the modify."""
        limit = self.settings.task_size_bytes
        if len(body) > limit:
            raise TaskTooLarge(f"the data has {len(body)} bytes, more than {limit} (CONV_TASK_SIZE_BYTES)")
        snapshot = self._read(record, ref_or_id, mails=True)
        found = self._found(record, ref_or_id, snapshot)
        if found.place not in ("parked", "waiting") or snapshot.mails[0] or len(found.data) + len(body) <= limit:
            return
        size = len(_encode({**readable(found.data, found.meta)[0], **data}))
        if size > limit:
            raise TaskTooLarge(
                f'with this data the task "{ref_or_id}" would have {size} bytes, more than {limit}'
                " (CONV_TASK_SIZE_BYTES); it stays as it was"
            )

    def _modified(self, record: ConvRecord, ref_or_id: str, answer: records.Modified, key: str | None) -> Modified:
        step = self.current.program(record.conv_id).by_id.get(answer.node)
        node = step.name if step is not None else answer.node
        task = f'the task "{ref_or_id}" of "{record.title}"'
        match answer.status:
            case "ok" | "kept":
                kept = answer.status == "kept"
                busy = kept and step is not None and step.callback is not None and answer.place in ("ready", "leased")
                return Modified(answer.task_id, node, kept, busy)
            case "other_call":
                raise reused(str(key))
            case "inactive":
                raise NotActive(f'"{record.title}" is paused; conv resume {record.conv_id} lets it run')
            case "never":
                raise Refused(f'{task} is in node "{node}", from which it comes to no state or callback node any more')
            case "busy":
                again = "try again" if self.workers_alive() else "no worker is running: conv up"
                raise Refused(f'{task} is busy with an earlier event in node "{node}"; {again} (duplicate_callback)')
            case "no_callback":
                raise Refused(
                    f'{task} is {PLACES[answer.place]} in node "{node}", which waits for no callback'
                    " (no_api_callback_in_node_with_task)"
                )
            case "other_node":
                raise Refused(f'{task} is in node "{node}" (task_not_in_current_sync_callback_node)')
            case _:
                raise NotFound(f"{task} has ended; conv retry would run it again (not_found_task)")

    def callback_in(self, conv: str | int, node: str, body: dict[str, Any], *, key: str | None = None) -> Modified:
        """A callback that names its task in its body, at the node's `obj_id_path`.

        Raises UnknownNode, NotFound, and Refused when the task does not stand in this node, or the body names none.
        """
        record = self.find(conv)
        encode_given(body, self.settings.depth)
        refuse_reserved(body)
        check_name(node, "the name of a node")
        self.current.node_id(record, node)
        found = self.current.program(record.conv_id).definition.nodes.get(node)
        actions = found.all_actions if found is not None else ()
        paths = [action.callback_id_path for action in actions if action.callback_id_path is not None]
        if not paths:
            raise Refused(f'node "{node}" of "{record.title}" waits for no callback')
        if not paths[0] or "{{" in paths[0]:
            raise Refused(f'node "{node}" of "{record.title}" has no obj_id_path that says where a task\'s id stands')
        task_id = lookup(body, parse_path(paths[0]))
        if not isinstance(task_id, str):
            raise Refused(f'the data has no task id at {paths[0]}, where node "{node}" looks for it; an id is a text')
        return self.callback(record.conv_id, task_id, body, node=node, key=key)

    def cancel(self, conv: str | int, ref_or_id: str) -> str:
        """End a task from any place, in the error end. "ok", or "noted": it runs just now and ends after this run."""
        record = self.find(conv)
        event = _encode({"type": "cancel", "description": "cancelled by hand"})
        answer = self._wake(record, ref_or_id, event, final=False)
        if answer == "final":
            raise Refused(f'the task "{ref_or_id}" of "{record.title}" has already ended')
        return answer

    def retry(self, conv: str | int, ref_or_id: str, node: str | None = None) -> str:
        """Run a task again: in `node`, or in the node that failed (`TaskView.failure`), or where it stands; one that
        ended without a failure in the node before its end."""
        record = self.find(conv)
        event: dict[str, Any] = {"type": "retry"}
        if node is not None:
            event["node"] = self.current.node_id(record, node)
        answer = self._wake(record, ref_or_id, _encode(event), final=True)
        if answer == "ref_taken":
            raise RefTaken(f'another living task of "{record.title}" has the ref of "{ref_or_id}" by now')
        return answer

    def _wake(self, record: ConvRecord, ref_or_id: str, event: bytes, *, final: bool) -> str:
        answer = self._routed(record, ref_or_id, lambda partition: calls.wake(partition, ref_or_id, event, final=final))
        if answer == "not_found":
            raise NotFound(f'no task "{ref_or_id}" in "{record.title}"')
        return answer

    def delete(self, conv: str | int, ref_or_id: str) -> str:
        """Remove a task and all that is kept of it. "ok", or "noted": it runs just now and goes after this run."""
        record = self.find(conv)
        answer = self._routed(record, ref_or_id, lambda partition: calls.discard(partition, ref_or_id))
        if answer == "not_found":
            raise NotFound(f'no task "{ref_or_id}" in "{record.title}"')
        return answer

    # --- Looking --------------------------------------------------------------------------------

    def task(self, conv: str | int, ref_or_id: str) -> TaskView:
        """A task by ref (of several the newest) or id. Raises NotFound."""
        record = self.find(conv)
        snapshot = self._read(record, ref_or_id, mails=True)
        return replace(self._view(record, self._found(record, ref_or_id, snapshot)), mails=snapshot.mails[0])

    def archive(self, conv: str | int, node: str, limit: int = 100) -> list[TaskView]:
        """The tasks in a node, newest first; of an end node those that ended there. Raises UnknownNode."""
        check_count(limit, "a limit")
        record = self.find(conv)
        node_id = self.current.node_id(record, node)
        partitions = self.current.partitions(record.conv_id)
        views: list[TaskView] = []
        for partition in partitions:
            before: Record | None = None
            left = limit
            while left > 0:
                call = calls.listing(
                    partition,
                    node_id,
                    left,
                    before.change_ms if before is not None else None,
                    before.task_id if before is not None else "",
                )
                page = self._all([call])[0]
                views += [self._view(record, found) for found in page]
                left -= len(page)
                if len(page) < min(left + len(page), MAX_ITEMS):
                    break
                before = page[-1]
        views.sort(key=lambda view: view.change_ms, reverse=True)
        return views[:limit]

    def convs(self) -> list[ConvView]:
        """All that is deployed, by id."""
        return [self._conv_view(record) for _, record in sorted(self.current.records.items())]

    def show(self, conv: str | int) -> ConvView:
        """One conv with its nodes and counts."""
        return self._conv_view(self.find(conv))

    def definition(self, conv: str | int) -> Any:
        """The deployed definition (engine.definition.Definition)."""
        return definition_of(self.find(conv))

    def why(self, conv: str | int, ref_or_id: str) -> Why:
        """The one reason that a task waits, and what would release it. Raises NotFound."""
        from .why import explain

        record = self.find(conv)
        snapshot = self._read(record, ref_or_id, mails=True)
        found = self._found(record, ref_or_id, snapshot)
        view = replace(self._view(record, found), mails=snapshot.mails[0])
        waited_for = self._waited_for(found)
        return explain(view, found, self.current, self.workers_alive(), waited_for, paused=snapshot.paused)

    def _waited_for(self, found: Record) -> TaskView | None:
        """The task whose answer this one waits for; None: it waits for none, or for one that is no more."""
        conv_id, _, ref = found.waits_for.partition(" ")
        record = self.current.records.get(int(conv_id)) if conv_id else None
        other = self._read(record, ref).tasks[0] if record is not None else None
        return self._view(record, other) if record is not None and other is not None else None

    def evaluate(
        self, template: str, data: dict[str, Any] | None = None, conv: str | int | None = None
    ) -> tuple[Any, bool]:
        """What a template resolves to, and whether that is secret. Raises TemplateError and its kin."""
        convs = self.current
        reader = BatchReader(convs)
        secrets: frozenset[str] = frozenset()
        check_name(template, "a template")
        if conv is not None:
            program = convs.program(self.find(conv).conv_id)
            reader.program, secrets = program, program.secrets
        if data is not None:
            encode_given(data, self.settings.depth)
        compiled = compile_text(template)
        scope = Scope(data or {}, reader=reader, secrets=secrets, now_ms=int(time.time() * 1000))
        while True:
            try:
                values, reads = resolve({"value": compiled}, scope)
                return values["value"], bool(reads.fields)
            except ReadNeeded:
                reader.take(self._all(reader.calls()))

    def variables(self) -> list[Any]:
        """The variables, by name (engine.variables.Variable)."""
        return [variable for _, variable in sorted(self.current.variables.items())]

    def memory(self) -> tuple[int, int]:
        """Bytes that the store (of a cluster the fullest node) uses, and may use at most (0: any)."""
        return self.store.memory()

    def held(self) -> dict[str, int]:
        """How many things of each kind the store holds, by words for people."""
        held = {}
        for view in self.convs():
            held[f'tasks that have not ended of "{view.title}"'] = view.living
            held[f'ended tasks of "{view.title}"'] = view.archived
        partitions = [p for conv_id in self.current.records for p in self.current.partitions(conv_id)]
        stats = self._all([calls.stats(partition) for partition in partitions])
        held["remembered effects"] = sum(one.seen for one in stats)
        held["effects under way"] = sum(one.outbox for one in stats)
        return held

    def workers_alive(self) -> int:
        """How many workers listen for work just now."""
        return self.store.listeners()

    def repartition(
        self,
        conv: str | int,
        partitions: int,
        progress: Callable[[int, int, int], None] = lambda tasks, buckets, of: None,
    ) -> int:
        """Spread a conv's tasks over so many partitions while they go on; how many tasks went over.

        Raises TooManyPartitions, Rejected (somebody else does it just now). Broken off, it is run again to go on.
        """
        try:
            check_count(partitions, "a number of partitions")
            check_function(progress, "progress")
            return repartition(self.store, self.find(conv).conv_id, partitions, progress)
        finally:
            self._convs_at = 0.0

    def backup(self, path: str | Path, progress: Callable[[int], None] = lambda tasks: None) -> Summary:
        """Write all that is deployed, and every task, into one file, while tasks go on. Raises OSError for a file that
        cannot be written."""
        check_function(progress, "progress")
        return backup(self.store, path_of(path), progress)

    def restore(self, path: str | Path, progress: Callable[[int, int], None] = lambda tasks, of: None) -> Summary:
        """Bring back a backup into an empty namespace. Raises DamagedBackup, NotEmpty, and OSError for a file that
        cannot be read."""
        check_function(progress, "progress")
        try:
            return restore(self.store, path_of(path), progress)
        finally:
            self._convs = None

    def audit(self, *, repair: bool = False, progress: Callable[[int], None] = lambda keys: None) -> audit.Report:
        """Look through the whole store for what is not so, and with `repair` mend what can be. Tasks may go on."""
        check_flag(repair, "repair")
        check_function(progress, "progress")
        self.registry.version()  # which notices what this engine has seen, and is no more
        return audit.audit(self.store, repair=repair, seen=self.registry.lost, progress=progress)

    # --- Running --------------------------------------------------------------------------------

    def workers(self) -> list[Seen]:
        """The workers that beat within the last minute, the last one first."""
        return self.store.one(roster())

    def worker(self) -> Worker:
        """A worker on this store, for `Worker.run`."""
        return Worker(self.store, self.settings)

    def run_until_idle(self, timeout_s: float = 60.0, until: Submitted | None = None) -> bool:
        """Run all ready work of all convs in this thread; timers are left to `conv up`. False: the time was up.

        What other workers hold, or held when they died, is waited for: until they are done, or their leases end.
        `until`: claim no more once this task has ended or parked; outside calls of others that are under way are ended,
        or given back after 10 s.
        """
        check_seconds(timeout_s, "timeout_s")
        worker = Worker(self.store, self.settings)
        deadline = time.monotonic() + timeout_s

        def done() -> bool:
            return until is not None and self._settled(until) is not None

        try:
            return worker.run_until_idle(deadline, done)
        finally:
            worker.close()

    def wait(self, submitted: Submitted, timeout_s: float) -> TaskView | None:
        """Wait until a task ends or parks in a state; None: not within timeout_s seconds.

        Of a task that was deleted on arrival (`save_task: false`) nothing but its end is known.
        """
        if not isinstance(submitted, Submitted):
            raise WrongData(f"what is waited for is what submit answered, not {kind_of(submitted)}")
        check_seconds(timeout_s, "timeout_s")
        deadline = time.monotonic() + timeout_s
        with self.store.subscribe(hints=False) as messages:
            while True:
                view = self._settled(submitted)
                left = deadline - time.monotonic()
                if view is not None or left <= 0:
                    return view
                messages.get(min(POLL_S, left))

    def _settled(self, submitted: Submitted) -> TaskView | None:
        record = self.find(submitted.conv_id)
        found = self._read(record, submitted.task_id).tasks[0]
        if found is None:
            return deleted_task(record.conv_id, record.title, submitted.task_id, submitted.ref)
        return self._view(record, found) if found.place in ("final", "parked", "aside") else None

    # --- Inside ---------------------------------------------------------------------------------

    def _all(self, requests: Sequence[Call[Any]]) -> list[Any]:
        answers = self.store.run(requests)
        for answer in answers:
            if isinstance(answer, StoreError):
                raise answer
        return answers

    def _read(self, record: ConvRecord, ref_or_id: str, *, mails: bool = False) -> Snapshot:
        return self._routed(record, ref_or_id, lambda partition: calls.read(partition, [ref_or_id], mails=mails))

    def _routed(self, record: ConvRecord, ref_or_id: str, make: Callable[[Partition], Call[T]]) -> T:
        """The answer of the partition that has this ref or id; asked again while its bucket is being moved."""
        check_name(ref_or_id)
        until = time.monotonic() + MOVE_S
        while True:
            try:
                answer = self.store.one(make(self.current.partition(record.conv_id, ref_or_id)))
                if answer != ["elsewhere"]:
                    return answer
            except Elsewhere:
                pass
            self._moved(until)

    def _moved(self, until: float) -> None:
        """Look anew where tasks are. Raises Elsewhere when it is too late to try again."""
        if time.monotonic() > until:
            raise Elsewhere(f"tasks are being moved to other partitions for longer than {MOVE_S:.0f} s; try again")
        time.sleep(0.02)
        self._refresh()

    def _found(self, record: ConvRecord, ref_or_id: str, snapshot: Snapshot) -> Record:
        found = snapshot.tasks[0]
        if found is None:
            raise NotFound(
                f'no task "{ref_or_id}" in "{record.title}"; conv list and conv show count the tasks there are'
            )
        return found

    def _view(self, record: ConvRecord, found: Record) -> TaskView:
        program = self.current.program(record.conv_id)
        data, meta, unreadable = readable(found.data, found.meta)
        note = found.note or meta.note
        names = {node_id: step.name for node_id, step in program.by_id.items()}
        step = program.by_id.get(found.node)
        return TaskView(
            conv_id=record.conv_id,
            conv=record.title,
            task_id=found.task_id,
            ref=found.ref,
            node=names.get(found.node, f"(removed node {found.node})"),
            place=found.place,
            end=step.end if step is not None else None,
            data=data,
            secrets=tuple(sorted(program.secrets.union(meta.secrets))),
            path=tuple(Visit(names.get(node, node), time_ms) for node, time_ms in meta.path),
            create_ms=found.create_ms,
            change_ms=found.change_ms,
            due_ms=found.due_ms,
            attempts=found.attempts,
            note=f"{unreadable}; {note}" if unreadable and note else unreadable or note,
            unused=found.unused,
            failure=_failure_view(program, meta.failure),
        )

    def _conv_view(self, record: ConvRecord) -> ConvView:
        try:
            definition = definition_of(record)
        except DefinitionError:
            return self._unreadable_view(record)
        names = list(dict.fromkeys([*definition.nodes, implicit_error(definition)]))
        ids = [record.node_ids[name] for name in names]
        snapshots = self._all(
            [
                calls.read(partition, nodes=ids, mails=True, oldest=True)
                for partition in self.current.partitions(record.conv_id)
            ]
        )
        kept = kept_of(definition, self.settings)
        nodes = []
        living = archived = 0
        for index, name in enumerate(names):
            counts = [snapshot.counts[index] for snapshot in snapshots]
            now = sum(count.now for count in counts)
            node = definition.nodes.get(name)
            is_end = node is None or node.end is not None
            if is_end:
                archived += now
            else:
                living += now
            if node is None and not any(count.entered for count in counts):
                continue
            kind = "end: error" if node is None else node.kind
            keeps = None
            if is_end and (node is None or node.save_task):
                oldest_ms = min((s.oldest_ms[index] for s in snapshots if s.oldest_ms[index]), default=0)
                until_ms = oldest_ms + kept.age_ms if oldest_ms else 0
                keeps = Keeps(kept.tasks, kept.age_ms, kept.size_bytes, until_ms)
            entered, left = sum(c.entered for c in counts), sum(c.left for c in counts)
            nodes.append(NodeView(name, ids[index], kind, now, entered, left, keeps))
        return ConvView(
            conv_id=record.conv_id,
            kind=record.kind,
            title=record.title,
            aliases=tuple(record.aliases),
            status=record.status,
            paused=any(snapshot.paused for snapshot in snapshots),
            living=living,
            archived=archived,
            unused=sum(snapshot.unused for snapshot in snapshots),
            nodes=tuple(nodes),
        )

    def _unreadable_view(self, record: ConvRecord) -> ConvView:
        """A conv whose deployed definition cannot be read here: nobody can tell which of its tasks have ended."""
        return ConvView(
            conv_id=record.conv_id,
            kind=record.kind,
            title=record.title,
            aliases=tuple(record.aliases),
            status="unreadable",
            paused=False,
            living=0,
            archived=0,
        )


def _failure_view(program: Program, failed: Failure | None) -> FailureView | None:
    if failed is None:
        return None
    node = program.name_of(failed.node) or f"(removed node {failed.node})"
    return FailureView(node, failed.tag, failed.type, failed.text, failed.attempt)
