"""git_call: a checkout is what its commit says: nobody writes into it, damage is mended, and what is old goes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine import gitcode
from engine.config import Settings
from tests.running.conftest import Lab
from tests.running.git_call.handlers import ADD, Repository, checked_out, failed, needs_node, process, ran

PYTHON = (
    "import os\ndef handle(data):\n    here = os.path.dirname(__file__)\n    data['seen'] = sorted(os.listdir(here))\n"
)


def reader(folder: Path) -> gitcode.Repository:
    return gitcode.read_repository(str(folder))


# --- Nobody writes into it --------------------------------------------------------------------------------------------


def test_no_file_and_no_folder_of_a_checkout_may_be_written(settings: Settings, repository: Repository) -> None:
    commit = repository.write({"a/b/c.py": "X = 1", "main.py": "X = 2"})
    (repository.folder / "run.sh").touch(mode=0o755)
    (repository.folder / "link").symlink_to("/etc/hostname")
    commit = repository.commit_all()

    tree = checked_out(settings, reader(repository.folder), commit)

    found = [tree, *tree.rglob("*")]
    assert len(found) == 7
    assert not [file for file in found if not file.is_symlink() and file.stat().st_mode & 0o222]
    assert (tree / "run.sh").stat().st_mode & 0o111


WRITES = [
    "open(os.path.join(here, 'ok.py'), 'w').close()",
    "open(os.path.join(here, 'lib', 'ok.py'), 'w').close()",
    "open(os.path.join(here, 'other.py'), 'a').write('X = 2')",
    "os.remove(os.path.join(here, 'other.py'))",
    "os.rename(os.path.join(here, 'other.py'), os.path.join(here, 'ok.py'))",
    "os.symlink('/', os.path.join(here, 'ok.py'))",
    "import shutil; shutil.rmtree(os.path.join(here, 'lib'))",
]


@pytest.mark.parametrize("write", WRITES)
def test_a_handler_that_writes_into_its_checkout_changes_nothing_for_the_next(
    lab: Lab, repository: Repository, write: str
) -> None:
    # One that runs as root can: then it is seen, and mended, before the next.
    main = f"{PYTHON}    try: {write}\n    except OSError as error: data['error'] = type(error).__name__\n"
    commit = repository.write({"main.py": main, "other.py": "X = 1", "lib/near.py": "X = 1"})
    lab.deploy(process(repo=str(repository.folder), commit=commit))

    first, second = lab.submit(70).data, lab.submit(70).data

    assert os.geteuid() == 0 or first["error"] == "PermissionError"
    assert first["seen"] == second["seen"] == ["lib", "main.py", "other.py"]
    (tree,) = [Path(folder) for folder in (lab.engine.settings.home / "git").glob(f"*/{commit}")]
    checked_out(lab.engine.settings, reader(repository.folder), commit)
    assert {file.read_text() for file in (tree / "other.py", tree / "lib/near.py")} == {"X = 1"}


@needs_node
def test_a_javascript_handler_writes_nothing_for_the_next_either(lab: Lab, repository: Repository) -> None:
    source = """const fs = require('fs'), path = require('path');
