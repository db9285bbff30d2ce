"""No secret of a task lies in the open: not in the store, not in what its server has ever written, not in a backup."""

from __future__ import annotations

import dataclasses
import json
import logging
import re
from pathlib import Path

import pytest
import redis
from pytest_httpserver import HTTPServer

from engine.app import Engine
from engine.config import Settings
from engine.store import calls
from engine.store.registry import Registry
from engine.vault.key import FILE
from tests.running.conftest import Lab
from tests.running.test_canaries import CASES, NUMBER, TEMPLATES, run_case
from tests.vault.conftest import KEY, everything, unzipped, written

CANARY = "Kanarienvogel-73915462"


def test_fifty_canaries_through_every_node_leave_nothing(
    home: Path, tmp_path: Path, httpserver: HTTPServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    # Each in a namespace of its own, on one server.
    settings = Settings(home=home, git_call="inline")
    with Engine.open(settings) as keeper:
        for index, (key, number) in enumerate(CASES):
            folder = tmp_path / str(index)
            folder.mkdir()
            with Engine.open(dataclasses.replace(settings, namespace=f"n{index}")) as engine:
                run_case(Lab(engine, folder), httpserver, key, number, f"{CANARY}-{index}")
                engine.backup(folder / "backup")
                assert CANARY.encode() not in unzipped(folder / "backup")
        templates(keeper, tmp_path)
        found = everything(keeper.store.client, "*")
        said = written(home)

    assert len(CASES) + len(TEMPLATES) >= 50
    assert b"Canaries" in found, "there was something to look through"
    assert b"Canaries" in said
    logged = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("conv"))
    for sign in (CANARY, str(NUMBER)):
        assert around(sign, found) == []
        assert around(sign, said) == []
        assert sign not in logged


def around(sign: str, found: bytes) -> list[bytes]:
    """Where a sign stands, with what stands around it."""
    return [found[max(0, m.start() - 300) : m.end() + 60] for m in re.finditer(sign.encode(), found)]


def templates(engine: Engine, tmp_path: Path) -> None:
    """The same through every function and filter."""
    folder = tmp_path / "templates"
    folder.mkdir()
    lab = Lab(engine, folder)
    for number, template in enumerate(TEMPLATES):
        lab.deploy(f"""
            process: Canaries {number}
            id: {number + 100}
            params:
              canary: {{type: string, secret: true}}
              pin: {{type: number, secret: true}}
              pins: {{type: array, secret: true}}
            nodes:
              start: {{go: set}}
              set: {{set_parameters: {{made: {json.dumps(template)}}}, error: failed, go: done}}
              done: {{end: success}}
              failed: {{end: error}}
            """)
        lab.submit(number + 100, {"canary": f"{CANARY}-{number}", "pin": NUMBER, "pins": [NUMBER, NUMBER]})


STATE = "diagram: Kept\nid: 3\nparams: {token: {secret: true}}\nnodes: {start: {go: kept}, kept: {set_state: {}}}"
READER = """
process: Reads
id: 4
nodes:
  start: {go: read}
  read: {set_parameters: {copied: "{{conv[3].ref[one].token}}"}, error: failed, go: sleep}
  sleep: {delay: 1h, go: done}
  done: {end: success}
  failed: {end: error}
"""


def test_what_is_sealed_is_read_as_ever(sealed: Lab, redis_client: redis.Redis) -> None:
    sealed.deploy(STATE, READER)
    sealed.submit(3, {"token": CANARY, "n": 1}, ref="one")
    sealed.engine.modify(3, "one", {"token": CANARY + "2"})
    before = everything(redis_client, sealed.engine.settings.namespace)
    sealed.run()

    reader = sealed.submit(4, {})

    assert sealed.engine.task(3, "one").data == {"token": CANARY + "2", "n": 1}
    assert reader.data == {"copied": CANARY + "2"}
    assert reader.secrets == ("copied",)
    assert sealed.engine.evaluate("{{conv[3].ref[one].token}}") == (CANARY + "2", True)
    for found in (before, everything(redis_client, sealed.engine.settings.namespace)):
        assert CANARY.encode() not in found
    assert sealed.engine.audit().is_clean


def test_a_task_without_secrets_is_kept_as_it_is(sealed: Lab, redis_client: redis.Redis) -> None:
    sealed.deploy(STATE)
    sealed.submit(3, {"n": "in the open"}, ref="one")

    assert b'{"n":"in the open"}' in everything(redis_client, sealed.engine.settings.namespace)


