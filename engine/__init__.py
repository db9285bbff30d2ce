"""Conv: a state-machine workflow engine. The public names: Engine, what it answers with, and every error."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .app import Engine, Filter, JobPlan, JobView, Modified, Page, Submitted
    from .config import Settings
    from .deploy import DeployReport
    from .errors import (
        AlreadyUp,
        BadParameter,
        CannotOpen,
        CastError,
        ConfigError,
        DamagedBackup,
        DefinitionError,
        Elsewhere,
        EngineError,
        ExchangeError,
        Forbidden,
        KeyReused,
        LogicError,
        LostRace,
        MovedAlready,
        NotActive,
        NotDeployed,
        NotEmpty,
        NotFound,
        NotSignedIn,
        QueueFull,
        RefTaken,
        Refused,
        Rejected,
        SecretKeyError,
        StoreError,
        StoreFull,
        StoreUnavailable,
        StrandedTasks,
        TaskTooLarge,
        TemplateError,
        TemplateSyntaxError,
        TooManyPartitions,
        TooOften,
        UnknownConv,
        UnknownKey,
        UnknownNode,
        UnknownVersion,
        ValueTooLarge,
        WrongCondition,
        WrongCursor,
        WrongData,
        WrongHost,
        WrongNodeMap,
    )
    from .versions import Version
    from .views import ConvView, NodeView, TaskView, Visit, Why
    from .worker import Worker

__all__ = [
    "AlreadyUp",
    "BadParameter",
    "CannotOpen",
    "CastError",
    "ConfigError",
    "ConvView",
    "DamagedBackup",
    "DefinitionError",
    "DeployReport",
    "Elsewhere",
    "Engine",
    "EngineError",
    "ExchangeError",
    "Filter",
    "Forbidden",
    "JobPlan",
    "JobView",
    "KeyReused",
    "LogicError",
    "LostRace",
    "Modified",
    "MovedAlready",
    "NodeView",
    "NotActive",
    "NotDeployed",
    "NotEmpty",
    "NotFound",
    "NotSignedIn",
    "Page",
    "QueueFull",
    "RefTaken",
    "Refused",
    "Rejected",
    "SecretKeyError",
    "Settings",
    "StoreError",
    "StoreFull",
    "StoreUnavailable",
    "StrandedTasks",
    "Submitted",
    "TaskTooLarge",
    "TaskView",
    "TemplateError",
    "TemplateSyntaxError",
    "TooManyPartitions",
    "TooOften",
    "UnknownConv",
    "UnknownKey",
    "UnknownNode",
    "UnknownVersion",
    "ValueTooLarge",
    "Version",
    "Visit",
    "Why",
    "Worker",
    "WrongCondition",
    "WrongCursor",
    "WrongData",
    "WrongHost",
    "WrongNodeMap",
]

_HOMES = {
    "ConvView": ".views",
    "DeployReport": ".deploy",
    "Engine": ".app",
    "Filter": ".app",
    "JobPlan": ".app",
    "JobView": ".app",
    "Modified": ".app",
    "NodeView": ".views",
    "Page": ".app",
    "Settings": ".config",
    "Submitted": ".app",
    "TaskView": ".views",
    "Version": ".versions",
    "Visit": ".views",
    "Why": ".views",
    "Worker": ".worker",
}


def __getattr__(name: str) -> Any:
    # Loaded when first used: `conv --version` needs none of it.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES.get(name, ".errors"), __name__), name)
