"""Definitions: check them, see what a deploy would change, deploy; and try a template."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any

import msgspec

from ...app.look import FAILED_AFTER_READ
from ...deploy import ConvPlan, DeployReport
from ...errors import LostRace, NotDeployed, StrandedTasks, TemplateError, TooManyPartitions, UnknownConv, WrongNodeMap
from ..problem import Unacceptable
from ..route import Example, Request, route

FOLDERS = ("processes", "diagrams")


class Files(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`files`: by path below `processes/` or `diagrams/`, the text of each. `node_map`: by conv id, which new node
    takes the tasks of which removed one. `message`: why, for the history."""

    files: dict[str, str]
    node_map: dict[str, dict[str, str]] = {}
    message: str = ""


class Finding(msgspec.Struct, frozen=True):
    """Something wrong in a file. `line` and `column` count from 1; `severity` is error or warning."""

    file: str
    line: int
    column: int
    message: str
    severity: str


class Report(msgspec.Struct, frozen=True):
    """What a deploy did, or would do. With an error among `findings` nothing is deployed. `versions`: by conv id, the
    number of the version that it made."""

    deployed: bool
    version: int
    versions: dict[str, int]
    changed: list[str]
    unchanged: list[str]
    findings: list[Finding]
    plans: list[ConvPlan]


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A template, and the data of a task for it; `conv`: read as in this one's nodes."""

    template: str
    data: dict[str, Any] = {}
    conv: int | str | None = None


class Value(msgspec.Struct, frozen=True):
    """`value` is null where it is secret."""

    value: Any
    secret: bool


HELLO = "process: Hello\nid: 7\nnodes: {start: {go: end}, end: {end: success}}\n"


@route(
    "POST",
    "/v1/definitions/plan",
    role="view",
    body=Files,
    answers=Report,
    errors=(WrongNodeMap,),
    example=Example(body={"files": {"processes/hello.yaml": HELLO}}),
)
def plan_definitions(request: Request) -> Report:
    """Checks definitions; says what a deploy would change, and which tasks stand there. Nothing is written."""
    return with_files(request, request.body.files, _maps(request.body), deploys=False)


@route(
    "POST",
    "/v1/definitions/deploy",
    role="admin",
    body=Files,
    answers=Report,
    errors=(NotDeployed, StrandedTasks, WrongNodeMap, LostRace, TooManyPartitions),
    example=Example(body={"files": {"processes/hello.yaml": HELLO}}),
)
def deploy_definitions(request: Request) -> Report:
    """Checks definitions and makes them current, all or none."""
    return with_files(request, request.body.files, _maps(request.body), deploys=True, message=request.body.message)


@route(
    "POST",
    "/v1/evaluate",
    role="view",
    body=Question,
    answers=Value,
    errors=(TemplateError, UnknownConv),
    example=Example(
        body={"template": "{{amount}} EUR", "data": {"amount": 5}}, answer={"value": "5 EUR", "secret": False}
    ),
)
def evaluate(request: Request) -> Value:
    """What a template gives with some data. What is secret is not shown."""
    question: Question = request.body
    try:
        value, is_secret = request.engine.evaluate(question.template, question.data, question.conv)
    except TemplateError as error:
        if error.tag != FAILED_AFTER_READ:
            raise
        value, is_secret = None, True  # as if it had gone well: nobody learns of the secret by that
    return Value(None if is_secret else value, is_secret)


def with_files(
    request: Request,
    files: Mapping[str, str],
    maps: Mapping[int, Mapping[str, str]] = MappingProxyType({}),
    *,
    deploys: bool,
    message: str = "",
) -> Report:
    """Plans or deploys these files, by path. Raises NotDeployed and its kin, Unacceptable."""
    with _written(files) as (folder, paths):
        if not deploys:
            return report_of(request.engine.plan(paths, node_map=maps), folder, deployed=False)
        report = request.engine.deploy(
            paths, node_map=maps, raise_on_errors=False, message=message, author=request.caller.login
        )
        return refuse_errors(report_of(report, folder, deployed=report.is_deployed))


def refuse_errors(report: Report) -> Report:
    """The report of a deploy that was done. Raises Unacceptable for one that was not."""
    if report.deployed:
        return report
    errors = sum(one.severity == "error" for one in report.findings)
    raise NotDeployed(f"{errors} error{'s' if errors > 1 else ''}; nothing was deployed", report=report)


def _maps(files: Files) -> dict[int, dict[str, str]]:
    return {_conv_id(conv): nodes for conv, nodes in files.node_map.items()}


def _conv_id(text: str) -> int:
    if not text.isdecimal() or len(text) > 18:
        raise WrongNodeMap(f'node_map is by the id of a conv; "{text[:40]}" is none')
    return int(text)


@contextmanager
def _written(files: Mapping[str, str]) -> Iterator[tuple[Path, list[Path]]]:
    """The files in a folder of their own, as they would stand in a project."""
    with tempfile.TemporaryDirectory(prefix="conv-deploy-") as name:
        folder = Path(name)
        for path, text in files.items():
            target = folder.joinpath(*_parts(path))
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, "utf-8")
        yield folder, [folder / top for top in FOLDERS if (folder / top).is_dir()]


def _parts(path: str) -> tuple[str, ...]:
    """The parts of a path that leads nowhere else. Raises Unacceptable."""
    parts = PurePosixPath(path).parts
    if (
        len(parts) < 2
        or parts[0] not in FOLDERS
        or any(part.startswith(".") or "\\" in part or not part.isprintable() for part in parts)
        or not path.endswith((".yaml", ".yml"))
        or len(path) > 400
    ):
        raise Unacceptable(
            422, "wrong_path", f'"{path[:80]}" is no path such as processes/shop/order.yaml or diagrams/token.yaml'
        )
    return parts


def report_of(report: DeployReport, folder: Path | None = None, *, deployed: bool) -> Report:
    """`folder`: where the files stood here, which is nobody's business."""

    def shown(file: str) -> str:
        inside = folder is not None and Path(file).is_relative_to(folder)
        return str(Path(file).relative_to(folder)) if inside and folder is not None else file

    here = f"{folder}/"
    findings = [
        Finding(shown(one.file), one.line, one.column, one.message.replace(here, ""), one.severity)
        for one in report.problems
    ]
    numbers = {str(conv_id): number for conv_id, number in report.versions.items()}
    return Report(deployed, report.version, numbers, report.changed, report.unchanged, findings, report.plans)
