"""Who calls, and what they may do."""

from __future__ import annotations

from typing import Protocol

from ..rights.rights import Named

SIGNED_IN = "signed in"
"""What a route asks for that any key may call."""


class Caller(Protocol):
    """`login`: what the access log and the trail call them."""

    @property
    def login(self) -> str: ...

    def refusal(self, role: str, conv: Named | None) -> str:
        """Why the caller may not do this on a conv (None: on everything); "" when they may."""
        ...


class Everybody:
    """Of a server that is open to its own machine: each may do everything."""

    login = "everybody"

    def refusal(self, role: str, conv: Named | None) -> str:
        return ""


class Nobody:
    """Of a route that asks nobody who they are."""

    login = ""

    def refusal(self, role: str, conv: Named | None) -> str:
        return "sign in first"
