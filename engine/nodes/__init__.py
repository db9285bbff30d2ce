"""Every action by its key: one import and one line each."""

from __future__ import annotations

from ..definition import Action
from .api_call import ApiCall
from .call_process import CallProcess
from .code import Code
from .copy_task import CopyTask
from .database_call import DatabaseCall
from .get_from_queue import GetFromQueue
from .git_call import GitCall
from .modify_task import ModifyTask
from .queue import Queue
from .reply_to_process import ReplyToProcess
from .set_parameters import SetParameters
from .set_state import SetState
from .sum import Sum
from .unsupported import Unsupported
from .wait_for_callback import WaitForCallback


def _registry(*kinds: type[Action]) -> dict[str, type[Action]]:
    registry: dict[str, type[Action]] = {}
    for kind in kinds:
        if kind.key in registry:
            raise ValueError(f"two node types are called {kind.key}")
        registry[kind.key] = kind
    return registry


ACTIONS = _registry(
    SetParameters,
    ApiCall,
    Code,
    GitCall,
    DatabaseCall,
    CopyTask,
    ModifyTask,
    CallProcess,
    ReplyToProcess,
    WaitForCallback,
    SetState,
    Queue,
    GetFromQueue,
    Sum,
    Unsupported,
)
