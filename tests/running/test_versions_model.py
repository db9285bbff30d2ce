"""Whatever is deployed, rolled back and removed, in any order: history lists what happened, and each version comes back
as it was."""

from __future__ import annotations

import dataclasses
import tempfile
import uuid
from pathlib import Path
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.app import Engine
from engine.config import Settings
from engine.deploy import make_record
from engine.load import parse

CONV = """\
# {remark}
process: Order
id: 10
nodes:
  start: {{go: {node}}}
  {node}: {{delay: {hours}h, go: done}}
  done: {{end: success}}
"""
TEXTS = [
    CONV.format(remark=remark, node=node, hours=hours)
    for remark in ("one", "two")
    for node in ("wait", "sleep")
    for hours in (1, 2)
]
FOLDERS = ["", "sales", "sales/eu"]


class Entry(NamedTuple):
    """What a version must be."""

    number: int
    text: str
    folder: str
    message: str
    back_to: int


deploys = st.tuples(st.just("deploy"), st.sampled_from(TEXTS), st.sampled_from(FOLDERS))
rollbacks = st.tuples(st.just("rollback"), st.integers(0, 5), st.none())
removals = st.tuples(st.just("remove"), st.none(), st.none())


def text_hash(source: bytes) -> str:
    return make_record(parse(source.decode(), "order.yaml"), None, 1).text_hash


@settings(max_examples=30)
@given(st.lists(st.one_of(deploys, deploys, rollbacks, rollbacks, removals), min_size=1, max_size=12))
def test_history_is_what_happened_and_each_version_comes_back(
    store_url: str, steps: list[tuple[str, object, str | None]]
) -> None:
    own = Settings(redis_url=store_url, namespace=f"t{uuid.uuid4().hex[:12]}", author="Ada")
    with Engine.open(own) as engine, tempfile.TemporaryDirectory() as folder:
        model: list[Entry] = []
        for place, (what, chosen, where) in enumerate(steps):
            message = f"step {place}"
            number, now = len(model) + 1, (model[-1].text, model[-1].folder) if model else None
            if what == "deploy":
                file = Path(folder, str(place), "processes", str(where), "order.yaml")
                file.parent.mkdir(parents=True)
                file.write_text(str(chosen))
                engine.deploy(file, message=message)
                if now != (chosen, where):
                    model.append(Entry(number, str(chosen), str(where), message, 0))
            elif what == "rollback" and isinstance(chosen, int) and chosen < len(model):
                target = model[chosen]
                engine.rollback(10, target.number, message=message)
                if now != (target.text, target.folder):
                    model.append(Entry(number, target.text, target.folder, message, target.number))
            elif what == "remove" and model:
                assert engine.registry.deploy(engine.registry.version(), [], removed=[10])
                model = []
            _check(engine, model, Path(folder, f"pulled {place}"))
        _deploy_elsewhere(engine, model, Path(folder, f"pulled {len(steps) - 1}"))


def _check(engine: Engine, model: list[Entry], folder: Path) -> None:
    if not model:
        return
    history = engine.history(10)
    found = [
        Entry(one.number, engine.source(10, one.number).decode(), one.folder, one.message, one.back_to)
        for one in history
    ]
    assert found[::-1] == model
    assert [one.is_current for one in history] == [True] + [False] * (len(model) - 1)
    assert engine.find(10).text_hash == history[0].text_hash
    assert engine.show(10).folder == model[-1].folder
    for one in history:
        [pulled] = engine.pull(folder / str(one.number), 10, number=one.number)
        assert pulled.path == folder / str(one.number) / "processes" / one.folder / "order.yaml"
        assert text_hash(pulled.path.read_bytes()) == one.text_hash


def _deploy_elsewhere(engine: Engine, model: list[Entry], folder: Path) -> None:
    """What was pulled, deployed to a store of its own, is what it was."""
    other = dataclasses.replace(engine.settings, namespace=engine.settings.namespace + "b")
    with Engine.open(other) as elsewhere:
        for one in engine.history(10) if model else []:
            elsewhere.deploy(folder / str(one.number))
            record = elsewhere.find(10)
            assert (record.text_hash, record.source_hash, record.folder) == (one.text_hash, one.source_hash, one.folder)
