"""The keys that there are, after their tag: what the scripts, the moves, the backups and the auditor go by.

Whoever adds a key registers it here; one that belongs to a task then goes where its task goes, and ends with it.
"""

from __future__ import annotations

from typing import NamedTuple


class Key(NamedTuple):
    """`name`: before the colon, if it has one; README.md says what each holds. `type`: as the server calls it.

    `of_task`: it is `<name>:<task id>`, and holds something of the task beside its record: a list or a hash.
    `is_index`: its members are tasks (or leases) that must be there. `by_node`: it is `<name>:<node>…`. `passing`: a
    partition that was given up may still have it.
    """

    name: str
    type: str
    of_task: bool = False
    is_index: bool = False
    by_node: bool = False
    passing: bool = False


KEYS = [
    Key("meta", "hash"),
    Key("t", "hash"),  # the record of a task
    Key("mail", "list", of_task=True),
    Key("r", "string"),
    Key("q", "list"),
    Key("lease", "set", is_index=True),
    Key("leases", "zset", is_index=True),
    Key("done", "string", passing=True),
    Key("due", "zset", is_index=True),
    Key("noted", "set", is_index=True),
    Key("at", "zset", is_index=True, by_node=True),
    Key("queue", "zset", is_index=True, by_node=True),
    Key("arch", "zset", is_index=True, by_node=True),
    Key("archs", "zset"),
    Key("aside", "zset", is_index=True),
    Key("late", "hash"),
    Key("out", "stream"),
    Key("seen", "zset"),
    Key("answers", "hash"),
    Key("kin", "string", passing=True),
    Key("cnt", "hash"),
    # An older mover leaves these with a partition that it gives up.
    Key("was", "hash", passing=True),
    Key("errors", "hash", passing=True),
    Key("minutes", "list", passing=True),
    Key("hours", "list", passing=True),
    Key("sums", "hash"),
    Key("rates", "hash"),
    Key("sized", "hash"),
    Key("buckets", "string", passing=True),
    Key("born", "set"),
    Key("put", "list"),
    Key("incoming", "set"),
    Key("carried", "hash"),
    Key("kept", "list"),
    Key("images", "list"),
    Key("imaged", "set"),
    Key("after", "set"),
    Key("saved", "string"),
    Key("sync", "string", passing=True),
]
"""Of a partition."""

REGISTRY_KEYS = frozenset(
    {"meta", "convs", "variables", "instances", "beats", "leader", "workers", "owners", "restoring", "sync"}
    | {"rights", "keys", "groups", "trail"}
    | {"jobs"}
)
"""Of the registry's slot."""

REGISTRY_FAMILIES = frozenset({"mover", "session", "sessions", "job", "jobplan", "jobrefused"})
"""Of the registry's slot, those with something after a colon."""

REGISTRY_KEYS_BY_CONV = frozenset({"versions", "sources"})
"""Of the registry's slot, `<name>:<conv id>`. A conv that goes takes its versions along."""


def task_keys() -> list[Key]:
    """Those of a task, beside its record."""
    return [key for key in KEYS if key.of_task]


def lua_lines() -> str:
    """The definitions that stand before all scripts."""
    types = ", ".join(f"{key.name} = '{key.type}'" for key in KEYS)
    names = ", ".join(f"'{key.name}'" for key in task_keys())
    return f"local KEY_TYPES = {{{types}}}\nlocal TASK_KEYS = {{{names}}}\n"
