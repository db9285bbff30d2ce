"""Tasks as a caller may see them: secrets masked, unless an admin asks otherwise."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Iterator

from ...errors import EngineError, Forbidden
from ...store.registry import ConvRecord
from ...views import TaskView
from ..route import Request


def may_reveal(request: Request, views: Collection[TaskView] = ()) -> None:
    """Whoever sees secrets is noted in the trail. Raises Forbidden when the caller is no admin of these tasks' convs,
    or of the path's."""
    if request.found is not None:
        convs: dict[int, ConvRecord | None] = {request.conv: request.found}
    else:
        records = request.engine.current.records
        convs = {conv_id: records.get(conv_id) for conv_id in sorted({view.conv_id for view in views})}
    for conv in convs.values():
        if why := request.caller.refusal("admin", conv):
            raise Forbidden(f"secrets are shown to admins: {why}")
    with_secrets = {view.conv_id for view in views if view.secrets} if views else {*convs}
    for conv_id in sorted(with_secrets & {*convs}):
        on = f"conv {conv_id}" if "ref" not in request.path else f"task {request.path['ref']} of conv {conv_id}"
        request.engine.keyring.note(request.caller.login, "saw secrets", on)


def shown(request: Request, views: Iterable[TaskView], *, reveal: bool) -> list[TaskView]:
    """Raises Forbidden."""
    views = list(views)
    if not reveal:
        return [view.masked() for view in views]
    may_reveal(request, views)
    return views


@contextlib.contextmanager
def value_edited(request: Request, ref: str, names: Iterable[str]) -> Iterator[None]:
    """Noted in the trail before it is done, if it is about a value of a state diagram, and again if it is refused."""
    if request.record.kind != "diagram":
        yield
        return
    who, on = request.caller.login, f"task {ref} of {request.record.title} ({request.conv})"
    about = ", ".join(names)
    request.engine.keyring.note(who, "value edited", on, about=about)
    try:
        yield
    except EngineError as error:
        request.engine.keyring.note(who, "value edited", on, error.code, about)
        raise
