"""Who calls, and what they may do."""

from __future__ import annotations

from typing import Protocol

from ..store.registry import ConvRecord


class Caller(Protocol):
    """`login`: what logs and the audit log call them."""

    @property
    def login(self) -> str: ...

    def refusal(self, role: str, conv: ConvRecord | None) -> str:
        """Why the caller may not do this on a conv (None: on everything); "" when they may."""
        ...


class Everybody:
    """Of a server that was opened to all who reach it: each may do everything."""

    login = "everybody"

    def refusal(self, role: str, conv: ConvRecord | None) -> str:
        return ""
