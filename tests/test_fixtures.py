"""The shared fixtures stand: a real server, one namespace per test."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import hypothesis
import pytest
import redis

from engine.config import Settings
from tests.ports import free_ports


def test_the_server_is_set_up_as_the_embedded_one_is(redis_client: redis.Redis) -> None:
    assert redis_client.config_get("appendonly")["appendonly"] == "yes"
    assert redis_client.config_get("hash-max-listpack-value")["hash-max-listpack-value"] == "1024"
    assert redis_client.config_get("maxmemory-policy")["maxmemory-policy"] == "noeviction"


def test_settings_lead_to_the_server(settings: Settings, namespace: str) -> None:
    with redis.Redis.from_url(settings.redis_url) as client:
        assert client.ping()
    assert settings.namespace == namespace


def test_property_tests_have_time() -> None:
    assert hypothesis.settings().deadline is None
    assert hypothesis.HealthCheck.too_slow in hypothesis.settings().suppress_health_check


def test_no_test_limits_seconds() -> None:
    """A hang ends by the guard (`timeout` in pyproject.toml); all else may take as long as the machine needs."""
    limit = re.compile(r"(?:monotonic|perf_counter|time)\(\) - \w+ <")
    here = Path(__file__).parent

    found = [
        f"{file.relative_to(here)}:{number}"
        for file in sorted(here.rglob("test_*.py"))
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        if limit.search(line)
    ]

    assert found == []


def test_ports_are_given_to_one_at_a_time_and_not_to_outgoing_connections() -> None:
    given = [port for _ in range(20) for port in free_ports(6)]

    assert len({*given}) == len(given)
    assert max(given) < 32_768
    for port in given:
        socket.create_server(("127.0.0.1", port)).close()


@pytest.mark.parametrize(("words", "status"), [([], 0), (["--no-skips"], 1)])
def test_what_is_skipped_says_why_and_fails_where_nothing_may_be(tmp_path: Path, words: list[str], status: int) -> None:
    (tmp_path / "test_it.py").write_text("import pytest\ndef test_it() -> None:\n    pytest.skip('there is no moon')\n")
    plain = ["-p", "tests.conftest", "-p", "no:cacheprovider", "-p", "no:valkey", "-c", os.devnull]

    said = subprocess.run(
        [sys.executable, "-m", "pytest", *plain, "--rootdir", tmp_path, "-ra", *words, tmp_path],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (said.returncode, "there is no moon" in said.stdout) == (status, True), said.stdout + said.stderr
