"""Handlers of git_call: repositories, their checkouts, and the processes in which handlers run.

An operator says which repositories may run (repository.py); a checkout is made once for each commit (checkout.py); a
handler runs in a process of its own (process.py), which is no sandbox.
"""

from __future__ import annotations

from engine.gitcode.checkout import checkout, is_id
from engine.gitcode.failure import TAG, failure
from engine.gitcode.files import handler_file
from engine.gitcode.process import Answer, Job, run
from engine.gitcode.repository import Repository, allows, read_repository
from engine.gitcode.room import Room

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
