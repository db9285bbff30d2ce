"""The databases that there are, one file for each."""

from engine.database.drivers.base import Driver
from engine.database.drivers.mysql import MySql
from engine.database.drivers.postgresql import Postgres
from engine.database.drivers.sqlite import Sqlite

DRIVERS: dict[str, Driver] = {"postgresql": Postgres(), "mysql": MySql(), "sqlite": Sqlite()}
