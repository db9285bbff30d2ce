"""git_call: handlers out of real repositories, in processes with limits. Source: reference 3.13, and our own."""

from __future__ import annotations

import dataclasses
import functools
import json
import os
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
import redis
import trustme
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from engine import gitcode
from engine.app import Engine
from engine.config import Settings
from engine.data import whole_json
from engine.errors import LogicError
from engine.views import TaskView
from tests.running.conftest import Lab
from tests.waiting import PATIENCE_S, eventually

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="there is no node on this machine")
GIT = shutil.which("git") or ""
LIMIT_MS = 20_000
MEMORY = 256_000_000


class Repository:
    """A repository of this test. `git` runs a command in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *words: str) -> str:
        names = {f"GIT_{who}_{what}": "t@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1", **names}
        done = subprocess.run([GIT, *words], cwd=self.folder, env=environment, check=True, capture_output=True)
        return done.stdout.decode().strip()

    def commit(self, **files: str) -> str:
        """Commit files, `__` in their names for a slash and `_` before the ending for a dot; the commit's id."""
        for name, text in files.items():
            stem, _, ending = name.rpartition("_")
            file = self.folder / f"{stem.replace('__', '/')}.{ending}"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        return self.commit_all()

    def commit_all(self) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", "x")
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


@pytest.fixture
def allowed(settings: Settings) -> str:
    """CONV_GIT_CALL in this test."""
    return "*"


@pytest.fixture
def lab(settings: Settings, tmp_path: Path, allowed: str) -> Iterator[Lab]:
    folder = tmp_path / "definitions"
    folder.mkdir()
    with Engine.open(dataclasses.replace(settings, git_call=allowed, git_call_ms=LIMIT_MS)) as engine:
        yield Lab(engine, folder)


def process(**node: Any) -> str:
    return f"""
process: Handlers
id: 70
params: {{secret: {{type: string, secret: true}}}}
nodes:
  start: {{go: work}}
  work: {{git_call: {json.dumps({"lang": "python", **node}, ensure_ascii=False)}, error: failed, go: done}}
  done: {{end: success}}
  failed: {{end: error}}
"""


def ran(lab: Lab, data: dict[str, Any] | None = None, **node: Any) -> TaskView:
    lab.deploy(process(**node))
    return lab.submit(70, data or {})


def error_of(view: TaskView) -> tuple[str, str, str]:
    assert view.node == "failed", view.data
    prefix = "__conveyor_git_call_return_"
    return (
        view.data[prefix + "type_error__"], view.data[prefix + "type_tag__"], view.data[prefix + "description__"],
    )  # fmt: skip


def failed(view: TaskView, kind: str = "software") -> str:
    """The description of a failure of this kind."""
    found = error_of(view)
    assert found[:2] == (kind, "git_call_executing_error")
    return found[2]


def called(
    source: str, data: Any = None, lang: str = "python", limit_ms: int = LIMIT_MS, memory: int = MEMORY
) -> gitcode.Answer:
    """One call of a handler that stands in the definition."""
    return gitcode.run(gitcode.Job(lang, "", "", source, "", json.dumps(data or {}).encode(), limit_ms, memory))


def result(source: str, data: Any = None, lang: str = "python") -> Any:
    answer = called(source, data, lang)
    assert answer.error is None, answer
    return json.loads(answer.after)


def said(answer: gitcode.Answer) -> tuple[str, str]:
    """How a call failed: kind and description."""
    assert answer.error is not None, answer
    return answer.error.kind, answer.error.description


ADD = "def handle(data):\n    data['b'] = data['a'] + 1\n"
ADD_JS = "module.exports = (data) => { data.b = data.a + 1; return data; };\n"

# --- What handlers do -----------------------------------------------------------------------------------------------


def test_a_python_handler_changes_the_data(lab: Lab, repository: Repository) -> None:
    commit = repository.commit(lib__add_py=ADD)

    view = ran(lab, {"a": 1}, repo=str(repository.folder), commit=commit, path="lib/add.py")

    assert view.node == "done"
    assert view.data == {"a": 1, "b": 2}


