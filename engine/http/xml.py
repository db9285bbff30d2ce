"""XML as the model system has it in JSON: attributes `@name`, text `#value`, one root. Source: reference 3.4."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.parsers.expat import ExpatError

ATTRIBUTE, TEXT = "@", "#value"


def to_xml(data: Mapping[str, Any]) -> str:
    """A document. Raises ValueError."""
    # Not at the top: most processes never need it.
    import xmltodict

    if len(data) != 1:
        raise ValueError(f"XML has one root, not {len(data)}")
    try:
        return str(xmltodict.unparse(data, attr_prefix=ATTRIBUTE, cdata_key=TEXT))
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
