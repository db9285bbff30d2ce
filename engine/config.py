"""Settings: read once from the environment, then passed on as a value.

Every setting stands once, as a field of Settings: its environment variable, default, unit, bounds and meaning. The
README, `--help` and the error messages are made from that table (`settings_table`). Times are in milliseconds and
sizes in bytes, as the names say.

Variables of the author (`env_var`) are not settings: they come as `CONV_VAR_<NAME>` and are read elsewhere.
"""

from __future__ import annotations

import dataclasses
import difflib
import enum
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from .data import DEEPEST, DEPTH, author_fault
from .errors import ConfigError

PREFIX = "CONV_"
VARIABLE_PREFIX = "CONV_VAR_"
"""Author's variables; their names are not checked here."""


class Durability(enum.StrEnum):
    """What an acknowledged write has survived (store.md rule 21)."""

    NONE = "none"
    EVERYSEC = "everysec"
    ALWAYS = "always"
    REPLICATED = "replicated"


class SettingRow(NamedTuple):
    """One line of the table of settings, for people: all text."""

    env: str
    name: str
    default: str
    unit: str
    doc: str


def _redis_url(raw: str) -> str:
    if "://" not in raw:
        raise ValueError("it must be a URL such as redis://host:6379/0 or unix:///path/to/socket")
    return raw


def _http_url(raw: str) -> str:
    if not re.fullmatch(r"https?://[^/?#@]+/?", raw):
        raise ValueError("it must be an address such as http://127.0.0.1:8117")
    return raw


def _namespace(raw: str) -> str:
    # It becomes part of the hash tag {ns:conv.p}; braces or colons in it would cut the tag.
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", raw):
        raise ValueError("it must be 1 to 64 letters, digits, dots, dashes or underscores")
    return raw


def _allowed(raw: str) -> str:
    for word in re.split(r"[,\s]+", raw.strip()):
        if word not in ("*", "inline") and not word.startswith("/") and "://" not in word and "@" not in word:
            raise ValueError("each word must be a repository's URL, user@host:path, an absolute path, inline or *")
    return raw


def _author(raw: str) -> str:
    if fault := author_fault(raw):
        raise ValueError(f"it {fault}")
    return raw


def _hosts(raw: str) -> str:
    from .http import read_allowed

    read_allowed(raw)
    return raw


def _durability(raw: str) -> Durability:
    try:
        return Durability(raw)
    except ValueError:
        raise ValueError(f"it must be one of {', '.join(Durability)}") from None


def _integer(low: int, high: int) -> Callable[[str], int]:
    def read(raw: str) -> int:
        if not re.fullmatch(r"[+-]?[0-9]{1,18}", raw.strip()):
            raise ValueError("it must be a whole number")
        number = int(raw)
        if not low <= number <= high:
            raise ValueError(f"it must be from {low} to {high}")
        return number

    return read


def _secret_key(raw: str) -> str:
    from .vault.key import read_keys

    read_keys(raw, "CONV_SECRET_KEY")
    return raw


def _setting(
    env: str, read: Callable[[str], Any], default: Any, *, doc: str, unit: str = "", secret: bool = False
) -> Any:
    metadata = {"env": env, "read": read, "unit": unit, "doc": doc, "secret": secret}
    return dataclasses.field(default=default, repr=not secret, metadata=metadata)


