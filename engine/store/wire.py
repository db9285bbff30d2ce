"""What stands where in the lists that calls and scripts exchange: each list is a class, its fields in their order.

Python packs and reads by these classes; the scripts get a table of positions of each, made from the same fields:
`CommitHead` is `COMMIT_HEAD` there, and `head[COMMIT_HEAD.place]` the third of its list. Arguments and replies that are
not listed here have a place of their own in ARGV, or are one value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import msgspec

from . import records
from .ids import BUCKETS

SEEN_FROM_MS = 1_704_067_200_000  # 2024: so that time, bucket and answer have room in one exact number, until 2058
SEEN_ANSWERS = 8  # numbers of an answer, in the score of an effect that was applied
SEEN_STEP = SEEN_ANSWERS * BUCKETS  # of that score, for each millisecond
KEPT_MINUTES = 2 * 24 * 60  # for how many minutes it is kept what was counted in each
KEPT_HOURS = 40 * 24  # and for how many hours

VERSIONS = 100  # of a conv that are kept
VERSIONS_BYTES = 4_000_000  # of their sources, packed; the newest is kept however large it is

Row = TypeVar("Row")


class Line(msgspec.Struct, array_like=True, gc=False):
    """A list of what the fields say."""


# --- What goes in ---------------------------------------------------------------------------------------------


class NewHead(Line):
    """Of create. `ref`: "" is the id."""

    task_id: str
    ref: str
    node: str
    lane: str


class NewHeadOnce(NewHead):
    """Of a call that may be repeated for a day, though the task has ended; `digest`: of what it says."""

    effect_id: str
    digest: str


class ModifyHead(Line):
    """Of modify. `must_stand`: at a callback node now, in `node` ("": any); `deaf`: nodes from which none can be
    reached; `only_recall`: only look whether it was accepted before; `settled_ms`: for how long it is remembered
    without a digest; `seen`: an `ActItem`, as which the task must stand there, or None."""

    effect_id: str
    digest: str
    must_stand: bool
    node: str
    deaf: Sequence[str]
    only_recall: bool
    settled_ms: int
    seen: ActItem | None = None


class CommitMessage(Line):
    """Of commit. `moves`: lists of `Move`; `call_limits`: lists of `CallLimit`; `failures`: what failed on the way of
    each task of a list of moves."""

    moves: Sequence[Any]
    heads: Sequence[CommitHead]
    signals: Sequence[SignalHead]
    call_limits: Sequence[Any]
    failures: Sequence[FailureHead]


class FailureHead(Line):
    """`moves`: which list of the message, from 1; see `records.Failed`."""

    moves: int
    node: str
    tag: str


class CommitHead(Line):
    """Of commit, one task. `moves`, `limits`: which list of the message, from 1 (limits 0: none); `delay_ms`,
    `until_ms`: -1 is none; `has_data`: whether its data are among the arguments; `effects`: of `EffectHead`; `sums`:
    of `Sum`."""

    task_id: str
    node: str
    place: str
    visit: int
    moves: int
    lane: str
    token: str
    delay_ms: int
    until_ms: int
    keep_due: bool
    callback: bool
    mail_taken: int
    sync_done: bool
    notify: bool
    save: bool
    has_data: bool
    effects: Sequence[EffectHead]
    fresh: bool
    limits: int
    sums: Sequence[tuple[str, str, str]]


class CommitHeadTold(CommitHead):
    """With what few tasks have: who waits for it (field `t`), whom it waits for (of field `g`: `conv ref`), and how
    many modifies were taken but refused."""

    told: str
    waits_for: str
    refused: int


class EffectHead(Line):
    """An effect for the outbox; its body is among the arguments."""

    effect_id: str
    conv_id: int
    target: str
    kind: str
    blocking: bool
    target_visit: int


class SignalHead(Line):
    """A count semaphor: when the node's count has reached `at_count`, or fallen below it again, since the last
    commit, a signal goes to the conv."""

    node: str
    at_count: int
    conv_id: int


class DeliverBounds(Line):
    """Of deliver. `descendants`: at most so many of one ancestor; `queue`: a `QueueLimit`, or None; `fence_ms`: an
    effect that was read longer ago is not applied."""

    descendants: int
    queue: records.QueueLimit | None
    fence_ms: int


class DeliveryHead(Line):
    """Of deliver, one effect; see `Delivery`."""

    effect_id: str
    kind: str
    task_id: str
    ref: str
    node: str
    lane: str
    visit: int
    sync: bool
    queue: bool
    backup: str
    told: str
    ancestor: str
    read_ms: int


class ConfirmHead(Line):
    out_id: str
    task_id: str
    visit: int
    wait: bool


class AsideHead(Line):
    """Of set_aside."""

    task_id: str
    reason: str


class ActMessage(Line):
    """Of act. `digest`: of the tasks and what is done, for a resend; `discards`: deletes, else wakes with the event;
    `has_ended`: ended tasks too; `items`: of `ActItem`."""

    effect_id: str
    digest: str
    discards: bool
    has_ended: bool
    items: Sequence[ActItem]


class ActItem(Line):
    """A task as it was seen."""

    task_id: str
    node: str
    visit: int
    change_ms: int


class JobSave(Line):
    """Of job_save. `seen`, `cursor`: where the work stood, and stands; `done`, `refused`: how many in all; `is_over`:
    there is no more to do."""

    seen: str
    cursor: str
    done: int
    refused: int
    is_over: bool


class ReadMessage(Line):
    """Of read. `sums`: fields of the hash `sums`; `mails`: whether to count each task's mail; `oldest`: whether to
    look for the oldest ended task of each node."""

    refs: Sequence[str]
    nodes: Sequence[str]
    sums: Sequence[str]
    mails: bool
    oldest: bool


class RestingMessage(Line):
    """Of resting. `at`, `queued`, `ended`, `aside`: which places; `nodes`: of these the first two, and the third unless
    `any_node`; changed from `since_ms` on, and before `before_ms` or, at that ms, with an id below `before_id`."""

    nodes: Sequence[str]
    any_node: bool
    at: bool
    queued: bool
    ended: bool
    aside: bool
    since_ms: int
    before_ms: int
    before_id: str
    limit: int


class UnderWayMessage(Line):
    """Of under_way. Ids below `before_id`, at most `limit`; of each lane `most` entries are looked at."""

    lanes: Sequence[str]
    before_id: str
    limit: int
    most: int


class RowsMessage(Line):
    """Of rows. `short`: without data and meta; else these have at most `size_bytes` together, or come from one task."""

    ids: Sequence[str]
    short: bool
    size_bytes: int


class DeployMessage(Line):
    """`gone`: conv ids to delete; `records`, `versions`: how many there are among the arguments. `entry`: of the
    trail, "": none."""

    gone: Sequence[str]
    records: int
    versions: int
    entry: str


class VersionRow(Line):
    """Of deploy and keep_versions, one version after another among the arguments. `time_ms`: "" is now."""

    conv_id: int
    number: int
    time_ms: int | str
    head: bytes
    source: bytes


class RightsMessage(Line):
    """Of change_rights. `expected`: the version it is on top of; `login`: the last one ever given; `keys`, `groups`:
    whose records are among the arguments; `ended`: the logins whose sessions end."""

    expected: int
    stamp: str
    login: int
    keys: Sequence[str]
    groups: Sequence[str]
    ended: Sequence[str]


# --- What comes out -------------------------------------------------------------------------------------------


class Reply(Line):
    """Bytes, numbers, lists and None, as the client gives them."""


class ClaimHead(Reply):
    """Of claim, before its tasks. `wait`: how it is in a lane of calls: 0 it is empty, -1 more wait, or ms until a
    rate lets more begin."""

    now_ms: Any
    wait: Any


class ClaimedRow(Reply):
    """Of claim, one task after another in one list. `token`: None is the batch's."""

    task_id: Any
    ref: Any
    node: Any
    visit: Any
    data: Any
    meta: Any
    event: Any
    request: Any
    mail: Any
    due_ms: Any
    attempts: Any
    create_ms: Any
    token: Any