module.exports = (data) => {
  data.seen = fs.readdirSync(__dirname);
  try { fs.writeFileSync(path.join(__dirname, 'ok.js'), ''); } catch { }
};"""
    commit = repository.write({"index.js": source})
    lab.deploy(process(lang="js", repo=str(repository.folder), commit=commit))

    assert [lab.submit(70).data["seen"] for _ in range(3)] == [["index.js"]] * 3


# --- Damage is mended -------------------------------------------------------------------------------------------------


def _object(folder: Path, name: str) -> Path:
    return folder / "objects" / "objects" / name[:2] / name[2:]


def _break(*files: Path) -> None:
    for file in files:
        if file.is_file():
            file.chmod(0o600)
            file.write_bytes(b"broken")


def _become_file(tree: Path) -> None:
    shutil.rmtree(tree)
    tree.touch()


def _become_link(folder: Path, tree: Path) -> None:
    other = folder.parent / "of-others"
    other.mkdir(mode=0o755)
    shutil.rmtree(tree)
    tree.symlink_to(other)


def _rewrite_unseen(file: Path) -> None:
    """As long as before, and as old."""
    times, length = (file.stat().st_atime_ns, file.stat().st_mtime_ns), file.stat().st_size
    file.chmod(0o600)
    file.write_text("def handle(data): data['evil'] = 1".ljust(length)[:length])
    file.chmod(0o444)
    os.utime(file, ns=times)


DAMAGE: list[tuple[str, Callable[[Path, Path], object]]] = [
    ("a file is gone", lambda folder, tree: (tree / "main.py").unlink()),
    ("a file is another", lambda folder, tree: _break(tree / "main.py")),
    ("a file is new", lambda folder, tree: (tree / "json.py").touch()),
    ("a folder is gone", lambda folder, tree: shutil.rmtree(tree / "lib")),
    ("the checkout is gone", lambda folder, tree: shutil.rmtree(tree)),
    ("the checkout is a file", lambda folder, tree: _become_file(tree)),
    ("the checkout is a link", _become_link),
    ("a file is another of the same length and age", lambda folder, tree: _rewrite_unseen(tree / "main.py")),
    ("the sign is no text", lambda folder, tree: tree.with_suffix(".sign").write_bytes(b"\xff\xfe")),
    ("the sign is gone", lambda folder, tree: tree.with_suffix(".sign").unlink()),
    ("the sign is empty", lambda folder, tree: tree.with_suffix(".sign").write_text("")),
    ("what was fetched is gone", lambda folder, tree: shutil.rmtree(folder / "objects")),
    ("all is gone", lambda folder, tree: shutil.rmtree(folder)),
]


def opened(tree: Path) -> None:
    """As others than a handler may: as root, or as the user who has said so."""
    for folder in (tree, *(found for found in tree.rglob("*") if found.is_dir())):
        folder.chmod(0o700)


@pytest.mark.parametrize(("what", "damage"), DAMAGE, ids=[what for what, _ in DAMAGE])
def test_a_damaged_checkout_is_made_anew(
    lab: Lab, repository: Repository, what: str, damage: Callable[[Path, Path], object]
) -> None:
    commit = repository.write({"main.py": ADD, "lib/near.py": "X = 1"})
    lab.deploy(process(repo=str(repository.folder), commit=commit))
    assert lab.submit(70, {"a": 1}).data["b"] == 2
    tree = checked_out(lab.engine.settings, reader(repository.folder), commit)

    opened(tree)
    damage(tree.parent, tree)

    assert lab.submit(70, {"a": 2}).data == {"a": 2, "b": 3}
    assert sorted(path.name for path in tree.rglob("*")) == ["lib", "main.py", "near.py"]
    others = tree.parents[1] / "of-others"
    assert not others.exists() or others.stat().st_mode & 0o777 == 0o755, "what a link leads to is not ours"
    assert not list(tree.parent.glob("new-*"))


OBJECTS: list[tuple[str, Callable[[Path], object]]] = [
    ("no HEAD", lambda objects: (objects / "HEAD").unlink()),
    ("a broken configuration", lambda objects: (objects / "config").write_text("[core\n")),
    ("no objects", lambda objects: shutil.rmtree(objects / "objects")),
    ("broken objects", lambda objects: _break(*(objects / "objects").rglob("*"))),
    ("objects of others", lambda objects: _swap(objects / "objects")),
    ("no refs", lambda objects: shutil.rmtree(objects / "refs")),
    ("a lock", lambda objects: (objects / "config.lock").touch()),
    ("nothing but the mark", lambda objects: _clear(objects)),
]


def _swap(folder: Path) -> None:
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    for file, other in zip(files, files[1:] + files[:1], strict=True):
        file.chmod(0o600)
        file.write_bytes(other.read_bytes())


def _clear(objects: Path) -> None:
    for found in objects.iterdir():
        if found.is_dir():
            shutil.rmtree(found)
        elif found.name != "made":
            found.unlink()


@pytest.mark.parametrize("named", ["main", "the same commit", "a new commit"])
@pytest.mark.parametrize(("what", "damage"), OBJECTS, ids=[what for what, _ in OBJECTS])
def test_what_was_fetched_and_is_damaged_is_fetched_again(
    lab: Lab, repository: Repository, what: str, damage: Callable[[Path], object], named: str
) -> None:
    first = repository.write({"main.py": ADD, "lib/near.py": "X = 1"})
    repo = str(repository.folder)
    ran(lab, {"a": 1}, repo=repo, commit="main")
    tree = checked_out(lab.engine.settings, reader(repository.folder), first)
    damage(tree.parent / "objects")
    commit = repository.write({"lib/near.py": "X = 2"}) if named == "a new commit" else first
    if commit == first:
        opened(tree)
        shutil.rmtree(tree)

    view = ran(lab, {"a": 2}, repo=repo, commit="main" if named == "main" else commit)

    assert view.node == "done", view.data
    assert view.data["b"] == 3


def test_a_lost_commit_of_the_past_is_fetched_again_from_a_server_that_gives_branches_only(
    lab: Lab, repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".gitconfig").write_text("[protocol]\n\tversion = 0\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    first, second = repository.write({"main.py": ADD}), repository.write({"main.py": ADD + "\n"})
    repo = str(repository.folder)
    ran(lab, {"a": 1}, repo=repo, commit=first)
    tree = checked_out(lab.engine.settings, reader(repository.folder), first)
    opened(tree)
    shutil.rmtree(tree)
    _object(tree.parent, first).unlink()

    assert ran(lab, {"a": 1}, repo=repo, commit=first).data["b"] == 2
    assert ran(lab, {"a": 1}, repo=repo, commit=second).data["b"] == 2


def test_a_repository_that_does_not_answer_costs_nothing_that_is_here(lab: Lab, repository: Repository) -> None:
    commit = repository.write({"main.py": ADD})
    repo = str(repository.folder)
    ran(lab, {"a": 1}, repo=repo, commit=commit)
    away = repository.folder.rename(repository.folder.with_name("away"))

    failed(ran(lab, {"a": 1}, repo=repo, commit="f" * 40), "hardware")

    assert ran(lab, {"a": 5}, repo=repo, commit=commit).data["b"] == 6
    away.rename(repository.folder)
    assert "no commit" in failed(ran(lab, {"a": 1}, repo=repo, commit="f" * 40))


def test_a_git_that_can_make_nothing_says_why(
    lab: Lab, repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "git").write_text("#!/bin/sh\necho 'fatal: not today' >&2\nexit 128\n")
    (tmp_path / "git").chmod(0o755)
    commit = repository.write({"main.py": ADD})
    monkeypatch.setenv("PATH", str(tmp_path))

    assert failed(ran(lab, {"a": 1}, repo=str(repository.folder), commit=commit)) == "git: fatal: not today"


# --- Submodules and files in Git LFS ----------------------------------------------------------------------------------


def test_a_commit_with_submodules_is_refused(lab: Lab, repository: Repository, tmp_path: Path) -> None:
    other = Repository(tmp_path / "other")
    other.write({"util.py": "X = 1"})
    repository.write({"main.py": ADD})
    repository.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other.folder), "lib/other")
    commit = repository.commit_all()

    for _ in range(2):
        text = failed(ran(lab, {"a": 1}, repo=str(repository.folder), commit=commit))
        assert text == "the commit has submodules, which are not fetched: lib/other"


POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 12345\n"


def test_a_commit_with_files_in_git_lfs_is_refused(lab: Lab, repository: Repository) -> None:
    files = {f"models/{n}.bin": POINTER for n in range(4)}
    commit = repository.write({"main.py": ADD, ".gitattributes": "*.bin filter=lfs diff=lfs -text\n", **files})

    text = failed(ran(lab, {"a": 1}, repo=str(repository.folder), commit=commit))

    assert text == (
        "the commit has files in Git LFS, which are not fetched: models/0.bin, models/1.bin, models/2.bin, …"
    )
    assert not list((lab.engine.settings.home / "git").glob("*/new-*"))


@pytest.mark.parametrize(
    "files",
    [
        {"fixture.txt": POINTER},
        {".gitattributes": "*.bin filter=lfs diff=lfs -text\n", "a.txt": "x"},
        {".gitmodules": '[submodule "x"]\n\tpath = x\n\turl = ../x\n'},
    ],
)
def test_what_only_speaks_of_them_is_not_refused(lab: Lab, repository: Repository, files: dict[str, str]) -> None:
    commit = repository.write({"main.py": ADD, **files})

    assert ran(lab, {"a": 1}, repo=str(repository.folder), commit=commit).data["b"] == 2


# --- What is old goes -------------------------------------------------------------------------------------------------

HOUR_S = 3600.0
DAY_S = 24 * HOUR_S
ALL = gitcode.Room(DAY_S, 10**9)


def used(tree: Path, ago_s: float) -> None:
    now = tree.with_suffix(".sign").stat().st_mtime
    os.utime(tree.with_suffix(".sign"), (now - ago_s, now - ago_s))


def test_a_checkout_that_nobody_has_used_for_long_goes(settings: Settings, repository: Repository) -> None:
    commits = [repository.write({"main.py": f"X = {n}"}) for n in range(4)]
    repo = reader(repository.folder)
    trees = [checked_out(settings, repo, commit, ALL) for commit in commits[:3]]
    for tree in trees:
        used(tree, 2 * DAY_S)
    checked_out(settings, repo, commits[1], ALL)

    fresh = checked_out(settings, repo, commits[3], ALL)

    assert [tree.exists() for tree in trees] == [False, True, False]
    assert fresh.exists()
    assert sorted(sign.stem for sign in fresh.parent.glob("*.sign")) == sorted([commits[1], commits[3]])
    assert (checked_out(settings, repo, commits[0], ALL) / "main.py").read_text() == "X = 0"


def test_what_was_not_used_for_longest_goes_where_there_is_no_room(settings: Settings, repository: Repository) -> None:
    commits = [repository.write({"main.py": ADD, "big": str(n) * 100_000}) for n in range(5)]
    repo = reader(repository.folder)
    trees = [checked_out(settings, repo, commit) for commit in commits[:4]]
    for tree, hours in zip(trees, (3, 5, 2, 4), strict=True):
        used(tree, hours * HOUR_S)

    checked_out(settings, repo, commits[4], gitcode.Room(DAY_S, 350_000))

    assert [tree.exists() for tree in trees] == [True, False, True, False]


def test_a_repository_of_which_nobody_uses_a_commit_goes(
    settings: Settings, repository: Repository, tmp_path: Path
) -> None:
    other = Repository(tmp_path / "other")
    old = checked_out(settings, reader(other.folder), other.write({"main.py": ADD}))
    used(old, 2 * DAY_S)

    checked_out(settings, reader(repository.folder), repository.write({"main.py": ADD}), ALL)

    assert [found.name for found in old.parent.iterdir()] == ["lock"]
    assert (checked_out(settings, reader(other.folder), "main", ALL) / "main.py").read_text() == ADD


def test_a_checkout_in_use_stays(settings: Settings, repository: Repository) -> None:
    commits = [repository.write({"main.py": f"X = {n}"}) for n in range(2)]
    repo = reader(repository.folder)

    with gitcode.checkout(settings.home, repo, commits[0]) as tree:
        used(tree, 2 * DAY_S)
        checked_out(settings, repo, commits[1], ALL)
        assert (tree / "main.py").read_text() == "X = 0"
    checked_out(settings, repo, repository.write({"main.py": "X = 3"}), ALL)

    assert not tree.exists()


def test_calls_while_all_goes_always_find_their_files(settings: Settings, repository: Repository) -> None:
    commits = [repository.write({"main.py": f"X = {n}", "lib/near.py": f"X = {n}"}) for n in range(4)]
    repo = reader(repository.folder)
    nothing = gitcode.Room(0.0, 0)

    def use(n: int) -> int:
        for _ in range(25):
            with gitcode.checkout(settings.home, repo, commits[n % 4], nothing) as tree:
                assert {file.read_text() for file in tree.rglob("*.py")} == {f"X = {n % 4}"}
        return n

    with ThreadPoolExecutor(8) as executor:
        assert list(executor.map(use, range(8))) == list(range(8))


def test_the_settings_say_how_long_and_how_much(lab: Lab, repository: Repository) -> None:
    object.__setattr__(lab.engine.settings, "git_keep_bytes", 1)
    first, second = repository.write({"main.py": ADD}), repository.write({"main.py": ADD + "\n"})

    assert ran(lab, {"a": 1}, repo=str(repository.folder), commit=first).data["b"] == 2
    assert ran(lab, {"a": 1}, repo=str(repository.folder), commit=second).data["b"] == 2

    kept = [sign.stem for sign in (lab.engine.settings.home / "git").glob("*/*.sign")]
    assert kept == [second]


def test_what_is_in_use_elsewhere_is_no_reason_to_wait(settings: Settings, repository: Repository) -> None:
    commit = repository.write({"main.py": "import time\ndef handle(data): time.sleep(3600)"})
    repo = reader(repository.folder)
    with gitcode.checkout(settings.home, repo, commit):
        assert checked_out(settings, repo, commit, gitcode.Room(0.0, 0)).exists()
        assert checked_out(settings, repo, "main", gitcode.Room(0.0, 0)).exists()


ORDINARY = """
import json, sys
from pathlib import Path
from engine import gitcode
from engine.gitcode.tree import remove

