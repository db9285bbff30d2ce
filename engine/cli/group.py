"""The commands, and `conv` itself: a command's module is imported when it is called, not before."""

from __future__ import annotations

import importlib
import inspect
from difflib import get_close_matches
from typing import NamedTuple

import click


class Entry(NamedTuple):
    """Where a command stands (module of engine/cli/commands, name there) and what it does, in one line."""

    module: str
    name: str
    summary: str


SECTIONS: dict[str, dict[str, Entry]] = {
    "Start here": {
        "demo": Entry("demo", "demo", "Play the Salesforce story, end to end, on this machine."),
        "init": Entry("new", "init", "Make a folder to start in."),
        "new": Entry("new", "new", "Write a first process or state diagram, with the next free id."),
        "up": Entry("up", "up", "Run the store and the workers, until Ctrl-C."),
    },
    "Definitions": {
        "lint": Entry("definitions", "lint", "Check definitions; print file:line:column: message."),
        "deploy": Entry("definitions", "deploy", "Check definitions, then make them current in the store."),
        "history": Entry("versions", "history", "List the versions of a process or state diagram."),
        "diff": Entry("difference", "diff", "Show how files, or versions, differ from what is deployed."),
        "pull": Entry("pull", "pull", "Write what is deployed to files, as it was written."),
        "rollback": Entry("versions", "rollback", "Deploy an earlier version again."),
        "graph": Entry("graph", "graph", "Draw a process or state diagram."),
        "import": Entry("exchange", "import_", "Turn an export of the model system into YAML files."),
        "export": Entry("exchange", "export", "Turn definitions into the exchange format, or into YAML."),
        "eval": Entry("evaluate", "evaluate", "Show what a template resolves to."),
    },
    "Tasks": {
        "submit": Entry("submit", "submit", "Submit a task to a process."),
        "modify": Entry("change", "modify", "Modify a living task by its ref."),
        "callback": Entry("change", "callback", "Answer a task that waits for a callback."),
        "cancel": Entry("change", "cancel", "End a task, from wherever it is."),
        "retry": Entry("change", "retry", "Run a task again, from wherever it is."),
        "delete": Entry("change", "delete", "Remove a task and all that is kept of it."),
        "task": Entry("look", "task", "Show a task: node, status, data, and the path that it took."),
        "why": Entry("look", "why", "Say why a task waits, and what would release it."),
        "tasks": Entry("tasks", "tasks", "Find the tasks of a conv that pass a filter."),
        "find": Entry("tasks", "find", "Find the tasks with a ref, in all convs."),
        "failed": Entry("failed", "failed", "Count what failed lately, by node and error tag."),
        "jobs": Entry("jobs", "jobs", "List what is done to many tasks at once; stop it, or go on with it."),
        "archive": Entry("archive", "archive", "List the tasks of a node, newest first."),
    },
    "Processes and state diagrams": {
        "list": Entry("convs", "list_convs", "List what is deployed, with ids and counts."),
        "show": Entry("convs", "show", "Show one conv with its nodes and counts."),
        "watch": Entry("watch", "watch", "Watch the counts of a conv's nodes change."),
        "vars": Entry("convs", "variables", "List the variables, and where each value comes from."),
        "pause": Entry("convs", "pause", "Let no task in and run none."),
        "resume": Entry("convs", "resume", "Let tasks in and run them again."),
    },
    "The store": {
        "backup": Entry("backup", "backup", "Save all definitions and tasks in one file, while tasks go on."),
        "restore": Entry("backup", "restore", "Bring back a backup into an empty store."),
        "repartition": Entry("repartition", "repartition", "Spread the tasks of a conv over more machines, or fewer."),
        "audit": Entry("audit", "audit", "Prove that every task is where it can be found, and repair what is not so."),
    },
    "Who may do what": {
        "key": Entry("key", "key", "Make, list and revoke keys of the API; change the key of secrets."),
        "group": Entry("key_group", "group", "Make groups of keys that may do the same."),
        "audit-log": Entry("audit_log", "audit_log", "Show who did what, and prove that nothing of it was changed."),
    },
    "Parts of `conv up`": {
        "worker": Entry("worker", "worker", "Run one worker."),
        "api": Entry("api", "api", "Serve the HTTP API."),
        "workers": Entry("workers", "workers", "List the workers of this store, and which are ready."),
    },
}

COMMANDS = {name: entry for section in SECTIONS.values() for name, entry in section.items()}


class LazyGroup(click.Group):
    """Knows its commands by name; loads the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        module = importlib.import_module(f".commands.{entry.module}", __package__)
        command: click.Command = getattr(module, entry.name)
        command.name = cmd_name
        if not (command.help or "").startswith(entry.summary):
            command.help = f"{entry.summary}\n\n{inspect.cleandoc(command.help or '')}"
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            near = get_close_matches(args[0].lower(), COMMANDS, 1, 0.6)
            what = f'did you mean "conv {near[0]}"?' if near else "conv --help lists the commands"
            raise click.ClickException(f'there is no command "{args[0]}"; {what}')
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        width = max(len(name) for name in COMMANDS)
        for title, entries in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(width), entry.summary) for name, entry in entries.items()])


def _version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        from importlib.metadata import version

        click.echo(f"conv {version('conv-engine')}")
        ctx.exit()


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit status: 0 done, 1 the task failed or a check found something, 2 wrong use, or refused, 3 still "
    "waiting at the timeout, 4 the store cannot be reached, 130 interrupted.",
)
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version.")
def conv() -> None:
    """Conv, a state-machine workflow engine: processes and state diagrams in YAML, state in Redis or Valkey.

    A task enters a process at its start node and moves from node to node until it ends. In a state diagram it parks in
    states, and other processes read what it holds: {{conv[140897].ref[token].token}}.

    \b
      conv demo                                    see a whole story run
      conv init shop                               a folder to start in
      cd shop
      conv submit Hello name=World --wait          one task, from start to end

    Wherever a command takes CONV or PROCESS, give an id, an @alias or a title. Every command takes --json.
    """
