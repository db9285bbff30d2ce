"""What goes into the store's calls and comes out of them. All times are integers of milliseconds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..task import Address

LANE_RUN = "run"
LANE_ALONE = "alone"
LANE_DEPLOYED = "deployed"  # of no conv: a hint that there is something new


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


class Move(NamedTuple):
    """How many tasks a run has brought into a node, and out of it."""

    node: str
    entered: int
    left: int


class Failed(NamedTuple):
    """How many tasks failed in a node with an error tag."""

    node: str
    tag: str
    tasks: int


class Period(NamedTuple):
    """What was counted in a minute or an hour: that many of them after the epoch, on the conv's clock."""

    number: int
    moves: tuple[Move, ...]
    failures: tuple[Failed, ...]


class Periods(NamedTuple):
    """The oldest first; a number may come twice: once more for what is open. Add up."""

    now_ms: int
    periods: list[Period]


class Sum(NamedTuple):
    """What is added to a total of a node; `amount`: a decimal."""

    node: str
    total: str
    amount: str


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


class SeenTask(NamedTuple):
    """A task as somebody has seen it: in this visit of this node, last changed then."""

    task_id: str
    node: str
    visit: int
    change_ms: int


class Modify(NamedTuple):
    """What a client sends to the task `name` (its ref or id). `effect_id`: repeated within a day, it counts once.

    `digest`: of what the call says, where the client gave a key; another call under the same key is refused.
    `must_stand`: the task must stand at a callback node now, in `node` unless that is "". Else it is kept for the next
    one, unless the task is in one of `deaf`, from where there is none. `seen`: it must be as it was seen.
    """

    name: str
    effect_id: str
    data: bytes
    digest: str = ""
    must_stand: bool = False
    node: str = ""
    deaf: tuple[str, ...] = ()
    seen: SeenTask | None = None


class Modified(NamedTuple):
    """What became of a Modify, and where the task was.

    status "ok" (taken at once), "kept" (for its next callback node), "not_found", "inactive", "never", "busy",
    "no_callback", "other_node", "moved" (it is not as it was seen) or "other_call".
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
    """How many tasks became ready, the lanes asked for in which tasks are ready, and whether anything is under way
    there: a lease, an effect to deliver, or a task in one of these lanes."""

    freed: int
    lanes: tuple[str, ...]
    is_busy: bool


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
    periods: int = 0