def _count(env: str, default: int | None, *, doc: str, unit: str = "", low: int = 1, high: int = 10**12) -> Any:
    return _setting(env, _integer(low, high), default, doc=doc, unit=unit)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting of the engine. `Settings()` is the defaults; `read_settings()` the environment's.

    Source: the limits are the reference's (its section 9) where it has one; the rest is our own.
    """

    # --- The store ---------------------------------------------------------------------------------------------
    redis_url: str = _setting(
        "CONV_REDIS_URL",
        _redis_url,
        "",
        doc="Where everything is kept: redis://, rediss:// or unix://. Empty: a server of our own, under CONV_HOME.",
    )
    home: Path = _setting(
        "CONV_HOME", Path, Path(".conv"), doc="Folder of the embedded server's data, and of checkouts for git_call."
    )
    embedded_memory_bytes: int = _count(
        "CONV_EMBEDDED_MEMORY_BYTES",
        0,
        low=0,
        unit="bytes",
        doc="Memory of the embedded server when it is started, after which it is full. 0: half of the machine's or "
        "container's.",
    )
    namespace: str = _setting("CONV_NAMESPACE", _namespace, "conv", doc="Prefix of every key, to share one server.")
    durability: Durability = _setting(
        "CONV_DURABILITY",
        _durability,
        Durability.EVERYSEC,
        doc="When a write counts as kept: everysec (flushed each second), always (each batch), replicated (WAIT), none "
        "(a server without an append-only file).",
    )
    replicas: int | None = _count(
        "CONV_REPLICAS",
        None,
        low=1,
        high=16,
        doc="Replicas to wait for, if durability is replicated. Not set: all that the primary has.",
    )
    replica_timeout_ms: int = _count(
        "CONV_REPLICA_TIMEOUT_MS",
        1_000,
        high=600_000,
        unit="ms",
        doc="After this, it is unknown whether they have it.",
    )
    submit_memory_percent: int = _count(
        "CONV_SUBMIT_MEMORY_PERCENT",
        85,
        high=100,
        unit="%",
        doc="Part of maxmemory above which submits are refused.",
    )
    secret_key: str = _setting(
        "CONV_SECRET_KEY",
        _secret_key,
        "",
        secret=True,
        doc="Key that secrets are sealed with in the store: 32 bytes as base64 or hex. Several, apart by spaces: the "
        "first is to seal, the others only open.",
    )
    secret_key_file: Path | None = _setting(
        "CONV_SECRET_KEY_FILE", Path, None, doc="The same in a file, which nobody else may read."
    )
    partitions: int = _count("CONV_PARTITIONS", 1, high=1_024, doc="Partitions of a conv when it is first deployed.")

    author: str = _setting(
        "CONV_AUTHOR",
        _author,
        "",
        doc="Who deploys, as `conv history` says it. Empty: the login of the machine's user.",
    )

    # --- A task ------------------------------------------------------------------------------------------------
    task_size_bytes: int = _count(
        "CONV_TASK_SIZE_BYTES", 128_000, high=64_000_000, unit="bytes", doc="Largest data of one task, as JSON."
    )
    depth: int = _count(
        "CONV_DEPTH",
        DEPTH,
        low=32,
        high=DEEPEST,
        doc="How deep lists and objects of one task's data may lie in each other; the data itself is the first.",
    )
    loop_passes: int = _count("CONV_LOOP_PASSES", 50, doc="Passes through one node in a row before a loop is stopped.")
    hops: int = _count("CONV_HOPS", 100, doc="Copies and calls one after another, from task to task, before they stop.")
    descendants: int = _count(
        "CONV_DESCENDANTS",
        10_000,
        doc="Tasks that one task may bring forth by copies and calls, in a day, in each partition of each conv.",
    )
    archive_age_ms: int = _count(
        "CONV_ARCHIVE_AGE_MS",
        30 * 86_400_000,
        unit="ms",
        doc="How long a finished task is kept, unless its definition has an `archive`.",
    )
    archive_count: int = _count(
        "CONV_ARCHIVE_COUNT",
        250_000,
        doc="How many finished tasks one end node keeps, unless its definition has an `archive`.",
    )

    # --- Running -----------------------------------------------------------------------------------------------
    run_moves: int = _count("CONV_RUN_MOVES", 200, doc="Moves between two commits of one task.")
    run_ms: int = _count("CONV_RUN_MS", 20, high=60_000, unit="ms", doc="Time between two commits of one task.")
    batch: int = _count("CONV_BATCH", 128, high=1_000, doc="Tasks that a worker claims at once.")
    threads: int = _count("CONV_THREADS", 32, high=1_000, doc="Outside calls that one worker makes at once.")
    lease_ms: int = _count(
        "CONV_LEASE_MS", 30_000, low=50, high=3_600_000, unit="ms", doc="A worker silent this long loses its tasks."
    )
    ready_ms: int = _count(
        "CONV_READY_MS",
        5_000,
        high=3_600_000,
        unit="ms",
        doc="A worker that the store has not answered for so long is not ready.",
    )
    poison_attempts: int = _count(
        "CONV_POISON_ATTEMPTS", 3, high=100, doc="Lost leases of a task claimed alone before it is set aside."
    )

    code_ms: int = _count(
        "CONV_CODE_MS", 5_000, high=60_000, unit="ms", doc="Processor time of one run of a code node."
    )
    code_memory_bytes: int = _count(
        "CONV_CODE_MEMORY_BYTES",
        100_000_000,
        low=1_000_000,
        high=4_000_000_000,
        unit="bytes",
        doc="Memory of one run of a code node.",
    )
    git_call: str = _setting(
        "CONV_GIT_CALL",
        _allowed,
        "",
        doc="What git_call may run: repositories or folders of them, separated by commas; `inline` for code in "
        "definitions; `*` for everything. Empty: nothing.",
    )
    git_call_ms: int = _count(
        "CONV_GIT_CALL_MS", 60_000, high=3_600_000, unit="ms", doc="Longest run of one handler of git_call."
    )
    git_call_memory_bytes: int = _count(
        "CONV_GIT_CALL_MEMORY_BYTES",
        256_000_000,
        low=64_000_000,
        high=64_000_000_000,
        unit="bytes",
        doc="Memory of the process of one handler of git_call.",
    )
    git_keep_ms: int = _count(
        "CONV_GIT_KEEP_MS", 30 * 86_400_000, unit="ms", doc="How long a checkout that no git_call uses is kept."
    )
    git_keep_bytes: int = _count(
        "CONV_GIT_KEEP_BYTES",
        2_000_000_000,
        unit="bytes",
        doc="Room of all checkouts for git_call, with what was fetched; those not used for longest go first.",
    )

    # --- The outside -------------------------------------------------------------------------------------------
    api_timeout_ms: int = _count(
        "CONV_API_TIMEOUT_MS",
        60_000,
        high=3_600_000,
        unit="ms",
        doc="Longest wait for the answer to one api_call or database_call.",
    )
    response_size_bytes: int = _count(
        "CONV_RESPONSE_SIZE_BYTES",
        2_000_000,
        high=1_000_000_000,
        unit="bytes",
        doc="Largest answer to an api_call or database_call.",
    )
    egress_allow: str = _setting(
        "CONV_EGRESS_ALLOW",
        _hosts,
        "",
        doc="Where calls may go that are guarded, besides public addresses: hosts (`name`, `*.domain`, `name:port`), "
        "addresses and nets (`10.0.0.0/8`), separated by commas or spaces.",
    )

    # --- Another machine's engine ------------------------------------------------------------------------------
    remote_url: str = _setting(
        "CONV_URL", _http_url, "", doc="The HTTP API that commands ask in place of a store, such as https://host:8117."
    )
    remote_key: str = _setting("CONV_KEY", str, "", doc="The key for it: LOGIN.SECRET.", secret=True)

    # --- The server of the API ---------------------------------------------------------------------------------
    server_body_bytes: int = _count(
        "CONV_SERVER_BODY_BYTES",
        5_000_000,
        low=1_000,
        high=1_000_000_000,
        unit="bytes",
        doc="Largest body of a request to the HTTP API.",
    )
    server_rate: int = _count(
        "CONV_SERVER_RATE", 1_000, high=1_000_000, doc="Requests a second that one key may make; twice as many at once."
    )
    server_body_ms: int = _count(
        "CONV_SERVER_BODY_MS",
        10_000,
        low=100,
        high=3_600_000,
        unit="ms",
        doc="Longest time that the body of a request to the HTTP API may take to come.",
    )

    @property
    def embedded(self) -> bool:
        """Whether the store is our own server, under `home`."""
        return not self.redis_url


def _shown(default: Any) -> str:
    return "" if default is None else str(default)


def settings_table() -> list[SettingRow]:
    """Every setting in the order of Settings, to print."""
    return [
        SettingRow(
            field.metadata["env"], field.name, _shown(field.default), field.metadata["unit"], field.metadata["doc"]
        )
        for field in dataclasses.fields(Settings)
    ]


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of `environ` (default: this process's environment). A variable that is empty counts as not set.

    Raises ConfigError naming the variable: for a value that cannot be used, and for a name that is close to one of
    ours without being one (CONV_REDIS_URI), because ignoring it would run the default unnoticed.
    """
    environ = os.environ if environ is None else environ
    fields = {field.metadata["env"]: field for field in dataclasses.fields(Settings)}
    values: dict[str, Any] = {}
    for env, raw in environ.items():
        if not env.startswith(PREFIX) or env.startswith(VARIABLE_PREFIX):
            continue
        if env not in fields:
            nearest = difflib.get_close_matches(env, fields, n=1, cutoff=0.85)
            if nearest:
                raise ConfigError(f"{env} is not a setting; did you mean {nearest[0]}?", where=env)
            continue
        if not raw:
            continue
        try:
            values[fields[env].name] = fields[env].metadata["read"](raw)
        except ValueError as error:
            # A URL may hold a password: never repeat its value.
            shown = "" if env == "CONV_REDIS_URL" or fields[env].metadata["secret"] else f" is {raw[:80]!r}, but"
            raise ConfigError(f"{env}{shown or ' cannot be used:'} {error}", where=env) from None
    return Settings(**values)
