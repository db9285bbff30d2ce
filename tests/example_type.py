"""A node type that the engine does not know, in this one file: `shout` writes a text in capitals.

python example_type.py FOLDER: deploys the definitions there, submits `text` to "Shouts", and prints what came of it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import ClassVar

import engine.nodes
from engine.definition import Action
from engine.fields import TemplateText
from engine.logic import Builder, Context, Event, Running, Stay, resolve
from engine.template import Template


class Shout(Action):
    """Writes a text in capitals into `shouted`."""

    key: ClassVar[str] = "shout"
    error_prefix: ClassVar[str] = "shout"
    short: ClassVar[str] = "text"
    in_diagram: ClassVar[bool] = True

    text: TemplateText

    def detail(self) -> str:
        return "LOUD"

    def build(self, builder: Builder) -> ShoutLogic:
        return ShoutLogic(builder.value(self.text, "string"))


class ShoutLogic:
    def __init__(self, text: Template) -> None:
        self.fields = {"shouted": text}

    def run(self, task: Running, ctx: Context) -> Stay | None:
        values, _ = resolve(self.fields, ctx.scope)
        task.data["shouted"] = values["shouted"].upper()
        return None

    def resume(self, task: Running, ctx: Context, event: Event) -> Stay | None:
        return self.run(task, ctx)


engine.nodes.ACTIONS[Shout.key] = Shout


def main() -> None:
    from engine.app import Engine
    from engine.errors import ExchangeError
    from engine.exchange.exporting import export
    from engine.graph import draw

    with Engine.open() as app:
        report = app.deploy([Path(sys.argv[1])])
        assert report.is_deployed, report.problems
        task = app.submit("Shouts", {"text": "a b"})
        assert app.run_until_idle(60, until=task)
        view = app.task("Shouts", task.task_id)
        said = {
            "node": view.node,
            "shouted": view.data["shouted"],
            "picture": draw(app.definition("Shouts"), "svg"),
        }
        try:
            export(app.definition("Shouts"), {})
        except ExchangeError as error:
            said["export"] = error.message
        print(json.dumps(said))


if __name__ == "__main__":
    main()
