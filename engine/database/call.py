"""One call of a database: one statement in one transaction, with limits of time, rows and size.

Errors are LogicErrors. Hardware, may pass by itself:

    db_call_connection_error      cannot connect, the connection was lost, no connection was free in time
    db_call_timeout               the statement took too long, and was ended
    db_call_conflict_error        a deadlock, a serialization failure, a lock that was not to be had

Software:

    db_call_unique_violation      the value is there already
    db_call_foreign_key_violation what it names is not there, or is named by others
    db_call_not_null_violation    a column that must have a value has none
    db_call_check_violation       a check of the table
    db_call_executing_error       what else the database refused: wrong SQL, a missing right
    db_call_bind_error            a value or a template stands where none can be bound
    db_call_wrong_convert_param   a cast of params_types
    db_call_rows_overflow_limit   more rows than the instance allows
    db_call_size_overflow_limit   an answer larger than CONV_RESPONSE_SIZE_BYTES, or than the task has room for
    db_call_depth_overflow_limit  an answer nested deeper than CONV_DEPTH
    db_call_unknown_instance      no instance of this name is deployed
    db_call_wrong_instance        the instance cannot be used: a variable without value, a wrong URL or option of it, no
                                  driver, a password or a right that the database does not take

With each comes what the database calls it, `__conveyor_db_call_return_code__`: SQLSTATE of PostgreSQL, the number of
others, "" for an error that is not the database's.

After an error nothing of the call was committed, with one exception that the description names: the connection was lost
while it was committed. With autocommit it is the statement that decides what is left of it.
"""

from __future__ import annotations

import importlib.util
import time
from typing import Any, NamedTuple

import msgspec

from ..data import DEPTH, is_deeper, too_deep
from ..errors import LogicError
from .drivers.base import CONNECTION, EXECUTING, HARDWARE, INSTANCE, TIMEOUT, Answer, Failure, Mode
from .instance import WRONG_INSTANCE, Instance
from .pool import Pool, pool_of
from .query import BIND_ERROR, DIALECTS, Bound, Query, bind
from .values import json_value

MISSING_EXTRA = "database_call needs SQLAlchemy and drivers: pip install 'conv-engine[databases]'"
DEFAULT = Mode()
RETURN_CODE = "__conveyor_db_call_return_code__"
UNKNOWN = "; it is not known whether the database has committed"
GRACE_S = 1.0  # the server ends a statement by itself; a connection that is still silent after this is closed

_encode = msgspec.json.Encoder().encode


class Rows(NamedTuple):
    """What came back: a map for each row, and how many there are or, for a statement without rows, were affected.

    `last_insert_id`: as Answer has it.
    """

    rows: list[dict[str, Any]]
    total: int
    last_insert_id: int | str | None = None


def is_installed() -> bool:
    """Whether the extra `databases` is there."""
    return importlib.util.find_spec("sqlalchemy") is not None


def call(
    instance: Instance, query: Query, *, timeout_ms: int, cap_bytes: int, depth: int = DEPTH, mode: Mode = DEFAULT
) -> Rows:
    """Make the call; in a thread. Raises LogicError, see above; its text shows no value and no password.

    `cap_bytes` and `depth`: how large, and how deep as part of a task's data, the answer may be.
    """
    bound = bind(query, DIALECTS[instance.dialect])
    if bound.is_empty:
        raise _error(Failure(EXECUTING, "there is no statement in the query"))
    try:
        pool = pool_of(instance)
    except ImportError as error:
        raise LogicError(WRONG_INSTANCE, f"{MISSING_EXTRA} ({error})") from error
    until = time.monotonic() + timeout_ms / 1000
    if not pool.slots.acquire(timeout=timeout_ms / 1000):
        busy = f'all {instance.pool} connections of the database instance "{instance.name}" are busy'
        raise _error(Failure(CONNECTION, busy))
    try:
        return _Call(pool, bound, mode, cap_bytes, depth, until, query.is_secret).make()
    finally:
        pool.slots.release()


def _error(failure: Failure) -> LogicError:
    kind = "hardware" if failure.tag in HARDWARE else "software"
    return LogicError(f"db_call_{failure.tag}", failure.text, kind=kind, parameters={RETURN_CODE: failure.code})


