"""`conv demo`, without the command line, and the story's files against a stand-in that makes trouble."""

from __future__ import annotations

import importlib.resources
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.app import Engine
from engine.config import Settings
from engine.demo import stand_in
from engine.demo.authorization_server import QUERY_PATH, TOKEN_PATH, AuthorizationServer
from engine.demo.story import REFERENCE, Demo, play
from engine.errors import Refused
from engine.http import HttpRequest, perform
from engine.views import TaskView
from tests.waiting import eventually

ROOT = Path(__file__).parent.parent
ADDRESS = "CONV_VAR_SALESFORCE_LOGIN_URL"


def answers(url: str) -> bool:
    return perform(HttpRequest("GET", url, guarded=False)).failure == ""


@pytest.fixture
def played(short_folder: Path) -> Iterator[tuple[Path, list[str]]]:
    """A folder for the demo, and what it says; its stand-in is gone afterwards."""
    directory = short_folder / "conv-demo"
    yield directory, []
    marker = directory / ".conv" / "stand-in"
    if marker.exists():
        url = marker.read_text()
        stand_in.stop(marker)
        eventually(lambda: not answers(url))


def told(directory: Path, said: list[str]) -> Demo:
    demo = play(directory, said.append)
    assert demo.is_told, said
    return demo


def nodes(view: TaskView | None) -> list[str]:
    return [visit.node for visit in view.path] if view is not None else []


def test_the_story_is_told(played: tuple[Path, list[str]]) -> None:
    directory, said = played

    demo = told(directory, said)

    assert nodes(demo.get_token) == ["start", "request token", "keep token", "final"]
    assert nodes(demo.list_accounts) == ["start", "find host", "query accounts", "final"]
    assert demo.storage is not None
    assert demo.storage.data == {"token": "***", "instance_url": demo.url}
    assert demo.token_chars > 50
    text = "\n".join(said)
    assert "start → request token → keep token → final" in text
    assert "3 accounts, asked for with that token: Acme, Global Media, salesforce.com" in text
    assert len(demo.next) == 3
    assert all(command in text for command in demo.next)


def test_no_secret_is_said(played: tuple[Path, list[str]]) -> None:
    directory, said = played
    demo = told(directory, said)

    with Engine.open(Settings(home=directory / ".conv")) as engine:
        token, is_secret = engine.evaluate(REFERENCE)
        secrets = {
            str(token),
            *map(str, (engine.task(140896, demo.get_token.task_id).data[name] for name in ("code", "client_secret"))),
        }

    assert is_secret
    text = "\n".join(said) + str(demo.as_dict())
    assert not [secret for secret in secrets if secret in text]


def test_what_was_told_works_by_hand_afterwards(played: tuple[Path, list[str]]) -> None:
    directory, said = played
    allowed = told(directory, said).url.removeprefix("http://")

    with Engine.open(Settings(home=directory / ".conv", egress_allow=allowed)) as engine:
        assert engine.deploy([directory / "processes", directory / "diagrams"]).changed == []
        task = engine.submit("List accounts", {})
        engine.run_until_idle(30, until=task)

        assert engine.task("List accounts", task.task_id).node == "final"


def test_a_second_time_the_token_is_replaced_and_edits_are_kept(played: tuple[Path, list[str]]) -> None:
    directory, said = played
    first = told(directory, said)
    edited = directory / "processes" / "salesforce" / "list_accounts.yaml"
    edited.write_text(edited.read_text().replace("LIMIT 20", "LIMIT 5"))

    second = told(directory, said)

    assert "replace token" in nodes(second.get_token)
    assert second.list_accounts is not None
    assert second.list_accounts.data["query"].endswith("LIMIT 5")
    eventually(lambda: not answers(first.url))


