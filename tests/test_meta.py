"""What a node type keeps of a task stands in `Meta.node`, and for older workers beside it."""

from __future__ import annotations

from typing import ClassVar

import msgspec
import pytest

from engine.definition import Action
from engine.meta import Forgotten, decode_meta, encode_meta, older, unreadable_record
from engine.nodes import ACTIONS
from engine.nodes.get_from_queue import GetMeta
from engine.nodes.queue import QueueMeta
from engine.task import Meta, NodeMeta

KEEPERS = [action for action in ACTIONS.values() if action.keeps is not None]

WAITS = (
    b'{"path":[["1",1795707922816],["2",1795707922818]],"prev_node":"1",'
    b'"wait_until":1795711522820,"limit_until":1795715122819}'
)
HAS_TAKEN = (
    b'{"path":[["1",1795707922824],["2",1795707922825]],"secrets":["__queue_task_data__"],"prev_node":"1","taken":1}'
)
LIES = (
    b'{"path":[["1",1795707922821],["2",1795707922823]],"prev_node":"1",'
    b'"queued":{"n":1,"token":"hidden-word"},"queued_secret":true}'
)
"""As the version before `node` has written them."""


class Shout(Action):
    """A type of one's own, which keeps something."""

    key: ClassVar[str] = "shout"
    keeps: ClassVar[type[NodeMeta] | None]


class ShoutMeta(msgspec.Struct, NodeMeta, tag="shout", omit_defaults=True):
    times: int = 0
    prev_node: str = ""  # its own, though meta has one of this name


Shout.keeps = ShoutMeta


@pytest.mark.parametrize(
    ("keeps", "body", "kept"),
    [
        (GetMeta, WAITS, GetMeta(0, 1795711522820)),
        (GetMeta, HAS_TAKEN, GetMeta(1, 0)),
        (QueueMeta, LIES, QueueMeta({"n": 1, "token": "hidden-word"}, True)),
        (QueueMeta, WAITS, None),
        (GetMeta, LIES, None),
    ],
)
def test_what_the_version_before_has_written_is_read(keeps: type[NodeMeta], body: bytes, kept: NodeMeta | None) -> None:
    assert decode_meta(body).node is None
    assert older(keeps, body) == kept


def test_the_time_limit_of_a_node_is_read_as_before() -> None:
    assert decode_meta(WAITS).limit_until == 1795715122819


@pytest.mark.parametrize("kept", [GetMeta(2, 5), GetMeta(0, 5), QueueMeta({"a": [1, {"b": None}]}, True), QueueMeta()])
def test_it_is_written_for_this_version_and_for_the_one_before(kept: NodeMeta) -> None:
    body = encode_meta(Meta(prev_node="1", node=kept))

    meta = decode_meta(body)
    assert (meta.node, meta.prev_node) == (kept, "1")
    fields = msgspec.structs.asdict(kept)  # type: ignore[arg-type]
    assert {name: msgspec.json.decode(body)[name] for name in fields} == fields


def test_a_task_of_which_nothing_is_kept_is_written_as_before() -> None:
    assert encode_meta(Meta(path=[("1", 5)], prev_node="1")) == b'{"path":[["1",5]],"prev_node":"1"}'
    assert encode_meta(Meta()) == b"{}"


def test_the_node_wins_over_what_stands_beside_it() -> None:
    """They never differ: an older worker that writes its fields drops the node."""
    body = b'{"node":{"type":"get_from_queue","taken":2},"taken":1,"wait_until":7}'

    assert decode_meta(body).node == GetMeta(2, 0)


@pytest.mark.parametrize("action", KEEPERS)
def test_it_is_known_by_the_key_of_its_type(action: type[Action]) -> None:
    assert action.keeps is not None
    assert action.keeps.__struct_config__.tag == action.key  # type: ignore[attr-defined]
    assert decode_meta(encode_meta(Meta(node=action.keeps()))).node == action.keeps()


def test_what_is_written_for_older_workers_has_names_of_its_own() -> None:
    names = [*Meta.__struct_fields__]
    for action in KEEPERS:
        if action.keeps is not None and action.keeps.was_flat:
            names += action.keeps.__struct_fields__  # type: ignore[attr-defined]

    assert len(names) == len(set(names))


def test_a_type_of_ones_own_keeps_something_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ACTIONS, Shout.key, Shout)

    body = encode_meta(Meta(prev_node="1", node=ShoutMeta(3, "2")))

    assert body == b'{"prev_node":"1","node":{"type":"shout","times":3,"prev_node":"2"}}'
    assert decode_meta(body) == Meta(prev_node="1", node=ShoutMeta(3, "2"))
    assert older(ShoutMeta, body) is None


@pytest.mark.parametrize(
    "node", [b'{"type":"shout","times":3}', b'{"type":"sum"}', b'{"type":5}', b'{"type":["queue"]}', b'{"taken":1}']
)
def test_what_this_version_does_not_know_is_forgotten(node: bytes) -> None:
    """A newer worker may keep more: this one goes on without, as with any field of meta."""
    meta = decode_meta(b'{"prev_node":"1","node":' + node + b"}")

    assert meta == Meta(prev_node="1", node=Forgotten())
    assert decode_meta(encode_meta(meta)) == meta
    assert older(GetMeta, b'{"taken":1,"node":' + node + b"}") == GetMeta(1)


@pytest.mark.parametrize(
    ("node", "why"),
    [
        (b"3", "Expected `object` - at `$.node`"),
        (b"[]", "Expected `object` - at `$.node`"),
        (b'{"type":"queue","queued":3}', "Expected `object`, got `int`"),
        (b'{"type":"get_from_queue","taken":"hidden"}', "Expected `int`, got `str`"),
    ],
)
def test_what_is_no_such_thing_cannot_be_read(node: bytes, why: str) -> None:
    reason = unreadable_record(b"{}", b'{"node":' + node + b"}")

    assert reason.startswith("its meta cannot be read: ")
    assert why in reason
    assert "hidden" not in reason
