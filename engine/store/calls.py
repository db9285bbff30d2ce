"""The calls that the store answers: one script call on one partition each, and how its reply is read.

Build calls here, hand a list of them to `Store.run`. A call builds nothing but arguments, so a wrong one raises
ValueError before anything is sent. All times are integers of milliseconds. What each script promises, and what happens
when its caller dies, stands in README.md; every call may be sent twice (the redis client resends when
an answer is lost).

Data, meta, events and requests are opaque bytes that no script reads. The short rest of a call (ids, nodes, numbers)
travels as one MessagePack argument, the opaque parts as arguments of their own: Lua's unpacker refuses binary strings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

from engine.store.ids import is_task_id
from engine.task import Address, Place

T = TypeVar("T")
UNREADABLE = (msgspec.MsgspecError, ValueError, TypeError, AttributeError)  # what decoding a wrong record may raise
Item = TypeVar("Item", bound="NewTask | Outcome | Delivery")

MAX_ITEMS = 1000  # of a call: a script holds the server, and Lua's unpack ends below 8 000 values
MAX_BYTES = 4_000_000  # of a call
LANE_RUN = "run"
LANE_ALONE = "alone"
FENCE_MS = 300_000  # an effect read from its outbox longer ago than this is not applied: it is read again
SETTLED_MS = 600_000  # for so long a confirmed effect is still remembered; clocks may differ by what is over the fence
MAX_MS = 253_402_300_799_000  # the end of year 9999; Lua's numbers are exact far beyond

_pack = msgspec.msgpack.Encoder().encode
_AT_REST = frozenset({Place.WAITING, Place.PARKED, Place.DELAYED, Place.QUEUED, Place.SENDING})
_COMMITTED = _AT_REST | {Place.READY, Place.CALLING, Place.FINAL}


class Partition(NamedTuple):
    """One slice of a conv's tasks; all its keys share the hash tag `{namespace:conv_id.number}`."""

    conv_id: int
    number: int


class Call(Generic[T]):
    """One script call on one partition. `read_only` calls may be answered by a replica."""

    __slots__ = ("args", "decode", "partition", "read_only", "script")

    def __init__(
        self,
        script: str,
        partition: Partition | None,
        args: Sequence[bytes | str | int],
        decode: Callable[[Any], T],
        *,
        read_only: bool = False,
    ) -> None:
        self.script = script
        self.partition = partition
        self.args = args
        self.decode = decode
        self.read_only = read_only

    def __repr__(self) -> str:
        return f"<{self.script} on {self.slot}>"

    @property
    def slot(self) -> str:
        """What the hash tag of its keys holds after the namespace; without a partition the registry's."""
        if self.partition is None:
            return "reg"
        return f"{self.partition.conv_id}.{self.partition.number}"


# --- What goes in and comes out ---------------------------------------------------------------


class NewTask(NamedTuple):
    """A task to create. `ref` "" or equal to the id: the task has no ref of its own. `lane`: where it becomes ready.

    `effect_id`: of a call that may be repeated within a day, even when the task has ended; `digest`: of what it says.
    """

    task_id: str
    ref: str
    node: str
    lane: str
    data: bytes
    meta: bytes
    effect_id: str = ""
    digest: str = ""


class QueueLimit(NamedTuple):
    """How many ready tasks a partition may hold in these lanes before it takes no new ones."""

    tasks: int
    lanes: tuple[str, ...]


class Mail(NamedTuple):
    """A modify that waits to be merged. `sync`: the sender's mark is cleared by the commit that answers."""

    effect_id: str
    kind: str
    answer_to: Address | None
    data: bytes
    secrets: bytes
    sync: bool = False


class Claimed(NamedTuple):
    """A task under a lease. `token` is that lease: of the whole batch, or the task's own when it was claimed to call.

    `attempts` counts claims after a lost lease, this one included: above 0 run it with nothing else in flight.
    """

    task_id: str
    ref: str
    node: str
    visit: int
    data: bytes
    meta: bytes
    event: bytes
    request: bytes
    mail: list[Mail]
    due_ms: int
    attempts: int
    create_ms: int
    token: str


class Unreadable(NamedTuple):
    """A task under a lease whose record is not as the engine writes it."""

    task_id: str
    token: str
    reason: str


