"""The shared fixtures stand: a real server, one namespace per test."""

from __future__ import annotations

import redis

from engine.config import Settings


def test_the_server_is_set_up_as_the_embedded_one_is(redis_client: redis.Redis) -> None:
    assert redis_client.config_get("appendonly")["appendonly"] == "yes"
    assert redis_client.config_get("hash-max-listpack-value")["hash-max-listpack-value"] == "1024"
    assert redis_client.config_get("maxmemory-policy")["maxmemory-policy"] == "noeviction"


def test_settings_lead_to_the_server(settings: Settings, namespace: str) -> None:
    with redis.Redis.from_url(settings.redis_url) as client:
        assert client.ping()
    assert settings.namespace == namespace
