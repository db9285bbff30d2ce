"""Running one command: from its words to its exit status."""

from __future__ import annotations

import io
import json
import os
import signal
import sys
import threading
from types import TracebackType

import click

from ..errors import EngineError
from .group import conv
from .output import over_echo, timestamp
from .status import BROKEN, INTERRUPTED, OK, WRONG_USE, Interrupted

GO_ON = ("up", "worker")  # commands whose standard error is a log


def run(words: list[str]) -> int:
    """Run the command that these words say; everything that goes wrong is one line on standard error."""
    as_json = "--json" in words or "--jsonl" in words
    sys.excepthook = _unexpected
    sys.unraisablehook = _unraisable
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal that knows no Ukrainian still shows something
    try:
        _check_words(words)
        with conv.make_context("conv", words, color=colour()) as context:
            conv.invoke(context)
        sys.stdout.flush()
    except click.exceptions.Exit as end:
        return end.exit_code
    except (KeyboardInterrupt, click.Abort):
        return _interrupted("interrupted", as_json)
    except Interrupted as error:
        return _interrupted(str(error), as_json)
    except BrokenPipeError:
        _forget_output()  # whoever read it has enough (`| head`)
        return OK
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return WRONG_USE
    except click.ClickException as error:
        report("usage", _usage(error), as_json=as_json)
        return WRONG_USE
    except EngineError as error:
        report(error.code, error.message, error.where, as_json=as_json, timed=words[0] in GO_ON)
        return error.exit_status
    except OSError as error:
        # What a command expects of files it handles itself; this is a full disk, or no room for another process.
        report("system", error.strerror or str(error), str(error.filename or ""), as_json=as_json)
        _forget_output()
        return BROKEN
    return OK


def _unraisable(what: sys.UnraisableHookArgs) -> None:
    """Ctrl-C that falls into a finalizer, such as that of a connection, is dropped by Python: it is sent once more."""
    if isinstance(what.exc_value, KeyboardInterrupt):
        threading.Timer(0.01, os.kill, (os.getpid(), signal.SIGINT)).start()
    else:
        sys.__unraisablehook__(what)


def colour() -> bool | None:
    """No colours with NO_COLOR, when it is not empty (no-color.org); else None: click looks for a terminal."""
    return False if os.environ.get("NO_COLOR") else None


def _check_words(words: list[str]) -> None:
    for word in words:
        if not word.isascii() and any("\ud800" <= char <= "\udfff" for char in word):
            raise click.ClickException(f"the word {word!a} is not UTF-8; a file of other bytes cannot be a text")


def _forget_output() -> None:
    """What standard output still holds cannot be written; the interpreter would complain of it once more at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def report(code: str, message: str, where: str = "", *, as_json: bool, timed: bool = False) -> None:
    """One error on standard error: a line for a person, with the time if it ends up in a log, or a document."""
    if as_json:
        document = {"error": {"code": code, "message": message, "where": where}}
        click.echo(json.dumps(document, ensure_ascii=False), err=True)
        return
    text = " ".join(message.split())
    if where and where not in text:
        text = f"{where}: {text}"
    click.echo(
        f"{timestamp() + ' ' if timed else ''}{click.style('error:', fg='red', bold=True)} {text}",
        err=True,
        color=colour(),
    )


def _usage(error: click.ClickException) -> str:
    message = error.format_message().strip().rstrip(".")
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is None:
        return message
    return f"{context.command_path}: {message}; {context.command_path} --help shows how"


def _interrupted(message: str, as_json: bool) -> int:
    if as_json:
        report("interrupted", message, as_json=True)
    else:
        click.echo(over_echo() + message[:1].upper() + message[1:], err=True)
    return INTERRUPTED


def _unexpected(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """A bug of ours: one line; the whole story for those who ask for it."""
    if sys.flags.dev_mode:
        sys.__excepthook__(kind, error, trace)
        return
    first = str(error).strip().partition("\n")[0]
    report(
        "internal",
        f"a mistake in conv itself: {kind.__name__}: {first}; python -X dev -m conv.cli … shows where",
        as_json="--json" in sys.argv,
    )
