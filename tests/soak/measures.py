"""What a worker, the server and each kind of key take. Linux only: of processes it reads /proc."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from pathlib import Path

import redis

from tests.soak.growth import HANDLES, Sample

KEYS_LOOKED_AT = 20_000  # of the kinds of which each task has a key; the others are few and all looked at


def measured(client: redis.Redis, worker: int) -> Sample:
    """All measures at this moment, in the order in which they are printed. `worker`: its process id."""
    server = int(client.info("server")["process_id"])
    return {
        "worker": resident(worker),
        f"worker {HANDLES}": handles(worker),
        "server": resident(server),
        f"server {HANDLES}": handles(server),
        "store": int(client.info("memory")["used_memory"]),
        "file": int(client.info("persistence")["aof_current_size"]),
        **kinds(client),
    }


def resident(pid: int) -> int:
    """Bytes of a process that are in memory."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    [line] = [line for line in lines if line.startswith("VmRSS:")]
    return int(line.split()[1]) * 1024


def handles(pid: int) -> int:
    """Files and connections that a process has open."""
    return len([*Path(f"/proc/{pid}/fd").iterdir()])


def kinds(client: redis.Redis) -> dict[str, int]:
    """Bytes in memory by kind of key (engine/store/README.md, "Keys"), largest first."""
    every = max(1, int(client.dbsize()) // KEYS_LOOKED_AT)
    sizes: Counter[str] = Counter()
    numbers: Counter[str] = Counter()
    keys = client.scan_iter(count=1000)
    while some := [*islice(keys, 1000)]:
        looked_at = []
        for key in some:
            kind = kind_of(key)
            numbers[kind] += 1
            if not kind.endswith(":") or numbers[kind] % every == 0:
                looked_at.append((kind, key))
        pipe = client.pipeline(transaction=False)
        for _, key in looked_at:
            pipe.memory_usage(key)
        for (kind, _), size in zip(looked_at, pipe.execute(), strict=True):
            sizes[kind] += (size or 0) * (every if kind.endswith(":") else 1)  # None: gone meanwhile
    return dict(sizes.most_common())


def kind_of(key: bytes) -> str:
    """`t:` of `{ns:7.0} t:0a1b`, `seen` of `{ns:7.0} seen`, `reg` of `{ns:reg} convs`."""
    tag, _, rest = key.decode("utf-8", "replace").partition("} ")
    if tag.endswith(":reg") or not rest:
        return "reg"
    word, colon, _ = rest.partition(":")
    return word + colon