class Batch(NamedTuple):
    """`now_ms` is the conv's clock (the server's time and the partition's offset). `wait_ms`: how long until a rate
    lets more of the lane be claimed, 0 when no rate holds it. `unreadable` ones are lent too, for `set_aside`. `more`:
    others wait in this lane of calls."""

    now_ms: int
    tasks: list[Claimed]
    wait_ms: int = 0
    unreadable: tuple[Unreadable, ...] = ()
    more: bool = False


class CallLimit(NamedTuple):
    """How many outside calls may be under way in `nodes` together (`at_once`, 0: any number), and at least how many
    microseconds apart they begin (`interval_us`, 0: none). `name` tells the rates of a partition apart."""

    name: str
    at_once: int
    interval_us: int
    nodes: tuple[str, ...]


class Effect(NamedTuple):
    """Something a run sends elsewhere; kept in the outbox until `confirm`. `body` is opaque.

    `blocking`: the outcome's place is `sending`, and confirm of this effect releases the task. At most one per outcome.
    The store itself writes effects of kind "refuse" to `conv_id`, `target` and `target_visit`: the answer to who waits
    for a task that is no more. Their body is an error's tag and, in a second line, its description.
    """

    effect_id: str
    conv_id: int
    target: str
    kind: str
    body: bytes
    blocking: bool = False
    target_visit: int = 0


class Outcome(NamedTuple):
    """Where a run left its task. `data` None: unchanged. `moves` is an index into the commit's list of move lists.

    place: ready (goes to `lane`), calling (needs `token`, a lease of its own), waiting, parked, queued, delayed,
    sending, or final. Event and request replace the old ones, b"" removes them.
    Due: `until_ms` (conv's clock) or `delay_ms` from now set one; `keep_due` keeps the old one; else it is removed.
    `callback`: the task stands at a node that modifies wake. `mail_taken`: how many mails the run merged.
    `sync_done`: the synchronous modify was answered. `notify`: publish TaskDone. `save` False: a final task is deleted.
    `fresh`: a promise that this is the task's first commit, and that it was claimed with nothing but data and meta: no
    event, request, mail, due time or attempts. Saves the server a look at the record.
    `limits`: what an outside call (place calling) keeps; one that may not begin yet leaves the task ready in its node's
    lane, without its request: that was not sent, and is made anew when it may. A task that has its slot needs none.
    `sums`: (node, total, amount as a decimal) to add.
    `told`: who waits for this task, as `engine.task.waiters` makes it. `waits_for`: of place sending, "conv ref" of the
    task whose answer it will wait for. `refused`: how many of the mails taken had no effect.
    """

    task_id: str
    node: str
    place: str
    visit: int
    data: bytes | None
    meta: bytes
    moves: int
    lane: str = LANE_RUN
    event: bytes = b""
    request: bytes = b""
    token: str = ""
    delay_ms: int | None = None
    until_ms: int | None = None
    keep_due: bool = False
    callback: bool = False
    mail_taken: int = 0
    sync_done: bool = False
    effects: tuple[Effect, ...] = ()
    notify: bool = False
    save: bool = True
    fresh: bool = False
    limits: tuple[CallLimit, ...] = ()
    sums: tuple[tuple[str, str, str], ...] = ()
    told: str = ""
    waits_for: str = ""
    refused: int = 0


class Limit(NamedTuple):
    """A count semaphor of a node. The bodies are those of the "create" effects sent to `conv_id` when the node's count
    has reached `at_count`, and when it has fallen below it again; each crossing sends one."""

    node: str
    at_count: int
    conv_id: int
    reached: bytes
    below: bytes


class Committed(NamedTuple):
    """status "ok"; "lost": the lease was lost, nothing was written; "again": committed, and already ready again;
    "held": committed, and ready in its node's lane without its request, because a limit lets its outside call not begin
    yet.

    `out_ids` are the outbox entries of the outcome's effects, in order; see `Parcel` for what may follow a "!".
    """

    status: str
    out_ids: list[str]


