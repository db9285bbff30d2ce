"""The examples of README's "Over HTTP" run as they are printed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.conftest import Client
from tests.waiting import PATIENCE_S

ROOT = Path(__file__).parents[2]
HELLO = """
process: Hello
id: 9
params: { name: { type: string, required: true } }
nodes:
  start: { go: greet }
  greet: { set_parameters: { greeting: "Hello, {{name}}!" }, error: failed, go: final }
  failed: { end: error }
  final: { end: success }
"""


def block(language: str) -> str:
    readme = (ROOT / "README.md").read_text("utf-8")
    section = readme[readme.index("## Over HTTP") : readme.index("## Who may do what")]
    [found] = re.findall(rf"^```{language}\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    return str(found)


@pytest.fixture
def site(guarded: Client, tmp_path: Path) -> Iterator[dict[str, str]]:
    """A server with a worker; what the examples call url, login and secret."""
    (tmp_path / "hello.yaml").write_text(HELLO, "utf-8")
    guarded.engine.deploy(tmp_path / "hello.yaml")
    made = guarded.engine.keyring.create("one", [("modify", "*")], [], None, "test")
    worker = guarded.engine.worker()
    thread = threading.Thread(target=worker.run)
    thread.start()
    yield {"url": guarded.url, "login": str(made.key.login), "secret": made.secret}
    worker.stop()
    thread.join(PATIENCE_S)


def run(words: list[str], site: dict[str, str]) -> str:
    environment = {**os.environ, **{name.upper(): value for name, value in site.items()}, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
def test_the_lines_of_curl(site: dict[str, str]) -> None:
    said = run(["bash", "-e", "-c", 'curl() { command curl -s --fail-with-body "$@"; echo; }\n' + block("bash")], site)

    assert said.count("Hello, Ada!") == 4, said


def test_the_lines_of_python(site: dict[str, str]) -> None:
    given = "".join(f"{name} = {value!r}\n" for name, value in site.items())

    assert run([sys.executable, "-c", given + block("python")], site) == "Hello, Eve!\n"


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no Node here")
def test_the_lines_of_javascript(site: dict[str, str]) -> None:
    given = "".join(f"const {name} = {value!r};\n" for name, value in site.items())

    assert run(["node", "--input-type=module", "-e", given + block("js")], site) == "Hello, Bob!\n"
