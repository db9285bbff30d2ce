"""Handlers of git_call: repositories, their checkouts, and the processes in which handlers run.

An operator says which repositories may run (repository.py); a checkout is made once for each commit (checkout.py); a
handler runs in a process of its own (process.py), which is no sandbox.
"""

from __future__ import annotations

from .checkout import checkout, is_id
from .failure import TAG, failure
from .files import handler_file
from .process import Answer, Job, run
from .repository import Repository, allows, read_repository
from .room import Room

__all__ = [
    "TAG",
    "Answer",
    "Job",
    "Repository",
    "Room",
    "allows",
    "checkout",
    "failure",
    "handler_file",
    "is_id",
    "read_repository",
    "run",
]