class Delivery(NamedTuple):
    """An effect at its target. kind "create" (task_id, ref, node, lane, data, meta, told, ancestor), "modify" (ref, or
    task_id when ref is ""; data, secrets, answer_to, sync, queue), "reply" (task_id, visit, event) or "take" (node,
    event, told; queue: the newest task in that queue, not the oldest).

    `told`: who waits for the new task, as of an Outcome, or who takes this one (engine.task.taken_by). `ancestor`: the
    first task that it descends from. `read_ms`: a moment of the server's time at which it lay in its outbox; 0: it is
    not fenced.
    """

    effect_id: str
    kind: str
    task_id: str = ""
    ref: str = ""
    node: str = ""
    lane: str = LANE_RUN
    data: bytes = b""
    meta: bytes = b""
    answer_to: Address | None = None
    visit: int = 0
    sync: bool = False
    queue: bool = False
    event: bytes = b""
    secrets: bytes = b""
    backup: str = ""  # in which its sender was saved before it sent this
    told: str = ""
    ancestor: str = ""
    read_ms: int = 0


class Modify(NamedTuple):
    """What a client sends to the task `name` (its ref or id). `effect_id`: repeated within a day, it counts once.

    `digest`: of what the call says, where the client gave a key; another call under the same key is refused.
    `must_stand`: the task must stand at a callback node now, in `node` unless that is "". Else it is kept for the next
    one, unless the task is in one of `deaf`, from where there is none.
    """

    name: str
    effect_id: str
    data: bytes
    digest: str = ""
    must_stand: bool = False
    node: str = ""
    deaf: tuple[str, ...] = ()


class Modified(NamedTuple):
    """What became of a Modify, and where the task was.

    status "ok" (taken at once), "kept" (for its next callback node), "not_found", "inactive", "never", "busy",
    "no_callback", "other_node" or "other_call".
    """

    status: str
    task_id: str
    node: str
    place: str


class Confirm(NamedTuple):
    """What became of an outbox entry: its sender becomes ready with `event`, or waits on when `wait`."""

    out_id: str
    task_id: str
    visit: int
    event: bytes
    wait: bool


class OutEntry(NamedTuple):
    """An effect that waits in the outbox. `backup`: the one in which its sender was saved before it sent this.

    `unreadable`: why the entry cannot be read; then nothing of it but `out_id` means anything. `read_ms`: when it was
    read, by the server's time.
    """

    out_id: str
    age_ms: int
    task_id: str
    visit: int
    effect: Effect
    backup: str = ""
    unreadable: str = ""
    read_ms: int = 0


class Expired(NamedTuple):
    """How many tasks became ready, and the lanes asked for in which tasks are ready."""

    freed: int
    lanes: tuple[str, ...]


class Fired(NamedTuple):
    """`next_in_ms`: how long until the next timer of the partition is due, None when there is none."""

    fired: int
    next_in_ms: int | None


class Swept(NamedTuple):
    """How many tasks were deleted; whether there is more to delete or to forget; how many more tasks may end before an
    archive is full."""

    removed: int
    more: bool
    room: int


class Record(NamedTuple):
    """A task as it stands. `place` is "held" for a ready task of a paused conv. `note`: why it was set aside.

    `noted`: a cancel, retry or delete waits for the end of the present run. `unused`: how many modifies that it
    accepted had no effect on it. `waits_for`: the task whose answer it waits for, as of an Outcome.
    """

    task_id: str
    ref: str
    node: str
    place: str
    visit: int
    data: bytes
    meta: bytes
    lane: str
    due_ms: int
    attempts: int
    create_ms: int
    change_ms: int
    note: str
    noted: bool
    unused: int = 0
    waits_for: str = ""


class Count(NamedTuple):
    """How many tasks ever entered and left a node, and how many were removed in it (retention, delete)."""

    entered: int
    left: int
    removed: int

    @property
    def now(self) -> int:
        """How many stand there; of an end node: how many its archive holds."""
        return self.entered - self.left - self.removed


class Snapshot(NamedTuple):
    """`mails`: how many modifies wait for each task; `unused`: how many of the partition's had no effect; `oldest_ms`:
    per node when its oldest ended task ended, 0 where none is kept; if asked."""

    now_ms: int
    paused: bool
    tasks: list[Record | None]
    counts: list[Count]
    sums: Sequence[str] = ()  # decimals
    mails: Sequence[int] = ()
    unused: int = 0
    oldest_ms: Sequence[int] = ()


class Stats(NamedTuple):
    """`lanes`: length of every lane that is not empty (it may count a few ids that moved on)."""

    now_ms: int
    paused: bool
    counts: dict[str, Count]
    lanes: dict[str, int]
    leases: int
    dues: int
    next_in_ms: int | None
    outbox: int
    seen: int
    aside: int