def test_secret_variables_and_passwords_of_instances_are_sealed(sealed: Lab, redis_client: redis.Redis) -> None:
    namespace = sealed.engine.settings.namespace
    (sealed.folder / "variables.yaml").write_text(f"token: {{value: {CANARY}, secret: true}}\nname: plain\n")
    (sealed.folder / "instances.yaml").write_text(
        f"one: {{url: 'postgresql://me:{CANARY}@db/x'}}\ntwo: {{driver: mysql, database: x, password: {CANARY}}}\n"
    )
    sealed.deploy(STATE)

    assert CANARY.encode() not in everything(redis_client, namespace)
    assert {one.name: one.value for one in sealed.engine.variables()} == {"token": CANARY, "name": "plain"}
    assert sealed.engine.current.instance("one").url == f"postgresql://me:{CANARY}@db/x"
    assert sealed.engine.current.instance("two").password == CANARY
    version = Registry(sealed.engine.store).load().version
    sealed.deploy(STATE)
    assert Registry(sealed.engine.store).load().version == version, "nothing has changed"


def test_repartition_backup_and_restore_carry_what_is_sealed(
    sealed: Lab, settings: Settings, tmp_path: Path, redis_client: redis.Redis
) -> None:
    sealed.deploy(STATE)
    for number in range(40):
        sealed.engine.submit(3, {"token": f"{CANARY}{number}"}, ref=f"r{number}")
    sealed.run()
    sealed.engine.repartition(3, 3)
    sealed.engine.backup(tmp_path / "backup")
    other = dataclasses.replace(settings, namespace=settings.namespace + "-other", secret_key=KEY)

    with Engine.open(other) as engine:
        engine.restore(tmp_path / "backup")
        for number in range(40):
            assert engine.task(3, f"r{number}").data == {"token": f"{CANARY}{number}"}
            assert sealed.engine.task(3, f"r{number}").data == {"token": f"{CANARY}{number}"}
        assert engine.audit().is_clean
    assert CANARY.encode() not in unzipped(tmp_path / "backup")
    assert CANARY.encode() not in everything(redis_client, other.namespace)


def test_sizes_are_those_of_what_people_sent(settings: Settings, tmp_path: Path) -> None:
    with Engine.open(dataclasses.replace(settings, secret_key=KEY, task_size_bytes=200)) as engine:
        lab = Lab(engine, tmp_path)
        lab.deploy(STATE)
        data = {"token": "x" * (200 - len('{"token":""}'))}
        assert lab.submit(3, data, ref="full").data == data


def test_a_commit_that_changes_nothing_writes_no_data(sealed: Lab) -> None:
    sealed.deploy(STATE)
    sealed.submit(3, {"token": CANARY}, ref="one")
    partition = sealed.engine.current.partition(3, "one")
    before = sealed.engine.store.one(calls.read(partition, ["one"])).tasks[0]

    sealed.modify(3, "one", {"token": CANARY})

    after = sealed.engine.store.one(calls.read(partition, ["one"])).tasks[0]
    assert before is not None
    assert after is not None
    assert after.data == before.data


def test_the_key_of_the_embedded_store_lies_beside_it(home: Path, tmp_path: Path) -> None:
    with Engine.open(Settings(home=home)) as engine:
        assert not (home / FILE).exists(), "nothing was deployed"
        Lab(engine, tmp_path).deploy(STATE)
        assert (home / FILE).exists()


def test_a_modify_of_many_tasks_is_sealed(sealed: Lab, redis_client: redis.Redis) -> None:
    sealed.deploy(STATE)
    for ref in ("a", "b"):
        sealed.submit(3, {"token": "first"}, ref=ref)

    plan = sealed.engine.plan_job("modify", 3, refs=["a", "b"], data={"token": CANARY})
    found = everything(redis_client, sealed.engine.settings.namespace)
    sealed.engine.run_job(plan.job_id)
    found += everything(redis_client, sealed.engine.settings.namespace)
    sealed.run()

    assert [sealed.engine.task(3, ref).data["token"] for ref in ("a", "b")] == [CANARY, CANARY]
    assert CANARY.encode() not in found
    assert sealed.engine.job(plan.job_id).args == {"data": ["token"]}


def test_the_new_data_of_a_retry_are_sealed(sealed: Lab, redis_client: redis.Redis) -> None:
    sealed.deploy(STATE)
    sealed.submit(3, {"token": "first"}, ref="a")

    sealed.engine.retry(3, "a", data={"token": CANARY, "more": 1})
    found = everything(redis_client, sealed.engine.settings.namespace)
    sealed.run()
    sealed.engine.retry(3, "a", data={"more": 2})
    found += everything(redis_client, sealed.engine.settings.namespace)
    sealed.run()

    assert sealed.engine.task(3, "a").data == {"token": CANARY, "more": 2}
    assert CANARY.encode() not in found
    assert sealed.engine.family(3, "a").unknown == ()
