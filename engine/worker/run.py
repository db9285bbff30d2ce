"""Runs claimed tasks in memory until each rests, ends, or must reach outside.

No store call is made here: what a template must read of other tasks is raised as ReadNeeded, and `advance` is called
again from where the task stood. A run ends after 200 moves or 20 ms and the task becomes ready again (store.md rule 4).
"""

from __future__ import annotations

import math
import time
from collections import Counter
from typing import Any

import msgspec

from engine import logic
from engine.convs import Convs
from engine.errors import BadParameter, LogicError, Rejected, TemplateError
from engine.logic import NOTHING, CallOut, EffectBody, Event, OutsideLogic, Rest, Running, Send, Target
from engine.params import check_params
from engine.program import Moves, Program, Step
from engine.store.calls import CallLimit, Claimed, Effect, Outcome
from engine.task import Address, Meta, Place
from engine.template import Scope
from engine.template.limits import VALUE_CHARS
from engine.worker.reader import BatchReader
from engine.worker.root import Root

PATH_KEPT = 100  # visits that a task remembers, store.md rule 18

_decode_data = msgspec.json.Decoder(dict[str, Any]).decode
_decode_meta = msgspec.json.Decoder(Meta).decode
_decode_event = msgspec.json.Decoder(Event).decode
_encode = msgspec.json.Encoder().encode
_encode_body = msgspec.msgpack.Encoder().encode
_AT_REST = (Place.PARKED, Place.WAITING, Place.DELAYED)
_ENDS_LAPS = (*_AT_REST, Place.QUEUED)

ENTER, ROUTE, MODIFIED, RESUME, TAKE, CALL, TIMEOUT, CANCEL, RETRY, GONE = range(10)


class Run(Running):
    """A claimed task and where its run stands."""

    __slots__ = (
        "answer",
        "attempts",
        "body",
        "call",
        "called_from",
        "delay_ms",
        "event",
        "fresh",
        "index",
        "keep_due",
        "lane",
        "mail_taken",
        "moved",
        "node",
        "place",
        "program",
        "request",
        "stage",
        "started",
        "step",
        "sync_done",
        "token",
        "until_ms",
        "visited",
    )  # fmt: skip

    def __init__(self, program: Program, claimed: Claimed, now_ms: int) -> None:
        meta = _decode_meta(claimed.meta)
        secrets = program.secrets.union(meta.secrets) if meta.secrets else program.secrets
        super().__init__(
            program.conv_id, claimed.task_id, claimed.ref, claimed.visit, _decode_data(claimed.data), meta,
            claimed.create_ms, claimed.due_ms, secrets,
        )  # fmt: skip
        self.program = program
        self.body = claimed.data
        self.node = claimed.node
        self.token = claimed.token
        self.request = claimed.request
        self.attempts = claimed.attempts
        self.answer: Any = None
        self.call: OutsideLogic | None = None
        self.called_from = ""  # node of the outside call whose answer this run takes
        self.place = ""
        self.lane = "run"
        self.delay_ms: int | None = None
        self.until_ms: int | None = None
        self.keep_due = False
        self.mail_taken = 0
        self.sync_done = False
        self.moved = 0
        self.started = 0.0
        self.visited = [claimed.node]
        if not meta.path:
            meta.path.append((claimed.node, claimed.create_ms))
        step = program.by_id.get(claimed.node)
        if meta.part:
            # In a definition deployed meanwhile the node may have fewer actions.
            step = step.parts[meta.part] if step is not None and meta.part < len(step.parts) else step
            meta.part = step.part if step is not None else 0
        self.step: Step = program.start if step is None else step
        self.event = NOTHING
        self.fresh = claimed.visit == 1 and not (
            claimed.event or claimed.request or claimed.mail or claimed.due_ms or claimed.attempts
        )
        self.stage = self._first_stage(claimed, step)

    def _first_stage(self, claimed: Claimed, step: Step | None) -> int:
        if claimed.event:
            self.event = _decode_event(claimed.event)
            kind = self.event.type
            if kind == "cancel":
                return CANCEL
            if kind == "retry":
                return RETRY
            if step is None:
                return GONE
            return TIMEOUT if kind == "timeout" else RESUME
        if step is None:
            return GONE
        if claimed.request:
            return CALL
        if claimed.mail:
            self._merge(claimed)
            return MODIFIED
        return ENTER

    def _merge(self, claimed: Claimed) -> None:
        """Take the mail in order; a shallow merge, named keys overwritten (reference 3.9)."""
        for mail in claimed.mail:
            self.data.update(_decode_data(mail.data))
            if mail.secrets:
                names = [name for name in msgspec.json.decode(mail.secrets, type=list[str]) if name not in self.secrets]
                self.meta.secrets = [*self.meta.secrets, *names]
                self.secrets = self.secrets.union(names)
            if mail.answer_to is not None:
                self.meta.answer_to = [*self.meta.answer_to, mail.answer_to]
            self.sync_done = self.sync_done or mail.sync
        self.mail_taken = len(claimed.mail)