class _Call:
    """One call on one connection after another, until one is alive; nothing was sent on those that were not."""

    def __init__(
        self, pool: Pool, bound: Bound, mode: Mode, cap_bytes: int, depth: int, until: float, is_secret: bool
    ) -> None:
        self.pool, self.bound, self.mode, self.is_secret = pool, bound, mode, is_secret
        self.cap_bytes, self.depth, self.until = cap_bytes, depth, until
        self.driver = pool.driver
        self.dialect: Any = pool.engine.dialect
        self.errors: tuple[type[Exception], ...] = (self.dialect.loaded_dbapi.Error,)

    def make(self) -> Rows:
        while True:
            try:
                connection = self.pool.checkout(self.until)
            except self.errors as error:
                raise self.failed(error, is_new=True) from None
            except (OSError, ValueError, TypeError, LookupError) as error:  # files and words of its options
                raise LogicError(WRONG_INSTANCE, f'database instance "{self.pool.instance.name}": {error}') from None
            rows = self.on(connection)
            if rows is not None:
                return rows

    def on(self, connection: Any) -> Rows | None:
        """The call on this connection; None: it came from the pool and was dead."""
        driver, raw = self.driver, connection.driver_connection
        was_used = connection.info.get("used", False)
        connection.info["used"] = True
        driver.limit(raw, self.until + GRACE_S)
        step = "begin"
        try:
            driver.begin(raw, max(0.0, self.until - time.monotonic()), self.mode)
            step = "execute"
            with driver.execute(raw, self.bound.sql, self.bound.values) as answer:
                rows = self.read(answer)
            step = "commit"
            if not self.mode.autocommit:
                raw.commit()
        except self.errors as error:
            is_lost = self.dialect.is_disconnect(error, raw, None)
            self.give_back(connection, is_lost)
            if is_lost and step == "begin" and was_used and time.monotonic() < self.until:
                return None
            is_unknown = is_lost and (step == "commit" or (step == "execute" and self.mode.autocommit))
            raise self.failed(error, UNKNOWN if is_unknown else "") from None
        except (ValueError, OverflowError, RecursionError) as error:
            self.give_back(connection, step == "execute")
            raise LogicError(BIND_ERROR, f"a value that the database or JSON cannot have: {error}") from None
        except BaseException:
            # Rows are left unread: reading them to the end could take longer than a new connection.
            self.give_back(connection, True)
            raise
        self.give_back(connection, False)
        return rows

    def give_back(self, connection: Any, is_lost: bool) -> None:
        """Back into the pool with nothing left of this call; closed, when it is lost or cannot be made as new."""
        is_lost = is_lost or self.pool.is_closed
        if not is_lost:
            try:
                is_lost = not self.driver.as_new(connection.driver_connection, self.bound.sql)
            except self.errors:
                is_lost = True
        if is_lost:
            connection.invalidate()
        connection.close()

    def read(self, answer: Answer) -> Rows:
        if answer.names is None:
            last = answer.last_insert_id
            return Rows([], max(0, answer.affected), None if last is None else json_value(last))
        if self.is_secret and any("'" in name for name in answer.names):  # MySQL: the text of an expression
            text = "the name of a column may hold a secret value: give it one of your own, SELECT … AS name"
            raise LogicError("db_call_executing_error", text)
        twice = {name for name in answer.names if answer.names.count(name) > 1}
        if twice:
            text = f'two columns are called "{min(twice)}"; give one of them another name with AS'
            raise LogicError("db_call_executing_error", text)
        rows: list[dict[str, Any]] = []
        size, most = 0, self.pool.instance.rows
        for row in answer.rows:
            if len(rows) == most:
                text = f"more than {most} rows, which is what the database instance allows"
                raise LogicError("db_call_rows_overflow_limit", text)
            made = {name: json_value(value) for name, value in zip(answer.names, row, strict=True)}
            size = self.grown(size, made)
            rows.append(made)
        late = {answer.names[place]: reader for place, reader in answer.late().items()}
        if late:
            size = 0
            for made in rows:
                made |= {name: json_value(read(made[name])) for name, read in late.items() if made[name] is not None}
                size = self.grown(size, made)
        return Rows(rows, len(rows))

    def grown(self, size: int, row: dict[str, Any]) -> int:
        """The bytes of the answer with one row more. Raises LogicError when it is too large or too deep."""
        if is_deeper(row, self.depth - 2):  # a row lies in the list of rows, and that in the data
            raise LogicError("db_call_depth_overflow_limit", f"a value: {too_deep(self.depth)}")
        size += len(_encode(row)) + 1
        if size > self.cap_bytes:
            text = f"the answer has more than {self.cap_bytes} bytes, which is what the task has room for"
            raise LogicError("db_call_size_overflow_limit", text)
        return size

    def failed(self, error: Exception, more: str = "", *, is_new: bool = False) -> LogicError:
        failure = self.driver.failure(error, self.bound.names, is_new)
        if failure.tag == CONNECTION and time.monotonic() >= self.until:
            failure = Failure(TIMEOUT, "the database has not answered in time", failure.code)
        if failure.tag == EXECUTING and is_new:
            text = f'database instance "{self.pool.instance.name}": {failure.text}'
            failure = Failure(INSTANCE, text, failure.code)
        return _error(failure._replace(text=failure.text + more))
