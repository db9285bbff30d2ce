"""Another key: the store says that it seals from now on, and all that the old one has sealed is sealed anew."""

from __future__ import annotations

import time
from collections.abc import Callable

from ..errors import Rejected, SecretKeyError
from ..store.client import Store
from ..store.registry import Registry
from ..store.roster import roster
from ..vault import SealState
from .walk import Progress, Resealing

HEARD_S = 5.0  # a worker reads a file of keys anew, and says so, within this


def rotate(store: Store, progress: Callable[[Progress], None] = lambda progress: None) -> str:
    """Seal all with another key: the first that is given, or one that is made where keys are made. What was broken off
    is gone on with; a store that is not sealed yet is sealed now. Returns the id of the key.

    Both keys open until all is done; then the old one may go. Raises Rejected (nothing is sealed, or a worker does not
    have the new key), SecretKeyError (there is no other key).
    """
    registry = Registry(store)
    registry.load()
    state = registry.seal
    if state is None:
        if not store.box.has_keys:
            raise SecretKeyError("there is no key to seal secrets with: set CONV_SECRET_KEY for all workers")
        if not registry.begin_sealing(at_once=True):
            raise Rejected("nothing is sealed before all workers have the key; conv workers lists those that there are")
    elif state.is_done:
        _begin(store, registry, state)
    resealing = Resealing(store, registry)
    for pause_s in resealing.steps():
        progress(resealing.progress)
        time.sleep(pause_s)
    progress(resealing.progress)
    return store.box.key


def _begin(store: Store, registry: Registry, state: SealState) -> None:
    key = store.box.next_key()
    if key is None:
        raise SecretKeyError(
            f"there is no other key than {state.current.key}: write a new one before it in CONV_SECRET_KEY or "
            "CONV_SECRET_KEY_FILE, apart by a space or a line, for every worker; `openssl rand -base64 32` makes one"
        )
    new = SealState(store.box.check_of(key), old=(state.current,))
    until = time.monotonic() + HEARD_S
    while (said := registry.say_seal(state, new, key.id)) < 0:
        if time.monotonic() > until:
            names = [seen.state.name for seen in store.one(roster()) if key.id not in seen.state.keys]
            raise Rejected(
                f"the key {key.id} is not known to every worker ({', '.join(names[:3])}): give it to all of them, "
                "beside the old one, and start them again; nothing was changed"
            )
        time.sleep(0.1)
    if not said:
        raise Rejected("somebody else has changed the key just now; look again")
