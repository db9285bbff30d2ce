"""set_parameters: writes values into the task. Source: reference 3.3."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from ..definition import Action
from ..errors import CastError
from ..fields import TemplateMap
from ..logic import (
    Builder,
    Context,
    Event,
    Running,
    Stay,
    check_depth,
    keep_secret,
    own_name,
    resolve,
    wrong_cast,
)
from ..template import Path, assign_all, compile_path, text_of


class SetParameters(Action):
    """Sets parameters of the task. A key may be a path (`a.b`, `a[0]`) and hold templates."""

    key: ClassVar[str] = "set_parameters"
    error_prefix: ClassVar[str] = "set_param"
    in_diagram: ClassVar[bool] = True
    whole: ClassVar[str] = "values"
    icon: ClassVar[str] = "M3 6h10M3 10h10"

    values: TemplateMap = Field(default_factory=dict, description="parameter → value; a map replaces the whole value")

    def detail(self) -> str:
        return ", ".join(self.values)

    def build(self, builder: Builder) -> SetParametersLogic:
        paths = {key: compile_path(key, missing=builder.definition.missing) for key in self.values}
        return SetParametersLogic(self, paths, builder)


class SetParametersLogic:
    """Everything is resolved first: on an error nothing is set."""

    def __init__(self, action: SetParameters, paths: dict[str, Path], builder: Builder) -> None:
        self.fields = builder.fields(action.values)
        self.paths = paths
        self.is_plain = all(path.elements == (key,) for key, path in paths.items())
        self.depth = builder.depth_of(action.values) if self.is_plain else builder.settings.depth

    def run(self, task: Running, ctx: Context) -> Stay | None:
        scope = ctx.scope
        try:
            values, reads = resolve(self.fields, scope)
        except CastError as error:
            raise wrong_cast("set_param", error) from error
        secret = reads.fields
        if not self.is_plain:
            paths = {key: own_name(path, scope) for key, path in self.paths.items()}
            written = assign_all(task.data, [(paths[key], value) for key, value in values.items()])
            values = {name: written[name] for name in map(text_of, (path[0] for path in paths.values()))}
            secret = tuple(str(paths[key][0]) for key in secret)
        if self.depth:
            check_depth(values, self.depth, "set_param_depth_overflow_limit")
        task.data.update(values)
        if secret:
            keep_secret(task, secret)
        return None

    def resume(self, task: Running, ctx: Context, event: Event) -> Stay | None:
        return self.run(task, ctx)
