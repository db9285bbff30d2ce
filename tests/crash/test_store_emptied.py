"""A store that was emptied, or brought back to an older state, under those who work with it: they notice and say so."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.app import Engine
from engine.config import Settings
from tests.crash import story
from tests.own_server import OwnServer
from tests.waiting import eventually
from tests.workers import working


@pytest.fixture
def settings(server_binary: Path, short_folder: Path) -> Iterator[Settings]:
    server = OwnServer(server_binary, short_folder)
    server.start()
    yield Settings(redis_url=server.url, home=short_folder / ".conv")
    server.stop()


@pytest.fixture
def engine(settings: Settings, tmp_path: Path) -> Iterator[Engine]:
    with Engine.open(settings) as engine:
        deploy(engine, tmp_path)
        yield engine


def deploy(engine: Engine, folder: Path) -> None:
    assert engine.deploy([story.write(folder / "story")]).is_deployed


def losses(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]


def test_a_client_notices_that_the_store_was_emptied(
    engine: Engine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert engine.audit().is_clean
    version = engine.registry.version()

    engine.store.client.flushdb()

    report = engine.audit()
    assert not report.is_clean
    assert [finding.what for finding in report.findings] == ["lost"]
    assert f"version 0 of what is deployed is here, and version {version} was seen" in report.findings[0].text
    assert engine.audit(repair=True).findings[0].outcome == "left"
    [said] = losses(caplog)
    assert "has lost what was deployed: it has version 0" in said
    deploy(engine, tmp_path)
    assert engine.audit().is_clean, "somebody has seen to it"


def test_a_worker_tells_the_audit_of_others(
    engine: Engine, settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    deploy(engine, tmp_path)
    with working(engine):
        eventually(lambda: engine.workers_alive() == 1)
        engine.store.client.flushdb()

        with Engine.open(settings) as other:

            def found() -> bool:
                with contextlib.suppress(StopIteration):
                    return "was seen" in next(one.text for one in other.audit().findings if one.what == "lost")
                return False

            eventually(found, 10)
        assert len(losses(caplog)) == 1