class MoveLists:
    """The distinct move lists of one commit; most tasks of a batch share one."""

    def __init__(self) -> None:
        self.lists: list[Moves] = []
        self._index: dict[tuple[int, tuple[str, ...]], int] = {}

    def index(self, run: Run) -> int:
        key = (id(run.program), tuple(run.visited))
        index = self._index.get(key)
        if index is None:
            index = self._index[key] = len(self.lists)
            self.lists.append(run.program.moves(key[1]))
        return index


class Runner:
    """Runs tasks one after another; the Context of their logics.

    `settings` gives the limits: task_size_bytes, loop_passes, hops, run_moves, run_ms.
    """

    def __init__(self, convs: Convs, limits: Any) -> None:
        self.convs = convs
        self.limits = limits
        self.task_size_bytes: int = limits.task_size_bytes
        self.hops: int = limits.hops
        self.response_size_bytes: int = limits.response_size_bytes
        self.api_timeout_ms: int = limits.api_timeout_ms
        self.code_ms: int = limits.code_ms
        self.code_memory_bytes: int = limits.code_memory_bytes
        self.run_moves: int = limits.run_moves
        self.reader = BatchReader(convs)
        self.root = Root()
        self.entered: Counter[tuple[int, str]] = Counter()
        most_chars = max(VALUE_CHARS, self.task_size_bytes)
        self.scope = Scope({}, root=self.root, reader=self.reader, most_chars=most_chars)
        self.run: Run | None = None

    @property
    def secret_variables(self) -> dict[str, str]:
        return self.convs.secret_variables

    def begin_batch(self, now_ms: int) -> None:
        """Forget what was read before: nothing read is kept past a commit."""
        self.reader.clear()
        self.entered.clear()
        self.scope.now_ms = now_ms

    # --- One task ---------------------------------------------------------------------------

    def advance(self, run: Run) -> None:
        """Move a task until `run.place` says where it rests. Raises ReadNeeded: read, then call again."""
        scope = self.scope
        scope.data, scope.secrets = run.data, run.secrets
        self.reader.program = run.program
        self.root.run = self.run = run
        if not run.started:
            run.started = time.perf_counter()
        while not run.place:
            try:
                self._advance(run)
            except LogicError as error:
                self._fail(run, error)
            except TemplateError as error:
                tag = (
                    f"{run.step.error_prefix}_wrong_convert_param" if error.code == "wrong_convert_param" else error.tag
                )
                self._fail(run, LogicError(tag, error.message))
            except Rejected as error:
                self._fail(run, LogicError("missing_reference", error.message))

    def _advance(self, run: Run) -> None:
        """From node to node until the run rests. Every move of every task goes through here, so it is kept flat."""
        scope = self.scope
        while not run.place:
            stage, step = run.stage, run.step
            if stage == ENTER:
                if step.end:
                    self._end(run)
                    return
                work = step.logic
                if work is not None:
                    outcome = work.run(run, self)
                    if outcome is not None:
                        self._stay(run, outcome)
                        return
                elif step.delays:
                    self._rest(run, Place.DELAYED)
                    return
                run.stage = ROUTE
            elif stage in (RESUME, TAKE):
                outcome = self._resume(run, step, stage)
                if outcome is not None:
                    self._stay(run, outcome)
                    return
                run.stage = ROUTE
            elif stage == MODIFIED:
                if step.callback and not step.logic.ready(run):  # type: ignore[union-attr]
                    self._wait_on(run, step)
                    return
            elif stage != ROUTE:
                self._begin(run, stage)
                continue
            for check, target in step.routes:
                if check is None or check(scope):
                    self._move(run, target)
                    break
            else:
                self._no_route(run, step)

    def _resume(self, run: Run, step: Step, stage: int) -> logic.Outcome | None:
        if stage == RESUME:
            return step.logic.resume(run, self, run.event) if step.logic is not None else None
        return run.call.take(run, self, run.answer) if run.call is not None else None

    def _stay(self, run: Run, outcome: logic.Outcome) -> None:
        if isinstance(outcome, Rest):
            if outcome.after_ms is not None:
                self._try_again(run, outcome.after_ms)
            else:
                self._rest(run, outcome.place)
        elif isinstance(outcome, Send):
            run.effects.append(outcome.effect)
            self._rest(run, Place.SENDING)
        else:
            self._call_out(run, outcome)

    def _try_again(self, run: Run, after_ms: int) -> None:
        """Wake the task in this node after a while; its own time limit goes on meanwhile."""
        meta = run.meta
        if run.step.timeout is not None and not meta.limit_until:
            meta.limit_until = run.due_ms
        left = meta.limit_until - self.scope.now_ms if meta.limit_until else after_ms
        run.delay_ms = max(1, min(after_ms, left))
        run.place = Place.DELAYED

    def _begin(self, run: Run, stage: int) -> None:
        """The rarer ways in which a run starts."""
        step = run.step
        if stage == CALL:
            # Taken up after a crash, or when a lane had a free slot: the stored request goes out again as it is.
            if step.action is not None and step.action.outside:
                self._call_out(run, CallOut(run.request))
            else:
                run.request = b""
                run.stage = ENTER
        elif stage == TIMEOUT:
            run.due_ms = 0
            again = run.meta.wait_until and not 0 < run.meta.limit_until <= self.scope.now_ms
            if again:
                run.visit += 1  # what it sends now has an id of its own
                run.stage = ENTER
            elif step.timeout is not None:
                self._move(run, step.timeout)
            else:
                run.stage = ENTER
        elif stage == RETRY:
            program = run.program
            failed_in = program.by_id.get(run.meta.prev_node) if step.end else step
            target = program.by_id.get(run.event.node) or failed_in
            run.request = b""
            run.meta.note = ""
            run.meta.laps = {}
            self._move(run, target or program.start)
        elif stage == CANCEL:
            run.meta.note = run.event.description or "cancelled"
            self._move(run, run.program.steps[run.program.implicit_error])
        else:
            run.meta.note = f"node {run.node} is not in the deployed definition any more"
            self._move(run, run.program.steps[run.program.implicit_error])

    def _no_route(self, run: Run, step: Step) -> None:
        if not step.stays:
            raise LogicError("no_route", f'no route of node "{step.name}" passes for this task')
        self._wait_on(run, step)

    def _wait_on(self, run: Run, step: Step) -> None:
        """A state whose routes do not pass keeps its task and its timer (yaml.md 2)."""
        run.keep_due = run.stage == MODIFIED
        self._rest(run, Place.PARKED if step.action is not None and step.action.key == "set_state" else Place.WAITING)

    def _move(self, run: Run, target: Step) -> None:
        meta = run.meta
        if meta.wait_until or meta.taken:
            meta.wait_until = meta.limit_until = meta.taken = 0
        if target.part or meta.part:
            meta.part = target.part
            if target.part:
                self._next_part(run, target)
                return
        if target.loops:
            passes = meta.laps[target.id] = meta.laps.get(target.id, 0) + 1
            if passes > self.limits.loop_passes:
                target = self._stop_loop(run, target)
        meta.prev_node = run.step.id
        run.step = target
        run.stage = ENTER
        run.visit += 1
        run.moved = moved = run.moved + 1
        run.keep_due = False
        node_id = target.id
        run.visited.append(node_id)
        meta.path.append((node_id, self.scope.now_ms))
        if moved >= self.run_moves or (
            moved & 7 == 0 and (time.perf_counter() - run.started) * 1000 > self.limits.run_ms
        ):
            run.place = Place.READY

    def _next_part(self, run: Run, target: Step) -> None:
        """On to the node's next action: a visit of its own, so that what it sends has ids of its own, and one timer."""
        run.step = target
        run.stage = ENTER
        run.visit += 1
        run.moved += 1
        run.keep_due = bool(run.due_ms)

    def _stop_loop(self, run: Run, target: Step) -> Step:
        run.meta.note = (
            f'loop: the task entered node "{target.name}" {self.limits.loop_passes} times without waiting; '
            "put a delay into the loop or end it by a condition"
        )
        self._add_error(run, LogicError("loop_limit", run.meta.note))
        return run.program.steps[run.program.implicit_error]

    # --- How a run ends -----------------------------------------------------------------------

    def _end(self, run: Run) -> None:
        run.place = Place.FINAL
        if run.step.end != "error":
            run.meta.note = ""  # a failure on the way that was mended
        self._answer(run)

    def _rest(self, run: Run, place: str) -> None:
        step = run.step
        if not run.keep_due:
            self._set_timer(run, step)
        if place in _ENDS_LAPS:
            run.meta.laps = {}
        if step.callback:
            self._answer(run)
        run.place = place

    def _set_timer(self, run: Run, step: Step) -> None:
        if step.timeout is None:
            return
        if run.meta.limit_until:
            run.until_ms = run.meta.limit_until
        elif step.until is not None:
            scope = self.scope
            try:
                seconds = step.until(scope)
            except TemplateError as error:
                raise LogicError("wrong_time", f'node "{step.name}": {error.message}') from error
            run.until_ms = max(0, math.ceil(seconds * 1000))  # never early
        else:
            run.delay_ms = step.after_ms

    def _call_out(self, run: Run, outcome: CallOut) -> None:
        run.request = outcome.request
        run.call = run.step.logic  # type: ignore[assignment]
        if not run.due_ms:
            self._set_timer(run, run.step)
        else:
            run.keep_due = True
        run.place = Place.CALLING

    def _answer(self, run: Run) -> None:
        """Answer those who wait until this task first parks or ends (store.md rule 6)."""
        for to in run.meta.answer_to:
            event = _encode(Event(type="reply", data={"ref": run.ref, "task_id": run.task_id}))
            run.effects.append(EffectBody("reply", to.conv_id, task_id=to.task_id, visit=to.visit, event=event))
        run.meta.answer_to = []

    def _add_error(self, run: Run, error: LogicError) -> None:
        """The three parameters of a failure, reference 3.0."""
        prefix = f"__conveyor_{run.step.error_prefix}_return_"
        run.data[prefix + "type_error__"] = error.kind
        run.data[prefix + "type_tag__"] = error.tag
        run.data[prefix + "description__"] = error.description
        run.data.update(error.parameters)

    def _fail(self, run: Run, error: LogicError) -> None:
        self._add_error(run, error)
        step = run.step
        run.request = b""
        run.meta.note = f'node "{step.name}": {error.tag}: {error.detail}'[:500]
        self._move(run, step.error)

    def end_in_error(self, run: Run, error: LogicError) -> None:
        """End a task at once in the implicit error end, whatever its node; nothing that it wanted to send is sent."""
        run.effects.clear()
        run.sums.clear()
        self._add_error(run, error)
        run.meta.note = f'node "{run.step.name}": {error.tag}: {error.detail}'[:500]
        run.request = b""
        run.delay_ms = run.until_ms = None
        end = run.program.steps[run.program.implicit_error]
        if run.step is not end:
            self._move(run, end)
        self._end(run)

    # --- The context of logics ------------------------------------------------------------------

    def target(self, conv: Any) -> Target:
        return self.convs.target(conv)

    def check_params(self, target: Target, data: dict[str, Any]) -> dict[str, Any]:
        try:
            return check_params(target.params, data)
        except BadParameter as error:
            raise LogicError("wrong_validate_params", f"Param: {error.parameter}, Error: {error.message}") from error

    # --- What is committed --------------------------------------------------------------------

    def outcome(self, run: Run, moves: MoveLists, call_token: str, call_limits: tuple[CallLimit, ...] = ()) -> Outcome:
        """The run as the store takes it. `call_token`: the lease of an outside call that starts at once, else ""."""
        data: bytes | None = _encode(run.data)
        if data == run.body:
            data = None
        elif len(data) > self.task_size_bytes:  # type: ignore[arg-type]
            data = self._overflow(run, len(data))  # type: ignore[arg-type]
        if data is not None:
            run.body = data
        meta = run.meta
        if len(meta.path) > PATH_KEPT:
            meta.path = meta.path[-PATH_KEPT:]
        if run.place == Place.FINAL:
            meta.laps = {}
        if run.mail_taken and not run.moved:
            run.visit += 1  # effects of this run need ids of their own, though the task did not move
        place, lane = run.place, "run"
        if place == Place.CALLING and not call_token:
            place, lane = Place.READY, run.step.id
        calling = run.place == Place.CALLING
        return Outcome(
            run.task_id, run.step.id, place, run.visit, data, _encode(meta), moves.index(run), lane, b"",
            run.request if calling else b"", call_token if calling else "", run.delay_ms, run.until_ms, run.keep_due,
            run.step.callback and place in _AT_REST, run.mail_taken, run.sync_done and not meta.answer_to,
            self._effects(run), meta.watched and place in (Place.FINAL, Place.PARKED), run.step.save, run.fresh,
            call_limits, tuple((run.program.steps[node].id, name, amount) for node, name, amount in run.sums),
        )  # fmt: skip

    def _overflow(self, run: Run, size: int) -> bytes:
        """A task grown too large ends; what it was before the run stays, and nothing of the run is sent."""
        run.data.clear()
        run.data.update(_decode_data(run.body) if run.body else {})
        description = f"Your task size: {size} bytes, Max available task size: {self.task_size_bytes} bytes"
        self.end_in_error(run, LogicError("task_size_overflow_limit", description))
        return _encode(run.data)

    def _effects(self, run: Run) -> tuple[Effect, ...]:
        if not run.effects:
            return ()
        effects = []
        for index, body in enumerate(run.effects):
            blocking = run.place == Place.SENDING and index == len(run.effects) - 1
            effect_id = f"{run.task_id}:{run.visit}:{index}"
            if blocking:
                body.sender = Address(run.conv_id, run.task_id, run.visit)
            target = body.ref or body.task_id or run.task_id
            effects.append(Effect(effect_id, body.conv_id, target, body.kind, _encode_body(body), blocking, body.visit))
        return tuple(effects)
