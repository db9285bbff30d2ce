"""Every error of the engine, divided by who can mend it.

EngineError
├── DefinitionError     the author's YAML is wrong      file, line, column
│   ├── NotDeployed                                     the report of all errors
│   ├── TemplateSyntaxError                             position inside the text
│   └── ExchangeError                                   a file of the exchange format
├── Rejected            the caller's request is wrong   UnknownConv, UnknownNode, UnknownVersion, NotFound,
│                                                       LocalChanges, RefTaken, BadParameter, TaskTooLarge, NotActive,
│                                                       Refused, WrongData, QueueFull, KeyReused, WrongCondition,
│                                                       WrongCursor; of deploys LostRace, StrandedTasks,
│                                                       TooManyPartitions, WrongNodeMap; MovedAlready; of backups
│                                                       DamagedBackup, NotEmpty; of rights NotSignedIn, Forbidden,
│                                                       UnknownKey, WrongHost, TooOften
├── LogicError          a node could not do its work    kind hardware or software, tag, description
├── StoreError          the store failed us             StoreUnavailable, StoreFull, Elsewhere, CannotOpen
└── ConfigError         a wrong setting, refused at start  SecretKeyError

Only LogicError becomes task data and a route. Each class says how others hear of it: `code`, the stable word that
`--json` prints; `exit_status` of a command (engine/cli/status.py); `http_status` of an answer (RFC 9110). The README's
table is made of them (engine.reference).
"""

from __future__ import annotations

from typing import Any, ClassVar


