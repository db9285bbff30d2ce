"""Versions of what is deployed: which deploys make one, what is kept of it, and going back."""

from __future__ import annotations

import dataclasses
import getpass
import os
import textwrap
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.app import Engine
from engine.backup import save
from engine.config import Settings
from engine.deploy import Deployment, make_record
from engine.errors import DefinitionError, LostRace, NotDeployed, StrandedTasks, UnknownVersion
from engine.load import parse
from engine.store import versions as stored
from engine.store import wire
from engine.store.registry import Registry
from engine.store.versions import VersionHead, new_version
from engine.versions import Version
from tests.running.conftest import Lab
from tests.waiting import PATIENCE_S

ORDER = """\
# What becomes of an order.
process: Order
id: 10
alias: order
nodes:
  start: {go: wait}
  wait: {delay: 1h, go: done}     # an hour
  done: {end: success}
"""


class Tree:
    """A folder of definitions, and an engine to deploy it."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self.lab = lab
        self.engine = lab.engine
        self.folder = folder

    def write(self, path: str, text: str | bytes) -> Path:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return file

    def deploy(self, text: str | bytes | None = None, path: str = "processes/order.yaml", **more: Any) -> list[Version]:
        """Deploy the whole folder, with this file; the history of conv 10 after it."""
        if text is not None:
            self.write(path, text)
        self.engine.deploy(self.folder, **more)
        return self.engine.history(10)


@pytest.fixture
def tree(lab: Lab, tmp_path: Path) -> Tree:
    return Tree(lab, tmp_path / "shop")


def numbers(versions: list[Version]) -> list[int]:
    return [version.number for version in versions]


def without_times(versions: list[Version]) -> list[Version]:
    return [replace(version, time_ms=0) for version in versions]


# --- What makes a version -------------------------------------------------------------------------


def test_a_version_says_who_deployed_what_when_and_why(tree: Tree) -> None:
    before_ms = tree.engine.store.one(stored.history(10))
    [first] = tree.deploy(ORDER, message="the first", author="Ada")

    assert before_ms == []
    assert (first.number, first.deploy, first.author, first.message) == (1, 1, "Ada", "the first")
    assert (first.file, first.folder, first.size_bytes) == ("order.yaml", "", len(ORDER.encode()))
    assert first.text_hash == tree.engine.find(10).text_hash
    assert first.is_current
    assert first.time_ms > 1_700_000_000_000
    assert tree.engine.show(10).version == 1


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (ORDER.replace("1h", "2h"), "processes/order.yaml"),
        (ORDER.replace("# an hour", "# one hour"), "processes/order.yaml"),
        (ORDER.replace("\n", "\r\n"), "processes/order.yaml"),
        (ORDER, "processes/sales/order.yaml"),
    ],
    ids=["definition", "comment", "line ends", "folder"],
)
def test_each_change_of_definition_text_or_folder_is_a_version(tree: Tree, text: str, path: str) -> None:
    tree.deploy(ORDER)
    (tree.folder / "processes/order.yaml").unlink()

    second, _ = tree.deploy(text, path)

    assert (second.number, second.is_current) == (2, True)
    assert tree.engine.source(10) == text.encode()
    assert tree.engine.source(10, 1) == ORDER.encode()


def test_a_deploy_that_changes_nothing_makes_no_version(tree: Tree) -> None:
    before = tree.deploy(ORDER)
    (tree.folder / "processes/order.yaml").rename(tree.folder / "processes/other_name.yaml")

    report = tree.engine.deploy(tree.folder, message="again")

    assert (report.versions, report.changed) == ({}, [])
    assert tree.engine.history(10) == before


def test_only_what_changed_gets_a_version(tree: Tree) -> None:
    tree.write(
        "processes/other.yaml", ORDER.replace("Order", "Other").replace("10", "11").replace(": order", ": other")
    )
    tree.deploy(ORDER)

    report = tree.engine.deploy(tree.write("processes/order.yaml", ORDER + "# more\n"))

    assert report.versions == {10: 2}
    assert numbers(tree.engine.history(11)) == [1]


def test_a_text_comes_back_byte_for_byte(tree: Tree) -> None:
    text = b"\xef\xbb\xbf" + ORDER.replace("\n", "\r\n").encode() + "# ї 😀\r\n\r\n".encode()

    tree.deploy(text)

    assert tree.engine.source(10) == text


def test_the_author_is_that_of_the_settings_or_the_login(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    [first] = tree.deploy(ORDER)
    tree.engine.settings = Settings(author="The robot")
    second = tree.deploy(ORDER + "# more\n")[0]

    assert (first.author, second.author) == (getpass.getuser(), "The robot")


def test_a_refused_deploy_makes_no_version(tree: Tree) -> None:
    before = tree.deploy(ORDER)
    tree.lab.submit(10, ref="a")

    with pytest.raises(NotDeployed):
        tree.deploy(ORDER.replace("go: done", "go: nowhere"))
    with pytest.raises(StrandedTasks):
        tree.deploy(ORDER.replace("wait", "sleep"))

    assert tree.engine.history(10) == before
    assert tree.engine.source(10) == ORDER.encode()


def test_of_two_deploys_at_once_one_makes_a_version(tree: Tree) -> None:
    tree.deploy(ORDER)
    both_have_looked = threading.Barrier(2)
    ends: list[str] = []

    class Racing(Deployment):
        def _prepare(self, *args: Any) -> Any:
            prepared = super()._prepare(*args)
            both_have_looked.wait(PATIENCE_S)
            return prepared

    def race(hours: int) -> None:
        path = tree.write(f"{hours}/processes/order.yaml", ORDER.replace("1h", f"{hours}h"))
        try:
            Racing(Registry(tree.engine.store), tree.engine.store, tree.engine.settings).deploy([path])
            ends.append("deployed")
        except LostRace:
            ends.append("lost")

    threads = [threading.Thread(target=race, args=(hours,)) for hours in (2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(ends) == ["deployed", "lost"]
    newest, _ = tree.engine.history(10)
    assert (newest.number, newest.is_current) == (2, True)
    assert newest.text_hash == tree.engine.find(10).text_hash


def test_two_convs_with_one_alias_are_not_deployed(tree: Tree) -> None:
    tree.deploy(ORDER)
    other = tree.write("elsewhere/processes/other.yaml", ORDER.replace("Order", "Other").replace("10", "11"))

    with pytest.raises(DefinitionError, match=r'"order" of Other \(11\) is taken by Order \(10\), which is deployed'):
        tree.engine.deploy(other)

    assert tree.engine.find("@order").conv_id == 10


# --- Folders --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "folder"),
    [
        ("processes/order.yaml", ""),
        ("diagrams/order.yaml", ""),
        ("processes/salesforce/order.yaml", "salesforce"),
        ("diagrams/shop/sales/eu/order.yml", "shop/sales/eu"),
        ("processes/Продажі/order.yaml", "Продажі"),
        ("elsewhere/shop/order.yaml", ""),
    ],
)
def test_the_folder_is_the_path_below_processes_or_diagrams(tree: Tree, path: str, folder: str) -> None:
    [version] = tree.deploy(ORDER, path)

    assert tree.engine.show(10).folder == tree.engine.find(10).folder == version.folder == folder


@pytest.mark.parametrize("given", ["order.yaml", ".", "../salesforce/order.yaml", "../../processes/salesforce"])
def test_the_folder_does_not_depend_on_where_the_command_runs(
    tree: Tree, given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree.write("processes/salesforce/order.yaml", ORDER)
    monkeypatch.chdir(tree.folder / "processes/salesforce")

    tree.engine.deploy(given)

    assert tree.engine.show(10).folder == "salesforce"


def test_a_file_from_elsewhere_leaves_its_conv_where_it_stands(tree: Tree) -> None:
    tree.deploy(ORDER, "processes/sales/order.yaml")

    tree.engine.deploy(tree.write("mended.yaml", ORDER.replace("1h", "2h")))

    assert tree.engine.show(10).folder == "sales"


def test_a_folder_whose_name_is_no_text_is_named_all_the_same(tree: Tree) -> None:
    folder = os.fsencode(tree.folder) + b"/processes/\xff"
    os.makedirs(folder)  # noqa: PTH103
    Path(os.fsdecode(folder), "order.yaml").write_text(ORDER)

    tree.engine.deploy(tree.folder)

    assert tree.engine.show(10).folder == "\\xff"


# --- Going back -----------------------------------------------------------------------------------


def test_a_rollback_is_a_new_version_with_text_and_folder_of_the_old_one(tree: Tree) -> None:
    tree.deploy(ORDER, "processes/sales/order.yaml")
    (tree.folder / "processes/sales/order.yaml").unlink()
    tree.deploy(ORDER.replace("1h", "2h"))

    report = tree.engine.rollback(10, 1, message="too slow", author="Ada")

    newest, _, first = tree.engine.history(10)
    assert report.versions == {10: 3}
    assert (newest.number, newest.back_to, newest.message, newest.author) == (3, 1, "too slow", "Ada")
    assert (newest.text_hash, newest.folder, newest.file) == (first.text_hash, "sales", "order.yaml")
    assert tree.engine.source(10) == ORDER.encode()
    assert tree.engine.show(10).folder == "sales"
    assert tree.engine.definition(10) == parse(ORDER, "order.yaml")


def test_a_rollback_to_what_is_deployed_changes_nothing(tree: Tree) -> None:
    before = tree.deploy(ORDER)

    report = tree.engine.rollback(10, 1)

    assert (report.is_deployed, report.versions, report.unchanged) == (True, {}, ["Order (10)"])
    assert tree.engine.history(10) == before


def test_a_rollback_cares_for_parked_tasks(tree: Tree) -> None:
    tree.deploy(ORDER)
    tree.deploy(ORDER.replace("wait", "sleep"))
    tree.lab.submit(10, ref="a")

    with pytest.raises(StrandedTasks, match='--map "10:sleep=new name"'):
        tree.engine.rollback(10, 1)
    tree.engine.rollback(10, 1, node_map={10: {"sleep": "wait"}})

    assert tree.engine.task(10, "a").node == "wait"
    tree.lab.forward(3601)
    assert tree.engine.task(10, "a").node == "done"


def test_a_rollback_is_checked_against_what_is_deployed_now(tree: Tree) -> None:
    calling = ORDER.replace(
        "wait: {delay: 1h, go: done}", 'wait: {call_process: {conv: "@later"}, error: done, go: done}'
    )
    later = "process: Later\nid: 11\nalias: later\nnodes: {start: {go: done}, done: {end: success}}\n"
    tree.write("processes/later.yaml", later)
    tree.deploy(calling)
    tree.deploy(ORDER)
    tree.write("processes/later.yaml", later.replace("alias: later\n", ""))
    before = tree.deploy()

    with pytest.raises(NotDeployed, match=r"version 1 of Order \(10\):\d+:\d+: .*@later"):
        tree.engine.rollback(10, 1)

    assert tree.engine.history(10) == before


def test_a_version_that_there_is_not_is_named(tree: Tree) -> None:
    tree.deploy(ORDER)

    with pytest.raises(UnknownVersion, match=r'no version 7 of "Order" \(10\): version 1 is kept'):
        tree.engine.rollback("Order", 7)
    with pytest.raises(UnknownVersion):
        tree.engine.source("Order", 7)


# --- What is kept ---------------------------------------------------------------------------------


def keep(tree: Tree, number: int, source: bytes) -> None:
    """A version as a deploy writes it."""
    registry = Registry(tree.engine.store)
    record = make_record(parse(ORDER, "order.yaml"), None, 1)
    version = new_version(10, number, VersionHead(number, record.text_hash, "", len(source)), source)
    assert registry.deploy(registry.version(), [record], versions=[version])


def test_the_last_hundred_are_kept(tree: Tree) -> None:
    for number in range(1, wire.VERSIONS + 4):
        keep(tree, number, ORDER.encode())

    assert numbers(tree.engine.history(10)) == [*range(wire.VERSIONS + 3, 3, -1)]
    with pytest.raises(UnknownVersion, match="versions 4 to 103 are kept"):
        tree.engine.source(10, 3)
    assert tree.engine.source(10, 4) == ORDER.encode()


def test_large_ones_go_sooner_but_the_newest_never(tree: Tree) -> None:
    for number in range(1, 8):
        keep(tree, number, os.urandom(999_000))
    assert numbers(tree.engine.history(10)) == [7, 6, 5, 4]

    keep(tree, 8, os.urandom(wire.VERSIONS_BYTES + 1))

    assert numbers(tree.engine.history(10)) == [8]


def test_a_conv_that_goes_takes_its_versions_along(tree: Tree) -> None:
    tree.deploy(ORDER)
    registry = Registry(tree.engine.store)

    registry.deploy(registry.version(), [], removed=[10])

    assert tree.engine.store.one(stored.history(10)) == []
    assert [key for page in tree.engine.store.scan() for key in page if b"10" in key.partition(b" ")[2]] == []


def test_the_auditor_knows_versions_and_finds_those_of_no_conv(tree: Tree) -> None:
    tree.deploy(ORDER)
    assert tree.engine.audit().findings == []
    client, tag = tree.engine.store.client, f"{{{tree.engine.store.namespace}:reg}}"
    for name in ("versions:11", "versions:x", "sources"):
        client.hset(f"{tag} {name}", "1", "0 x")

    found = {(finding.what, finding.key) for finding in tree.engine.audit().findings}

    assert found == {("not_deployed", b"versions:11"), ("unknown", b"versions:x"), ("unknown", b"sources")}


def test_a_head_that_cannot_be_read_costs_no_other(tree: Tree) -> None:
    tree.deploy(ORDER)
    tree.deploy(ORDER + "# more\n")
    client, tag = tree.engine.store.client, f"{{{tree.engine.store.namespace}:reg}}"
    client.hset(f"{tag} versions:10", "1", b"12 \xc1")

    assert numbers(tree.engine.history(10)) == [2]
    assert tree.deploy(ORDER + "# and more\n")[0].number == 3


def test_a_backup_brings_the_versions_back(tree: Tree, tmp_path: Path) -> None:
    tree.deploy(ORDER, "processes/sales/order.yaml", message="first")
    tree.deploy(ORDER + "# more\n", "processes/sales/order.yaml")
    tree.engine.rollback(10, 1)
    tree.engine.backup(tmp_path / "b")
    settings = dataclasses.replace(tree.engine.settings, namespace=tree.engine.settings.namespace + "b")

    with Engine.open(settings) as other:
        other.restore(tmp_path / "b")

        assert other.history(10) == tree.engine.history(10)
        sources = [other.source(10, number) for number in (1, 2, 3)]
        assert sources == [tree.engine.source(10, number) for number in (1, 2, 3)]
        assert other.show(10) == tree.engine.show(10)
        assert other.audit().findings == []
        assert other.rollback(10, 2).versions == {10: 4}


def test_what_is_deployed_while_a_backup_is_made_is_not_in_its_versions(tree: Tree, tmp_path: Path) -> None:
    tree.deploy(ORDER)
    tree.lab.submit(10, ref="a")
    loaded: list[int] = []

    class Looking(Registry):
        """Somebody deploys as soon as the backup has read what is deployed, at its end."""

        def load(self, *, keyless: bool = False) -> Any:
            catalogue = super().load(keyless=keyless)
            loaded.append(catalogue.version)
            if len(loaded) == 2:
                tree.deploy(ORDER + "# more\n")
            return catalogue

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(save, "Registry", Looking)
        tree.engine.backup(tmp_path / "b")
    settings = dataclasses.replace(tree.engine.settings, namespace=tree.engine.settings.namespace + "b")

    with Engine.open(settings) as other:
        other.restore(tmp_path / "b")

        assert loaded == [1, 1]
        assert numbers(tree.engine.history(10)) == [2, 1]
        assert [(one.number, one.is_current) for one in other.history(10)] == [(1, True)]


# --- Beside an engine that keeps none -------------------------------------------------------------


def deploy_as_before(tree: Tree, text: str) -> None:
    """As an engine does that knows neither folders nor versions."""
    registry = Registry(tree.engine.store)
    catalogue = registry.load()
    record = make_record(parse(text, "order.yaml"), catalogue.convs.get(10), 1)
    assert registry.deploy(catalogue.version, [record])


def test_what_an_older_engine_deployed_is_a_gap_and_then_a_version(tree: Tree) -> None:
    first = tree.deploy(ORDER)
    deploy_as_before(tree, ORDER.replace("1h", "2h"))

    assert without_times(tree.engine.history(10)) == [replace(first[0], is_current=False, time_ms=0)]
    assert b"delay: 2h" in tree.engine.source(10)
    assert (tree.engine.show(10).version, tree.engine.show(10).folder) == (0, "")

    third, second, _ = tree.deploy(ORDER.replace("1h", "3h"))

    assert (second.number, second.is_made, second.author, second.time_ms) == (2, True, "", 0)
    assert (third.number, third.is_made, third.is_current) == (3, False, True)
    tree.engine.rollback(10, 2)
    assert tree.engine.definition(10).nodes["wait"].delay.after == "2h"


def test_the_first_deploy_after_an_upgrade_can_be_rolled_back(tree: Tree) -> None:
    deploy_as_before(tree, ORDER)
    assert tree.engine.history(10) == []
    before = tree.engine.definition(10)

    tree.deploy(textwrap.dedent(ORDER).replace("1h", "2h"))
    tree.engine.rollback(10, 1)

    assert tree.engine.definition(10) == before
    assert numbers(tree.engine.history(10)) == [3, 2, 1]


# --- What nobody asked for ------------------------------------------------------------------------


def test_what_was_rolled_back_is_deployed_again_only_by_who_asks_for_it(tree: Tree) -> None:
    tree.deploy(ORDER)
    tree.deploy(ORDER.replace("1h", "2h"))
    tree.engine.rollback(10, 1)

    report = tree.engine.deploy(tree.folder, keep_rollbacks=True)

    assert (report.changed, len(report.rolled_back)) == ([], 1)
    assert [version.number for version in tree.engine.history(10) if version.is_current] == [3]
    tree.write("processes/order.yaml", ORDER.replace("1h", "3h"))
    assert tree.engine.deploy(tree.folder, keep_rollbacks=True).changed, "a new text is deployed"
    tree.engine.rollback(10, 1)
    tree.write("processes/order.yaml", ORDER.replace("1h", "2h"))
    assert tree.engine.deploy(tree.folder).changed, "and so is an old one, when somebody asks for it"
    tree.deploy(ORDER)
    assert tree.engine.deploy(tree.folder, keep_rollbacks=True).rolled_back == []
