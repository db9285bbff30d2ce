"""conv new, conv init."""

from __future__ import annotations

import json
import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import click

from ..options import json_option
from ..output import document, note
from .definitions import FOLDERS

if TYPE_CHECKING:
    from ...load.across import Known

PROCESS = """\
process: {title}
id: {conv_id}
description: ""
params:
  name: {{type: string, required: true}}
nodes:
  start: {{go: greet}}
  greet:
    set_parameters: {{greeting: "Hello, {{{{name}}}}!"}}
    error: failed
    go: final
  failed: {{end: error}}
  final: {{end: success}}
"""

DIAGRAM = """\
diagram: {title}
id: {conv_id}
description: ""
params:
  value: {{type: string, required: true}}
nodes:
  start: {{go: kept}}
  kept: {{set_state: {{}}}}   # a task parks here; every modify runs the routes again
"""

VARIABLES = """\
# Values that definitions name: {{env_var[@greeting]}}. CONV_VAR_GREETING in the environment wins.
greeting: {value: Hello}
"""

IGNORED = ".conv/\n"

TEXTS = {"process": (PROCESS, "processes"), "diagram": (DIAGRAM, "diagrams")}


@click.command("new")
@click.argument("kind", metavar="process|diagram", type=click.Choice(["process", "diagram"]))
@click.argument("name", metavar="NAME")
@json_option
def new(kind: str, name: str, as_json: bool) -> None:
    """NAME is the title; folders may stand before it. The file is a small whole example to change.

    \b
      conv new process "Get token"                 → processes/get_token.yaml
      conv new diagram "salesforce/Token storage"  → diagrams/salesforce/token_storage.yaml
    """
    folder, title = _folder_and_title(name)
    text, top = TEXTS[kind]
    file = Path(top, folder, f"{file_name(title)}.yaml")
    conv_id = next_id()
    write_new(file, text.format(title=_yaml_text(title), conv_id=conv_id))
    if as_json:
        document({"file": str(file), "id": conv_id, "title": title})
        return
    click.echo(f"{file}  (id {conv_id})")
    word = "name=World" if kind == "process" else "value=1"
    note(f"Try it: conv submit {conv_id} {word} --wait")


@click.command()
@click.argument("folder", metavar="[DIR]", default=".")
@json_option
def init(folder: str, as_json: bool) -> None:
    """Writes a process, a state diagram, a file of variables and a .gitignore. Files that are there are left alone.

    \b
      conv init shop
      cd shop
      conv submit Hello name=World --wait
    """
    root = Path(folder)
    texts = {
        "processes/hello.yaml": PROCESS.format(title="Hello", conv_id=1),
        "diagrams/storage.yaml": DIAGRAM.format(title="Storage", conv_id=2),
        "processes/variables.yaml": VARIABLES,
        ".gitignore": IGNORED,
    }
    # In a folder that has definitions, examples would only be in the way.
    if any((root / top).is_dir() for top in FOLDERS):
        texts = {"processes/variables.yaml": VARIABLES, ".gitignore": IGNORED}
    written, kept = [], []
    for name, text in texts.items():
        file = root / name
        if file.exists():
            kept.append(name)
        else:
            write_new(file, text)
            written.append(name)
    if as_json:
        document({"folder": str(root), "written": written, "kept": kept})
        return
    for name in written:
        click.echo(f"wrote  {root / name}")
    for name in kept:
        click.echo(f"kept   {root / name}")
    if "processes/hello.yaml" in written:
        steps = [*([f"cd {folder}"] if folder != "." else []), "conv submit Hello name=World --wait"]
        note("Next: " + "; ".join(steps))


def _folder_and_title(name: str) -> tuple[str, str]:
    path = PurePosixPath(name.strip())
    if path.is_absolute() or ".." in path.parts or not path.name.strip():
        raise click.ClickException(f'"{name}" is no title, with or without folders before it')
    if not path.name.isprintable() or not any(char.isalnum() for char in path.name):
        raise click.ClickException(f"a title needs a letter or digit, and only what can be printed: {path.name!r}")
    return str(path.parent), path.name


def file_name(title: str) -> str:
    """`Get token` as `get_token`."""
    return re.sub(r"\W+", "_", title.lower()).strip("_")


def _yaml_text(title: str) -> str:
    """A title as YAML: plain where nobody could take it for something else."""
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9 _-]*[A-Za-z0-9]", title) and title.lower() not in _WORDS:
        return title
    return json.dumps(title, ensure_ascii=False)


_WORDS = {"true", "false", "null", "yes", "no", "on", "off"}


def next_id() -> int:
    """The next id that no definition of this folder, and nothing deployed in its store, has."""
    from ...load import read_tree

    return read_tree([folder for folder in FOLDERS if Path(folder).is_dir()], deployed=_deployed()).next_id


def _deployed() -> list[Known]:
    """What the store holds, if there is one and it answers: for free ids it is enough to know the files."""
    from ...config import read_settings
    from ...errors import StoreError
    from ...load.across import Known

    settings = read_settings()
    if settings.embedded and not settings.home.exists():
        return []
    from ...app import Engine

    try:
        with Engine.open(settings) as engine:
            return [Known(view.conv_id, view.title, view.aliases) for view in engine.convs()]
    except StoreError as error:
        note(f"The store was not asked for its ids: {error.message}")
        return []


def write_new(file: Path, text: str) -> None:
    """Write a file that is not there yet. Raises click.ClickException when it is, or cannot be written."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise click.ClickException(f"{file} is there already; choose another name") from None
    except OSError as error:
        raise click.ClickException(f"{file} cannot be written: {error.strerror or error}") from None