@needs_node
def test_a_javascript_handler_changes_the_data(lab: Lab, repository: Repository) -> None:
    commit = repository.commit(index_js=ADD_JS)

    view = ran(lab, {"a": 1, "big": 9007199254740993}, lang="js", repo=str(repository.folder), commit=commit)

    assert view.data == {"a": 1, "b": 2, "big": 9007199254740993}


def test_what_a_handler_returns_takes_the_place_of_the_data() -> None:
    assert result("def handle(data):\n    return {'b': data['a'], 'n': 10**30}", {"a": 1}) == {"b": 1, "n": 10**30}


def test_a_parameter_that_a_handler_leaves_out_is_gone(lab: Lab) -> None:
    view = ran(lab, {"a": 1, "keep": 1.0}, code="def handle(data):\n    return {'keep': data['keep']}")

    assert view.data == {"keep": 1.0}


def test_the_handler_is_the_function_that_is_named(lab: Lab, repository: Repository) -> None:
    commit = repository.commit(main_py="def other(data): data['x'] = 1\ndef handle(data): data['x'] = 2")

    assert ran(lab, repo=str(repository.folder), commit=commit, handler="other").data == {"x": 1}
    assert "no function gone" in failed(ran(lab, repo=str(repository.folder), commit=commit, handler="gone"))


def test_a_handler_imports_what_lies_in_its_repository(lab: Lab, repository: Repository) -> None:
    commit = repository.commit(
        jobs__main_py="import near, lib.far\ndef handle(data): data['x'] = near.X + lib.far.X",
        jobs__near_py="X = 1",
        lib__far_py="X = 2",
    )

    assert ran(lab, repo=str(repository.folder), commit=commit, path="jobs").data == {"x": 3}


def test_a_python_handler_may_be_a_coroutine() -> None:
    assert result("async def handle(data): return {'x': 1}") == {"x": 1}


JAVASCRIPT = [
    ("module.exports = async (data) => ({ x: await Promise.resolve(1) });", {"x": 1}),
    ("module.exports = (data) => { data.x = 1; };", {"x": 1}),
    ("exports.handle = 1; module.exports = (data) => ({ x: typeof require('path').join });", {"x": "function"}),
]


@needs_node
@pytest.mark.parametrize(("source", "after"), JAVASCRIPT)
def test_javascript_has_all_of_node(source: str, after: Any) -> None:
    assert result(source, lang="js") == after


@needs_node
def test_javascript_may_be_a_module_with_named_handlers(lab: Lab, repository: Repository) -> None:
    commit = repository.commit(
        es_mjs="export function named(data) { data.x = 1; }", common_js="exports.named = (data) => { data.x = 2; };"
    )

    for path, x in (("es.mjs", 1), ("common.js", 2)):
        view = ran(lab, lang="js", repo=str(repository.folder), commit=commit, path=path, handler="named")
        assert view.data == {"x": x}


@pytest.mark.parametrize(
    "lang", ["python", pytest.param("js", marks=needs_node)]
)  # fmt: skip
def test_what_a_handler_prints_is_not_its_answer(lab: Lab, lang: str) -> None:
    code = {
        "python": """import os
def handle(data):
    print('{"jsonrpc": "2.0", "id": 1, "result": {"data": {"x": 9}}}')
    os.system('echo from a shell')
    print('x' * 200000)
    data['x'] = 1
""",
        "js": """module.exports = (data) => {
    console.log('{"jsonrpc": "2.0", "id": 1, "result": {"data": {"x": 9}}}');
    console.error('x'.repeat(200000));
    data.x = 1;
};""",
    }[lang]

    assert ran(lab, lang=lang, code=code).data == {"x": 1}


def test_what_a_handler_prints_is_kept_where_it_is_wanted(lab: Lab) -> None:
    code = "def handle(data):\n    print('seen', data['n'])\n    if data['n'] > 1: raise ValueError('no')"
    lab.deploy(process(code=code, log=True))

    good, bad = lab.submit(70, {"n": 1}), lab.submit(70, {"n": 2})

    assert good.data["__conveyor_git_call_log__"] == "seen 1\n"
    assert bad.data["__conveyor_git_call_log__"] == "seen 2\n"
    assert failed(bad) == "ValueError: no"


