"""Conv: a state-machine workflow engine. The public names: Engine, Settings, Worker and the errors."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.app import Engine
    from engine.config import Settings
    from engine.errors import (
        BadParameter,
        ConfigError,
        DefinitionError,
        EngineError,
        LogicError,
        NotActive,
        NotFound,
        RefTaken,
        Rejected,
        StoreError,
        StoreFull,
        StoreUnavailable,
        TaskTooLarge,
        UnknownConv,
        WrongData,
    )
    from engine.worker import Worker

__all__ = [
    "BadParameter",
    "ConfigError",
    "DefinitionError",
    "Engine",
    "EngineError",
    "LogicError",
    "NotActive",
    "NotFound",
    "RefTaken",
    "Rejected",
    "Settings",
    "StoreError",
    "StoreFull",
    "StoreUnavailable",
    "TaskTooLarge",
    "UnknownConv",
    "Worker",
    "WrongData",
]

_HOMES = {"Engine": "engine.app", "Settings": "engine.config", "Worker": "engine.worker"}


def __getattr__(name: str) -> Any:
    # Loaded when first used: `conv --version` needs none of it.
    if name not in __all__:
        raise AttributeError(f"module 'engine' has no attribute {name!r}")
    return getattr(import_module(_HOMES.get(name, "engine.errors")), name)
