"""The keys that the settings name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .box import Box
from .key import FILE, read_keys

if TYPE_CHECKING:
    from ..config import Settings


def open_box(settings: Settings) -> Box:
    """With the embedded store the keys of the file beside its data, too. Raises SecretKeyError."""
    given = read_keys(settings.secret_key, "CONV_SECRET_KEY") if settings.secret_key else ()
    if settings.secret_key_file is not None:
        return Box(given, settings.secret_key_file)
    return Box(given, settings.home / FILE, makes=True) if settings.embedded else Box(given)