# --- The life of a task ----------------------------------------------------------------------


def create(p: Partition, tasks: Sequence[NewTask], queue: QueueLimit | None = None) -> Call[list[str]]:
    """Create tasks, ready in their lanes. Per task "ok", "same" (the id exists, or the call was made before),
    "ref_taken", "inactive" (paused) or "other_call" (its effect id was used with another digest).

    With `queue`, and as many tasks ready as it says: "queue_full" for each that does not exist, and none is created.
    """
    _check_items(tasks)
    heads: list[tuple[str, ...]] = []
    args: list[bytes | str | int] = [b""]
    for task_id, ref, node, lane, data, meta, effect_id, digest in tasks:
        head = (task_id, "" if ref == task_id else ref, node, lane)
        heads.append((*head, effect_id, digest) if effect_id else head)
        args += (data, meta)
    _check_ids(head[0] for head in heads)
    args[0] = _pack(heads)
    if queue is not None:
        args.append(_pack(queue))
    _check_bytes(args)
    return Call("create", p, args, _texts)


def modify(p: Partition, sent: Modify, *, only_recall: bool = False) -> Call[Modified]:
    """Merge data into a living task: at once, or when it next comes to a callback node.

    `only_recall`: the first answer to a call, a submit too, that was accepted before; status "new" when there was none.
    """
    mail = _write_mail(Delivery(sent.effect_id, "modify", data=sent.data))
    head = _pack((sent.effect_id, sent.digest, sent.must_stand, sent.node, sent.deaf, only_recall, SETTLED_MS))
    args: list[bytes | str | int] = [sent.name, mail, head]
    _check_bytes(args)
    return Call("modify", p, args, lambda reply: Modified(*_texts(reply)))


def claim(
    p: Partition,
    lane: str,
    count: int,
    token: str,
    lease_ms: int,
    calling: bool = False,
    max_attempts: int = 5,
    limits: Sequence[CallLimit] = (),
) -> Call[Batch]:
    """Lend up to `count` ready tasks of a lane, oldest first; from lane "alone" always one.

    `token` must be new, and never holds a space. `calling`: each task i of the batch gets a lease of its own,
    f"{token}.{i}" (from 0), and its place is `calling`; no more are lent than `limits` let
    begin. A task that lost its lease more than `max_attempts` times is
    set aside instead. A paused conv lends nothing.
    """
    if not 0 < count <= MAX_ITEMS:
        raise ValueError(f"claim {count} tasks: must be 1 to {MAX_ITEMS}")

    def decode(reply: list[Any]) -> Batch:
        tasks, unreadable = [], []
        for i in range(2, len(reply), 13):
            (task_id, ref, node, visit, data, meta, event, request) = reply[i : i + 8]
            (mail, due, attempts, created, lease) = reply[i + 8 : i + 13]
            name = task_id.decode()
            try:
                tasks.append(
                    Claimed(
                        name,
                        name if ref is None else ref.decode(),
                        node.decode(),
                        1 if visit is None else int(visit),
                        data,
                        meta,
                        event or b"",
                        request or b"",
                        [_read_mail(entry) for entry in mail] if mail else [],
                        int(due or 0),
                        int(attempts or 0),
                        int(created),
                        lease.decode() if lease else token,
                    )
                )
            except UNREADABLE as error:
                # Whatever stands in one record costs that task only.
                lent = lease.decode() if lease else token
                unreadable.append(Unreadable(name, lent, f"its record cannot be read: {error}"))
        waits = int(reply[1])
        return Batch(int(reply[0]), tasks, max(0, waits), tuple(unreadable), waits != 0)

    args: list[bytes | str | int] = [lane, count, token, lease_ms, "1" if calling else "", max_attempts]
    if limits:
        args.append(_pack(limits))
    return Call("claim", p, args, decode)


def renew(p: Partition, tokens: Sequence[str], lease_ms: int) -> Call[list[bool]]:
    """Prolong leases to now + lease_ms; False: that lease is over."""
    _check_items(tokens)
    return Call("renew", p, [lease_ms, *tokens], _flags)


