"""A definition as a picture: mermaid or dot for other programs to draw, or a whole SVG of our own.

`picture.py` says what is drawn, one file for each format says how. Nothing but the definition is needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..definition import Definition

FORMATS = ("mermaid", "dot", "svg")


def draw(definition: Definition, format: str, counts: Mapping[str, int] | None = None) -> str:
    """The picture's text, with a newline at its end. `counts`: how many tasks stand in each node, to be shown."""
    from .picture import picture_of

    picture = picture_of(definition, counts)
    if format == "svg":
        from .svg import svg

        return svg(picture)
    if format == "dot":
        from .dot import dot

        return dot(picture)
    from .mermaid import mermaid

    return mermaid(picture)