home, repo, first, second = Path(sys.argv[1]), gitcode.read_repository(sys.argv[2]), sys.argv[3], sys.argv[4]
with gitcode.checkout(home, repo, first, gitcode.Room(3600.0, 10**9)) as tree:
    job = gitcode.Job("python", str(tree), str(tree / "main.py"), "", "", b"{}", 20_000, 256_000_000)
    answer = gitcode.run(job)
    print(json.loads(answer.after)["error"])
(tree / "lib").chmod(0o700)
(tree / "lib" / "new.py").touch()
with gitcode.checkout(home, repo, first, gitcode.Room(3600.0, 10**9)) as tree:
    print(sorted(path.name for path in tree.rglob("*")))
with gitcode.checkout(home, repo, second, gitcode.Room(0.0, 0)):
    print(tree.exists(), sorted(path.name for path in tree.parent.glob("new-*")))
"""


def test_an_ordinary_user_makes_mends_and_clears_checkouts(
    settings: Settings, tmp_path: Path, repository: Repository
) -> None:
    # root, too, is an ordinary user without its powers over files
    main = (
        "def handle(data):\n    try: open(__file__ + '.py', 'w')\n    except OSError as e: data['error'] = str(e)[:9]"
    )
    first = repository.write({"main.py": main, "lib/near.py": "X = 1"})
    second = repository.write({"main.py": main + "\n"})
    powers = "-dac_override,-dac_read_search,-fowner"
    without = ["setpriv", f"--bounding-set={powers}", f"--inh-caps={powers}"] if os.geteuid() == 0 else []

    done = subprocess.run(
        [*without, sys.executable, "-c", ORDINARY, str(settings.home), str(repository.folder), first, second],
        capture_output=True, text=True,
    )  # fmt: skip

    assert done.stdout.splitlines() == ["[Errno 13", "['lib', 'main.py', 'near.py']", "False []"], done.stderr