def expire(p: Partition, n: int, lanes: Sequence[str] = ()) -> Call[Expired]:
    """Take back the tasks of up to n leases past their deadline, and look into these lanes."""

    def decode(reply: list[Any]) -> Expired:
        return Expired(int(reply[0]), tuple(lane.decode() for lane in reply[1:]))

    return Call("expire", p, [min(n, MAX_ITEMS), *lanes], decode)


def commit(
    p: Partition,
    token: str,
    moves: Sequence[Sequence[tuple[str, int, int]]],
    outcomes: Sequence[Outcome],
    call_lease_ms: int,
    limits: Sequence[Limit] = (),
) -> Call[list[Committed]]:
    """Commit the runs of tasks held under `token`. Each whole or not at all; a lost one answers "lost".

    `moves[i]` lists (node id, tasks entered, tasks left); an outcome names its list. `call_lease_ms`: lease of the
    outcomes that go to `calling`. Signals of `limits` lie in the outbox afterwards.
    """
    _check_items(outcomes)
    args: list[bytes | str | int] = [token, call_lease_ms, b""]
    heads = []
    call_limits: dict[tuple[CallLimit, ...], int] = {}
    for o in outcomes:
        if o.place not in _COMMITTED:
            raise ValueError(f"task {o.task_id}: a run cannot end in place {o.place!r}")
        if (o.place == "calling") != bool(o.token) or o.token == token:
            raise ValueError(f"task {o.task_id}: place calling, and no other, needs a new lease token")
        if not 0 <= o.moves < len(moves):
            raise ValueError(f"task {o.task_id}: no move list {o.moves}")
        effects = []
        if o.effects:
            blocking = [e for e in o.effects if e.blocking]
            if len(blocking) > 1 or (blocking and o.place != "sending"):
                raise ValueError(f"task {o.task_id}: one blocking effect at most, in place sending")
            effects = [(e.effect_id, e.conv_id, e.target, e.kind, e.blocking, e.target_visit) for e in o.effects]
        extra = (o.told, o.waits_for, o.refused) if o.told or o.waits_for or o.refused else NONE
        heads.append(
            (
                o.task_id,
                o.node,
                o.place,
                o.visit,
                o.moves + 1,
                o.lane or LANE_RUN,
                o.token,
                -1 if o.delay_ms is None else min(max(o.delay_ms, 0), MAX_MS),
                -1 if o.until_ms is None else min(max(o.until_ms, 0), MAX_MS),
                o.keep_due,
                o.callback,
                o.mail_taken,
                o.sync_done,
                o.notify,
                o.save,
                o.data is not None,
                effects,
                o.fresh,
                call_limits.setdefault(o.limits, len(call_limits) + 1) if o.limits else 0,
                o.sums,
                *extra,
            )
        )
        args += (o.meta, o.event, o.request)
        if o.data is not None:
            args.append(o.data)
        if effects:
            args += [e.body for e in o.effects]
    signals = [(limit.node, limit.at_count, limit.conv_id) for limit in limits]
    args[2] = _pack((list(moves), heads, signals, list(call_limits)))
    for limit in limits:
        args += (limit.reached, limit.below)
    _check_bytes(args)
    count = len(outcomes)

    def decode(reply: Any) -> list[Committed]:
        if isinstance(reply, int):
            return [COMMITTED] * count
        return [
            Committed(reply[i].decode(), [out_id.decode() for out_id in reply[i + 1] or ()])
            for i in range(0, len(reply), 2)
        ]

    return Call("commit", p, args, decode)


NONE = ()
COMMITTED = Committed("ok", [])  # shared; callers never change a reply


# --- Effects ---------------------------------------------------------------------------------


