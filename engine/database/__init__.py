"""Databases: SQL with bound values, made through SQLAlchemy on PostgreSQL, MySQL or MariaDB, and SQLite.

`read_instance` makes an instance of its definition and the variables, `check` and `bind` read an author's SQL, `call`
makes one call. Nothing here knows of tasks. SQLAlchemy and the drivers are the extra `databases` of the package, loaded
by the first call.
"""

from .call import MISSING_EXTRA, RETURN_CODE, Rows, call, is_installed
from .drivers.base import Mode
from .instance import DRIVERS, Instance, InstanceEntry, dialect_of, read_instance
from .query import DIALECTS, Bound, Query, bind, check

__all__ = [
    "DIALECTS",
    "DRIVERS",
    "MISSING_EXTRA",
    "RETURN_CODE",
    "Bound",
    "Instance",
    "InstanceEntry",
    "Mode",
    "Query",
    "Rows",
    "bind",
    "call",
    "check",
    "dialect_of",
    "is_installed",
    "read_instance",
]