class CommittedRow(Reply):
    """Of commit, one task after another in one list."""

    status: Any
    out_ids: Any


class OutRow(Reply):
    """Of outbox."""

    out_id: Any
    age_ms: Any
    task_id: Any
    visit: Any
    effect_id: Any
    conv_id: Any
    target: Any
    kind: Any
    body: Any
    blocking: Any
    target_visit: Any
    backup: Any
    read_ms: Any


class FireReply(Reply):
    fired: Any
    next_in_ms: Any


class TaskRow(Reply):
    """Of read and listing. `unused`: modifies that were of no use to it; `waits_for`: whose answer it waits for."""

    task_id: Any
    ref: Any
    node: Any
    place: Any
    visit: Any
    data: Any
    meta: Any
    lane: Any
    due_ms: Any
    attempts: Any
    create_ms: Any
    change_ms: Any
    note: Any
    noted: Any
    unused: Any
    waits_for: Any


class ReadReply(Reply):
    """`tasks`: per ref a `TaskRow` or None; `counts`: per node entered, left, removed; `sums`: per field a decimal or
    None; `unused`: modifies that were of no use; `mails`: per ref how many, or none; `oldest_ms`: per node when its
    oldest ended task ended, or 0."""

    now_ms: Any
    paused: Any
    tasks: Any
    counts: Any
    sums: Any
    unused: Any
    mails: Any
    oldest_ms: Any


