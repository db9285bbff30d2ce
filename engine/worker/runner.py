"""Runs claimed tasks in memory until each rests, ends, or must reach outside.

No store call is made here: what a template must read of other tasks is raised as ReadNeeded, and `advance` is called
again from where the task stood. A run ends after 200 moves or 20 ms and the task becomes ready again (store.md rule 4).
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Set
from typing import Any

import msgspec

from .. import logic
from ..convs import Convs
from ..errors import BadParameter, DefinitionError, EngineError, LogicError, Rejected, TemplateError
from ..logic import CallOut, EffectBody, Event, Rest, Running, Send, Target
from ..params import check_params
from ..program import Step
from ..regexp import forget_patterns
from ..sealing import masked_error, masked_reads
from ..task import Place
from ..template import Scope
from ..template.limits import VALUE_CHARS
from ..vault import Box
from .failures import begin_again, count_failure, keep_failure, mend_by_move
from .reader import BatchReader
from .root import Root
from .run import CALL, CANCEL, ENTER, MAIL, MODIFIED, RESUME, RETRY, ROUTE, TAKE, TIMEOUT, Run
from .size import Before, Care, net_size, without_answer

_encode = msgspec.json.Encoder().encode
# To look one up in the class takes ten times as long, and a run does so often.
_CALLING, _DELAYED, _FINAL, _PARKED, _QUEUED, _READY, _SENDING, _WAITING = (
    Place.CALLING,
    Place.DELAYED,
    Place.FINAL,
    Place.PARKED,
    Place.QUEUED,
    Place.READY,
    Place.SENDING,
    Place.WAITING,
)
_AT_REST = (_PARKED, _WAITING, _DELAYED)
_ENDS_LAPS = (*_AT_REST, _QUEUED)

_FAILURES = (LogicError, TemplateError, Rejected, DefinitionError)  # what makes a task take its error route


class Runner:
    """Runs tasks one after another; the Context of their logics.

    `limits` are the settings: task_size_bytes, hops, run_moves, run_ms. `crowded`: nodes, by conv and id, in whose lane
    others are known to wait for a slot.
    """

    def __init__(
        self, convs: Convs, limits: Any, crowded: Set[tuple[int, str]] = frozenset(), box: Box | None = None
    ) -> None:
        self.convs = convs
        self.limits = limits
        self.task_size_bytes: int = limits.task_size_bytes
        self.hops: int = limits.hops
        self.response_size_bytes: int = limits.response_size_bytes
        self.api_timeout_ms: int = limits.api_timeout_ms
        self.code_ms: int = limits.code_ms
        self.code_memory_bytes: int = limits.code_memory_bytes
        self.run_moves: int = limits.run_moves
        self.reader = BatchReader(convs, box or Box())
        self.root = Root()
        self.entered: Counter[tuple[int, str]] = Counter()
        most_chars = max(VALUE_CHARS, self.task_size_bytes)
        self.scope = Scope({}, root=self.root, reader=self.reader, most_chars=most_chars)
        self.free_calls = 0  # how many outside calls may begin in this batch
        self.crowded = crowded

    @property
    def secret_variables(self) -> dict[str, str]:
        return self.convs.secret_variables

    def begin_batch(self, now_ms: int) -> None:
        """Forget what was read before: nothing read is kept past a commit."""
        self.end_batch()
        self.scope.now_ms = now_ms

    def end_batch(self) -> None:
        """Forget the tasks that were run, and what they read: an idle worker holds nothing of them."""
        self.reader.clear()
        self.entered.clear()
        self.scope.forget()
        forget_patterns()
        self.reader.program = self.root.run = None

    # --- One task ---------------------------------------------------------------------------

    def advance(self, run: Run) -> None:
        """Move a task until `run.place` says where it rests. Raises ReadNeeded: read, then call again."""
        scope = self.scope
        scope.data, scope.secrets = run.data, run.secrets
        if scope.reads:
            scope.reads = []
        self.reader.program = run.program
        self.root.run = run
        if not run.started:
            run.started = time.perf_counter()
        go_on = self._advance if run.care is None else self._carefully
        while not run.place:
            try:
                go_on(run)
            except _FAILURES as error:
                self._fail(run, _logic_error(run, error))

    def _advance(self, run: Run) -> None:
        """From node to node until the run rests. Every move of every task goes through here, so it is kept flat."""
        scope = self.scope
        while not run.place:
            stage, step = run.stage, run.step
            if stage == ENTER:
                if step.end:
                    self._end(run)
                    return
                scope.secrets = run.secrets  # there may be more since the step before
                if scope.reads:
                    scope.reads = []
                work = step.logic
                if work is not None:
                    outcome = work.run(run, self)
                    if outcome is not None:
                        self._stay(run, outcome)
                        return
                elif step.delays:
                    self._rest(run, _DELAYED)
                    return
                run.stage = ROUTE
            elif stage in (RESUME, TAKE):
                outcome = self._resume(run, step, stage)
                if outcome is not None:
                    self._stay(run, outcome)
                    return
                run.stage = ROUTE
            elif stage == MODIFIED:
                if step.callback is not None and not step.callback.ready(run):
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

    def _carefully(self, run: Run) -> None:
        """One node; if it makes the task too large, what it did is undone and it takes its error route.

        Each node that is undone must have found the task smaller than the one before, or the task ends: an error route
        that grows it again comes to an end. An event that makes it too large is refused, and the task stays as it was.
        """
        care = run.care = run.care or Care()
        before = care.before = care.before or Before(run)
        is_event = before.stage == MAIL
        try:
            self._one_node(run)
        except _FAILURES as error:
            failure = _logic_error(run, error)
            self._fail(run, failure)
            if not is_event and self._grown(run, before):
                self._back(run, before)
                self._fail(run, without_answer(failure))
        if size := self._grown(run, before):
            self._back(run, before)
            if is_event:
                self._refuse(run, size)
            else:
                self._overflown(run, care, before.size, size)
        care.before = None

    def _refuse(self, run: Run, size: int) -> None:
        """The next event would make the task too large: who waits for it is told, of others it is noted and counted."""
        letter = run.mail[run.mail_taken]
        run.mail_taken += 1
        description = f"Your task size: {size} bytes, Max available task size: {self.task_size_bytes} bytes"
        if (sender := letter.answer_to) is not None:
            event = _encode(Event(type="refused", tag="copy_task_size_overflow_limit", description=description))
            run.effects.append(
                EffectBody("reply", sender.conv_id, task_id=sender.task_id, visit=sender.visit, event=event)
            )
            run.answered = True
        else:
            run.refused += 1
            run.meta.note = f"a modify was refused, the task would have grown too large: {description}"
        self._wait_on(run, run.step)

    def _back(self, run: Run, before: Before) -> None:
        before.restore(run)
        self.scope.secrets = run.secrets

    def _one_node(self, run: Run) -> None:
        self.run_moves = 0  # it rests after each move
        try:
            self._advance(run)
        finally:
            self.run_moves = self.limits.run_moves
        is_over = (time.perf_counter() - run.started) * 1000 > self.limits.run_ms
        if run.place == _READY and run.moved < self.run_moves and not is_over:
            run.place = ""

    def _grown(self, run: Run, before: Before) -> int:
        """How large the node has made the task, if that is too large; else 0."""
        size = len(_encode(run.data))
        return size if net_size(run.data, size) > max(self.task_size_bytes, before.size) else 0

    def _overflown(self, run: Run, care: Care, before: int, size: int) -> None:
        error = LogicError(
            run.step.overflow_tag,
            f"Your task size: {size} bytes, Max available task size: {self.task_size_bytes} bytes",
        )
        if not care.grown_from or before < care.grown_from:
            care.grown_from = before
            self._fail(run, error)
        else:
            self._add_error(run, error)
            count_failure(run, run.step, error.tag)
            run.meta.note = f'node "{run.step.name}": {error.tag}, on its error route again: {error.detail}'[:500]
            self._move(run, run.program.steps[run.program.implicit_error])

    def _resume(self, run: Run, step: Step, stage: int) -> logic.Stay | None:
        if stage == RESUME:
            return step.logic.resume(run, self, run.event) if step.logic is not None else None
        return run.call.take(run, self, run.answer) if run.call is not None else None

    def _stay(self, run: Run, outcome: logic.Stay) -> None:
        if isinstance(outcome, Rest):
            if outcome.after_ms is not None:
                self._try_again(run, outcome.after_ms)
            else:
                self._rest(run, outcome.place)
        elif isinstance(outcome, Send):
            run.effects.append(outcome.effect)
            run.keep_due = bool(run.due_ms)  # one more effect of the same stay in the node: its timer goes on
            self._rest(run, _SENDING)
        else:
            self._call_out(run, outcome)

    def _try_again(self, run: Run, after_ms: int) -> None:
        """Wake the task in this node after a while; its own time limit goes on meanwhile."""
        meta = run.meta
        if run.step.timeout is not None and not meta.limit_until:
            meta.limit_until = run.due_ms
        left = meta.limit_until - self.scope.now_ms if meta.limit_until else after_ms
        run.delay_ms = max(1, min(after_ms, left))
        run.place = _DELAYED

    def _begin(self, run: Run, stage: int) -> None:
        """The rarer ways in which a run starts, or goes on."""
        step = run.step
        if stage == MAIL:
            run.take_mail()
            run.stage = MODIFIED
        elif stage == CALL:
            # Taken up after a crash, or when a lane had a free slot: the stored request goes out again as it is.
            if step.outside is not None:
                self._call_out(run, CallOut(run.request, run.has_secrets))
                run.sent = True
            else:
                run.request = b""
                run.stage = ENTER
        elif stage == TIMEOUT:
            run.due_ms = 0
            kept, limit_ms = run.meta.node, run.meta.limit_until
            if kept is not None and kept.tries_again and not 0 < limit_ms <= self.scope.now_ms:
                run.visit += 1  # what it sends now has an id of its own
                run.stage = ENTER
            elif step.timeout is not None:
                self._move(run, step.timeout)
            else:
                run.stage = ENTER
        elif stage == RETRY:
            run.request = b""
            run.meta.laps = {}
            target = begin_again(run)
            if target.id != step.id:
                self._move(run, run.program.by_id[target.id])
                run.step, run.meta.part = target, target.part
            else:
                self._move(run, target)
        elif stage == CANCEL:
            run.meta.note = run.event.description or "cancelled"
            self._move(run, run.program.steps[run.program.implicit_error])
        else:
            run.meta.note = f"node {run.node} is not in the deployed definition any more"
            self._move(run, run.program.steps[run.program.implicit_error])

    def _no_route(self, run: Run, step: Step) -> None:
        if step.callback is None:
            raise LogicError("no_route", f'no route of node "{step.name}" passes for this task')
        self._wait_on(run, step)

    def _wait_on(self, run: Run, step: Step) -> None:
        """A state whose routes do not pass keeps its task and its timer (yaml.md 2)."""
        if not run.moved:
            run.keep_due = True
        self._rest_on(run, step.rests_in or _WAITING)

    def _move(self, run: Run, target: Step) -> None:
        meta = run.meta
        if meta.failed is not None:
            mend_by_move(run, target)
        if meta.node is not None or meta.limit_until:
            meta.node, meta.limit_until = None, 0
        if target.part or meta.part:
            meta.part = target.part
            if target.part:
                self._next_part(run, target)
                return
        if target.loops:
            passes = meta.laps[target.id] = meta.laps.get(target.id, 0) + 1
            if passes > run.program.loop_passes:
                target = self._stop_loop(run, target)
        meta.prev_node = run.step.id
        run.step = target
        run.stage = ENTER
        run.visit += 1
        run.moved = moved = run.moved + 1
        run.keep_due = False
        if run.mail:
            run.delay_ms = run.until_ms = None  # of a callback node that it rested at on the way
        run.due_ms = 0  # the timer of the node that it leaves
        node_id = target.id
        run.visited.append(node_id)
        meta.path.append((node_id, self.scope.now_ms))
        if moved >= self.run_moves or (
            moved & 7 == 0 and (time.perf_counter() - run.started) * 1000 > self.limits.run_ms
        ):
            run.place = _READY

    def _next_part(self, run: Run, target: Step) -> None:
        """On to the node's next action: a visit of its own, so that what it sends has ids of its own, and one timer."""
        run.step = target
        run.stage = ENTER
        run.visit += 1
        run.moved += 1
        run.keep_due = bool(run.due_ms)
        if run.care is not None:
            run.place = _READY  # for _one_node

    def _stop_loop(self, run: Run, target: Step) -> Step:
        """A loop that never waits fails in the node that it would enter once more."""
        error = LogicError(
            "loop_limit",
            f'loop: the task entered node "{target.name}" {run.program.loop_passes} times without waiting; put a delay '
            "into the loop, end it by a condition, or raise the limit: loop_passes of the definition, by default "
            "CONV_LOOP_PASSES",
        )
        self._add_error(run, error)
        count_failure(run, target, error.tag)
        keep_failure(run, target, error, error.description, ends=True)
        return run.program.steps[run.program.implicit_error]

    # --- How a run ends -----------------------------------------------------------------------

    def _end(self, run: Run) -> None:
        run.place = _FINAL
        if run.step.end != "error":
            run.meta.note = ""  # a failure on the way that was mended
        self._answer(run)
        self._answer_caller(run)

    def _rest(self, run: Run, place: str) -> None:
        """The task rests in the node that it has just entered."""
        if not run.keep_due:
            self._set_timer(run, run.step)
        self._rest_on(run, place)

    def _rest_on(self, run: Run, place: str) -> None:
        """The task rests where it is; at a callback node the next modify that waits is its next event."""
        if place in _ENDS_LAPS:
            run.meta.laps = {}
        if run.step.callback is not None:
            self._answer(run)
            if run.mail_taken < len(run.mail) and not self._is_used_up(run):
                run.stage = MAIL
                return
        run.place = place

    def _is_used_up(self, run: Run) -> bool:
        """Whether a run has gone on for long enough; a mail counts as a move."""
        moves = run.moved + run.mail_taken
        return moves >= self.run_moves or (time.perf_counter() - run.started) * 1000 > self.limits.run_ms

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
        run.request, run.has_secrets = outcome.request, outcome.has_secrets
        run.sent = False
        if outcome.request and run.slot != run.step.id:
            self.free_calls -= 1
        run.call = run.step.outside
        if not run.due_ms:
            self._set_timer(run, run.step)
        else:
            run.keep_due = True
        run.place = _CALLING

    def _answer(self, run: Run) -> None:
        """Answer those who wait until this task first parks or ends (store.md rule 6)."""
        for to in run.meta.answer_to:
            event = _encode(Event(type="reply", data={"ref": run.ref, "task_id": run.task_id}))
            run.effects.append(EffectBody("reply", to.conv_id, task_id=to.task_id, visit=to.visit, event=event))
        if run.meta.answer_to:
            run.meta.answer_to = []
            run.answered = True

    def _answer_caller(self, run: Run) -> None:
        """A called task that ends without a reply tells a caller who would wait for ever; others have a time limit."""
        meta = run.meta
        if (caller := meta.reply_to) is None or not meta.must_reply:
            return
        description = f'the called task ended in node "{run.step.name}" without a reply'
        event = _encode(Event(type="refused", tag="rpc_task_fatal_error", description=description))
        run.effects.append(EffectBody("reply", caller.conv_id, task_id=caller.task_id, visit=caller.visit, event=event))
        meta.reply_to, meta.must_reply = None, False

    def _add_error(self, run: Run, error: LogicError) -> None:
        """The three parameters of a failure, reference 3.0."""
        prefix = f"__conveyor_{run.step.error_prefix}_return_"
        run.data[prefix + "type_error__"] = error.kind
        run.data[prefix + "type_tag__"] = error.tag
        run.data[prefix + "description__"] = error.description
        run.data.update(error.parameters)

    def _fail(self, run: Run, error: LogicError) -> None:
        secrets = self.quotable(run)
        error = masked_error(error, secrets)
        self._add_error(run, error)
        step = run.step
        count_failure(run, step, masked_reads(error.tag, secrets))
        keep_failure(run, step, error, f'node "{step.name}": {error.tag}: {error.detail}')
        run.request = b""
        self._move(run, step.error)

    def quotable(self, run: Run) -> list[Any]:
        """The secrets that a message about this task may quote: what its step has read, and its own.

        Nothing else, so that the message is the same whatever ran before.
        """
        return [*self.scope.reads, *(run.data[name] for name in run.secrets if name in run.data)]

    def end_in_error(self, run: Run, error: LogicError) -> None:
        """End a task at once in the implicit error end, whatever its node. Answers are sent, and nothing else."""
        run.effects[:] = [effect for effect in run.effects if effect.kind == "reply"]
        run.sums.clear()
        self._add_error(run, error)
        step = run.program.by_id.get(run.meta.prev_node, run.step) if run.step.end else run.step
        count_failure(run, step, error.tag)
        keep_failure(run, step, error, f'node "{run.step.name}": {error.tag}: {error.detail}', ends=True)
        run.request = b""
        run.delay_ms = run.until_ms = None
        end = run.program.steps[run.program.implicit_error]
        if run.step is not end:
            self._move(run, end)
        self._end(run)

    # --- The context of logics ------------------------------------------------------------------

    def may_call(self, run: Running) -> bool:
        """With a slot always; else with a free thread, where no others are known to wait."""
        assert isinstance(run, Run)  # noqa: S101 - the worker's own
        node = run.step.id
        return run.slot == node or (self.free_calls > 0 and (run.conv_id, node) not in self.crowded)

    def target(self, conv: Any) -> Target:
        target = self.convs.target(conv)
        sender = self.reader.program
        if sender is not None and (refusal := self.convs.refusal("callers", target.conv_id, sender.conv_id)):
            raise LogicError("access_denied", refusal)
        return target

    def check_params(self, target: Target, data: dict[str, Any]) -> dict[str, Any]:
        try:
            return check_params(target.params, data)
        except BadParameter as error:
            raise LogicError("wrong_validate_params", f"Param: {error.parameter}, Error: {error.message}") from error


def _logic_error(run: Run, error: EngineError) -> LogicError:
    """The failure that a task carries to its error route."""
    if isinstance(error, LogicError):
        return error
    if isinstance(error, TemplateError):
        tags = {"wrong_convert_param": f"{run.step.error_prefix}_wrong_convert_param"}
        tags["task_size_overflow_limit"] = run.step.overflow_tag
        return LogicError(tags.get(error.code, error.tag), error.message)
    return LogicError("missing_reference", error.message)
