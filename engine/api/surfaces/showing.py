"""Tasks as a caller may see them: secrets masked, unless an admin asks otherwise."""

from __future__ import annotations

from collections.abc import Iterable

from ...views import TaskView
from ..problem import Unacceptable
from ..route import Request


def may_reveal(request: Request, views: Iterable[TaskView] = ()) -> None:
    """Raises Unacceptable when the caller is no admin of these tasks' convs, or of the path's."""
    records = request.engine.current.records
    convs = {view.conv_id for view in views}
    found = [records.get(conv_id) for conv_id in sorted(convs)] if request.found is None else [request.found]
    for conv in found:
        if why := request.caller.refusal("admin", conv):
            raise Unacceptable(403, "access_denied", f"secrets are shown to admins: {why}")


def shown(request: Request, views: Iterable[TaskView], *, reveal: bool) -> list[TaskView]:
    """Raises Unacceptable."""
    views = list(views)
    if not reveal:
        return [view.masked() for view in views]
    may_reveal(request, views)
    return views
