"""Who asks by a key: what they may do is looked up at each step, so a key that is revoked meanwhile is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .rights import Named, Rights


class KeyCaller:
    """`login`: in digits, as the trail and the access log have it; `rights`: gives the newest snapshot."""

    def __init__(self, login: int, rights: Callable[[], Rights]) -> None:
        self.number = login
        self.login = str(login)
        self._rights = rights

    def refusal(self, role: str, conv: Named | None) -> str:
        """Why they may not do what takes this role on a conv (None: on everything); "" when they may."""
        verdict = self._rights().may(self.number, role, conv)
        return "" if verdict.allowed else verdict.why

    def covered(self, role: str, folders: Mapping[int, str]) -> list[int]:
        """Those of some convs (id to folder) on which they may."""
        return self._rights().covers(self.number, role, folders)
