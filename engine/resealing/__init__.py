"""Sealing anew what lies in a store: what was written before secrets were sealed, and, when the key is changed, all."""

from __future__ import annotations

from .rotation import rotate
from .walk import Progress, Resealing

__all__ = ["Progress", "Resealing", "rotate"]
