"""Settings: one table, read once, and a wrong value is refused by the name of its variable."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from engine.config import Durability, Settings, read_settings, settings_table
from engine.errors import ConfigError


def test_nothing_set_gives_the_defaults() -> None:
    assert read_settings({}) == Settings()
    assert Settings().embedded
    assert Settings().task_size_bytes == 128_000
    assert Settings().loop_passes == 50


def test_the_environment_wins() -> None:
    settings = read_settings(
        {
            "CONV_REDIS_URL": "redis://db:6379/1",
            "CONV_HOME": "elsewhere/.conv",
            "CONV_NAMESPACE": "blue-2",
            "CONV_DURABILITY": "always",
            "CONV_LEASE_MS": " 5000 ",
            "PATH": "/bin",
        }
    )

    assert settings.redis_url == "redis://db:6379/1"
    assert not settings.embedded
    assert settings.home == Path("elsewhere/.conv")
    assert settings.namespace == "blue-2"
    assert settings.durability is Durability.ALWAYS
    assert settings.lease_ms == 5000


def test_an_empty_variable_counts_as_not_set() -> None:
    assert read_settings({"CONV_REDIS_URL": "", "CONV_BATCH": ""}) == Settings()


@pytest.mark.parametrize(
    ("env", "value", "message"),
    [
        ("CONV_LEASE_MS", "30s", "CONV_LEASE_MS is '30s', but it must be a whole number"),
        ("CONV_LEASE_MS", "٣٠٠٠", "CONV_LEASE_MS is '٣٠٠٠', but it must be a whole number"),
        ("CONV_LEASE_MS", "1", "CONV_LEASE_MS is '1', but it must be from 50 to 3600000"),
        ("CONV_BATCH", "0", "CONV_BATCH is '0', but it must be from 1 to 1000"),
        ("CONV_BATCH", "9" * 5000, "but it must be a whole number"),
        ("CONV_NAMESPACE", "a:{b}", "1 to 64 letters, digits, dots, dashes or underscores"),
        ("CONV_DURABILITY", "no", "CONV_DURABILITY is 'no', but it must be one of none, everysec, always, replicated"),
        ("CONV_REDIS_URL", "db:6379", "CONV_REDIS_URL cannot be used: it must be a URL such as redis://host:6379/0"),
        ("CONV_GIT_CALL", "on", "CONV_GIT_CALL is 'on', but each word must be a repository's URL"),
        ("CONV_REDIS_URI", "redis://db", "CONV_REDIS_URI is not a setting; did you mean CONV_REDIS_URL?"),
    ],
)
def test_a_wrong_value_names_its_variable(env: str, value: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_settings({env: value})

    assert message in caught.value.message
    assert caught.value.where == env
    assert len(caught.value.message) < 250


def test_a_refused_url_does_not_repeat_its_password() -> None:
    with pytest.raises(ConfigError) as caught:
        read_settings({"CONV_REDIS_URL": ":hunter2@db"})

    assert "hunter2" not in caught.value.message


def test_variables_of_authors_are_not_settings() -> None:
    assert read_settings({"CONV_VAR_BATCH": "x", "CONV_VAR_SALESFORCE_LOGIN_URL": "https://x"}) == Settings()


def test_the_table_lists_every_setting_with_its_meaning() -> None:
    rows = settings_table()

    assert [row.name for row in rows] == [field.name for field in dataclasses.fields(Settings)]
    assert len({row.env for row in rows}) == len(rows)
    for row in rows:
        assert row.env.startswith("CONV_")
        assert row.doc.endswith((".", ")."))
        assert row.name.endswith("_ms") == (row.unit == "ms")
        assert row.name.endswith("_bytes") == (row.unit == "bytes")


def test_every_default_can_be_written_in_the_environment() -> None:
    written = {row.env: row.default for row in settings_table()}

    assert read_settings(written) == Settings()


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().batch = 1  # type: ignore[misc]