def deliver(
    p: Partition, deliveries: Sequence[Delivery], descendants: int = MAX_MS, queue: QueueLimit | None = None
) -> Call[list[str]]:
    """Apply effects at their target, once per effect id; a repeated one gets its first answer, "same" for "ok".

    Per delivery "ok", "same", "ref_taken", "inactive", "not_found", "no_callback", "duplicate_callback", "late" (a
    reply to an earlier visit), "queue_full" (as many tasks are ready as `queue` says), "descendants_limit" (so many
    tasks of one ancestor were created here within a day) or "stale" (read from its outbox over FENCE_MS ago: it
    is to be read again).
    """
    _check_items(deliveries)
    heads = []
    args: list[bytes | str | int] = [b""]
    for d in deliveries:
        first, second = d.data, d.meta
        if d.kind == "modify":
            first, second = _write_mail(d), b""
        elif d.kind in ("reply", "take"):
            first, second = d.event, b""
        elif d.kind != "create":
            raise ValueError(f"effect {d.effect_id}: cannot deliver kind {d.kind!r}")
        if d.task_id or d.kind == "create":
            _check_ids([d.task_id])
        ref = "" if d.ref == d.task_id else d.ref
        heads.append(
            (
                d.effect_id,
                d.kind,
                d.task_id,
                ref,
                d.node,
                d.lane or LANE_RUN,
                d.visit,
                d.sync,
                d.queue,
                d.backup,
                d.told,
                d.ancestor,
                d.read_ms,
            )
        )
        args += (first, second)
    args[0] = _pack(heads)
    args.append(_pack((descendants, queue, FENCE_MS)))
    _check_bytes(args)
    return Call("deliver", p, args, _texts)


def confirm(p: Partition, confirms: Sequence[Confirm]) -> Call[list[bool]]:
    """Delete outbox entries and release the tasks that waited for them. False: somebody else confirmed it before."""
    _check_items(confirms)
    args: list[bytes | str | int] = [_pack([(c.out_id, c.task_id, c.visit, c.wait) for c in confirms])]
    args += [c.event for c in confirms]
    return Call("confirm", p, args, _flags)


def settle(p: Partition, effect_ids: Sequence[str]) -> Call[bool]:
    """Effects that were confirmed to stay so: remember them for SETTLED_MS more, and no longer for a day.

    False while tasks are being moved or saved: ask again.
    """
    _check_items(effect_ids)
    if not effect_ids:
        raise ValueError("settle: no effect")
    return Call("settle", p, [SETTLED_MS, *effect_ids], bool)


def outbox(p: Partition, n: int, older_ms: int = 0, late_ms: int = 12 * 3_600_000) -> Call[list[OutEntry]]:
    """The oldest n entries at least `older_ms` old, for somebody to apply again. Those over `late_ms` are set aside."""

    def decode(reply: list[Any]) -> list[OutEntry]:
        return [_read_entry(row) for row in reply]

    return Call("outbox", p, [min(n, MAX_ITEMS), older_ms, late_ms], decode)


def set_effect_aside(p: Partition, out_id: str, reason: str) -> Call[bool]:
    """Take an entry out of the outbox that cannot be delivered, and set aside the task that waits for it.

    False: there is no such entry any more.
    """
    return Call("set_effect_aside", p, [out_id, reason], bool)


# --- Waking ----------------------------------------------------------------------------------


def fire(p: Partition, n: int) -> Call[Fired]:
    """Make up to n due tasks ready with the event `{"type":"timeout"}`."""

    def decode(reply: list[Any]) -> Fired:
        return Fired(int(reply[0]), None if reply[1] is None else int(reply[1]))

    return Call("fire", p, [min(n, MAX_ITEMS)], decode)


def wake(p: Partition, ref_or_id: str, event: bytes, *, final: bool = False) -> Call[str]:
    """Make a task ready with this event, from any place; an ended one only with `final` (a retry) and a free ref.

    "ok"; "noted" (it runs; the event follows at its commit); "not_found"; "final"; "ref_taken".
    """
    return Call("wake", p, [ref_or_id, event, "1" if final else ""], _text)


def discard(p: Partition, ref_or_id: str) -> Call[str]:
    """Delete a task, in any place. "ok"; "noted" (it runs; its commit deletes it); "not_found"."""
    return Call("discard", p, [ref_or_id], _text)


def set_aside(p: Partition, token: str, tasks: Sequence[tuple[str, str]]) -> Call[list[str]]:
    """Set tasks held under `token` aside, (id, reason) each, with all that stands in their records.

    Per task "ok", or "lost": that lease is over.
    """
    _check_items(tasks)
    return Call("set_aside", p, [token, _pack(list(tasks))], _texts)


def pause(p: Partition, paused: bool) -> Call[bool]:
    """While paused a conv refuses create and modify and lends no tasks; timers, replies go on. Answers what it was."""
    return Call("pause", p, ["1" if paused else ""], bool)


