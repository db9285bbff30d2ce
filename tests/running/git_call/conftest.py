"""A repository, and an engine that may run what is in it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.app import Engine
from engine.config import Settings
from tests.running.conftest import Lab
from tests.running.git_call.handlers import (
    LIMIT_MS,
    Repository,
)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


@pytest.fixture
def allowed(settings: Settings) -> str:
    """CONV_GIT_CALL in this test."""
    return "*"


@pytest.fixture
def lab(settings: Settings, tmp_path: Path, allowed: str) -> Iterator[Lab]:
    folder = tmp_path / "definitions"
    folder.mkdir()
    with Engine.open(dataclasses.replace(settings, git_call=allowed, git_call_ms=LIMIT_MS)) as engine:
        yield Lab(engine, folder)
