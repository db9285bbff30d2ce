"""What people are shown of tasks and convs; secrets masked unless they ask otherwise."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import msgspec

from .data import DEEPEST, is_deeper
from .meta import decode_meta
from .sealing import long_enough, number_text, texts
from .task import Meta
from .vault import SEALED

MASK = "***"
PLACES = {  # where a task is, in words that "in its node" follows
    "ready": "ready to run",
    "leased": "running",
    "calling": "calling outside",
    "waiting": "waiting",
    "parked": "parked",
    "delayed": "sleeping",
    "queued": "queued",
    "held": "held (the conv is paused)",
    "sending": "sending",
    "aside": "set aside",
    "final": "ended",
}

_decode_data = msgspec.json.Decoder(dict[str, Any]).decode


def readable(data: bytes, meta: bytes) -> tuple[dict[str, Any], Meta, str]:
    """A record's data and meta, and why there is nothing of one of them; "" when both are whole.

    One record that cannot be read must not hide all others from people: an older version let in data of any depth.
    """
    shown: dict[str, Any] = {}
    kept = Meta()
    reason = ""
    try:
        if SEALED in (data[:1], meta[:1]):
            return shown, kept, "its data is not shown: it is sealed, and cannot be opened (cut off, changed, or moved)"
        shown = _decode_data(data)
        if is_deeper(shown, DEEPEST):
            shown, reason = {}, f"its data is not shown: lists and objects lie more than {DEEPEST} deep in each other"
    except RecursionError:
        reason = f"its data is not shown: lists and objects lie more than {DEEPEST} deep in each other"
    except ValueError as error:
        reason = f"its data cannot be read: {error}"
    try:
        kept = decode_meta(meta)
    except (ValueError, RecursionError) as error:
        # Which parameters are secret is not known without it.
        shown, reason = {}, f"its meta cannot be read: {error}"
    return shown, kept, reason


def mask(data: Any, secrets: Collection[str]) -> Any:
    """The data with the values of secret parameters masked, also where such a text occurs inside another text."""
    if not secrets or not isinstance(data, dict):
        return data
    texts = secret_texts(data, secrets)
    return {name: MASK if name in secrets else mask_texts(value, texts) for name, value in data.items()}


def mask_texts(value: Any, texts: Collection[str]) -> Any:
    """The value with every occurrence of these texts masked."""
    if isinstance(value, str):
        for text in texts:
            value = value.replace(text, MASK)
        return value
    if isinstance(value, dict):
        return {mask_texts(key, texts): mask_texts(inner, texts) for key, inner in value.items()}
    if isinstance(value, list):
        return [mask_texts(inner, texts) for inner in value]
    return MASK if isinstance(value, int | float) and number_text(value) in texts else value


def secret_texts(data: Mapping[str, Any], secrets: Iterable[str]) -> list[str]:
    """The texts of these parameters that are masked wherever they occur, the longest first."""
    found = {text for name in secrets for text in long_enough(texts(data.get(name)))}
    return sorted(found, key=len, reverse=True)


@dataclass(frozen=True, slots=True)
class Visit:
    node: str
    time_ms: int


@dataclass(frozen=True, slots=True)
class FailureView:
    """What failed first and is not mended: the node, and what `{{root.error}}` says of it."""

    node: str
    tag: str
    type: str
    text: str
    attempt: int


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task. Times are Unix milliseconds on the conv's clock; `due_ms` 0: no timer. `end`: success, error or none.

    `mails`: modifies that wait until it comes to a callback node (of `Engine.task` only). `unused`: how many that it
    accepted had no effect: it ended before, or they would have made it too large.
    """

    conv_id: int
    conv: str
    task_id: str
    ref: str
    node: str
    place: str
    end: str | None
    data: dict[str, Any]
    secrets: tuple[str, ...]
    path: tuple[Visit, ...]
    create_ms: int
    change_ms: int
    due_ms: int
    attempts: int
    note: str
    mails: int = 0
    unused: int = 0
    failure: FailureView | None = None

    @property
    def is_final(self) -> bool:
        return self.place == "final"

    @property
    def failed(self) -> bool:
        return self.is_final and self.end == "error"

    def masked(self) -> TaskView:
        """The same with secrets masked, in the data, the note and the failure."""
        texts = secret_texts(self.data, self.secrets)
        failure = self.failure and replace(self.failure, text=mask_texts(self.failure.text, texts))
        return replace(self, data=mask(self.data, self.secrets), note=mask_texts(self.note, texts), failure=failure)

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)


def deleted_task(conv_id: int, conv: str, task_id: str, ref: str) -> TaskView:
    """What is known of a task that ended in a node with `save_task: false`."""
    note = "it has ended, and its end node keeps no tasks (save_task: false)"
    return TaskView(
        conv_id=conv_id,
        conv=conv,
        task_id=task_id,
        ref=ref,
        node="",
        place="final",
        end=None,
        data={},
        secrets=(),
        path=(),
        create_ms=0,
        change_ms=0,
        due_ms=0,
        attempts=0,
        note=note,
    )


@dataclass(frozen=True, slots=True)
class Keeps:
    """What an end node keeps of its ended tasks: so many, for so long, of so many bytes together (0: any).

    `until_ms`: when the oldest there is goes at the latest, as a Unix time; 0: none is kept.
    """

    tasks: int
    age_ms: int
    size_bytes: int
    until_ms: int


@dataclass(frozen=True, slots=True)
class Lately:
    """About how many tasks came and left within the last minute, and how many failures there were within the last hour.

    Of a conv: came into its start node, and ended.
    """

    entered_1m: int = 0
    left_1m: int = 0
    failed_1h: int = 0


@dataclass(frozen=True, slots=True)
class NodeView:
    """A node and how many tasks stand in it (of an end node: how many its archive holds), entered it and left it.

    `keeps`: of an end node that keeps its tasks. `lately` changes by itself, and is no part of what makes two views
    equal.
    """

    name: str
    node_id: str
    kind: str
    now: int
    entered: int
    left: int
    keeps: Keeps | None = None
    lately: Lately = field(default=Lately(), compare=False)


@dataclass(frozen=True, slots=True)
class ConvView:
    """A conv; `living` are its tasks that have not ended, `archived` those that have and are kept.

    `unused`: how many modifies were accepted and had no effect. `folder`: where it stands below `processes` or
    `diagrams`, with "/" between; "" at the top. `version`: its number in its history; 0: it was deployed by an engine
    that keeps none.
    """

    conv_id: int
    kind: str
    title: str
    aliases: tuple[str, ...]
    status: str
    paused: bool
    living: int
    archived: int
    unused: int = 0
    nodes: tuple[NodeView, ...] = field(default=())
    folder: str = ""
    version: int = 0
    lately: Lately = field(default=Lately(), compare=False)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Why:
    """The one reason that a task waits, and what would release it."""

    place: str
    node: str
    reason: str
    releases: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
