"""Files that are no exports, or lie: a clear error, and nothing written."""

from __future__ import annotations

import io
import json
import struct
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from engine.cli.group import conv
from engine.errors import ExchangeError
from engine.exchange import import_file
from tests.exchange import exports
from tests.exchange.exports import go, id_of, node, process

START = node(1, "Start", go(2), kind=1)
END = node(2, "End", kind=2)


def edited(**fields: Any) -> Any:
    return {**process(7, "P", START, END), **fields}


DEEP = "[" * 10_000 + "]" * 10_000

REFUSED = {
    "empty": ("", "export.json:1:1: not JSON"),
    "cut short": ('[{"obj_type": 1,\n "title": ', "export.json:2:11: not JSON"),
    # Python tells of the comma from 3.13 on, before of what stands behind it.
    "a comma too many": ('[{"a": 1,}]', f"export.json:1:{9 if sys.version_info >= (3, 13) else 10}: not JSON"),
    "no object": ("[1]", "an export is a list of objects, or one object, not a number"),
    "nothing in it": ("[]", "has no process and no state diagram in it"),
    "another file": ('{"name": "x"}', 'it has neither "obj_type" nor "scheme"'),
    "10 000 levels": (DEEP, "is nested deeper than"),
    "61 levels": (json.dumps([edited(params=json.loads("[" * 61 + "]" * 61))]), "is nested deeper than 60 levels"),
    "not a number": ('[{"a": NaN}]', "[0].a: NaN is not a number of JSON"),
    "a number that is too large": ('[{"a": [1e400]}]', "[0].a[0]: 1e400 is too large for a number"),
    "too many digits": ('[{"a": 1' + "0" * 4300 + "}]", "[0].a: a whole number has at most 4300 digits"),
    "half a character": (r'[{"title": "\ud800"}]', "a text holds half of a character"),
    "a key twice": ('[{"a": 1, "a": 2}]', 'the key "a" stands twice in one object, with two values'),
    "no nodes": (json.dumps([edited(scheme={})]), '"P" has no nodes'),
    "nodes that are none": (json.dumps([edited(scheme={"nodes": [1]})]), '"P" has no nodes'),
    "no start": (json.dumps([process(7, "P", END)]), "no start node"),
    "two starts": (json.dumps([process(7, "P", START, {**START, "id": id_of(9)}, END)]), "2 start nodes"),
    "a node twice": (json.dumps([process(7, "P", START, END, END)]), f"two nodes have the id {id_of(2)}"),
    "a node without id": (json.dumps([process(7, "P", START, {**END, "id": None})]), "node 2 has no id"),
    "a node that is missing": (
        json.dumps([process(7, "P", START)]),
        f'node "Start" leads to {id_of(2)}, which is not in the file',
    ),
    "two of one id": (json.dumps([edited(), edited()]), "two objects have the id 7"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_file_that_is_no_export_is_refused_with_the_place(tmp_path: Path, case: str) -> None:
    text, message = REFUSED[case]
    file = tmp_path / "export.json"
    file.write_text(text, "utf-8")

    with pytest.raises(ExchangeError) as caught:
        import_file(file)

    assert message in str(caught.value)
    assert str(file) in str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-16", "windows-1251"])
def test_other_encodings_are_refused(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "export.json"
    file.write_bytes(json.dumps([edited(title="Привет")], ensure_ascii=False).encode(encoding))

    with pytest.raises(ExchangeError, match=r"is not UTF-8: byte .* save it as UTF-8"):
        import_file(file)


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    file = tmp_path / "export.json"
    file.write_bytes(b"\xef\xbb\xbf" + json.dumps([edited()]).encode())

    assert import_file(file).convs[0].title == "P"


# --- ZIP -----------------------------------------------------------------------------------------------


def archive(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return path


@pytest.mark.parametrize("name", ["../out.json", "/etc/out.json", "a/../../out.json", "C:/out.json", "..\\out.json"])
def test_names_that_lead_out_of_the_folder(tmp_path: Path, name: str) -> None:
    file = archive(tmp_path / "x.zip", {"in.json": json.dumps([edited()]).encode(), name: b"[]"})

    with pytest.raises(ExchangeError, match="leads out of the folder; nothing was read"):
        import_file(file)


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    file = archive(tmp_path / "x.zip", {f"{n}.json": b" " * 30_000_000 for n in range(8)})

    with pytest.raises(ExchangeError, match="unpacks to more than 200,000,000 bytes"):
        import_file(file)


def test_a_bomb_that_lies_about_its_size_is_not_unpacked(tmp_path: Path) -> None:
    file = archive(tmp_path / "x.zip", {"a.json": b" " * 60_000_000})
    content = bytearray(file.read_bytes())
    entry = content.rindex(b"PK\x01\x02")
    content[entry + 24 : entry + 28] = struct.pack("<I", 10)
    file.write_bytes(content)

    with pytest.raises(ExchangeError, match=r"cannot be unpacked|unpacks to more than|not JSON"):
        import_file(file)


def test_too_many_files(tmp_path: Path) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as made:
        for number in range(10_001):
            made.writestr(f"{number}.json", b"")
    file = tmp_path / "x.zip"
    file.write_bytes(content.getvalue())

    with pytest.raises(ExchangeError, match="has 10,001 files in it"):
        import_file(file)


def test_a_damaged_zip(tmp_path: Path) -> None:
    file = archive(tmp_path / "x.zip", {"a.json": json.dumps([edited()]).encode() * 50})
    content = bytearray(file.read_bytes())
    content[60] ^= 255
    file.write_bytes(content)

    with pytest.raises(ExchangeError, match=r"x.zip"):
        import_file(file)
    file.write_bytes(content[:100])
    with pytest.raises(ExchangeError, match="is a damaged ZIP"):
        import_file(file)


# --- On the command line -----------------------------------------------------------------------------------


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(conv, [*words], standalone_mode=False)
    return result.exit_code, result.output + (str(result.exception) if result.exception else "")


def test_nothing_is_written_when_anything_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "export.json"
    file.write_text(json.dumps([edited(), edited(obj_id=8, scheme={})]))

    with pytest.raises(ExchangeError, match="has no nodes"):
        CliRunner().invoke(
            conv, ["import", str(file), "--to", str(tmp_path / "out")], standalone_mode=False, catch_exceptions=False
        )

    assert not (tmp_path / "out").exists()


def test_what_is_there_already_is_not_touched_without_force(tmp_path: Path) -> None:
    file = tmp_path / "export.json"
    file.write_text(json.dumps([edited()]))
    words = ["import", str(file), "--to", str(tmp_path / "out")]
    assert run(*words)[0] == 0
    made = tmp_path / "out" / "processes" / "p.yaml"
    made.write_text(made.read_text() + "# mine\n")

    status, said = run(*words)
    assert status == 1
    assert "the id 7" in said
    assert "--force" in said
    assert "# mine" in made.read_text()

    assert run(*words, "--force")[0] == 0
    assert "# mine" not in made.read_text()
    assert [path.name for path in (tmp_path / "out").rglob("*") if path.is_file()] == ["p.yaml"]


def test_two_imports_into_one_folder_keep_what_both_had_besides_definitions(tmp_path: Path) -> None:
    first, second, out = tmp_path / "1.json", tmp_path / "2.json", tmp_path / "out"
    web, store = exports.folders()
    first.write_text(json.dumps([web, edited()]))
    second.write_text(json.dumps([{**web, "title": "Renamed"}, store, edited(obj_id=8, title="Q")]))
    for file in (first, second):
        assert run("import", str(file), "--to", str(out))[0] == 0

    assert json.loads((out / "exchange.json").read_text()) == [{**web, "title": "Renamed"}, store]
    (out / "exchange.json").write_text("{}")
    status, said = run("import", str(second), "--to", str(out), "--force")
    assert status == 1
    assert "is no list of objects" in said


def test_titles_never_become_paths(tmp_path: Path) -> None:
    file = tmp_path / "export.json"
    odd = ["../../up", "/etc/passwd", "..", "", "a\x00b", "CON", "processes/x", "variables", "~root"]
    folder = {"obj_type": 0, "obj_id": 77, "parent_id": 0, "title": "../../../up"}
    file.write_text(
        json.dumps([folder, *(edited(title=title, obj_id=n, parent_id=77) for n, title in enumerate(odd, 1))])
    )

    assert run("import", str(file), "--to", str(tmp_path / "a" / "b" / "out"))[0] == 0

    written = [path for path in tmp_path.rglob("*") if path.is_file() and path != file]
    assert len(written) == len(odd) + 1
    assert all(path.is_relative_to(tmp_path / "a" / "b" / "out") for path in written)


def test_a_conv_of_the_files_here_is_exported_before_anything_is_deployed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CONV_REDIS_URL", raising=False)
    monkeypatch.setenv("CONV_HOME", str(tmp_path / ".conv"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "export.json").write_text(json.dumps([exports.stock()]))
    assert run("import", "export.json")[0] == 0

    status, said = run("export", "4002")
    assert (status, json.loads(said)) == (0, [exports.stock()])
    assert run("export", "4003")[0] == 1
    assert not (tmp_path / ".conv").exists()


def test_the_scorecard_and_the_way_back_on_the_command_line(tmp_path: Path) -> None:
    file, out = tmp_path / "export.json", tmp_path / "out"
    objects = [exports.shop(), exports.stock(), *exports.folders()]
    file.write_text(json.dumps(objects))

    status, said = run("import", str(file), "--to", str(out), "--json")
    assert status == 0
    told = json.loads(said)
    assert [one["file"] for one in told["imported"]] == [
        str(out / "processes" / "web_shop" / "order_check_out.yaml"),
        str(out / "diagrams" / "web_shop" / "store" / "stock.yaml"),
    ]
    assert {entry["verdict"] for one in told["imported"] for entry in one["nodes"]} == {"exact", "adapted"}

    status, said = run("export", str(out))
    assert status == 0
    by_id = {one["obj_id"]: one for one in json.loads(said)}
    assert by_id == {one["obj_id"]: one for one in objects}
