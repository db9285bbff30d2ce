"""code: the process of scripts finds the engine however that was installed, and says why where it cannot start."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from engine.javascript import Job, process
from engine.javascript.pool import Pool
from tests.running.scripts import MEMORY

ROOT = Path(__file__).parents[2]
HERE = sysconfig.get_path("purelib")  # where the packages are that the engine needs
PYTHON = str(Path(getattr(sys, "_base_executable", sys.executable)).resolve())  # it knows nothing of this environment
SCRIPT = f"""
import sys, engine
from engine.javascript import Job, run
print(engine.__file__)
print(run(Job('require("libs/md5.js"); data.x = CryptoJS.MD5("abc").toString();', '{{}}', '{{}}', 5000, {MEMORY})))
"""


def python(*words: str, cwd: Path, **environment: str) -> str:
    """What a Python of the system prints, in an environment of this test."""
    done = subprocess.run(
        [PYTHON, *words], cwd=cwd, env={"PATH": os.environ["PATH"], **environment}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as pip makes it, without a network."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    shutil.copytree(ROOT / "engine", source / "engine", ignore=shutil.ignore_patterns("__pycache__"))
    words = ("wheel", "--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check")
    python("-m", "pip", *words, "--wheel-dir", str(out), str(source), cwd=out, PYTHONPATH=HERE)
    return next(out.glob("*.whl"))


@pytest.fixture(params=["target", "user", "pythonpath", "inserted"])
def installed(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[dict[str, str], Path, str]]:
    """Environment, where the engine is in it, and what the program does first."""
    target = tmp_path / "installed"
    if request.param == "pythonpath":
        yield {"PYTHONPATH": f"{ROOT}:{HERE}"}, ROOT, ""
        return
    wheel = request.getfixturevalue("wheel")
    words = ("-m", "pip", "install", "--no-deps", "--no-index", "--quiet", "--disable-pip-version-check")
    env = {"PYTHONPATH": HERE, "PYTHONUSERBASE": str(target), "PIP_BREAK_SYSTEM_PACKAGES": "1", "HOME": str(tmp_path)}
    if request.param == "user":
        python(*words, "--user", "--ignore-installed", str(wheel), cwd=tmp_path, **env)
        yield {"PYTHONPATH": HERE, "PYTHONUSERBASE": str(target), "HOME": str(tmp_path)}, target, ""
        return
    python(*words, "--target", str(target), str(wheel), cwd=tmp_path, **env)
    if request.param == "target":
        yield {"PYTHONPATH": f"{target}:{HERE}"}, target, ""
    else:
        yield {}, target, f"import sys; sys.path[:0] = {[str(target), HERE]!r}"


def test_a_script_runs_however_the_engine_was_installed(
    installed: tuple[dict[str, str], Path, str], tmp_path: Path
) -> None:
    environment, place, first = installed

    printed = python("-c", first + SCRIPT, cwd=tmp_path, **environment)

    found, _, result = printed.partition("\n")
    assert Path(found).is_relative_to(place)
    assert "900150983cd24fb0d6963f7d28e17f72" in result, result


def test_a_worker_of_before_starts_it_as_a_module() -> None:
    words = [sys.executable, "-I", "-m", "engine.javascript.child"]
    job = msgspec.msgpack.encode(("data.x = 1;", [], "{}", "{}", 1000, MEMORY, ""))

    done = subprocess.run(words, input=len(job).to_bytes(4, "big") + job, capture_output=True, env={}, cwd="/")

    assert msgspec.msgpack.decode(done.stdout[4:]) == ["", "{}", '{"x":1}'], done.stderr


def test_what_lies_in_the_current_folder_is_not_taken_for_a_module(tmp_path: Path) -> None:
    for name in ("json", "struct", "msgspec", "quickjs", "engine"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the wrong one')\n")
    first = f"import sys; sys.path[:] = [p for p in sys.path if p]; sys.path[:0] = {[str(ROOT), HERE]!r}"

    assert "900150983cd24fb0d6963f7d28e17f72" in python("-I", "-c", first + SCRIPT, cwd=tmp_path)


JOB = Job("data.ok = 1;", "{}", "{}", 1000, MEMORY)


@pytest.fixture
def pool() -> Iterator[Pool]:
    pool = Pool(1)
    yield pool
    pool.close()


@pytest.mark.parametrize(
    ("start", "kind", "how", "why"),
    [
        ("from engine.nowhere import main", "software", "exit status 1",
         "ModuleNotFoundError: No module named 'engine.nowhere'"),
        ("raise SystemExit(3)", "software", "exit status 3", ""),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "hardware", "signal 9", ""),
        ("print('Fatal: no more of it', file=__import__('sys').stderr); raise SystemExit(4)", "software",
         "exit status 4", "Fatal: no more of it"),
    ],
)  # fmt: skip
def test_a_process_that_does_not_start_says_why(
    pool: Pool, monkeypatch: pytest.MonkeyPatch, start: str, kind: str, how: str, why: str
) -> None:
    monkeypatch.setattr(process, "_START", f"import sys; sys.path += sys.argv[1:]\n{start}")

    result = pool.run(JOB)

    assert (result.tag, result.kind) == ("code_executing_error", kind)
    assert result.text == f"the script's process cannot be started ({how})" + (f": {why}" if why else "")
    monkeypatch.undo()
    assert pool.run(JOB).after == '{"ok":1}'


def test_a_python_without_a_program_says_so(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "")

    assert "sys.executable" in pool.run(JOB).text


def test_a_process_that_takes_too_long_to_start_is_no_fault_of_the_script(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_START", "import sys; sys.stdin.read()")
    monkeypatch.setattr(process, "START_S", 0.1)

    result = pool.run(JOB)

    assert (result.tag, result.kind) == ("code_executing_error", "hardware")
    assert "did not start within" in result.text
