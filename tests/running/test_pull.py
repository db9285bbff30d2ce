"""Files as they were deployed: written where they belong, and never over a change without a word."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from engine.errors import LocalChanges, Rejected, UnknownVersion, WrongData
from engine.store.registry import Registry
from engine.versions import Pulled
from tests.running.conftest import Lab
from tests.running.test_versions import ORDER, Tree, deploy_as_before

KEEPER = "diagram: Keeper\nid: 20\nnodes: {start: {go: kept}, kept: {set_state: {}}}   # kept\n"


@pytest.fixture
def tree(lab: Lab, tmp_path: Path) -> Tree:
    """Order in two versions, and a diagram, deployed from the folder `shop`."""
    tree = Tree(lab, tmp_path / "shop")
    tree.write("diagrams/sales/keeper.yaml", KEEPER)
    tree.deploy(ORDER, "processes/sales/order.yaml")
    tree.deploy(ORDER + "# more\r\n", "processes/sales/order.yaml")
    return tree


@pytest.fixture
def here(tmp_path: Path) -> Path:
    folder = tmp_path / "here"
    folder.mkdir()
    return folder


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def whats(pulled: list[Pulled]) -> dict[int, str]:
    return {one.conv_id: one.what for one in pulled}


def test_all_are_written_as_they_were(tree: Tree, here: Path) -> None:
    pulled = tree.engine.pull(here)

    assert files(here) == files(tree.folder)
    assert pulled[0] == Pulled(10, "Order", 2, "written", here / "processes/sales/order.yaml")
    assert whats(tree.engine.pull(here)) == {10: "unchanged", 20: "unchanged"}
    assert tree.engine.deploy(here).versions == {}


def test_one_conv_or_one_version_of_it(tree: Tree, here: Path) -> None:
    tree.engine.pull(here, "Order", number=1)

    assert files(here) == {"processes/sales/order.yaml": ORDER.encode()}
    with pytest.raises(WrongData, match="goes with one conv, not with 2"):
        tree.engine.pull(here, number=1)
    with pytest.raises(UnknownVersion):
        tree.engine.pull(here, [10], number=9)


def test_an_old_file_is_replaced_where_it_stands(tree: Tree, here: Path) -> None:
    tree.engine.pull(here, 10, number=1)
    (here / "processes/sales/order.yaml").rename(here / "processes/sales/mine.yml")

    [one] = tree.engine.pull(here, 10)

    assert (one.what, one.path) == ("replaced", here / "processes/sales/mine.yml")
    assert files(here) == {"processes/sales/mine.yml": ORDER.encode() + b"# more\r\n"}


def test_an_old_file_moves_with_its_conv(tree: Tree, here: Path) -> None:
    tree.engine.pull(here)
    (tree.folder / "processes/sales/order.yaml").rename(tree.folder / "processes/order.yaml")
    tree.deploy()

    pulled = tree.engine.pull(here)

    assert pulled[0][3:] == ("moved", here / "processes/order.yaml", here / "processes/sales/order.yaml")
    assert files(here) == files(tree.folder)


@pytest.mark.parametrize(
    "change",
    [
        lambda file: file.write_text(ORDER + "# mine\n"),
        lambda file: file.write_text("id: 10\nprocess: [broken"),
        lambda file: file.write_bytes(b"process: Order\nid: 10\n\xff"),
        lambda file: file.rename(file.parents[1] / "order.yaml"),
    ],
    ids=["changed", "broken", "no text", "moved"],
)
def test_what_was_changed_here_is_listed_and_nothing_is_written(tree: Tree, here: Path, change: object) -> None:
    tree.engine.pull(here, 10)
    change(here / "processes/sales/order.yaml")  # type: ignore[operator]
    before = files(here)

    with pytest.raises(LocalChanges, match=r"changed here since, and not replaced: .*--force") as caught:
        tree.engine.pull(here)

    assert files(here) == before
    assert [Path(file) for file in caught.value.files] == [here / name for name in before]
    tree.engine.pull(here, force=True)
    assert files(here) == files(tree.folder)


def test_a_file_of_another_conv_is_never_replaced(tree: Tree, here: Path) -> None:
    place = here / "processes/sales"
    place.mkdir(parents=True)
    other = ORDER.replace("id: 10", "id: 11").encode()
    (place / "order.yaml").write_bytes(other)

    [one] = tree.engine.pull(here, 10, force=True)

    assert one.path == place / "order_10.yaml"
    assert (place / "order.yaml").read_bytes() == other
    (place / "order_10.yaml").write_bytes(b"what: this\n")
    with pytest.raises(LocalChanges, match="is there already, and is not Order"):
        tree.engine.pull(here, 10, force=True)


def test_of_two_files_of_one_conv_a_person_keeps_one(tree: Tree, here: Path) -> None:
    tree.engine.pull(here)
    (here / "processes/copy.yaml").write_text(ORDER)

    with pytest.raises(LocalChanges, match=r"stands in several files here: .*copy.yaml.*; keep one"):
        tree.engine.pull(here, force=True)


@pytest.mark.parametrize("folder", ["..", "../..", "/etc", "a/../../b", "a//b", ".git/hooks", "a/processes/b", "a\0b"])
def test_a_folder_of_the_store_never_leads_elsewhere(tree: Tree, here: Path, folder: str) -> None:
    _set_record(tree, folder=folder)

    with pytest.raises(Rejected, match="can be none here"):
        tree.engine.pull(here, 10)

    assert files(here) == {}


@pytest.mark.parametrize(
    "file", ["../../evil.yaml", ".hidden.yaml", "variables.yaml", "order.txt", "", "x" * 300 + ".yaml"]
)
def test_a_name_of_the_store_that_can_be_none_is_made_of_the_title(tree: Tree, here: Path, file: str) -> None:
    _set_head(tree, file=file)

    tree.engine.pull(here, 10)

    assert [*files(here)] == ["processes/sales/order.yaml"]


def _set_record(tree: Tree, folder: str) -> None:
    registry = Registry(tree.engine.store)
    catalogue = registry.load()
    registry.deploy(catalogue.version, [msgspec.structs.replace(catalogue.convs[10], folder=folder)])
    _set_head(tree, folder=folder)


def _set_head(tree: Tree, **fields: str) -> None:
    client, key = tree.engine.store.client, f"{{{tree.engine.store.namespace}:reg}} versions:10"
    kept: bytes = client.hget(key, "2")  # type: ignore[assignment]
    time_ms, _, head = kept.partition(b" ")
    head = msgspec.msgpack.encode({**msgspec.msgpack.decode(head), **fields})
    client.hset(key, "2", time_ms + b" " + head)


def test_what_an_older_engine_deployed_is_made_from_its_definition(tree: Tree, here: Path) -> None:
    deploy_as_before(tree, ORDER.replace("1h", "2h"))

    [one] = tree.engine.pull(here, 10)

    assert (one.what, one.number, one.path) == ("written", 0, here / "processes/order.yaml")
    assert tree.engine.difference(here).convs[0].changes == []


def test_a_folder_that_cannot_be_written_is_named(tree: Tree, here: Path) -> None:
    (here / "processes").write_text("a file")

    with pytest.raises(Rejected, match=r"processes.* cannot be written"):
        tree.engine.pull(here)

    assert files(here) == {"processes": b"a file"}


def test_no_half_written_file_stays_and_the_mode_does(tree: Tree, here: Path) -> None:
    tree.engine.pull(here, 10, number=1)
    file = here / "processes/sales/order.yaml"
    file.chmod(0o600)

    tree.engine.pull(here, 10)

    assert file.stat().st_mode & 0o777 == 0o600
    assert os.listdir(file.parent) == ["order.yaml"]  # noqa: PTH208
