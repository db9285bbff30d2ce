"""conv audit."""

from __future__ import annotations

import redis

from tests.cli.conftest import Shell


def test_a_healthy_store_is_as_it_should_be(conv: Shell) -> None:
    assert conv("submit", "Greet", "name=Ada", "--wait").status == 0

    said = conv("audit")
    assert (said.status, said.err) == (0, "")
    assert said.out.startswith("1 task, ")
    assert said.out.endswith("all is as it should be.\n")
    assert conv("audit", "--json").json["clean"] is True


def test_what_is_not_so_is_said_with_where_and_repaired(conv: Shell, redis_client: redis.Redis) -> None:
    task_id = conv("submit", "Sleeps", "--json").json["task_id"]
    tag = f"{{{conv.environment['CONV_NAMESPACE']}:14.0}}"
    assert redis_client.delete(f"{tag} q:run") == 1

    said = conv("audit")
    assert said.status == 1
    assert f"14.0 t:{task_id}: the task is ready, but not in the lane run: no worker will find it" in said.out
    assert '14.0 cnt: says 1 tasks in node "1", and 0 are there' in said.out
    assert said.out.endswith("2 findings.\n")
    assert "conv audit --repair" in said.err

    said = conv("audit", "--repair")
    assert (said.status, said.err) == (0, "")
    assert "; repaired\n" in said.out
    assert said.out.endswith("1 finding, all repaired.\n")
    assert conv("audit").status == 0


def test_what_cannot_be_repaired_is_left_and_said(conv: Shell, redis_client: redis.Redis) -> None:
    redis_client.set(f"{{{conv.environment['CONV_NAMESPACE']}:14.0}} mine", "1")

    said = conv("audit", "--repair")
    assert said.status == 1
    assert "14.0 mine: nothing of ours has this name; left: nobody but you can tell what is right" in said.out
    [finding] = conv("audit", "--json").json["findings"]
    assert finding == {
        "slot": "14.0", "what": "unknown", "key": "mine", "member": "",
        "text": "nothing of ours has this name", "outcome": "",
    }  # fmt: skip
