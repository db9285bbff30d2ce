"""The errors of a template that are never mended by taking the reference for text."""

from __future__ import annotations

from ..errors import TemplateSyntaxError


class Refusal(TemplateSyntaxError):
    """A limit is passed or a function is not supported; never taken for text, not even with `missing: empty`."""
