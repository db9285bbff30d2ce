"""Secrets at rest: whole values that hold one are sealed with a key before they go to the store, and opened after.

Not to be confused with engine/sealing.py, which takes secrets out of one outside call and puts them back.
"""

from __future__ import annotations

from .box import SEALED, Box, owner_of, record_marks
from .key import Key, made_key, read_keys
from .open import open_box
from .state import SealState

__all__ = ["SEALED", "Box", "Key", "SealState", "made_key", "open_box", "owner_of", "read_keys", "record_marks"]
