"""Tasks as a caller may see them: secrets masked, unless an admin asks otherwise."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from ...errors import Forbidden
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
        about = request.path.get("ref", "")
        request.engine.keyring.note(request.caller.login, "saw secrets", f"conv {conv_id}", about=about)


def shown(request: Request, views: Iterable[TaskView], *, reveal: bool) -> list[TaskView]:
    """Raises Forbidden."""
    views = list(views)
    if not reveal:
        return [view.masked() for view in views]
    may_reveal(request, views)
    return views