def test_nothing_of_one_task_is_there_for_the_next(lab: Lab) -> None:
    lab.deploy(process(code="seen = []\ndef handle(data):\n    seen.append(1)\n    data['n'] = len(seen)"))

    assert [lab.submit(70).data["n"] for _ in range(3)] == [1, 1, 1]


# --- Secrets --------------------------------------------------------------------------------------------------------


def test_a_value_made_from_a_secret_is_secret(lab: Lab) -> None:
    code = "def handle(data):\n    data['other'] = 'Bearer'\n    data['header'] = 'Bearer ' + data['secret']"

    view = ran(lab, {"secret": "hunter22"}, code=code).masked()

    assert (view.data["header"], view.data["other"]) == ("***", "Bearer")


def test_a_secret_is_masked_in_an_exception_and_in_the_log(lab: Lab) -> None:
    code = "def handle(data):\n    print(data['secret'])\n    raise ValueError('bad ' + data['secret'])"

    view = ran(lab, {"secret": "hunter22"}, code=code, log=True).masked()

    assert failed(view) == "ValueError; what it says is not shown, for it had read a secret"
    assert view.data["__conveyor_git_call_log__"] == "***"


def test_a_password_in_a_url_is_not_told(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONV_VAR_TOKEN", "hunter22")
    (lab.folder / "variables.yaml").write_text("token: {secret: true}\n")

    view = ran(lab, repo="https://me:{{env_var[@token]}}@localhost:1/x.git", commit="0" * 40)

    text = failed(view, "hardware")
    assert "localhost" in text
    assert "hunter22" not in text


WAITS = """
import os, time
def handle(data):
    open(os.path.join(data["folder"], "begun"), "w").close()
    while not os.path.exists(os.path.join(data["folder"], "go")):
        time.sleep(0.01)
"""


def test_a_secret_in_a_repository_is_not_stored(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, redis_client: redis.Redis, namespace: str
) -> None:
    repository = Repository(tmp_path / "hunter22")
    commit = repository.commit(main_py=WAITS)
    monkeypatch.setenv("CONV_VAR_NAME", "hunter22")
    (lab.folder / "variables.yaml").write_text("name: {secret: true}\n")
    lab.deploy(process(repo=f"{tmp_path}/{{{{env_var[@name]}}}}", commit=commit))
    task = lab.engine.submit(70, {"folder": str(tmp_path)})

    with ThreadPoolExecutor(1) as executor:
        running = executor.submit(lab.run)
        eventually((tmp_path / "begun").exists, 20.0)
        kept = all_values(redis_client, namespace)
        (tmp_path / "go").touch()
        running.result()

    assert b"1vname" in kept, "the stored request was looked at"
    assert b"hunter22" not in kept
    assert lab.engine.task(70, task.task_id).node == "done"


def all_values(client: redis.Redis, namespace: str) -> bytes:
    """Everything that a namespace holds in hashes and strings."""
    found: list[Any] = []
    for key in client.scan_iter(match=f"*{namespace}*"):
        kind = client.type(key)
        if kind == b"hash":
            found += [part for pair in client.hgetall(key).items() for part in pair]
        elif kind == b"string":
            found.append(client.get(key) or b"")
    return b"\n".join(found)


# --- Commits --------------------------------------------------------------------------------------------------------


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
        trees = list(executor.map(lambda n: gitcode.checkout(settings.home, repo, commits[n % 3]), range(24)))

    assert len(set(trees)) == 3
    assert [(tree / "main.py").read_text() for tree in trees] == [f"X = {n % 3}" for n in range(24)]
    assert not list(trees[0].parent.glob("new-*"))


def test_two_workers_at_once_make_one_checkout(settings: Settings, repository: Repository) -> None:
    commit = repository.commit(main_py="X = 1")
    script = (
        "import sys; from pathlib import Path; from engine import gitcode\n"
        "print(gitcode.checkout(Path(sys.argv[1]), gitcode.read_repository(sys.argv[2]), sys.argv[3]))"
    )
    words = ["-c", script, str(settings.home), str(repository.folder), commit]

    workers = [subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    trees = {worker.communicate(timeout=PATIENCE_S)[0].strip() for worker in workers}

    assert len(trees) == 1
    assert (Path(trees.pop()) / "main.py").read_text() == "X = 1"


def test_what_a_killed_checkout_left_is_cleared(settings: Settings, repository: Repository) -> None:
    repo = gitcode.read_repository(str(repository.folder))
    folder = gitcode.checkout(settings.home, repo, repository.commit(main_py="X = 1")).parent
    (folder / "new-left").mkdir()
    (folder / "objects" / "shallow.lock").touch()

    tree = gitcode.checkout(settings.home, repo, repository.commit(main_py="X = 2"))

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

    gitcode.checkout(settings.home, gitcode.read_repository(str(repository.folder)), commit)

    assert not (tmp_path / "ran").exists()


# --- The way out of a repository ------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["../other.py", "/etc/passwd", "a/../../x.py", "leads/secret.py", "away.py"])
def test_a_path_does_not_leave_the_repository(lab: Lab, repository: Repository, tmp_path: Path, path: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.py").write_text("def handle(data): data['out'] = True")
    (repository.folder / "leads").symlink_to(outside)
    (repository.folder / "away.py").symlink_to(outside / "secret.py")
    commit = repository.commit_all()

    text = failed(ran(lab, repo=str(repository.folder), commit=commit, path=path))

    assert "repository" in text


@pytest.mark.parametrize("path", ["gone.py", "", "empty"])
def test_a_file_that_is_not_there_is_named(lab: Lab, repository: Repository, path: str) -> None:
    commit = repository.commit(empty__x_txt="")

    text = failed(ran(lab, repo=str(repository.folder), commit=commit, path=path))

    assert (path or "/") in text


# --- What is allowed ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("allowed", [""])
def test_it_is_off_and_says_how_it_is_allowed(lab: Lab, repository: Repository, allowed: str) -> None:
    commit = repository.commit(main_py=ADD)

    assert f"CONV_GIT_CALL={repository.folder}" in failed(ran(lab, repo=str(repository.folder), commit=commit))
    assert "CONV_GIT_CALL=inline" in failed(ran(lab, code=ADD))
    assert not (lab.engine.settings.home / "git").exists()


@pytest.mark.parametrize("allowed", ["inline"])
def test_code_of_definitions_may_be_allowed_alone(lab: Lab, repository: Repository, allowed: str) -> None:
    commit = repository.commit(main_py=ADD)

    assert ran(lab, {"a": 1}, code=ADD).data["b"] == 2
    assert "may not run here" in failed(ran(lab, repo=str(repository.folder), commit=commit))


ALLOWED = [
    ("https://git.example/acme", "https://git.example/acme/x.git", True),
    ("https://git.example/acme/", "https://me:pw@GIT.example/acme/x", True),
    ("https://git.example/acme", "https://git.example/acme-2/x", False),
    ("https://git.example/acme", "https://git.example.evil/acme/x", False),
    ("https://git.example/acme", "https://git.example@evil.example/acme/x", False),
    ("https://git.example/acme", "ssh://git.example/acme/x", False),
    ("https://git.example/acme/x", "https://git.example/acme/x.git", True),
    ("https://git.example", "https://git.example/acme/x", True),
    ("https://git.example", "https://git.example:8443/acme/x", False),
    ("git@git.example:acme", "git@git.example:acme/x.git", True),
    ("ssh://git.example/acme", "git@git.example:acme/x.git", True),
    ("inline, /srv/code", "/srv/code/x", True),
    ("/srv/code", "file:///srv/code/x", True),
    ("/srv/code", "/srv/code2", False),
    ("/srv/code", "/srv/code/../secret", False),
    ("*", "/anywhere", True),
    ("inline", "/anywhere", False),
    ("", "/anywhere", False),
]


@pytest.mark.parametrize(("setting", "repository", "is_allowed"), ALLOWED)
def test_a_folder_of_repositories_is_allowed_and_nothing_beside_it(
    setting: str, repository: str, is_allowed: bool
) -> None:
    assert gitcode.allows(setting, gitcode.read_repository(repository)) is is_allowed


REFUSED = [
    "", "x", "../x", "-x", "--upload-pack=touch x", "ext::sh -c touch% x", "ext::sh", "fd::17", "http://h/x",
    "git://h/x", "https://", "https:///x", "https://-h/x", "https://h/a/../x", "https://h/a/%2e%2e/x", "https://h/x?y",
    "https://h/x#y", "ssh://-oProxyCommand=x/y", "-oProxyCommand@h:x", "u@-h:x", "h:x", "file://h/x", "file://x",
    "https://h/x\ny", "/a b", "https://[::1/x", "https://h\\@e/x",
]  # fmt: skip


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_repository_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"repositor|git|URL"):
        gitcode.read_repository(text)


@given(
    st.text("-:/.@ehtpsifl%\\n~", max_size=12) | st.from_regex(r"(https|ssh|file)://[-@:/.a%]{0,10}", fullmatch=True)
)
def test_git_is_given_nothing_that_it_takes_for_an_option_or_a_command(text: str) -> None:
    try:
        repository = gitcode.read_repository(text)
    except ValueError:
        return
    assert not repository.url.startswith("-")
    assert "::" not in repository.url or "://" in repository.url
    assert repository.place.split("://")[0] in ("https", "ssh", "file")
    assert not {"..", "."} & {*repository.place.split("/")}
    assert not repository.place.split("://")[1].startswith("-")


names = st.text("ab.-", min_size=1, max_size=3).filter(lambda name: name not in (".", ".."))


@given(st.lists(names, max_size=3), st.lists(names, min_size=1, max_size=4))
def test_a_folder_allows_exactly_what_lies_below_it(folder: list[str], path: list[str]) -> None:
    allowed, repository = "/".join(["https://h", *folder]), gitcode.read_repository("/".join(["https://h", *path]))

    assert gitcode.allows(allowed, repository) is (path[: len(folder)] == folder)


def test_a_refused_repository_fails_its_task(lab: Lab) -> None:
    assert "transport helpers" in failed(ran(lab, repo="ext::sh", commit="a" * 40))


def test_a_repository_never_comes_from_a_task(lab: Lab) -> None:
    (lab.folder / "70.yaml").write_text(process(repo="{{repo}}", commit="a" * 40))

    report = lab.engine.deploy([lab.folder], raise_on_errors=False)

    assert "repo may hold variables" in str(report.problems[0])


# --- The data -------------------------------------------------------------------------------------------------------

values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@given(st.dictionaries(st.text(max_size=4).filter(lambda name: name not in ("__proto__", "toJSON")), values))
@hypothesis_settings(max_examples=20)
def test_data_that_no_handler_touches_comes_back(data: dict[str, Any]) -> None:
    assert result("def handle(data): pass", data) == data
    if shutil.which("node") is not None:
        answer = called("module.exports = () => {};", data, "js")
        assert json.loads(answer.before) == json.loads(answer.after)


# --- What fails -----------------------------------------------------------------------------------------------------

FAILS = [
    ("def handle(data): raise ValueError('no\\nsecond line')", "ValueError: no"),
    ("def handle(data): return [1]", "TypeError: the handler returned list, not a dict"),
    ("def handle(data): return {'x': {1, 2}}", "TypeError: Object of type set is not JSON serializable"),
    ("def handle(data): return {'x': float('nan')}", "ValueError: Out of range float values are not JSON compliant"),
    ("def handle(data: pass", "SyntaxError"),
    ("import sys; sys.exit(3)", "SystemExit: 3"),
    ("import os\ndef handle(data): os._exit(3)", "the handler's process ended before it answered (exit status 3)"),
    (
        "import os\ndef handle(data): os.kill(os.getpid(), 11)",
        "the handler's process ended before it answered (signal 11)",
    ),
    ("x = 1", "TypeError: the handler's file has no function handle"),
    ("def handle(data):\n    a = []\n    while True: a.append(bytearray(100_000))", "out of memory"),
    ("def handle(data): data['x'] = 'x' * 500_000_000", "out of memory"),
    ("import requests", "ModuleNotFoundError: No module named 'requests'"),
    ("class E(Exception):\n    def __str__(self): raise self\ndef handle(data): raise E", "E"),
    ("class E(Exception):\n    def __str__(self): raise SystemExit\ndef handle(data): raise E", "E"),
    ("def handle(data): raise ValueError('a\\ud800')", "ValueError: a\ufffd"),
    ("def handle(data): raise ValueError('x' * 80_000_000)", "ValueError: " + "x" * 400),
    ("def handle(data): return {(1, 2): 3}", "TypeError: keys must be str"),
    ("def handle(data): data['self'] = data", "ValueError: Circular reference detected"),
    ("async def handle(data): raise ValueError('later')", "ValueError: later"),
    ("def handle(data): handle(data)", "RecursionError"),
]


@pytest.mark.parametrize(("source", "text"), FAILS)
def test_a_python_handler_that_fails_says_why(source: str, text: str) -> None:
    kind, description = said(called(source))

    assert kind == "software"
    assert text in description
    assert "\n" not in description


FAILS_JS = [
    ("module.exports = () => { throw new Error('no\\nsecond line'); };", "Error: no"),
    ("module.exports = async () => { throw 'no'; };", "no"),
    ("module.exports = () => { throw 'ab😀'.slice(0, 3); };", "ab\ufffd"),
    ("module.exports = () => { throw ''; };", "an error without a text"),
    ("module.exports = () => { throw null; };", "the handler threw null"),
    ("module.exports = () => { throw undefined; };", "the handler threw undefined"),
    ("module.exports = () => { throw {code: 5}; };", '{"code":5}'),
    ("module.exports = () => { throw Symbol('q'); };", "Symbol(q)"),
    ("module.exports = () => { throw Object.create(null); };", "an error without a text"),
    ("module.exports = () => { throw {toString() { throw this; }, code: 5}; };", '{"code":5}'),
    ("module.exports = () => { throw 'x'.repeat(8e7); };", "x" * 400),
    ("module.exports = () => { throw new (class E extends Error {})(''); };", "Error"),
    ("module.exports = () => ({ get x() { throw new Error('no'); } });", "Error: no"),
    (
        "module.exports = (data) => { JSON.stringify = String = Buffer.from = undefined; throw new Error('no'); };",
        "Error: no",
    ),
    ("module.exports = function f(data) { return f(data); };", "RangeError"),
    ("module.exports = () => { new Promise((a, b) => b(new Error('later'))); return new Promise(() => {}); }", "later"),
    ("module.exports = () => 5;", "the handler returned a number, not an object"),
    ("module.exports = () => [1];", "the handler returned an array, not an object"),
    ("module.exports = (data) => { data.self = data; };", "circular"),
    ("module.exports = (data) => ({ x: 1n });", "BigInt"),
    ("module.exports = (", "SyntaxError"),
    ("module.exports = () => process.exit(0);", "the handler's process ended before it answered"),
    ("exports.x = 1;", "module.exports is not a function"),
    ("module.exports = () => { const a = []; while (true) a.push(new Array(100000).fill(7)); };", "out of memory"),
    (
        "module.exports = () => { const a = []; while (true) a.push(Buffer.alloc(1e7, 1)); };",
        "llocation failed|out of memory",
    ),
]


@needs_node
@pytest.mark.parametrize(("source", "text"), FAILS_JS)
def test_a_javascript_handler_that_fails_says_why(source: str, text: str) -> None:
    kind, description = said(called(source, lang="js"))

    assert kind == "software"
    assert any(part in description for part in text.split("|"))
    assert "\n" not in description


def test_half_a_character_becomes_a_replacement_character(lab: Lab) -> None:
    code = "def handle(data): return {'x': 'ab\\ud83d', '\\udc00': ['\\\\ud83d', '😀']}"

    assert ran(lab, code=code).data == {"x": "ab\ufffd", "\ufffd": ["\\ud83d", "😀"]}


@needs_node
def test_half_a_character_of_javascript_becomes_a_replacement_character(lab: Lab) -> None:
    code = r"module.exports = () => ({ x: 'ab😀'.slice(0, 3), '\udc00': ['\\ud83d', '😀'] });"

    assert ran(lab, lang="js", code=code).data == {"x": "ab\ufffd", "\ufffd": ["\\ud83d", "😀"]}


@given(st.lists(st.sampled_from(["\ud83d", "\ude00", "\ud800", "\udfff", "\\", "u", "d83d", "a", '"', "\\ud83d"])))
def test_halves_of_characters_are_replaced_and_nothing_else(parts: list[str]) -> None:
    text = "".join(parts)

    read = json.loads(whole_json(json.dumps({text: text})))

    right = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert read == {right: right}


@pytest.mark.parametrize(("levels", "is_taken"), [(100, True), (101, False), (900, False), (5000, False)])
@pytest.mark.parametrize("lang", ["python", pytest.param("js", marks=needs_node)])
def test_data_may_be_nested_to_a_limit(lab: Lab, lang: str, levels: int, is_taken: bool) -> None:
    code = {
        "python": f"def handle(data):\n    for _ in range({levels - 1}): data['d'] = data = {{}}",
        "js": f"module.exports = (data) => {{ for (let n = 1; n < {levels}; n++) data = data.d = {{}}; }};",
    }[lang].replace("data['d'] = data = {}", "data['d'] = {}; data = data['d']")

    view = ran(lab, lang=lang, code=code)

    assert view.node == ("done" if is_taken else "failed")
    assert is_taken or error_of(view)[:2] == ("software", "git_call_executing_error")


def test_what_prints_on_after_the_answer_is_not_waited_for() -> None:
    source = """
import subprocess
def handle(data):
    subprocess.Popen(["/usr/bin/env", "PATH=/usr/bin:/bin", "yes"])
    data["x"] = 1
"""
    assert result(source) == {"x": 1}


RUNAWAYS = [
    ("python", "while True: pass"),
    ("python", "class E(Exception):\n    def __str__(self):\n        while True: pass\ndef handle(data): raise E"),
    ("python", "def handle(data):\n    while True: print('x' * 1000)"),
    ("python", "import re\ndef handle(data): re.match('(a+)+$', 'a' * 40 + 'b')"),
    pytest.param("js", "module.exports = () => { throw { toString() { while (true) {} } }; };", marks=needs_node),
    pytest.param("js", "module.exports = () => ({ toJSON() { while (true) {} } });", marks=needs_node),
    pytest.param("js", "module.exports = () => { while (true) console.log('x'.repeat(1000)); };", marks=needs_node),
    (
        "python",
        "import signal, time\nsignal.signal(15, signal.SIG_IGN)\ndef handle(data): time.sleep(3600)",
    ),
    pytest.param("js", "while (true) {}", marks=needs_node),
    pytest.param("js", "module.exports = () => new Promise(() => {});", marks=needs_node),
]


@pytest.mark.parametrize(("lang", "source"), RUNAWAYS)
def test_a_handler_that_does_not_end_is_stopped(lang: str, source: str) -> None:
    assert said(called(source, lang=lang, limit_ms=400)) == ("hardware", "usercode: timeout")


def test_what_a_handler_has_started_ends_with_it(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    source = f"""
import subprocess
import sys
def handle(data):
    child = subprocess.Popen(["/bin/sleep", "3600"])
    open({str(file)!r}, "w").write(str(child.pid))
"""
    assert result(source) == {}

    eventually(lambda: not _is_alive(int(file.read_text())))


@pytest.mark.parametrize("lang", ["python", pytest.param("js", marks=needs_node)])
def test_a_handler_ends_with_its_worker(lang: str, tmp_path: Path) -> None:
    file = tmp_path / "pids"
    source = {
        "python": f"""
import os, subprocess
def handle(data):
    child = subprocess.Popen(["/bin/sleep", "3600"])
    with open({str(file)!r}, "w") as file:
        print(os.getpid(), child.pid, "end", file=file)
    while True: pass
""",
        "js": f"""
module.exports = () => {{
    const child = require('child_process').spawn('/bin/sleep', ['3600']);
    require('fs').writeFileSync({str(file)!r}, `${{process.pid}} ${{child.pid}} end`);
    while (true) {{}}
}};
""",
    }[lang]
    call = f"gitcode.run(gitcode.Job({lang!r}, '', '', {source!r}, '', b'{{}}', 600_000, {MEMORY}))"
    with subprocess.Popen([sys.executable, "-c", f"from engine import gitcode\n{call}"]) as worker:
        eventually(lambda: file.exists() and "end" in file.read_text(), 20.0)

        worker.kill()

    pids = [int(pid) for pid in file.read_text().split()[:2]]
    eventually(lambda: not any(_is_alive(pid) for pid in pids), 20.0)


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("lang", ["python", pytest.param("js", marks=needs_node)])
def test_a_handler_has_no_environment_and_no_descriptors_of_ours(lang: str, tmp_path: Path) -> None:
    source = {
        "python": """
import os
def handle(data):
    found = [f"/proc/self/fd/{number}" for number in os.listdir("/proc/self/fd")]
    return {"env": sorted(os.environ), "open": [os.readlink(file) for file in found if os.path.exists(file)]}
""",
        "js": """
const fs = require('fs');
const link = (number) => { try { return fs.readlinkSync('/proc/self/fd/' + number); } catch { return ''; } };
module.exports = () => ({ env: Object.keys(process.env), open: fs.readdirSync('/proc/self/fd').map(link) });
""",
    }[lang]

    with (tmp_path / "ours").open("w") as ours:
        os.set_inheritable(ours.fileno(), True)
        found = result(source, lang=lang)

    assert set(found["env"]) <= {"LC_CTYPE"}
    assert not [name for name in found["open"] if "ours" in name or "socket" in name]


def test_a_runaway_costs_its_own_task_only(settings: Settings, lab: Lab) -> None:
    code = """
import os
def handle(data):
    while data['n'] == 3: pass
    if data['n'] == 4: os.abort()
    data['done'] = 1
"""
    lab.deploy(process(code=code))
    lab.engine.settings = dataclasses.replace(lab.engine.settings, git_call_ms=1500)
    tasks = [(f"t{n}", {"n": n}) for n in range(8)]

    lab.engine.submit_many(70, tasks)
    lab.run()

    nodes = [lab.engine.task(70, ref).node for ref, _ in tasks]
    assert nodes == ["failed" if n in (3, 4) else "done" for n in range(8)]


def test_other_languages_are_kept_and_fail_when_they_are_run(lab: Lab) -> None:
    assert failed(ran(lab, lang="golang", code="package main")) == "golang does not run here"


@pytest.mark.parametrize("program", ["git", "node"])
def test_a_program_that_is_not_there_is_named(
    program: str, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    if program == "git":
        with pytest.raises(LogicError, match="there is no git on this machine"):
            gitcode.checkout(settings.home, gitcode.read_repository("/x"), "main")
    else:
        assert "there is no node on this machine" in said(called("", lang="js"))[1]


@pytest.mark.parametrize("lang", ["python", "js"])
@pytest.mark.parametrize("depth", [99, 100, 400])
def test_what_a_handler_returns_may_lie_as_deep_as_a_task(lab: Lab, lang: str, depth: int) -> None:
    text = "[" * depth + "]" * depth
    source = {
        "python": f"import json\ndef handle(data): return {{'x': json.loads('{text}')}}",
        "js": f"module.exports = (data) => ({{x: JSON.parse('{text}')}});",
    }

    view = ran(lab, {"kept": 1}, lang=lang, code=source[lang])

    if depth == 99:
        assert view.node == "done", view.note
    else:
        assert "more than 100 deep in each other (CONV_DEPTH)" in failed(view)
        assert view.data["kept"] == 1
