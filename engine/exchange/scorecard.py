"""How well an imported node does here what it did at home."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field


class Verdict(enum.StrEnum):
    """EXACT: no difference in behaviour from the reference. ADAPTED: `notes` name the difference."""

    EXACT = "exact"
    ADAPTED = "adapted"
    UNSUPPORTED = "unsupported"


@dataclass(slots=True)
class Card:
    """One node. `notes` say what differs, or why it is not supported."""

    node: str
    kind: str
    notes: list[str] = field(default_factory=list)
    is_supported: bool = True

    @property
    def verdict(self) -> Verdict:
        if not self.is_supported:
            return Verdict.UNSUPPORTED
        return Verdict.ADAPTED if self.notes else Verdict.EXACT
