"""git_call: which commit runs, and how its checkout is made and kept."""

from __future__ import annotations

import functools
import shutil
import ssl
import subprocess
import sys
import threading
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme

from engine import gitcode
from engine.config import Settings
from tests.running.conftest import Lab
from tests.running.git_call.handlers import (
    ADD,
    ADD_JS,
    Repository,
    checked_out,
    failed,
    needs_node,
    ran,
)
from tests.waiting import PATIENCE_S


def test_a_pinned_commit_runs_though_its_branch_has_moved(lab: Lab, repository: Repository) -> None:
    first = repository.commit(main_py="def handle(data): data['v'] = 1")
    repository.git("tag", "one")
    repository.commit(main_py="def handle(data): data['v'] = 2")
    repo = str(repository.folder)

    found = [ran(lab, repo=repo, commit=commit).data["v"] for commit in (first, first[:8], "one", "main", "")]

    assert found == [1, 1, 1, 2, 2]
    repository.commit(main_py="def handle(data): data['v'] = 3")
    assert ran(lab, repo=repo, commit="main").data["v"] == 3
    assert ran(lab, repo=repo, commit=first).data["v"] == 1


@pytest.fixture
def https(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, list[str | None]]]:
    """The files of this test over https, for `me:hunter22` only: the address, and the credentials that were sent."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("GIT_SSL_CAINFO", str(tmp_path / "ca.pem"))
    sent: list[str | None] = []

    class Files(SimpleHTTPRequestHandler):
        def send_head(self) -> Any:
            sent.append(self.headers["Authorization"])
            if sent[-1] == "Basic " + b64encode(b"me:hunter22").decode():
                return super().send_head()
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="x"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return None

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("localhost", 0), functools.partial(Files, directory=str(tmp_path))) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"localhost:{server.server_port}", sent
        server.shutdown()
        thread.join()


def test_a_repository_over_https_with_a_password_in_a_variable(
    lab: Lab, repository: Repository, https: tuple[str, list[str | None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    # A server of plain files gives no single commits, so everything is fetched.
    first = repository.commit(main_py=ADD)
    repository.commit(main_py="")
    repository.git("update-server-info")
    (lab.folder / "variables.yaml").write_text("token: {secret: true}\n")
    address, sent = https
    repo = f"https://me:{{{{env_var[@token]}}}}@{address}/repository/.git"

    monkeypatch.setenv("CONV_VAR_TOKEN", "hunter23")
    refused = failed(ran(lab, {"a": 1}, repo=repo, commit=first), "hardware")
    monkeypatch.setenv("CONV_VAR_TOKEN", "hunter22")
    view = ran(lab, {"a": 1}, repo=repo, commit=first)

    assert "hunter23" not in refused
    assert view.data == {"a": 1, "b": 2}
    assert not [file for file in (lab.engine.settings.home / "git").rglob("*") if file.is_file()
                and b"hunter2" in file.read_bytes()]  # fmt: skip
    asked = len(sent)
    assert ran(lab, {"a": 5}, repo=repo, commit=first).data["b"] == 6
    assert len(sent) == asked


def test_a_commit_that_is_here_needs_no_repository(lab: Lab, repository: Repository) -> None:
    commit = repository.commit(main_py=ADD)
    repo = "file://" + str(repository.folder)
    ran(lab, {"a": 1}, repo=repo, commit=commit)
    shutil.rmtree(repository.folder)

    assert ran(lab, {"a": 5}, repo=repo, commit=commit).data["b"] == 6
    assert ran(lab, {"a": 5}, repo=repo, commit=commit[:10]).data["b"] == 6
    assert "cannot be read" in failed(ran(lab, {"a": 5}, repo=repo, commit="main"), "hardware")


@pytest.mark.parametrize("commit", ["1234567", "f" * 40, "gone", "main/../x", "--upload-pack=touch", "a b"])
def test_a_commit_that_is_not_there_is_named(lab: Lab, repository: Repository, commit: str) -> None:
    repository.commit(main_py=ADD)

    text = failed(ran(lab, repo=str(repository.folder), commit=commit))

    assert commit in text or "must be an id, a tag or a branch" in text


def test_a_tag_of_digits_is_found(lab: Lab, repository: Repository) -> None:
    repository.commit(main_py=ADD)
    repository.git("tag", "20240131")

    assert ran(lab, {"a": 1}, repo=str(repository.folder), commit="20240131").data["b"] == 2


@needs_node
def test_javascript_is_read_as_its_repository_says(lab: Lab, repository: Repository, tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"type": "module"}')  # around the folder of the checkouts
    commit = repository.commit(index_js=ADD_JS)

    assert ran(lab, {"a": 1}, lang="js", repo=str(repository.folder), commit=commit).data["b"] == 2


def test_a_repository_that_is_not_there_may_come(lab: Lab, tmp_path: Path) -> None:
    text = failed(ran(lab, repo=str(tmp_path / "nowhere"), commit="a" * 40), "hardware")

    assert "nowhere" in text


def test_a_tree_with_links_and_folders_is_whole(lab: Lab, repository: Repository) -> None:
    repository.commit(real__main_py=ADD)
    (repository.folder / "linked").symlink_to("real")
    commit = repository.commit_all()

    assert ran(lab, {"a": 1}, repo=str(repository.folder), commit=commit, path="linked").data["b"] == 2


def test_two_at_once_make_one_checkout(settings: Settings, repository: Repository) -> None:
    commits = [repository.commit(main_py=f"X = {n}") for n in range(3)]
    repo = gitcode.read_repository(str(repository.folder))

    with ThreadPoolExecutor(12) as executor:
        trees = list(executor.map(lambda n: checked_out(settings, repo, commits[n % 3]), range(24)))

    assert len(set(trees)) == 3
    assert [(tree / "main.py").read_text() for tree in trees] == [f"X = {n % 3}" for n in range(24)]
    assert not list(trees[0].parent.glob("new-*"))


def test_two_workers_at_once_make_one_checkout(settings: Settings, repository: Repository) -> None:
    commit = repository.commit(main_py="X = 1")
    script = (
        "import sys; from pathlib import Path; from engine import gitcode\n"
        "with gitcode.checkout(Path(sys.argv[1]), gitcode.read_repository(sys.argv[2]), sys.argv[3]) as tree:\n"
        "    print(tree)"
    )
    words = ["-c", script, str(settings.home), str(repository.folder), commit]

    workers = [subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    trees = {worker.communicate(timeout=PATIENCE_S)[0].strip() for worker in workers}

    assert len(trees) == 1
    assert (Path(trees.pop()) / "main.py").read_text() == "X = 1"


def test_what_a_killed_checkout_left_is_cleared(settings: Settings, repository: Repository) -> None:
    repo = gitcode.read_repository(str(repository.folder))
    folder = checked_out(settings, repo, repository.commit(main_py="X = 1")).parent
    (folder / "new-left").mkdir()
    (folder / "objects" / "shallow.lock").touch()

    tree = checked_out(settings, repo, repository.commit(main_py="X = 2"))

    assert (tree / "main.py").read_text() == "X = 2"
    assert not (folder / "new-left").exists()


def test_no_hook_runs(
    settings: Settings, repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = repository.commit(main_py=ADD)
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("reference-transaction", "post-index-change", "post-checkout"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
        (hooks / name).chmod(0o755)
    (tmp_path / ".gitconfig").write_text(f"[core]\n\thooksPath = {hooks}\n")
    monkeypatch.setenv("HOME", str(tmp_path))

    checked_out(settings, gitcode.read_repository(str(repository.folder)), commit)

    assert not (tmp_path / "ran").exists()
