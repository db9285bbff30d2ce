"""Stores that seal: the embedded one, whose append-only file says all that was ever written."""

from __future__ import annotations

import contextlib
import dataclasses
import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from engine.app import Engine
from engine.config import Settings
from engine.vault import made_key
from engine.vault.key import text_of
from tests.running.conftest import Lab, lab

__all__ = ["lab"]

KEY, OTHER = text_of(made_key()), text_of(made_key())


@pytest.fixture
def home(short_folder: Path) -> Path:
    """The folder of an embedded store."""
    return short_folder / ".conv"


@pytest.fixture
def sealed(settings: Settings, tmp_path: Path) -> Iterator[Lab]:
    """A laboratory on the test server, with a key."""
    folder = tmp_path / "sealed"
    folder.mkdir()
    with Engine.open(dataclasses.replace(settings, secret_key=KEY)) as engine:
        yield Lab(engine, folder)


def everything(client: redis.Redis, namespace: str) -> bytes:
    """All that the server holds of a namespace, as it is kept."""
    server: Any = client  # whose types say that anything may be a text, or nothing
    parts: list[bytes] = []
    for key in server.scan_iter(match=f"{{{namespace}:*"):
        parts.append(key)
        match server.type(key):
            case b"hash":
                parts += [part for pair in server.hgetall(key).items() for part in pair]
            case b"list":
                parts += server.lrange(key, 0, -1)
            case b"string":
                parts.append(server.get(key))
            case b"stream":
                parts += [part for _, fields in server.xrange(key) for pair in fields.items() for part in pair]
            case b"set":
                parts += server.smembers(key)
            case _:
                parts += server.zrange(key, 0, -1)
    return b"\n".join(parts)


def written(home: Path) -> bytes:
    """All that the embedded server's files say. One that goes meanwhile, as it is written anew, says nothing."""
    parts = []
    for path in sorted((home / "appendonlydir").iterdir()):
        with contextlib.suppress(FileNotFoundError):
            parts.append(path.read_bytes())
    return b"".join(parts)


def unzipped(path: Path) -> bytes:
    with gzip.open(path) as file:
        return file.read()
