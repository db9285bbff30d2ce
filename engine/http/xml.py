"""XML as the model system has it in JSON: attributes `@name`, text `#value`, one root. Source: reference 3.4."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any
from xml.parsers.expat import ExpatError

ATTRIBUTE, TEXT = "@", "#value"


class _Document(io.StringIO):
    """A document while it is written; raises OverflowError when it is too long. A list's name stands at each item."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most

    def write(self, text: str) -> int:
        if self.tell() > self.most:
            raise OverflowError(f"the XML has more than {self.most} characters")
        return super().write(text)


def to_xml(data: Mapping[str, Any], most: int) -> str:
    """A document. Raises ValueError, and OverflowError for one of more than `most` characters."""
    # Not at the top: most processes never need it.
    import xmltodict

    if len(data) != 1:
        raise ValueError(f"XML has one root, not {len(data)}")
    try:
        document = _Document(most)
        xmltodict.unparse(data, output=document, attr_prefix=ATTRIBUTE, cdata_key=TEXT)
        return document.getvalue()
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"this cannot be written as XML: {error}") from None


def from_xml(text: str) -> dict[str, Any]:
    """What a document says; entities of its own are refused. Raises ValueError."""
    import xmltodict

    try:
        found: dict[str, Any] = xmltodict.parse(text, attr_prefix=ATTRIBUTE, cdata_key=TEXT, disable_entities=True)
    except (ExpatError, ValueError, RecursionError) as error:
        raise ValueError(f"the body is not XML: {error}") from None
    return found