def test_the_demo_never_reaches_a_real_host(played: tuple[Path, list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    directory, said = played
    monkeypatch.setenv(ADDRESS, "http://127.0.0.1:1")

    told(directory, said)

    assert os.environ[ADDRESS] == "http://127.0.0.1:1"


def test_the_stand_in_ends_with_its_folder_or_when_idle(short_folder: Path) -> None:
    marker = short_folder / "stand-in"
    url = stand_in.start(marker, 3600).url
    assert answers(url)
    stand_in.stop(marker)
    eventually(lambda: not answers(url))

    url = stand_in.start(marker, 0).url
    eventually(lambda: not marker.exists())
    eventually(lambda: not answers(url))


@pytest.mark.parametrize("is_file", [True, False])
def test_a_folder_with_something_else_is_left_alone(tmp_path: Path, is_file: bool) -> None:
    directory = tmp_path / "mine"
    if is_file:
        directory.write_text("x")
    else:
        directory.mkdir()
        (directory / "notes.txt").write_text("x")

    with pytest.raises(Refused, match="--dir"):
        play(directory, print)

    assert not (tmp_path / "mine" / "processes").exists()


def test_the_installed_files_are_those_of_the_top_level() -> None:
    installed = importlib.resources.files("engine.demo") / "definitions"

    for file in [*ROOT.glob("processes/salesforce/*.yaml"), *ROOT.glob("diagrams/salesforce/*.yaml")]:
        assert installed.joinpath(*file.relative_to(ROOT).parts).read_text() == file.read_text()


# --- The files, in trouble --------------------------------------------------------------------


class Story:
    """The story's definitions in a store of the test, against a stand-in that can be told things."""

    def __init__(self, engine: Engine, host: AuthorizationServer) -> None:
        self.engine = engine
        self.host = host

    def run(self, conv: str, data: dict[str, Any] | None = None) -> TaskView:
        task = self.engine.submit(conv, data or {})
        self.engine.run_until_idle(30, until=task)
        return self.engine.task(conv, task.task_id)

    def get_token(self, **changes: str) -> TaskView:
        right = {
            "callback_url": self.host.callback_url,
            "client_id": self.host.client_id,
            "client_secret": self.host.client_secret,
            "code": changes.get("code") or self.host.issue_code(),
        }
        return self.run("Get token", right | changes)

    def error(self, view: TaskView) -> tuple[str, str, Any]:
        prefix = "__conveyor_api_return_"
        return (
            view.data[prefix + "type_error__"],
            view.data[prefix + "type_tag__"],
            view.data.get(prefix + "http_code__"),
        )


@pytest.fixture
def story(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Story]:
    with AuthorizationServer() as host, Engine.open(settings) as engine:
        monkeypatch.setenv(ADDRESS, host.url)
        report = engine.deploy([ROOT / "processes", ROOT / "diagrams"])
        assert not report.problems
        yield Story(engine, host)


def test_without_a_token_nothing_is_sent(story: Story) -> None:
    view = story.run("List accounts")

    assert (view.node, view.end) == ("no token", "error")
    assert "{{conv[140897].ref[token].token}}" in view.data["__conveyor_api_return_description__"]
    assert story.host.ledger == []


def test_a_changed_token_is_refused(story: Story) -> None:
    story.get_token()
    assert story.run("List accounts").node == "final"

    story.engine.modify("Token storage", "token", {"token": "something else"})
    story.engine.run_until_idle(30)
    view = story.run("List accounts")

    assert (view.node, view.end) == ("token refused", "error")
    assert story.error(view) == ("software", "api_bad_answer", 401)
    assert view.data["__conveyor_api_array__"][0]["errorCode"] == "INVALID_SESSION_ID"


@pytest.mark.parametrize(
    ("changes", "error"),
    [({"client_secret": "wrong"}, "invalid_client"), ({"code": "never issued"}, "invalid_grant")],
)
def test_a_refusal_ends_in_the_error_end(story: Story, changes: dict[str, str], error: str) -> None:
    view = story.get_token(**changes)

    assert (view.node, view.end, view.data["error"]) == ("failed", "error", error)
    assert story.error(view) == ("software", "api_bad_answer", 400)


def test_a_code_used_twice_ends_in_the_error_end(story: Story) -> None:
    code = story.host.issue_code()
    story.get_token(code=code)

    view = story.get_token(code=code)

    assert (view.node, view.data["error_description"]) == ("failed", "expired authorization code")


def test_a_busy_host_is_tried_again_after_a_while(story: Story) -> None:
    story.host.be_unavailable(1)

    view = story.get_token()

    assert (view.node, view.place) == ("wait and retry", "delayed")
    assert 29_000 < view.due_ms - view.change_ms < 31_000
    assert story.error(view) == ("hardware", "api_bad_answer", 503)


def test_a_host_that_is_down_is_tried_again_after_a_while(story: Story) -> None:
    story.host.close()

    assert story.get_token().node == "wait and retry"


def test_a_slow_host_is_waited_for(story: Story) -> None:
    story.host.be_slow(0.5)

    assert story.get_token().node == "final"


def test_a_host_slower_than_the_timeout_is_tried_again_after_a_while(story: Story, short_folder: Path) -> None:
    for name in ("processes", "diagrams"):
        shutil.copytree(ROOT / name, short_folder / name)
    get_token = short_folder / "processes/salesforce/get_token.yaml"
    get_token.write_text(get_token.read_text().replace("timeout: 30s", "timeout: 1s"))
    with Engine.open(Settings(home=short_folder / ".conv")) as engine:
        assert engine.deploy([short_folder / "processes", short_folder / "diagrams"]).is_deployed
        story.host.be_slow(60)

        view = Story(engine, story.host).get_token()

    assert (view.node, view.place) == ("wait and retry", "delayed")
    assert story.error(view)[:2] == ("hardware", "api_bad_answer")


def test_a_page_instead_of_json(story: Story) -> None:
    story.host.answer_html()

    view = story.get_token()

    assert view.node == "failed"
    assert story.error(view) == ("software", "api_no_valid_json", 200)


def test_ten_gigabytes_are_not_read(story: Story) -> None:
    story.host.answer_endlessly()

    view = story.get_token()

    assert view.node == "failed"
    assert story.error(view) == ("software", "api_task_size_overflow_limit", 200)


def test_a_token_that_looks_like_a_template_stays_text(story: Story) -> None:
    text = "{{conv[1].ref[x].y}}"
    story.host.next_token(text)

    assert story.get_token().node == "final"
    assert story.engine.evaluate(REFERENCE) == (text, True)
    assert story.run("List accounts").node == "final"


def test_each_request_has_a_key_of_its_own(story: Story) -> None:
    story.get_token()
    story.get_token()
    story.run("List accounts")

    keys = story.host.times(TOKEN_PATH) + story.host.times(QUERY_PATH)
    assert len(keys) == 3
    assert set(keys.values()) == {1}
    assert "" not in keys