class ListingReply(Reply):
    paused: Any
    tasks: Any


class RestingReply(Reply):
    """`found`: change in ms, id, …"""

    now_ms: Any
    found: Any


class UnderWayReply(Reply):
    """`left_out`: how many entries of lanes were not looked at."""

    now_ms: Any
    left_out: Any
    ids: Any


class RowsReply(Reply):
    """`tasks`: a `TaskRow` or None for each of the first ids."""

    paused: Any
    tasks: Any


class StatsReply(Reply):
    """`counts`: field, value, …; `lanes`: lane, length, …; `next_in_ms`: None, where no timer is set; `periods`: of how
    many minutes and hours counts are kept."""

    now_ms: Any
    paused: Any
    counts: Any
    lanes: Any
    leases: Any
    dues: Any
    next_in_ms: Any
    outbox: Any
    seen: Any
    aside: Any
    periods: Any


class PeriodMessage(Reply):
    """What was counted in a minute or an hour. `moves`: one `Move` after another, `failures`: one `Failed` after
    another."""

    moves: Any
    failures: Any


class PeriodsReply(Reply):
    """`entries`: the number of a minute or hour, a space and a `PeriodMessage` each, the oldest first; what is open is
    one of its own."""

    now_ms: Any
    entries: Any


class SweepReply(Reply):
    removed: Any
    more: Any
    room: Any


class ArmReply(Reply):
    states: Any
    offset: Any
    paused: Any
    now_ms: Any


class CarriedRow(Reply):
    """All of a task. `deadline`: of its own lease, or None; `fields`: name, value, … Then follows what stands in each
    of its keys, as of `keys.task_keys`."""

    task_id: Any
    pointer: Any
    deadline: Any
    fields: Any


class EffectsReply(Reply):
    """Of export_effects: lists of (out id, fields)."""

    sent: Any
    late: Any


class SeenRow(Reply):
    """Of export_seen, one effect after another in one list."""

    effect_id: Any
    score: Any
    words: Any


class FindingRow(Reply):
    """Of the audit; what comes last may be left out."""

    what: Any
    key: Any
    member: Any = None
    detail: Any = None


class KeysReply(Reply):
    """Of audit_keys. `open`: id, its lane ("" when it is leased), …: what a short look could not check; `waits`: of
    `WaitRow`, what lies in other partitions."""

    findings: Any
    open: Any
    waits: Any


class WaitRow(Reply):
    """`target`: whose answer it waits for."""

    task_id: Any
    visit: Any
    target: Any


class IndexReply(Reply):
    """Of audit_index. `cursor`: "0" is the end."""

    cursor: Any
    findings: Any


class JobRow(Reply):
    """`said`: what it is, opaque; `reasons`: how often each refusal, opaque; `until_ms`: the end of its lease, or
    None."""

    job_id: Any
    said: Any
    state: Any
    cursor: Any
    done: Any
    refused: Any
    reasons: Any
    created_ms: Any
    changed_ms: Any
    until_ms: Any
    stop: Any


class CatalogueReply(Reply):
    """`convs`, `owners`: conv id, record, …; `seal`: as of the script, and how often it was said."""

    version: Any
    convs: Any
    variables: Any
    moves: Any
    owners: Any
    instances: Any
    seal: Any
    seals: Any


