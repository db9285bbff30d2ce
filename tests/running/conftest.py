"""A laboratory: definitions as text in, tasks out, on a real store, with a clock that the test turns."""

from __future__ import annotations

import re
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.app import Engine
from engine.config import Settings
from engine.store import calls
from engine.views import TaskView
from tests.waiting import PATIENCE_S

COPY_TAG = "__conveyor_copy_task_return_type_tag__"  # what says why a copy or a modify failed


class Lab:
    """An engine whose worker is the test itself."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine = engine
        self.folder = folder
        self.clock_ms = 0

    def deploy(self, *texts: str) -> None:
        """Deploy these definitions, one text each; a text with the id of an earlier one takes its place."""
        for text in texts:
            conv_id = re.search(r"^\s*id: *(\d+)", text, re.MULTILINE)
            assert conv_id is not None
            (self.folder / f"{conv_id[1]}.yaml").write_text(textwrap.dedent(text))
        report = self.engine.deploy([self.folder])
        assert report.is_deployed, report.problems

    def run(self, until_s: float = PATIENCE_S) -> None:
        """Run all ready work of all convs."""
        assert self.engine.run_until_idle(until_s)

    def submit(self, conv: int, data: dict[str, Any] | None = None, ref: str | None = None) -> TaskView:
        """Submit a task, run all ready work, and look at the task."""
        submitted = self.engine.submit(conv, data or {}, ref=ref)
        self.run()
        return self.engine.task(conv, submitted.task_id)

    def modify(self, conv: int, ref: str, data: dict[str, Any]) -> TaskView:
        self.engine.modify(conv, ref, data)
        self.run()
        return self.engine.task(conv, ref)

    def forward(self, seconds: float) -> None:
        """Turn the clock of every conv, then run what is due."""
        self.clock_ms += int(seconds * 1000)
        for view in self.engine.convs():
            for partition in self.engine.current.partitions(view.conv_id):
                self.engine.store.one(calls.set_offset(partition, self.clock_ms))
        self.run()

    def path(self, view: TaskView) -> list[str]:
        return [visit.node for visit in view.path]

    def now_s(self) -> float:
        return time.time() + self.clock_ms / 1000


@pytest.fixture
def lab(settings: Settings, tmp_path: Path) -> Iterator[Lab]:
    folder = tmp_path / "definitions"
    folder.mkdir()
    with Engine.open(settings) as engine:
        yield Lab(engine, folder)


def ends(lab: Lab, conv: int, refs: list[str]) -> list[str]:
    return [lab.engine.task(conv, ref).node for ref in refs]
