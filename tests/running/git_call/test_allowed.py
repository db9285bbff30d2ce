"""git_call: what the operator has not allowed, and what lies outside of a repository, does not run."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import gitcode
from tests.running.conftest import Lab
from tests.running.git_call.handlers import (
    ADD,
    Repository,
    failed,
    process,
    ran,
)


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