def set_offset(p: Partition, ms: int) -> Call[int]:
    """Turn the partition's clock by ms against the server's (tests of timers); leases keep real time."""
    return Call("set_offset", p, [ms], int)


# --- Reading ---------------------------------------------------------------------------------


def read(
    p: Partition,
    refs: Sequence[str] = (),
    nodes: Sequence[str] = (),
    sums: Sequence[tuple[str, str]] = (),
    *,
    mails: bool = False,
    oldest: bool = False,
) -> Call[Snapshot]:
    """Tasks by ref or id (the ref first; of one ref the newest), counts of nodes, and totals (node, name), all at one
    moment. `mails`: also how many modifies wait, and were of no use; `oldest`: when the oldest task of each archive
    ended."""
    _check_items(refs)
    _check_items(nodes)
    _check_items(sums)

    def decode(reply: list[Any]) -> Snapshot:
        paused = bool(reply[1])
        tasks = [None if row is None else _record(row, paused) for row in reply[2]]
        totals = [(total or b"0").decode() for total in reply[4]]
        oldest_ms = [int(ms) for ms in reply[7]]
        counts = _counts(reply[3])
        return Snapshot(int(reply[0]), paused, tasks, counts, totals, reply[6], int(reply[5] or 0), oldest_ms)

    wanted = _pack((list(refs), list(nodes), [" ".join(total) for total in sums], mails, oldest))
    return Call("read", p, [wanted], decode, read_only=True)


def listing(
    p: Partition, node: str, limit: int, before_ms: int | None = None, before_id: str = ""
) -> Call[list[Record]]:
    """The tasks in a node, newest change first; of an end node its archive.

    To go on after a page give the change_ms and task_id of its last record (many tasks change in one millisecond).
    Tasks that run at this moment are in no list.
    """

    def decode(reply: list[Any]) -> list[Record]:
        paused = bool(reply[0])
        return [_record(row, paused) for row in reply[1]]

    bound = -1 if before_ms is None else before_ms
    return Call("listing", p, [node, min(limit, MAX_ITEMS), bound, before_id], decode, read_only=True)


def stats(p: Partition) -> Call[Stats]:
    """How many tasks stand where."""

    def decode(reply: list[Any]) -> Stats:
        now, paused, counts, lanes, leases, dues, next_in, out, seen, aside = reply
        nodes: dict[str, list[int]] = {}
        for i in range(0, len(counts), 2):
            node, _, kind = counts[i].decode().rpartition(".")
            if kind != "s":  # the mark of a count semaphor
                nodes.setdefault(node, [0, 0, 0])["iox".index(kind)] = int(counts[i + 1])
        return Stats(
            int(now),
            bool(paused),
            {node: Count(*values) for node, values in nodes.items()},
            {lanes[i].decode(): int(lanes[i + 1]) for i in range(0, len(lanes), 2)},
            int(leases),
            int(dues),
            None if next_in is None else int(next_in),
            int(out),
            int(seen),
            int(aside),
        )

    return Call("stats", p, [], decode, read_only=True)


def sweep(p: Partition, n: int, keep_ms: int, keep_count: int, keep_bytes: int = 0) -> Call[Swept]:
    """Delete up to n ended tasks: those older than keep_ms, and of each end node all but the newest keep_count, and of
    these all but the newest that have keep_bytes of data and meta together (0: any).

    Also forgets up to n effect ids seen over a day ago, or settled.
    """

    def decode(reply: list[int]) -> Swept:
        return Swept(reply[0], reply[1] == 1, reply[2])

    return Call("sweep", p, [min(n, MAX_ITEMS), keep_ms, keep_count, keep_bytes], decode)


# --- Reading replies -------------------------------------------------------------------------


def _text(reply: bytes) -> str:
    return reply.decode()


def _texts(reply: list[bytes]) -> list[str]:
    return [word.decode() for word in reply]


def _flags(reply: list[int]) -> list[bool]:
    return [flag == 1 for flag in reply]


