"""The floor: the same layout without the engine.

One XADD of the task's JSON in pipelines of 256, a batched XREADGROUP, JSON decode and encode, one script per batch that
writes each task's final hash, five node counters, the archive index and the acks. Run as a program it is the worker.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import msgspec
import redis

BATCH = 256

SCRIPT = """
local now = redis.call('TIME')[1]
local acks, archive = {}, {}
for i = 1, #ARGV, 3 do
  local id, entry, data = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  redis.call('HSET', KEYS[1] .. id, 'node', 'done', 'data', data, 'time', now)
  acks[#acks + 1] = entry
  archive[#archive + 1] = now
  archive[#archive + 1] = id
end
local n = #acks
for node = 1, 5 do redis.call('HINCRBY', KEYS[2], node, n) end
redis.call('ZADD', KEYS[3], unpack(archive))
redis.call('XACK', KEYS[4], 'floor', unpack(acks))
for i = 1, #ARGV, 3 do
  if string.sub(ARGV[i], 1, 1) == 'w' then redis.call('PUBLISH', KEYS[5], ARGV[i]) end
end
return n
"""


def keys(name: str) -> list[str]:
    tag = f"{{{name}}}"
    return [f"{tag}t:", f"{tag}counts", f"{tag}archive", f"{tag}in", f"{tag}done"]


def prepare(client: redis.Redis, name: str) -> None:
    client.delete(*keys(name)[1:4])
    client.xgroup_create(keys(name)[3], "floor", "0", mkstream=True)


def submit(client: redis.Redis, name: str, ids: Sequence[str], body: bytes) -> None:
    """One XADD per task, in pipelines of 256."""
    stream = keys(name)[3]
    for start in range(0, len(ids), BATCH):
        pipe = client.pipeline(transaction=False)
        for task_id in ids[start : start + BATCH]:
            pipe.xadd(stream, {"i": task_id, "d": body})
        pipe.execute()


def finished(client: redis.Redis, name: str) -> int:
    return int(client.hget(keys(name)[1], "5") or 0)


def work(url: str, name: str) -> None:
    """Until the stream `name` is gone."""
    client = redis.Redis.from_url(url)
    script = client.register_script(SCRIPT)
    names = keys(name)
    decode, encode = msgspec.json.Decoder().decode, msgspec.json.Encoder().encode
    while True:
        try:
            reply: Any = client.xreadgroup("floor", "worker", {names[3]: ">"}, count=BATCH, block=1000)
        except redis.ResponseError:
            return
        if not reply:
            continue
        entries = reply[0][1] if isinstance(reply, list) else next(iter(reply.values()))[0]
        args: list[bytes] = []
        for entry, fields in entries:
            args += (fields[b"i"], entry, encode(decode(fields[b"d"])))
        script(keys=names, args=args)


if __name__ == "__main__":
    work(sys.argv[1], sys.argv[2])
