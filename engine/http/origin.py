"""Who says where a call goes, by its URL as it is written: author and operator alone, or a task as well."""

from __future__ import annotations

import re

from ..errors import TemplateSyntaxError
from ..template import Scope, compile_beginning
from .url import settles_host

_SCHEME_AND_HOST = re.compile(r"^\s*\0(://)?")


class Origin:
    """Who says where the requests of a URL go, as far as it can be known before there is a task."""

    def __init__(self, url: str, missing: str) -> None:
        beginning = compile_beginning(url, missing=missing)
        self._is_all = beginning.is_all
        self._settled = settles_host(beginning.shape) if "\0" not in beginning.shape else None
        self._beginning, self._shape = beginning.template, beginning.shape

    @property
    def may_be_guarded(self) -> bool:
        """False when the author and the operator say it all."""
        return not (self._is_all or self._settled)

    @property
    def is_probably_trusted(self) -> bool:
        """The same, with variables that hold what they look like: `{{env_var[@base]}}/` a scheme and a host."""
        return self._is_all or settles_host(_SCHEME_AND_HOST.sub("http://", self._shape))

    def is_trusted(self, url: str, scope: Scope) -> bool:
        """Whether the definition and variables alone say where this one goes."""
        if self._is_all or self._settled is not None:
            return self._is_all or bool(self._settled)
        beginning = self._beginning(scope)  # its variables have values now
        return url.startswith(beginning) and settles_host(beginning)


def is_guarded(url: str) -> bool:
    """Whether the calls of a URL are probably guarded; False for one that does not parse, which is told elsewhere."""
    try:
        return not Origin(url, "empty").is_probably_trusted
    except TemplateSyntaxError:
        return False
