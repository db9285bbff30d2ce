"""`kill -9` of a rotation of the secrets' key around what it sends: nothing is lost, and the next run ends it.

A store of one's own, whose keys are given: the second one is wanted from the moment that it stands first.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.app import Engine
from engine.config import Settings
from tests.crash.test_worker_killed import MOMENTS, Zygote
from tests.vault.conftest import everything

OLD, NEW = "5c" * 32, "7d" * 32
TASKS = 60
STATE = """
diagram: Vault
id: 3
params: { token: { type: string, secret: true } }
nodes: { start: { go: kept }, kept: { set_state: {} } }
"""


@pytest.fixture
def sealed(settings: Settings, tmp_path: Path) -> Settings:
    """A store that is sealed with the old key; the settings want the new one."""
    (tmp_path / "vault.yaml").write_text(STATE, "utf-8")
    with Engine.open(dataclasses.replace(settings, secret_key=OLD)) as engine:
        engine.deploy(tmp_path / "vault.yaml")
        engine.submit_many("Vault", [(f"r{n}", {"token": f"c4n4ry-{n}"}) for n in range(TASKS)])
        assert engine.run_until_idle()
        if b"c4n4ry" in everything(engine.store.client, settings.namespace):
            engine.rotate_key()  # seals at once
    return dataclasses.replace(settings, secret_key=f"{NEW} {OLD}")


@pytest.fixture
def zygote(sealed: Settings) -> Iterator[Zygote]:
    zygote = Zygote(sealed)
    yield zygote
    zygote.close()


def values(engine: Engine) -> list[object]:
    return [engine.task("Vault", f"r{number}").data["token"] for number in range(TASKS)]


@pytest.mark.slow
@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("script", ["seal", "reseal"])
def test_a_rotation_that_is_killed_loses_nothing_and_can_be_gone_on_with(
    sealed: Settings, zygote: Zygote, script: str, moment: str
) -> None:
    assert zygote.kill(script=script, moment=moment, skip=0, role="rotator")

    with Engine.open(sealed) as engine:
        assert values(engine) == [f"c4n4ry-{number}" for number in range(TASKS)]
        new = engine.rotate_key()
        assert values(engine) == [f"c4n4ry-{number}" for number in range(TASKS)]
        assert engine.audit().findings == []
        assert b"c4n4ry" not in everything(engine.store.client, sealed.namespace)
    with Engine.open(dataclasses.replace(sealed, secret_key=NEW)) as engine:
        assert engine.registry.load().seal is not None
        assert new
        assert values(engine) == [f"c4n4ry-{number}" for number in range(TASKS)], "the new key alone opens all"
