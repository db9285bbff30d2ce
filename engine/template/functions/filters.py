"""The filters behind a bar, except default, which is about what is missing (references.py).

What is missing passes through, for a default(…) that may follow.
"""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote

from ...errors import TemplateError
from ..made import check, limited
from ..values import MISSING, json_of, text_of

_FILTER = "a filter"


def to_base64(value: Any) -> Any:
    """The standard alphabet with padding, of the text's UTF-8."""
    if value is MISSING:
        return value
    return limited(base64.b64encode(_bytes(text_of(value))).decode(), _FILTER)


def to_urlencode(value: Any) -> Any:
    """Everything but letters, digits and - _ . ~ as %XX of its UTF-8; a space is %20."""
    if value is MISSING:
        return value
    return limited(quote(_bytes(text_of(value)), safe=""), _FILTER)


def to_json(value: Any) -> Any:
    """JSON on one line."""
    if value is MISSING:
        return value
    return limited(json_of(value), _FILTER)


def _bytes(text: str) -> bytes:
    check(len(text), _FILTER)  # what is made of it is no shorter
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise TemplateError("the text holds half a character (a lone surrogate)") from error
