"""The engine of another machine, over HTTP: the same methods, views and errors as `Engine`.

from engine.client import Client

with Client("http://127.0.0.1:8117", "10001.secret") as conv:
    task = conv.submit("Get token", {"code": "…"}, ref="first")
    print(conv.wait(task, 60).node)
"""

from __future__ import annotations

from .client import Client

__all__ = ["Client"]
