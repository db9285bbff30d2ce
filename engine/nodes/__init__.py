"""Every action by its key: one import and one line each."""

from __future__ import annotations

from engine.definition import Action
from engine.nodes.api_call import ApiCall
from engine.nodes.call_process import CallProcess
from engine.nodes.code import Code
from engine.nodes.copy_task import CopyTask
from engine.nodes.database_call import DatabaseCall
from engine.nodes.get_from_queue import GetFromQueue
from engine.nodes.git_call import GitCall
from engine.nodes.modify_task import ModifyTask
from engine.nodes.queue import Queue
from engine.nodes.reply_to_process import ReplyToProcess
from engine.nodes.set_parameters import SetParameters
from engine.nodes.set_state import SetState
from engine.nodes.sum import Sum
from engine.nodes.unsupported import Unsupported
from engine.nodes.wait_for_callback import WaitForCallback


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
