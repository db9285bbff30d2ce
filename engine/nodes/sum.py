"""sum: adds to the node's totals, not to the task. Source: reference 3.12."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, ClassVar

from pydantic import Field, field_validator

from ..definition import Action
from ..errors import CastError, LogicError
from ..fields import TemplateMap
from ..logic import Builder, Context, Event, Running, Stay, resolve
from ..template import Template, cast

LARGEST = 10**15  # of one value: so that a total keeps its five decimals
_STEP = Decimal("0.00001")


class Sum(Action):
    """Adds values to totals of the node, which others read with {{node[NAME].TOTAL}}."""

    key: ClassVar[str] = "sum"
    error_prefix: ClassVar[str] = "api_sum"
    whole: ClassVar[str] = "values"
    icon: ClassVar[str] = "M12 3H4l4.5 5L4 13h8"

    values: TemplateMap = Field(default_factory=dict, description="total → value; what is no number is ignored")

    @field_validator("values")
    @classmethod
    def _names(cls, values: dict[str, Any]) -> dict[str, Any]:
        for name in values:
            if name == "count" or not name.replace("_", "").replace("-", "").isalnum():
                raise ValueError(f'"{name}" cannot be the name of a total: letters, digits, _ and -, and not count')
        return values

    @property
    def totals(self) -> tuple[str, ...]:
        return tuple(self.values)

    @classmethod
    def never_fails(cls, missing: str) -> bool:
        return missing == "empty"  # what is no number is taken for nothing: only a reference to nothing can fail

    def build(self, builder: Builder) -> SumLogic:
        return SumLogic(builder.node, builder.fields(self.values))


class SumLogic:
    """The values are added in the commit that moves the task: once, however often it is tried."""

    def __init__(self, node: str, fields: Mapping[str, Template]) -> None:
        self.node = node
        self.fields = fields

    def run(self, task: Running, ctx: Context) -> Stay | None:
        values, reads = resolve(self.fields, ctx.scope)
        if reads.fields:
            text = f'the total "{reads.fields[0]}" would be made of a secret, and totals are kept and shown in the open'
            raise LogicError("api_sum_secret", text)
        for name, value in values.items():
            amount = amount_of(value)
            if amount:
                task.sums.append((self.node, name, amount))
        return None

    def resume(self, task: Running, ctx: Context, event: Event) -> Stay | None:
        return self.run(task, ctx)


def amount_of(value: Any) -> str:
    """A value with five decimals, as numeric(50,5) has them; "" when it is no number, or too large to be exact."""
    try:
        number = cast(value, "number")
    except CastError:
        return ""
    if abs(number) > LARGEST:
        return ""
    return format(Decimal(repr(number)).quantize(_STEP, ROUND_HALF_UP).normalize(), "f")
