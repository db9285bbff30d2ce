"""conv import, conv export."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..options import json_option, opened
from ..output import count_of, document, note, plain, table, warn
from ..status import BROKEN
from .definitions import FOLDERS, show_problems, summary

if TYPE_CHECKING:
    from ...definition import Definition
    from ...exchange import Card
    from ...exchange.renaming import NodeNames

COLOURS = {"exact": "green", "adapted": "yellow", "unsupported": "red"}


@click.command("import")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option(
    "--to", "folder", metavar="DIR", default=".", show_default=True, type=click.Path(path_type=Path),
    help="Where its processes/ and diagrams/ go.",
)  # fmt: skip
@click.option("--force", is_flag=True, help="Replace files and definitions that are there already.")
@json_option
def import_(file: Path, folder: Path, force: bool, as_json: bool) -> None:
    """FILE is what the model system gives for a download: a process, a folder or a stage, as JSON or ZIP, of any year,
    or a folder of such files. Each process becomes a YAML file; nodes are named by their titles, and keep their ids and
    places for the way back.

    \b
      conv import 106317_folder.json
      conv import stage.zip --to shop

    Of each node is said how it does here: "exact" as it did, "adapted" with what differs, or "unsupported" and why.
    Nothing is written when anything is wrong with the file.
    """
    from ...exchange import import_file
    from ...exchange.files import plan, write
    from ...load import read_tree

    before = read_tree([path for path in (folder / "processes", folder / "diagrams") if path.is_dir()])
    taken = {head.conv_id: head.file for head in before.index.by_id.values() if head.conv_id is not None}
    found = import_file(file, avoid=taken)
    files = plan(found, folder, taken, overwrite=force)
    write(files)
    after = read_tree([folder / name for name in ("processes", "diagrams") if (folder / name).is_dir()])
    names = {str(path) for path in files}
    problems = [problem for problem in after.problems if problem.file in names]
    paths = [path for path in files if path.suffix == ".yaml"]
    if as_json:
        document(
            {
                "files": [str(path) for path in files],
                "imported": [
                    {
                        "id": one.conv_id,
                        "title": one.title,
                        "kind": one.kind,
                        "file": str(path),
                        "nodes": [_card(card) for card in one.cards],
                    }
                    for one, path in zip(found.convs, paths, strict=False)
                ],
                "left_out": found.left_out,
                "lint": summary(problems),
            }
        )
        return
    for one, path in zip(found.convs, paths, strict=False):
        counts = Counter(str(card.verdict) for card in one.cards)
        told = ", ".join(f"{counts[verdict]} {verdict}" for verdict in COLOURS if counts[verdict])
        click.secho(f"{plain(one.title)} ({one.conv_id}) → {path}: {told}", bold=True)
        rows = [(click.style(str(card.verdict), fg=COLOURS[card.verdict]), *_row(card)) for card in one.cards]
        table(("", "node", "does", "what differs"), rows)
        click.echo()
    for path in (path for path in files if path not in paths[: len(found.convs)]):
        note(f"also written: {path}")
    for name in found.left_out:
        warn(f"{plain(name)} is no definition; it is kept for the way back only")
    if problems:
        show_problems(problems, err=True)
    where = "" if folder == Path() else f" {folder}"
    note(f"conv lint{where}: {summary(problems) if problems else 'nothing wrong'}; then conv deploy{where}")


def _card(card: Card) -> dict[str, Any]:
    return {"node": card.node, "kind": card.kind, "verdict": str(card.verdict), "notes": card.notes}


def _row(card: Card) -> tuple[str, str, str]:
    return plain(card.node), card.kind, "; ".join(card.notes)


@click.command()
@click.argument("conv", metavar="CONV|PATH")
@click.option(
    "--format", "form", type=click.Choice(("json", "yaml")), default="json", show_default=True,
    help="json: the exchange format of the model system.",
)  # fmt: skip
@click.option("-o", "--output", metavar="FILE", type=click.Path(path_type=Path), help="Write here.")
@json_option
def export(conv: str, form: str, output: Path | None, as_json: bool) -> None:
    """What is deployed (before the first deploy, what stands in the files here), or a definition file, or all
    definitions of a folder. The JSON can be uploaded to the model
    system; a definition that was imported keeps its ids, and whatever else it had there.

    \b
      conv export "Get token" > get_token.json
      conv export processes/get_token.yaml -o get_token.json
      conv export . -o all.json
      conv export 140896 --format yaml
    """
    from ...exchange.files import kept_objects

    path = Path(conv)
    if path.suffix in (".yaml", ".yml") or path.is_dir():
        wanted, known = _definitions_of(path)
        others = kept_objects(path)
    else:
        wanted, known = _named(conv)
        others = []
    text = _yaml(wanted) if form == "yaml" else _json(wanted, known, others)
    if output is not None:
        try:
            output.write_text(text, "utf-8")
        except OSError as error:
            raise click.ClickException(f"{output} cannot be written: {error.strerror or error}") from None
        if as_json:
            document({"file": str(output), "definitions": len(wanted)})
        else:
            note(f"{count_of(len(wanted), 'definition')} → {output}")
    elif as_json and form == "yaml":
        document({"definitions": len(wanted), "yaml": text})
    else:
        click.echo(text, nl=False)


def _named(conv: str) -> tuple[list[Definition], list[Definition]]:
    """The definition of a conv, and all others: as deployed, or of the files here when nothing was ever deployed."""
    from ...errors import ConfigError

    try:
        with opened() as engine:
            known = [engine.definition(view.conv_id) for view in engine.convs()]
            own = engine.find(conv).conv_id
    except ConfigError:
        folders = [folder for folder in FOLDERS if Path(folder).is_dir()]
        heads = []
        if folders:
            from ...load import read_tree

            tree = read_tree(folders)
            known, heads = tree.definitions, tree.index.find(conv)
        if len(heads) != 1 or heads[0].conv_id is None:
            raise
        own = heads[0].conv_id
    return [definition for definition in known if definition.conv_id == own], known


def _definitions_of(path: Path) -> tuple[list[Definition], list[Definition]]:
    """The definitions of a file or folder, and those beside it."""
    from ...load import read_tree

    tree = read_tree([path])
    if len(tree.definitions) < len(tree.drafts) or not tree.definitions:
        errors = [problem for problem in tree.problems if problem.severity == "error"]
        show_problems(errors, err=True)
        if errors:
            raise click.exceptions.Exit(BROKEN)
        raise click.ClickException(f"{path} holds no definition")
    roots = [parent.parent for parent in path.resolve().parents if parent.name in ("processes", "diagrams")]
    if not roots or path.is_dir():
        return tree.definitions, tree.definitions
    around = read_tree([roots[0] / name for name in ("processes", "diagrams") if (roots[0] / name).is_dir()])
    return tree.definitions, around.definitions


def _json(wanted: list[Definition], known: list[Definition], kept: list[Any]) -> str:
    from ...exchange.exporting import export as to_exchange
    from ...exchange.exporting import ids_of, is_bare

    others: dict[str, NodeNames] = {}
    for definition in known:
        names = ids_of(definition)
        others |= {str(definition.conv_id): names, **{f"@{alias}": names for alias in definition.aliases}}
    objects: list[Any] = [*kept]
    for definition in wanted:
        made, warnings = to_exchange(definition, others)
        objects.append(made)
        for warning in warnings:
            warn(plain(warning))
    value = objects[0] if len(objects) == 1 and wanted and is_bare(wanted[0]) else objects
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def _yaml(wanted: list[Definition]) -> str:
    from ...load.spelling import spelled
    from ...load.writer import write_yaml

    return "---\n".join(write_yaml(spelled(definition)) for definition in wanted)
