"""Database instances: what an operator writes of one, and what a worker makes of it with its variables.

A deployed instance still names its variables, so the store never has a password of one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Literal
from urllib.parse import quote

import msgspec
from pydantic import Field, model_validator

from ..errors import EngineError, LogicError
from ..fields import Integer, Model, TemplateText, Text
from ..template import Scope, compile_parts, text_of
from ..template.scope import NoReader

Driver = Literal["postgresql", "mysql", "mariadb", "sqlite"]
DRIVERS = {
    "postgresql": "postgresql",
    "postgres": "postgresql",
    "mysql": "mysql",
    "mariadb": "mysql",
    "sqlite": "sqlite",
}
"""The words that a driver or a URL may begin with, and the dialect of each."""

WRONG_INSTANCE = "db_call_wrong_instance"
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_PARTS = ("host", "port", "database", "user", "password")


class InstanceEntry(Model):
    """A database. Either `url`, or `driver` and its parts. In a URL with other text a variable's value is escaped."""

    id: Integer | None = Field(None, ge=1, description="its number in the exchange format, instance_id")
    url: TemplateText | None = Field(None, description="postgresql://user:{{env_var[@password]}}@host:5432/database")
    driver: Driver | None = Field(None, description="postgresql, mysql, mariadb or sqlite")
    host: TemplateText | None = Field(None, description="its name or address")
    port: TemplateText | None = Field(None, description="none: the driver's own")
    database: TemplateText | None = Field(None, description="its name; of sqlite the path of its file")
    user: TemplateText | None = Field(None, description="who the workers are to it")
    password: TemplateText | None = Field(None, description="a secret variable: {{env_var[@password]}}")
    rows: Integer = Field(1000, ge=1, le=100_000, description="so many rows may come back from one call")
    pool: Integer = Field(5, ge=1, le=200, description="connections of one worker")
    description: Text = Field("", description="for people")

    @model_validator(mode="after")
    def _one_way(self) -> InstanceEntry:
        parts = [key for key in _PARTS if getattr(self, key) is not None]
        if self.url is None and self.driver is None:
            raise ValueError('it needs "url", or "driver" with host, database, user and password')
        if self.url is not None and (parts or self.driver is not None):
            raise ValueError(f'"url" says it all; remove "{(parts or ["driver"])[0]}"')
        if self.driver is not None and self.database is None:
            raise ValueError(f'driver: {self.driver} needs "database"')
        if self.driver == "sqlite" and parts != ["database"]:
            raise ValueError('driver: sqlite takes "database", the path of its file, and no other part')
        scheme = _SCHEME.match(self.url) if self.url is not None else None
        if scheme is not None and scheme[1] not in DRIVERS:
            raise ValueError(f"a URL of {', '.join(DRIVERS)}")
        if self.url is not None and scheme is None and "{{" not in self.url and "<<" not in self.url:
            raise ValueError(f"a URL of {', '.join(DRIVERS)}")
        return self

    @property
    def texts(self) -> dict[str, str]:
        """The texts that may name variables."""
        values = {key: getattr(self, key) for key in ("url", *_PARTS)}
        return {key: value for key, value in values.items() if value is not None}


def dialect_of(deployed: Mapping[str, Any]) -> str | None:
    """The dialect of a deployed instance, where it is written out."""
    scheme = _SCHEME.match(deployed.get("url") or "")
    return DRIVERS.get(scheme[1] if scheme is not None else deployed.get("driver", ""))


class Instance(msgspec.Struct, frozen=True):
    """A database that can be reached. `dialect`: postgresql, mysql or sqlite. Either `url` or the parts are set.

    `secrets`: texts that no error may show.
    """

    name: str
    dialect: str
    rows: int
    pool: int
    url: str = ""
    host: str = ""
    port: int | None = None
    database: str = ""
    user: str = ""
    password: str = ""
    secrets: tuple[str, ...] = ()


class _Variables(NoReader):
    """What the texts of an instance may ask for."""

    def __init__(self, variable: Callable[[str], tuple[Any, bool]]) -> None:
        self._variable = variable

    def variable(self, name: str) -> tuple[Any, bool]:
        return self._variable(name)


def read_instance(name: str, deployed: Mapping[str, Any], variable: Callable[[str], tuple[Any, bool]]) -> Instance:
    """The instance with its variables put in. `variable`: as engine.template.scope.Reader.variable.

    Raises LogicError `db_call_wrong_instance`: a variable has no value, or the place cannot be read.
    """
    entry = InstanceEntry.model_validate(deployed)
    scope = Scope({}, reader=_Variables(variable))
    try:
        values = {key: _text(key, text, scope) for key, text in entry.texts.items()}
    except EngineError as error:
        raise LogicError(WRONG_INSTANCE, f'database instance "{name}": {error.message}') from error
    secrets = tuple(text_of(value) for value in scope.reads)
    url = values.pop("url", "")
    scheme = _SCHEME.match(url)
    driver = scheme[1] if scheme is not None else entry.driver
    if driver not in DRIVERS:
        text = f'database instance "{name}": its URL must begin with one of {", ".join(DRIVERS)}'
        raise LogicError(WRONG_INSTANCE, text)
    port = values.pop("port", "")
    if port and not port.isdecimal():
        raise LogicError(WRONG_INSTANCE, f'database instance "{name}": its port is not a number')
    if values.get("password"):
        secrets = (*secrets, values["password"])
    return Instance(
        name, DRIVERS[driver], entry.rows, entry.pool, url, port=int(port) if port else None, secrets=secrets, **values
    )


def _text(key: str, text: str, scope: Scope) -> str:
    """A text with its variables. In a URL a variable that is all of it stays as it is, others are escaped."""
    parts = compile_parts(text)
    is_escaped = key == "url" and len(parts) > 1

    def put(value: str) -> str:
        return quote(value, safe="") if is_escaped else value

    return "".join(part if isinstance(part, str) else put(text_of(part(scope))) for part in parts)
