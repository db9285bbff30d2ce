"""The databases that there are, one file for each."""

from .base import Driver
from .mysql import MySql
from .postgresql import Postgres
from .sqlite import Sqlite

DRIVERS: dict[str, Driver] = {"postgresql": Postgres(), "mysql": MySql(), "sqlite": Sqlite()}
