"""Running one command: from its words to its exit status."""

from __future__ import annotations

import json
import os
import sys
from types import TracebackType

import click

from engine.cli.group import conv
from engine.cli.status import BROKEN, INTERRUPTED, OK, UNREACHABLE, WRONG_USE, Interrupted
from engine.errors import DefinitionError, EngineError, LogicError, StoreError, TemplateError


def run(words: list[str]) -> int:
    """Run the command that these words say; everything that goes wrong is one line on standard error."""
    as_json = "--json" in words or "--jsonl" in words
    sys.excepthook = _unexpected
    try:
        # NO_COLOR counts when it is not empty (no-color.org); otherwise click looks whether there is a terminal.
        with conv.make_context("conv", words, color=False if os.environ.get("NO_COLOR") else None) as context:
            conv.invoke(context)
        sys.stdout.flush()
    except click.exceptions.Exit as end:
        return end.exit_code
    except (KeyboardInterrupt, click.Abort):
        return _interrupted("interrupted", as_json)
    except Interrupted as error:
        return _interrupted(str(error), as_json)
    except BrokenPipeError:
        # Whoever read our output has enough (`| head`). The interpreter would complain once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except click.ClickException as error:
        report("usage", _usage(error), as_json=as_json)
        return WRONG_USE
    except EngineError as error:
        report(error.code, error.message, error.where, as_json=as_json)
        return status_of(error)
    return OK


def status_of(error: EngineError) -> int:
    """The exit status of an error: who can mend it."""
    if isinstance(error, StoreError):
        return UNREACHABLE
    if isinstance(error, DefinitionError | TemplateError | LogicError):
        return BROKEN
    return WRONG_USE


def report(code: str, message: str, where: str = "", *, as_json: bool) -> None:
    """One error on standard error: a line for a person, or a document."""
    if as_json:
        document = {"error": {"code": code, "message": message, "where": where}}
        click.echo(json.dumps(document, ensure_ascii=False), err=True)
        return
    text = " ".join(message.split())
    if where and where not in text:
        text = f"{where}: {text}"
    click.echo(f"{click.style('error:', fg='red', bold=True)} {text}", err=True)


def _usage(error: click.ClickException) -> str:
    message = error.format_message().strip().rstrip(".")
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is None or isinstance(error, click.exceptions.NoArgsIsHelpError):
        return message
    return f"{context.command_path}: {message}; {context.command_path} --help shows how"


def _interrupted(message: str, as_json: bool) -> int:
    if as_json:
        report("interrupted", message, as_json=True)
    else:
        # Over the ^C that a terminal shows.
        click.echo(("\r" if sys.stderr.isatty() else "") + message[:1].upper() + message[1:], err=True)
    return INTERRUPTED


def _unexpected(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """A bug of ours: one line; the whole story for those who ask for it."""
    if sys.flags.dev_mode:
        sys.__excepthook__(kind, error, trace)
        return
    first = str(error).strip().partition("\n")[0]
    report(
        "internal",
        f"a mistake in conv itself: {kind.__name__}: {first}; python -X dev -m engine.cli … shows where",
        as_json="--json" in sys.argv,
    )