class EngineError(Exception):
    """Root of all errors that the engine raises on purpose. `str(error)` is one line for a person."""

    code: ClassVar[str] = "error"
    exit_status: ClassVar[int] = 2
    http_status: ClassVar[int] = 500

    def __init__(self, message: str, *, where: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where

    def __reduce__(self) -> tuple[Any, ...]:
        """Whole to another process, whatever its class is made with."""
        return _made_again, (type(self), self.args, self.__dict__)


def _made_again(kind: type[EngineError], args: tuple[Any, ...], fields: dict[str, Any]) -> EngineError:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(fields)
    return error


class DefinitionError(EngineError):
    """A definition cannot be used; `where` is `file:line:column`."""

    code = "definition"
    exit_status = 1
    http_status = 422


class TemplateSyntaxError(DefinitionError):
    """A template does not parse; `position` is the offset in its text, from 0."""

    code = "template_syntax"

    def __init__(self, message: str, *, position: int = 0, where: str = "") -> None:
        super().__init__(message, where=where)
        self.position = position


class NotDeployed(DefinitionError):
    """Definitions have errors, and nothing was deployed; `report` (engine.DeployReport) has all of them."""

    def __init__(self, message: str, *, report: Any, where: str = "") -> None:
        super().__init__(message, where=where)
        self.report = report


class ExchangeError(DefinitionError):
    """A file of the exchange format cannot be read, or a definition cannot be put into it; nothing was written."""

    code = "exchange"


class Rejected(EngineError):
    """The caller's request is wrong; nothing was changed."""

    code = "rejected"
    http_status = 400


class UnknownConv(Rejected):
    """No process or state diagram of that id, alias or title."""

    code = "unknown_conv"
    exit_status = 5
    http_status = 404


class UnknownNode(Rejected):
    """The conv has no node of that name."""

    code = "unknown_node"
    exit_status = 5
    http_status = 404


class NotFound(Rejected):
    """No task with that ref or id."""

    code = "not_found_task"
    exit_status = 5
    http_status = 404


class UnknownVersion(Rejected):
    """No version of that number is kept of the conv."""

    code = "unknown_version"
    exit_status = 5
    http_status = 404


class LocalChanges(Rejected):
    """Files would be replaced that were changed here since; `files` are their paths."""

    code = "local_changes"
    http_status = 409

    def __init__(self, message: str, *, files: list[str], where: str = "") -> None:
        super().__init__(message, where=where)
        self.files = files


class RefTaken(Rejected):
    """A living task of the conv has that ref."""

    code = "not_unical_ref"
    http_status = 409


class BadParameter(Rejected):
    """A declared parameter is missing, of the wrong type, or fails its regex."""

    code = "wrong_validate_params"
    http_status = 422

    def __init__(self, message: str, *, parameter: str, where: str = "") -> None:
        super().__init__(message, where=where)
        self.parameter = parameter


class TaskTooLarge(Rejected):
    """The task's data would be larger than tasks may be."""

    code = "task_size_overflow_limit"
    http_status = 413


class Refused(Rejected):
    """The task is not in a place where this can be done."""

    code = "refused"
    http_status = 409


class WrongData(Refused):
    """What was given is no data that a task can have, or no ref: its type, a number, a text, or its depth."""

    http_status = 422


class WrongCondition(Rejected):
    """The text of a condition, or a filter of tasks, is wrong; `position` is the offset in the text, from 0."""

    code = "wrong_condition"
    http_status = 422

    def __init__(self, message: str, *, position: int = 0, where: str = "") -> None:
        super().__init__(message, where=where)
        self.position = position


class WrongCursor(Rejected):
    """The cursor is none, or one of another search."""

    code = "wrong_cursor"
    http_status = 400


class NotActive(Rejected):
    """The process is paused or blocked."""

    code = "conveyor_is_not_active"
    http_status = 409


class QueueFull(Rejected):
    """So many tasks of the process wait for a worker already that it takes no new ones (its `queue_limit`)."""

    code = "queue_full"
    http_status = 429


class LostRace(Rejected):
    """Somebody else deployed at the same time."""

    code = "stale"
    http_status = 409


class StrandedTasks(Rejected):
    """A node that holds tasks would be removed."""

    code = "stranded_tasks"
    http_status = 409


class TooManyPartitions(Rejected):
    """A conv has more partitions than its limits allow."""

    code = "too_many_partitions"
    http_status = 422


class WrongNodeMap(Rejected):
    """A map of nodes names something that is not there, or not free."""

    code = "wrong_node_map"
    http_status = 422


class MovedAlready(Rejected):
    """Somebody else repartitions the conv, or makes a backup."""

    code = "stale"
    http_status = 409


class KeyReused(Rejected):
    """The key was used within a day for another call to the same task or conv; nothing was changed."""

    code = "key_reused"
    http_status = 422


class DamagedBackup(Rejected):
    """The file is not a whole backup; nothing of it was used."""

    code = "damaged_backup"
    http_status = 422


class NotEmpty(Rejected):
    """There are tasks or definitions already."""

    code = "not_empty"
    http_status = 409


class NotSignedIn(Rejected):
    """No key, or a wrong one: its login or secret is not right, it has expired, or it was revoked."""

    code = "not_signed_in"
    http_status = 401


class Forbidden(Rejected):
    """The key may not do that, or a page of somebody else asks in its name."""

    code = "forbidden"
    http_status = 403


class UnknownKey(Rejected):
    """There is no key of that login, or no group of that name."""

    code = "unknown_key"
    exit_status = 5
    http_status = 404


class WrongHost(Rejected):
    """An open server was asked under a name that is not this machine's own."""

    code = "wrong_host"
    http_status = 421


class TooOften(Rejected):
    """More requests than this key or address may make; `retry_after_s`: when to try again."""

    code = "too_often"
    http_status = 429

    def __init__(self, message: str, *, retry_after_s: float, where: str = "") -> None:
        super().__init__(message, where=where)
        self.retry_after_s = retry_after_s


class AlreadyUp(Rejected):
    """`conv up` runs in that folder already."""

    code = "already_up"
    http_status = 409


class LogicError(EngineError):
    """A node could not do its work; the task takes the error route with three parameters added (reference 3.0).

    `kind` is "hardware" (may pass by itself) or "software"; `tag` is the reference's word for the failure, and so is
    `description` where it has one, because processes compare them; `detail` says more to people, in the task's note.
    `parameters` are further parameters to add to the task.
    """

    code = "logic"
    exit_status = 1
    http_status = 422

    def __init__(
        self,
        tag: str,
        description: str,
        *,
        kind: str = "software",
        parameters: dict[str, object] | None = None,
        detail: str = "",
    ) -> None:
        super().__init__(detail or description)
        self.detail = detail or description
        self.tag = tag
        self.description = description
        self.kind = kind
        self.parameters = parameters or {}


class TemplateError(EngineError):
    """A template could not be resolved against a task; `reference` is the part that failed, as written.

    `tag` is what the task carries to its error route.
    """

    code = "template"
    exit_status = 1
    http_status = 422

    def __init__(self, message: str, *, reference: str = "", tag: str = "missing_reference") -> None:
        super().__init__(message)
        self.reference = reference
        self.tag = tag


class ValueTooLarge(TemplateError):
    """A template makes a text or value that is far larger than a task may be; stopped while it was made."""

    code = "task_size_overflow_limit"

    def __init__(self, message: str, *, reference: str = "", tag: str = code) -> None:
        super().__init__(message, reference=reference, tag=tag)


class CastError(TemplateError):
    """A value cannot be converted to the declared type (tag `<x>_wrong_convert_param`)."""

    code = "wrong_convert_param"


class StoreError(EngineError):
    """The store failed us, in a way that has no name of its own."""

    code = "store"
    exit_status = 4


class StoreUnavailable(StoreError):
    """The server does not answer; the message names its address."""

    code = "store_unavailable"
    http_status = 503


class StoreFull(StoreError):
    """The server is near its memory limit and takes no new tasks."""

    code = "store_full"
    http_status = 503


class Elsewhere(StoreError):
    """Nothing was done: what the call is about is in another partition of its conv, or on its way there.

    Look anew where it is, and send it again.
    """

    code = "elsewhere"
    http_status = 503


class CannotOpen(StoreError):
    """A sealed value does not open: it was cut off, changed or put there from elsewhere, or its key is not here."""

    code = "cannot_open"


class ConfigError(EngineError):
    """A setting is wrong; nothing was started."""

    code = "config"


class SecretKeyError(ConfigError):
    """The key that the store's secrets are sealed with is missing, wrong, or cannot be read; nothing was read."""

    code = "secret_key"