class VersionReply(Reply):
    version: Any
    moves: Any
    seals: Any


class HeldRow(Reply):
    """Of held; `mail`: whole entries."""

    task_id: Any
    ref: Any
    data: Any
    meta: Any
    event: Any
    request: Any
    mail: Any


class RightsReply(Reply):
    """`login`: the last one ever given; `keys`: login, record, …; `groups`: name, record, …"""

    version: Any
    login: Any
    now_ms: Any
    keys: Any
    groups: Any


class SessionReply(Reply):
    login: Any
    mark: Any
    made_ms: Any


class TrailReply(Reply):
    """`noted`: the number of the last entry, and `head` its hash; `kept`: how many there are; `entries`: of
    `TrailRow`, one after another."""

    noted: Any
    head: Any
    kept: Any
    entries: Any


class TrailRow(Reply):
    entry_id: Any
    text: Any
    number: Any
    before: Any
    hash: Any


class HistoryRow(Reply):
    """Of history, one version after another in one list."""

    number: Any
    time_ms: Any
    head: Any


class WorkerRow(Reply):
    """Of roster, one worker after another in one list, after the time."""

    name: Any
    beat_ms: Any
    said: Any


# --- What the scripts get -------------------------------------------------------------------------------------

LINES: tuple[type[Any], ...] = (
    NewHeadOnce, records.QueueLimit, ModifyHead, records.CallLimit, CommitMessage, FailureHead, CommitHeadTold,
    records.Move, records.Failed, EffectHead, records.Sum, SignalHead, DeliverBounds, DeliveryHead, ConfirmHead,
    AsideHead, ReadMessage, DeployMessage, ClaimHead, ClaimedRow, CommittedRow, OutRow, FireReply, records.Modified,
    TaskRow, ReadReply, ListingReply, StatsReply, PeriodMessage, PeriodsReply, SweepReply, ArmReply, CarriedRow,
    EffectsReply, SeenRow, FindingRow, KeysReply, WaitRow, IndexReply, CatalogueReply, VersionReply, WorkerRow,
    VersionRow, HistoryRow, RestingMessage, RestingReply, UnderWayMessage, UnderWayReply, RowsMessage, RowsReply,
    RightsMessage, RightsReply, SessionReply, TrailReply, TrailRow,
    ActMessage, ActItem, JobSave, JobRow,
    HeldRow,
)  # fmt: skip

NUMBERS = {
    "BUCKETS": BUCKETS,
    "SEEN_FROM_MS": SEEN_FROM_MS,
    "SEEN_ANSWERS": SEEN_ANSWERS,
    "SEEN_STEP": SEEN_STEP,
    "KEPT_MINUTES": KEPT_MINUTES,
    "KEPT_HOURS": KEPT_HOURS,
    "VERSIONS": VERSIONS,
    "VERSIONS_BYTES": VERSIONS_BYTES,
}

# The whole of what has a shorter form.
_LUA_NAMES: dict[type[Any], str] = {CommitHeadTold: "COMMIT_HEAD", NewHeadOnce: "NEW_HEAD"}


def lua_name(line: type[Any]) -> str:
    """Of its table in the scripts."""
    return _LUA_NAMES.get(line) or re.sub(r"(?<!^)(?=[A-Z])", "_", line.__name__).upper()


def fields_of(line: type[Any]) -> tuple[str, ...]:
    """The names, in order."""
    return tuple(line.__struct_fields__ if issubclass(line, msgspec.Struct) else line._fields)


def lua_lines() -> str:
    """The definitions that stand before all scripts; `width`: how many fields there are."""
    lines = [f"local {name} = {number}" for name, number in NUMBERS.items()]
    for line in LINES:
        names = fields_of(line)
        places = [f"{name} = {place}" for place, name in enumerate(names, 1)]
        lines.append(f"local {lua_name(line)} = {{{', '.join(places)}, width = {len(names)}}}")
    return "\n".join(lines) + "\n"


def rows(line: type[Row], reply: Sequence[Any], start: int = 0) -> Iterator[Row]:
    """The rows that stand one after another in a reply, from there on."""
    width = len(fields_of(line))
    return (line(*reply[place : place + width]) for place in range(start, len(reply), width))
