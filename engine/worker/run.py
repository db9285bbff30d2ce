"""A claimed task, and where its run stands."""

from __future__ import annotations

from typing import Any

import msgspec

from ..logic import NOTHING, EffectBody, Event, OutsideLogic, Running
from ..meta import decode_meta, older
from ..program import Program, Step
from ..store.records import Claimed, Mail, Outcome
from ..vault import SEALED, Box, owner_of
from ..vault.record import CLAIMED, open_value, opened
from .size import Care

_decode_data = msgspec.json.Decoder(dict[str, Any]).decode
_decode_event = msgspec.json.Decoder(Event).decode
_decode_names = msgspec.json.Decoder(list[str]).decode
_encode = msgspec.json.Encoder().encode

ENTER, ROUTE, MODIFIED, RESUME, TAKE, CALL, TIMEOUT, CANCEL, RETRY, GONE, MAIL = range(11)


class Letter:
    """A modify in a task's mail, read."""

    __slots__ = ("answer_to", "data", "secrets")

    def __init__(self, mail: Mail, run: Run) -> None:
        data = mail.data
        if data[:1] == SEALED:
            owners = [owner_of(run.conv_id, name, "mail") for name in (run.ref, run.task_id)]
            data = open_value(run.box, data, "mail", *owners)
        self.data = _decode_data(data)
        self.secrets: list[str] = _decode_names(mail.secrets) if mail.secrets else []
        self.answer_to = mail.answer_to


NO_MAIL: list[Letter] = []  # shared, never changed
NO_FAILURES: list[tuple[str, str]] = []  # shared, never changed


class Run(Running):
    """A claimed task and where its run stands."""

    __slots__ = (
        "answer",
        "answered",
        "attempts",
        "body",
        "box",
        "call",
        "called_from",
        "care",
        "claimed",
        "delay_ms",
        "event",
        "failures",
        "fresh",
        "has_secrets",
        "index",
        "keep_due",
        "lane",
        "mail",
        "mail_taken",
        "moved",
        "node",
        "place",
        "program",
        "refused",
        "request",
        "sent",
        "slot",
        "stage",
        "started",
        "step",
        "stored",
        "token",
        "until_ms",
        "visited",
    )  # fmt: skip

    def __init__(self, program: Program, claimed: Claimed, now_ms: int, box: Box) -> None:
        self.claimed = claimed  # as the store has the task: what `again` begins with
        self.box = box
        self.stored = claimed.data[: len(box.prefix)]  # how its data begin in the store: sealed or not
        request, event = claimed.request, claimed.event
        self.has_secrets = bool(request) and request[:1] == SEALED  # of the request
        # Most tasks hold no secret, and pay for no more than these looks.
        if (
            claimed.data[:1] == SEALED
            or claimed.meta[:1] == SEALED
            or self.has_secrets
            or (event and event[:1] == SEALED)
        ):
            claimed = opened(program.conv_id, claimed, box, CLAIMED)
        meta = decode_meta(claimed.meta)
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
        self.sent = False  # whether the request was perhaps sent: then it goes out again as it is, or not at all
        self.slot = ""  # the node in which this run was claimed to call
        self.attempts = claimed.attempts
        self.answer: Any = None
        self.call: OutsideLogic | None = None
        self.called_from = ""  # node of the outside call whose answer this run takes
        self.care: Care | None = None  # then the size is checked after each node
        self.place = ""
        self.lane = "run"
        self.delay_ms: int | None = None
        self.until_ms: int | None = None
        self.keep_due = False
        # Events that wait their turn at a callback node.
        self.mail = [Letter(mail, self) for mail in claimed.mail] if claimed.mail else NO_MAIL
        self.mail_taken = 0
        self.refused = 0  # of those taken, how many could not be merged and whose sender has gone on
        self.answered = False
        self.moved = 0
        self.started = 0.0
        self.visited = [claimed.node]
        self.failures = NO_FAILURES  # node id and tag of each; to add one, make a new list
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
            or meta.answer_to or meta.must_reply
        )  # fmt: skip
        self.stage = self._first_stage(claimed, step)

    def again(self, careful: bool = False) -> Run:
        """This run from its beginning: as it was claimed or, when it takes an outside answer, with that answer."""
        run = Run(self.program, self.claimed, 0, self.box)
        run.care, run.slot, run.fresh = Care() if careful else None, self.slot, run.fresh and not self.slot
        if self.called_from:
            run.call, run.answer, run.called_from = self.call, self.answer, self.called_from
            run.stage = TAKE
        return run

    def calls_from(self, outcome: Outcome) -> None:
        """The store has the task like this while its outside call is under way: from here the answer is taken."""
        self.claimed = Claimed(
            self.task_id, self.ref, outcome.node, outcome.visit, self.body, outcome.meta, b"", outcome.request, [],
            self.due_ms, self.attempts, self.create_ms, outcome.token,
        )  # fmt: skip

    def _first_stage(self, claimed: Claimed, step: Step | None) -> int:
        if claimed.event:
            self.event = _decode_event(claimed.event)
            kind = self.event.type
            if kind == "cancel":
                return CANCEL
            if kind == "retry":
                return RETRY
            if kind == "taken" and (step is None or step.action is None or not step.action.is_queue):
                self._refuse_taker()
            if step is None:
                return GONE
            if step.action is not None and (keeps := step.action.keeps) and not isinstance(self.meta.node, keeps):
                self.meta.node = older(keeps, claimed.meta)
            return TIMEOUT if kind == "timeout" else RESUME
        if step is None:
            return GONE
        if claimed.request:
            return CALL
        return MAIL if claimed.mail else ENTER

    def _refuse_taker(self) -> None:
        """Taken out of a queue that a deploy has removed meanwhile: who took it learns that no data will come."""
        taker = self.event.data
        event = _encode(
            Event(
                type="refused",
                tag="get_task_fatal_error",
                description="the queue of the task that was taken is not deployed any more",
                kind="hardware",
            )
        )
        self.effects.append(
            EffectBody("reply", taker["conv_id"], task_id=taker["task_id"], visit=taker["visit"], event=event)
        )

    def take_mail(self) -> None:
        """Merge the next mail, one event; a shallow merge, named keys overwritten (reference 3.9)."""
        letter = self.mail[self.mail_taken]
        self.mail_taken += 1
        self.data.update(letter.data)
        if letter.secrets:
            names = [name for name in letter.secrets if name not in self.secrets]
            self.meta.secrets = [*self.meta.secrets, *names]
            self.secrets = self.secrets.union(names)
        if letter.answer_to is not None:
            self.meta.answer_to = [*self.meta.answer_to, letter.answer_to]
