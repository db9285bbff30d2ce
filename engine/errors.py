"""Every error of the engine, divided by who can mend it.

EngineError
├── DefinitionError     the author's YAML is wrong      file, line, column
│   ├── NotDeployed                                     the report of all errors
│   ├── TemplateSyntaxError                             position inside the text
│   └── ExchangeError                                   a file of the exchange format
├── Rejected            the caller's request is wrong   UnknownConv, UnknownNode, NotFound, RefTaken, BadParameter,
│                                                       TaskTooLarge, NotActive, Refused, WrongData, QueueFull,
│                                                       KeyReused; of deploys LostRace, StrandedTasks,
│                                                       TooManyPartitions, WrongNodeMap; MovedAlready; of backups
│                                                       DamagedBackup, NotEmpty
├── LogicError          a node could not do its work    kind hardware or software, tag, description
├── StoreError          the store failed us             StoreUnavailable, StoreFull, Elsewhere
└── ConfigError         a wrong setting, refused at start

Only LogicError becomes task data and a route. `code` is the stable word that `--json` prints.
"""

from __future__ import annotations

from typing import Any


class EngineError(Exception):
    """Root of all errors that the engine raises on purpose. `str(error)` is one line for a person."""

    code = "error"

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


class UnknownConv(Rejected):
    code = "unknown_conv"


class UnknownNode(Rejected):
    code = "unknown_node"


class NotFound(Rejected):
    """No task with that ref or id."""

    code = "not_found_task"


class RefTaken(Rejected):
    code = "not_unical_ref"


class BadParameter(Rejected):
    """A declared parameter is missing, of the wrong type, or fails its regex."""

    code = "wrong_validate_params"

    def __init__(self, message: str, *, parameter: str, where: str = "") -> None:
        super().__init__(message, where=where)
        self.parameter = parameter


class TaskTooLarge(Rejected):
    code = "task_size_overflow_limit"


class Refused(Rejected):
    """The task is not in a place where this can be done."""

    code = "refused"


class WrongData(Refused):
    """What was given is no data that a task can have, or no ref: its type, a number, a text, or its depth."""


class NotActive(Rejected):
    """The process is paused or blocked."""

    code = "conveyor_is_not_active"


class QueueFull(Rejected):
    """So many tasks of the process wait for a worker already that it takes no new ones (its `queue_limit`)."""

    code = "queue_full"


class LostRace(Rejected):
    """Somebody else deployed at the same time."""

    code = "stale"


class StrandedTasks(Rejected):
    """A node that holds tasks would be removed."""

    code = "stranded_tasks"


class TooManyPartitions(Rejected):
    """A conv has more partitions than its limits allow."""

    code = "too_many_partitions"


class WrongNodeMap(Rejected):
    """A map of nodes names something that is not there, or not free."""

    code = "wrong_node_map"


class MovedAlready(Rejected):
    """Somebody else repartitions the conv, or makes a backup."""

    code = "stale"


class KeyReused(Rejected):
    """The key was used within a day for another call to the same task or conv; nothing was changed."""

    code = "key_reused"


class DamagedBackup(Rejected):
    """The file is not a whole backup; nothing of it was used."""

    code = "damaged_backup"


class NotEmpty(Rejected):
    """There are tasks or definitions already."""

    code = "not_empty"


class AlreadyUp(Rejected):
    code = "already_up"


class LogicError(EngineError):
    """A node could not do its work; the task takes the error route with three parameters added (reference 3.0).

    `kind` is "hardware" (may pass by itself) or "software"; `tag` is the reference's word for the failure, and so is
    `description` where it has one, because processes compare them; `detail` says more to people, in the task's note.
    `parameters` are further parameters to add to the task.
    """

    code = "logic"

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
    code = "store"


class StoreUnavailable(StoreError):
    """The server does not answer; the message names its address."""

    code = "store_unavailable"


class StoreFull(StoreError):
    """The server is near its memory limit and takes no new tasks."""

    code = "store_full"


class Elsewhere(StoreError):
    """Nothing was done: what the call is about is in another partition of its conv, or on its way there.

    Look anew where it is, and send it again.
    """

    code = "elsewhere"


class ConfigError(EngineError):
    code = "config"
