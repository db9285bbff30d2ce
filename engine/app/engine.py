"""Engine: the whole of Conv in one object. What the command line, the HTTP API and other programs use.

with Engine.open() as engine:
    engine.deploy(["processes", "diagrams"])
    task = engine.submit("Get token", {"code": "…"}, ref="first")
    engine.run_until_idle()
    print(engine.task("Get token", "first").node)
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Coroutine, Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from ..backup import Summary
from ..config import Settings, read_settings
from ..convs import Convs
from ..data import check_flag, check_function, check_name, check_seconds, kind_of, path_of, paths_of
from ..deploy import Deployment, DeployReport, NodeMap, not_deployed
from ..errors import EngineError, WrongData
from ..graph.drawing import Drawing
from ..resealing import Progress
from ..statistics import ConvFailures, Statistics, StepName
from ..store import audit, calls, open_store
from ..store.call import Call
from ..store.client import Store
from ..store.jobs import RefusedTask
from ..store.registry import ConvRecord, Registry
from ..store.roster import Seen, roster
from ..versions import Difference, Differences, Pulled, Version, signed
from ..views import ConvView, TaskView, Why
from ..worker import Worker
from .bulk import JobPlan, Planning, kinds
from .context import Context
from .counts import BY, Counts
from .events import Events, Modified
from .family import Families, Family
from .filters import Filter, archive_filter
from .jobs import Jobs, JobView
from .keeping import Keeping
from .keyring import Keyring
from .look import Look
from .searching import Page, Searching
from .submitting import Submitted, Submitting
from .versions import Versions
from .waiting import Waiting


class Engine:
    """A store and what is deployed in it. Safe for many threads at once.

    `run_until_idle` works in the thread that calls it; everything else may be asked from anywhere meanwhile.
    """

    def __init__(self, store: Store, settings: Settings) -> None:
        self.settings = settings
        self._context = Context(store, settings)
        self._submitting = Submitting(self._context)
        self._events = Events(self._context)
        self._look = Look(self._context)
        self._searching = Searching(self._context, self._look)
        self._counts = Counts(self._context, self._look)
        self._families = Families(self._context, self._searching)
        self._waiting = Waiting(self._context, self._look)
        self._keeping = Keeping(self._context)
        self._keyring = Keyring(self._context)
        self._versions = Versions(self._context)
        self._planning = Planning(self._context)
        self._jobs = Jobs(self._context, kinds(self._context))

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
        self._waiting.close()
        self._context.close()

    def __enter__(self) -> Engine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def store(self) -> Store:
        """The store. Raises StoreError once it is closed."""
        return self._context.store

    @property
    def is_remote(self) -> bool:
        """False: it works on the store itself, where engine.client.Client asks a server."""
        self._context.check_open()
        return False

    @property
    def is_embedded(self) -> bool:
        """Whether the store is our own server, in a folder here."""
        self._context.check_open()
        return self.settings.embedded

    @property
    def registry(self) -> Registry:
        """The registry of that store. Raises StoreError once it is closed."""
        return self._context.registry

    @property
    def keyring(self) -> Keyring:
        """Keys of the API and their groups, what they may do, sessions, and the log of who did what."""
        self._context.check_open()
        return self._keyring

    # --- What is deployed ---------------------------------------------------------------------

    @property
    def current(self) -> Convs:
        """The deployed convs, at most a second old."""
        return self._context.current

    @property
    def latest(self) -> Convs | None:
        """The deployed convs as they were last seen, without asking the store; None: they were not seen yet."""
        return self._context.latest

    def refreshed(self) -> Convs:
        """The deployed convs as they are now. Raises StoreError."""
        self._context.check_open()
        return self._context.deployed.refreshed()

    def find(self, conv: str | int) -> ConvRecord:
        """A conv by id, `@alias` or title. Raises UnknownConv."""
        return self._context.find(conv)

    def deploy(
        self,
        paths: str | Path | Sequence[str | Path],
        *,
        only_reached_by: str | None = None,
        node_map: NodeMap | None = None,
        raise_on_errors: bool = True,
        message: str = "",
        author: str | None = None,
        keep_rollbacks: bool = False,
    ) -> DeployReport:
        """Check definitions, files or folders of them, and make them current. With errors nothing is deployed.

        Raises NotDeployed, which has the report, where there are errors; without `raise_on_errors` the report comes
        back, and is false. StrandedTasks, WrongNodeMap, LostRace.

        `only_reached_by`: deploy what this process (id, alias or title) reaches; errors elsewhere do not stop it.
        `node_map`: by conv id, which new node takes the tasks of which removed one, as `was` would say.
        `keep_rollbacks`: what somebody went back from is not deployed again because its file is still there; for
        deploys that nobody has asked for. `message`, `author`: why and by whom, for `history`; the author is that of
        the settings, or the machine's user.
        """
        if only_reached_by is not None:
            check_name(only_reached_by, "the name of a process")
        by = signed(author, message, self.settings)
        check_flag(keep_rollbacks, "keep_rollbacks")
        deployment = Deployment(self.registry, self.store, self.settings, keep_rollbacks=keep_rollbacks)
        report = deployment.deploy(paths_of(paths), only_reached_by=only_reached_by, node_map=node_map, by=by)
        self._context.deployed.expire()
        if raise_on_errors and not report:
            raise not_deployed(report)
        return report

    def plan(self, paths: str | Path | Sequence[str | Path], *, node_map: NodeMap | None = None) -> DeployReport:
        """What `deploy` would change, and which tasks stand there. Nothing is written."""
        return Deployment(self.registry, self.store, self.settings).plan(paths_of(paths), node_map=node_map)

    def history(self, conv: str | int) -> list[Version]:
        """The versions of a conv that are kept, the newest first. Raises UnknownConv."""
        return self._versions.history(conv)

    def source(self, conv: str | int, number: int | None = None) -> bytes:
        """The YAML of a version as its author wrote it, default: of what is deployed. It may hold secrets where the
        definition does.

        Where an engine deployed it that keeps no versions, it is made from the definition. Raises UnknownConv,
        UnknownVersion.
        """
        return self._versions.source(conv, number)

    def difference(self, paths: str | Path | Sequence[str | Path]) -> Differences:
        """How definitions, files or folders of them, differ from what is deployed: in meaning, then in text. It may
        show secrets where a definition holds them; values of secret variables are masked. With errors among its
        problems nothing was compared.

        Raises TooManyPartitions, and DefinitionError for an alias that is taken.
        """
        return self._versions.difference(paths_of(paths))

    def difference_between(self, conv: str | int, number: int, other: int | None = None) -> Difference:
        """How version `other` of a conv (None: what is deployed) differs from version `number`. Raises UnknownConv,
        UnknownVersion."""
        return self._versions.difference_between(conv, number, other)

    def pull(
        self,
        to: str | Path,
        convs: str | int | Sequence[str | int] | None = None,
        *,
        number: int | None = None,
        force: bool = False,
    ) -> list[Pulled]:
        """Write definitions as files below the folder `to`, as they were written when they were deployed: of these
        convs, default all; with `number`, that version of the one. They may hold secrets where definitions do.

        Raises LocalChanges where files were changed here since; with `force` they are replaced. UnknownConv,
        UnknownVersion, and Rejected for what cannot be written; then no file was touched.
        """
        return self._versions.pull(path_of(to), convs, number, force)

    def rollback(
        self,
        conv: str | int,
        number: int,
        *,
        node_map: NodeMap | None = None,
        message: str = "",
        author: str | None = None,
        raise_on_errors: bool = True,
    ) -> DeployReport:
        """Deploy a version of a conv again, with its source and its folder, as a new version; checked as any deploy.

        Raises UnknownVersion, and as `deploy`, whose other arguments these are.
        """
        by = signed(author, message, self.settings)
        return self._versions.rollback(conv, number, node_map, by, raise_on_errors=raise_on_errors)

    def pause(self, conv: str | int) -> None:
        """Refuse new tasks and run none, until `resume`. Tasks stay where they are."""
        self._set_paused(conv, True)

    def resume(self, conv: str | int) -> None:
        """Let tasks in again, and run them."""
        self._set_paused(conv, False)

    def _set_paused(self, conv: str | int, paused: bool) -> None:
        record = self.find(conv)
        self._context.all([calls.pause(partition, paused) for partition in self.current.partitions(record.conv_id)])

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

        `key`: the same call under the same key, within a day, gives the first answer and creates nothing
        (engine.idempotency).
        """
        return self._submitting.one(conv, ref, data, watched=watched, key=key)

    def submit_many(
        self, conv: str | int, tasks: Sequence[tuple[str | None, dict[str, Any]]], *, watched: bool = False
    ) -> list[Submitted]:
        """Create many tasks in few round trips. All are checked before the first is sent.

        A task that the store refuses (its ref is taken) raises; those sent before it exist.
        """
        return self._submitting.many(conv, tasks, watched=watched)

    def submit_each(
        self,
        conv: str | int,
        tasks: Sequence[tuple[str | None, dict[str, Any]]],
        *,
        watched: bool = False,
        key: str | None = None,
    ) -> list[Submitted | EngineError]:
        """Create many tasks in few round trips, with an outcome for each, in order: one that is wrong, or that the
        store refuses, stops no other.

        `key`: the same tasks in the same order under the same key, within a day, are created once. Raises UnknownConv,
        NotActive, and StoreUnavailable (then it is unknown which exist).
        """
        return self._submitting.each(conv, tasks, watched=watched, key=key)

    def modify(self, conv: str | int, ref_or_id: str, data: dict[str, Any], *, key: str | None = None) -> Modified:
        """Merge data into a living task: an event of its own, for which the routes of the state or callback node where
        the task stands, or of the next that it comes to, are tested.

        `key` as of `submit`. Raises NotFound, NotActive, WrongData, TaskTooLarge, KeyReused, and Refused when the task
        cannot come to a callback node any more.
        """
        return self._events.modify(conv, ref_or_id, data, key=key)

    def callback(
        self, conv: str | int, ref_or_id: str, data: dict[str, Any], *, node: str | None = None, key: str | None = None
    ) -> Modified:
        """Modify a task that must stand at a callback node now, in `node` if that is given.

        Raises as `modify`, and Refused when it does not stand there; UnknownNode. A task that is busy with an earlier
        event is waited for up to two seconds.
        """
        return self._events.callback(conv, ref_or_id, data, node=node, key=key)

    def callback_in(self, conv: str | int, node: str, body: dict[str, Any], *, key: str | None = None) -> Modified:
        """A callback that names its task in its body, at the node's `obj_id_path`.

        Raises UnknownNode, NotFound, and Refused when the task does not stand in this node, or the body names none.
        """
        return self._events.callback_in(conv, node, body, key=key)

    def cancel(self, conv: str | int, ref_or_id: str) -> str:
        """End a task from any place, in the error end. "ok", or "noted": it runs just now and ends after this run."""
        return self._events.cancel(conv, ref_or_id)

    def retry(
        self, conv: str | int, ref_or_id: str, node: str | None = None, *, data: dict[str, Any] | None = None
    ) -> str:
        """Run a task again: in `node`, or in the node that failed (`TaskView.failure`), or where it stands; one that
        ended without a failure in the node before its end.

        `data` is merged into the task's in the same step, as a modify's is: names that it does not have stay as they
        are. Raises NotFound, UnknownNode, RefTaken; with data WrongData, TaskTooLarge, and Refused when the task runs.
        """
        return self._events.retry(conv, ref_or_id, node, data=data)

    def delete(self, conv: str | int, ref_or_id: str) -> str:
        """Remove a task and all that is kept of it. "ok", or "noted": it runs just now and goes after this run."""
        return self._events.delete(conv, ref_or_id)

    # --- Looking --------------------------------------------------------------------------------

    def task(self, conv: str | int, ref_or_id: str) -> TaskView:
        """A task by ref (of several the newest) or id. Raises NotFound."""
        return self._look.task(conv, ref_or_id)

    def archive(self, conv: str | int, node: str, limit: int = 100) -> list[TaskView]:
        """The tasks in a node, newest first; of an end node those that ended there. Raises UnknownNode."""
        return self._look.archive(conv, node, limit)

    def search(
        self, conv: str | int, what: Filter | None = None, *, limit: int = 100, cursor: str | None = None
    ) -> Page:
        """The next `limit` tasks of a conv that pass a filter: those under way, then all others, newest change first.

        A page ends after 2 s or 20 000 tasks with what it has found; go on with its cursor, and the same filter, while
        it has one. Each task comes once at most; one that moves on before its turn does not come. Raises UnknownConv,
        UnknownNode, WrongCondition, WrongCursor.
        """
        return self._searching.page(conv, Filter() if what is None else what, limit, cursor)

    def stream(self, conv: str | int, what: Filter | None = None) -> Iterator[TaskView]:
        """All tasks that pass a filter, as `search` finds them, one after another in bounded memory."""
        return self._searching.stream(conv, Filter() if what is None else what)

    def family(self, conv: str | int, ref_or_id: str) -> Family:
        """The tasks that a task comes from and those that it has made, as far as records say, and what cannot be known.

        Raises UnknownConv, NotFound.
        """
        return self._families.of(conv, ref_or_id)

    def find_ref(self, ref: str) -> list[TaskView]:
        """The tasks with exactly this ref (of each conv the newest), or this id, in all convs."""
        return self._searching.find_ref(ref)

    def archive_page(self, conv: str | int, node: str, *, limit: int = 100, cursor: str | None = None) -> Page:
        """A page of what `archive` lists: the tasks at rest in a node, or those that ended there, newest change first.

        Raises UnknownNode, WrongCursor.
        """
        return self._searching.page(conv, archive_filter(node), limit, cursor)

    def archive_stream(self, conv: str | int, node: str) -> Iterator[TaskView]:
        """All of them, one after another in bounded memory."""
        return self._searching.stream(conv, archive_filter(node))

    def convs(self) -> list[ConvView]:
        """All that is deployed, by id."""
        return self._look.convs()

    def show(self, conv: str | int) -> ConvView:
        """One conv with its nodes and counts."""
        return self._look.show(conv)

    def statistics(
        self,
        conv: str | int,
        *,
        since: int | None = None,
        until: int | None = None,
        step: StepName = "minute",
        node: str | None = None,
    ) -> Statistics:
        """How many tasks came into each node and left it, and what failed there, in each minute of the last 2 days or
        hour of the last 40.

        `since`, `until`: Unix times in ms; the last hour of minutes or day of hours, where they are None. The minute or
        hour in which each lies counts whole. `node`: only this one. Raises UnknownConv, UnknownNode, WrongData.
        """
        return self._counts.statistics(conv, since, until, step, node)

    def failures(
        self, conv: str | int | None = None, *, since_s: float = 3600.0, by: Collection[str] = BY
    ) -> list[ConvFailures]:
        """What failed in the last `since_s` seconds (40 days at most), counted by "node", by "error" or by both, with
        refs of tasks that ended in error. Of all convs in which something did, or of this one. Raises UnknownConv,
        WrongData.
        """
        return self._counts.failures(conv, since_s, by)

    def definition(self, conv: str | int) -> Any:
        """The deployed definition (engine.definition.Definition)."""
        return self._look.definition(conv)

    def drawing(self, conv: str | int) -> Drawing:
        """The deployed definition as a graph with every card, line and label in its place (engine.graph.drawing)."""
        return self._look.drawing(conv)

    def why(self, conv: str | int, ref_or_id: str) -> Why:
        """The one reason that a task waits, and what would release it. Raises NotFound."""
        return self._look.why(conv, ref_or_id)

    def evaluate(
        self, template: str, data: dict[str, Any] | None = None, conv: str | int | None = None
    ) -> tuple[Any, bool]:
        """What a template resolves to, and whether that is secret. Raises TemplateError and its kin."""
        return self._look.evaluate(template, data, conv)

    def variables(self) -> list[Any]:
        """The variables, by name (engine.variables.Variable)."""
        return [variable for _, variable in sorted(self.current.variables.items())]

    def check_writes(self) -> None:
        """Raises StoreError when the store takes no writes just now: a full disk, a replica, too few replicas."""
        self.store.one(Call("sync", None, [], int))

    def memory(self) -> tuple[int, int]:
        """Bytes that the store (of a cluster the fullest node) uses, and may use at most (0: any)."""
        return self.store.memory()

    def held(self) -> dict[str, int]:
        """How many things of each kind the store holds, by words for people."""
        return self._look.held()

    def workers_alive(self) -> int:
        """How many workers listen for work just now."""
        return self.store.listeners()

    # --- Jobs on many tasks ---------------------------------------------------------------------

    def plan_job(
        self,
        kind: str,
        conv: str | int,
        what: Filter | None = None,
        *,
        refs: Iterable[str] | None = None,
        node: str | None = None,
        data: dict[str, Any] | None = None,
        who: str = "",
        progress: Callable[[int], None] = lambda tasks: None,
    ) -> JobPlan:
        """Plan to retry, cancel, delete or modify (`kind`) the tasks of a filter, or those with these refs or ids.

        Nothing is done to them before `run_job`. `node`: where a retry goes on; `data`: what a modify merges. A filter
        of a cancel or modify leaves out ended tasks, unless it names places. One job takes 100 000 tasks; `more` says
        that there are others. `who` is shown to people. Raises as `search`, WrongData, TaskTooLarge, and Refused when
        there are too many jobs.
        """
        return self._planning.plan(kind, conv, what, refs, node, data, who, progress)

    def run_job(
        self, job_id: str, progress: Callable[[int, int, int], None] = lambda done, refused, total: None
    ) -> JobView:
        """Work at a job in this thread, or go on with one that was stopped or left, until it is done or stopped.

        Each task is done at most once, and only if it still is as it was when planned. Raises NotFound, Refused (it has
        ended, or somebody works at it), StoreError (then it can be run again within a day, and goes on).
        """
        check_function(progress, "progress")
        return self._jobs.run(job_id, progress)

    def jobs(self) -> list[JobView]:
        """The jobs of the last 7 days, the newest first."""
        return self._jobs.all()

    def job(self, job_id: str) -> JobView:
        """How a job stands. Raises NotFound."""
        return self._jobs.one(job_id)

    def job_refused(self, job_id: str) -> Iterator[RefusedTask]:
        """The tasks for which a job was not done, each with the reason; of many the first 10 000."""
        return self._jobs.refused(job_id)

    def stop_job(self, job_id: str) -> JobView:
        """Let whoever works at a job stop after the present step; a plan that was not run is deleted.

        Raises NotFound, and Refused when it has ended.
        """
        return self._jobs.stop(job_id)

    # --- Keeping --------------------------------------------------------------------------------

    def repartition(
        self,
        conv: str | int,
        partitions: int,
        progress: Callable[[int, int, int], None] = lambda tasks, buckets, of: None,
    ) -> int:
        """Spread a conv's tasks over so many partitions while they go on; how many tasks went over.

        Raises TooManyPartitions, Rejected (somebody else does it just now). Broken off, it is run again to go on.
        """
        return self._keeping.repartition(conv, partitions, progress)

    def backup(self, path: str | Path, progress: Callable[[int], None] = lambda tasks: None) -> Summary:
        """Write all that is deployed, and every task, into one file, while tasks go on. Raises OSError for a file that
        cannot be written."""
        return self._keeping.backup(path, progress)

    def restore(self, path: str | Path, progress: Callable[[int, int], None] = lambda tasks, of: None) -> Summary:
        """Bring back a backup into an empty namespace. Raises DamagedBackup, NotEmpty, and OSError for a file that
        cannot be read."""
        return self._keeping.restore(path, progress)

    def rotate_key(self, progress: Callable[[Progress], None] = lambda progress: None) -> str:
        """Seal the secrets of the store with another key, while tasks go on: the first that the settings name, or a new
        one where the engine makes keys itself. Returns its id; the one before opens nothing any more.

        A store that is not sealed yet is sealed at once. Raises SecretKeyError (there is no other key), Rejected (a
        worker does not have it).
        """
        return self._keeping.rotate_key(progress)

    def audit(self, *, repair: bool = False, progress: Callable[[int], None] = lambda keys: None) -> audit.Report:
        """Look through the whole store for what is not so, and with `repair` mend what can be. Tasks may go on."""
        return self._keeping.audit(repair, progress)

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
            return until is not None and self._waiting.settled(until) is not None

        try:
            return worker.run_until_idle(deadline, done)
        finally:
            worker.close()

    def wait_in_loop(
        self, submitted: Submitted, timeout_s: float, given_up: asyncio.Future[None]
    ) -> Coroutine[Any, Any, TaskView | None]:
        """As `wait`, in an event loop: no thread waits. `given_up`: done when nobody is to wait any more."""
        self._context.check_open()
        return self._waiting.wait_in_loop(submitted, timeout_s, given_up)

    def wait(self, submitted: Submitted, timeout_s: float) -> TaskView | None:
        """Wait until a task ends or parks in a state; None: not within timeout_s seconds.

        Of a task that was deleted on arrival (`save_task: false`) nothing but its end is known.
        """
        return self._waiting.wait(submitted, timeout_s)