def _record(row: list[Any], paused: bool) -> Record:
    (
        task_id,
        ref,
        node,
        place,
        visit,
        data,
        meta,
        lane,
        due,
        attempts,
        created,
        changed,
        note,
        noted,
        unused,
        waits_for,
    ) = row
    name = task_id.decode()
    where = place.decode(errors="backslashreplace")
    created_ms = _number(created)
    return Record(
        name,
        name if ref is None else ref.decode(errors="backslashreplace"),
        (node or b"").decode(errors="backslashreplace"),
        "held" if paused and where == "ready" else where,
        _number(visit, 1),
        data or b"",
        meta or b"",
        LANE_RUN if lane is None else lane.decode(),
        _number(due),
        _number(attempts),
        created_ms,
        _number(changed, created_ms),
        (note or b"").decode(errors="backslashreplace"),
        noted is not None,
        int(unused or 0),
        _waits_for(waits_for, visit),
    )


def _waits_for(field: bytes | None, visit: bytes | None) -> str:
    """Whom a task waits for in this visit. An older worker leaves the field of an earlier one."""
    of_visit, _, target = (field or b"").partition(b" ")
    return target.decode(errors="backslashreplace") if of_visit == (visit or b"1") else ""


def _number(value: bytes | None, default: int = 0) -> int:
    """A whole number of a record that is looked at; what is none must not hide the rest."""
    return int(value) if value is not None and value.isdigit() else default


def _counts(values: list[Any]) -> list[Count]:
    numbers = [int(value or 0) for value in values]
    return [Count(*numbers[i : i + 3]) for i in range(0, len(numbers), 3)]


def _read_entry(row: list[Any]) -> OutEntry:
    out_id = row[0].decode()
    try:
        _, age, task_id, visit, effect_id, conv, target, kind, body, blocks, to_visit, backup, read_ms = row
        effect = Effect(
            effect_id.decode(), int(conv), target.decode(), kind.decode(), body, blocks == b"1", int(to_visit)
        )
        return OutEntry(out_id, int(age), task_id.decode(), int(visit), effect, backup.decode(), read_ms=int(read_ms))
    except UNREADABLE as error:
        nothing = Effect("", 0, "", "", b"")
        return OutEntry(out_id, 0, "", 0, nothing, unreadable=f"cannot be read: {error}")


# --- Mail: one line that scripts read, then the opaque rest --------------------------------------
# b"modify 1 140896 65a0f3c0beef0123456789ab 7 <effect id>\n" + MessagePack of (data, secrets); conv 0: no answer.


def _write_mail(d: Delivery) -> bytes:
    to = d.answer_to or Address(0, "-", 0)
    head = f"{d.kind} {int(d.sync)} {to.conv_id} {to.task_id or '-'} {to.visit} {d.effect_id}\n"
    return head.encode() + _pack((d.data, d.secrets))


_unpack_mail = msgspec.msgpack.Decoder(tuple[bytes, bytes]).decode


def _read_mail(entry: bytes) -> Mail:
    head, _, body = entry.partition(b"\n")
    kind, sync, conv, task_id, visit, effect_id = head.decode().split(" ", 5)
    data, secrets = _unpack_mail(body)
    answer_to = Address(int(conv), task_id, int(visit)) if conv != "0" else None
    return Mail(effect_id, kind, answer_to, data, secrets, sync == "1")


# --- The size of a call, and checks before anything is sent -----------------------------------------------------------


def _check_items(items: Sequence[Any]) -> None:
    if len(items) > MAX_ITEMS:
        raise ValueError(f"{len(items)} items in one call: at most {MAX_ITEMS}")


def in_parts(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """Cut new tasks, outcomes or deliveries into pieces that fit one call each; mostly there is one piece."""
    start = size = 0
    for end, item in enumerate(items):
        own = 400 + len(item.meta) + len(item.data or b"")
        if isinstance(item, Outcome):
            own += len(item.request) + len(item.event)
            if item.effects:
                own += sum(400 + len(effect.body) for effect in item.effects)
        elif isinstance(item, Delivery):
            own += len(item.event) + len(item.secrets)
        if end > start and (size + own > MAX_BYTES or end - start == MAX_ITEMS):
            yield items[start:end]
            start, size = end, 0
        size += own
    if items:
        yield items[start:]


def _check_bytes(args: Iterable[bytes | str | int]) -> None:
    size = sum(len(arg) for arg in args if not isinstance(arg, int))
    if size > MAX_BYTES:
        raise ValueError(f"{size} bytes in one call: at most {MAX_BYTES}")


def _check_ids(ids: Iterable[str]) -> None:
    for task_id in ids:
        if not is_task_id(task_id):
            raise ValueError(f"not a task id: {task_id!r}")
