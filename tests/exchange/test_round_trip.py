"""What an export becomes, and that it comes back; an edit of the YAML is the only difference in the export."""

from __future__ import annotations

import copy
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from engine.exchange import import_file
from engine.exchange.exporting import export, ids_of
from engine.exchange.files import plan
from engine.exchange.importing import Imported, ImportedFile
from engine.load import parse, read_tree
from tests.exchange import exports
from tests.exchange.exports import Object, id_of

ROOT = Path(__file__).parents[2]


def imported(tmp_path: Path, *objects: Any, bare: bool = False) -> ImportedFile:
    file = tmp_path / "export.json"
    file.write_text(json.dumps(objects[0] if bare else [*objects]), "utf-8")
    return import_file(file)


def back(one: Imported, *others: Imported, text: str | None = None) -> Object:
    names = {str(other.conv_id): ids_of(other.definition) for other in (one, *others)}
    made, warnings = export(parse(text or one.text, "file"), names)
    assert warnings == []
    return made


@pytest.fixture
def shop(tmp_path: Path) -> tuple[Imported, Imported]:
    found = imported(tmp_path, exports.shop(), exports.stock(), *exports.folders())
    return found.convs[0], found.convs[1]


# --- What it becomes -----------------------------------------------------------------------------------


def test_a_process_as_a_person_would_write_it(shop: tuple[Imported, Imported]) -> None:
    assert shop[0].text.split("layout:")[0] == (Path(__file__).parent / "shop.yaml").read_text()


def test_a_state_diagram_as_a_person_would_write_it(shop: tuple[Imported, Imported]) -> None:
    assert shop[1].text.split("layout:")[0] == (Path(__file__).parent / "stock.yaml").read_text()


def test_folders_are_known_by_their_titles(shop: tuple[Imported, Imported]) -> None:
    assert [one.folders for one in shop] == [["Web shop"], ["Web shop", "Store"]]


def test_the_scorecard_names_what_differs(shop: tuple[Imported, Imported]) -> None:
    verdicts = {card.node: str(card.verdict) for card in shop[0].cards}

    assert {name for name, verdict in verdicts.items() if verdict != "exact"} == {"Charge"}
    assert any("Idempotency-Key" in note for card in shop[0].cards for note in card.notes)


def test_old_nodes_become_actions(tmp_path: Path) -> None:
    [one] = imported(tmp_path, exports.of_2016()).convs

    work = one.definition.nodes["Route"]
    assert [action.key for action in work.all_actions] == ["set_parameters", "copy_task"]
    assert [condition.go for condition in work.actions[0].condition] == ["Final"]
    assert work.time_limit is not None
    assert work.time_limit.after == "60s"


# --- And back ------------------------------------------------------------------------------------------


def test_everything_comes_back(shop: tuple[Imported, Imported]) -> None:
    assert back(shop[0], shop[1]) == exports.shop()
    assert back(shop[1], shop[0]) == exports.stock()


def test_the_oldest_form_comes_back(tmp_path: Path) -> None:
    [one] = imported(tmp_path, exports.of_2016(), bare=True).convs

    assert back(one) == exports.of_2016()


def test_what_the_grammar_has_no_word_for_is_a_tenth_of_the_file(shop: tuple[Imported, Imported]) -> None:
    for one in shop:
        block = one.text.partition("\nexchange:")[2]
        kept = [line for line in block.splitlines(keepends=True) if "uuid" not in line]
        assert len("".join(kept)) < len(one.text) / 10


def places(left: Any, right: Any, pointer: str = "") -> list[tuple[str, Any, Any]]:
    """Where two exports differ: pointer, before, after."""
    if isinstance(left, dict) and isinstance(right, dict) and left.keys() == right.keys():
        return [place for key in left for place in places(left[key], right[key], f"{pointer}/{key}")]
    if isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        return [p for i, (a, b) in enumerate(zip(left, right, strict=True)) for p in places(a, b, f"{pointer}/{i}")]
    return [] if left == right and type(left) is type(right) else [(pointer, left, right)]


N = "/scheme/nodes"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (
            "}}/charge",
            "}}/v2/charge",
            [(f"{N}/5/condition/logics/0/url", "{{env_var[@bank]}}/charge", "{{env_var[@bank]}}/v2/charge")],
        ),
        (
            "error: Failed\n    go: condition",
            "error: Failed\n    go: Charge",
            [(f"{N}/2/condition/logics/1/to_node_id", id_of(4), id_of(6))],
        ),
        (
            '"{{total}}": {more: 100}',
            '"{{total}}": {more: 250}',
            [(f"{N}/3/condition/logics/0/conditions/0/const", "100", "250")],
        ),
        ("vip: true", "vip: {not_eq: true}", [(f"{N}/3/condition/logics/0/conditions/1/fun", "eq", "not_eq")]),
        ("after: 2m", "after: 3m", [(f"{N}/5/condition/semaphors/0/value", 2, 3)]),
        ("limit: 10", "limit: 11", [(f"{N}/2/condition/logics/0/extra/limit", "10", "11")]),
        ("limit: 10", 'limit: "10"', [(f"{N}/2/condition/logics/0/extra_type/limit", "number", "string")]),
        (
            "delay: 30s",
            "delay: 1m",
            [(f"{N}/10/condition/semaphors/0/value", 30, 1), (f"{N}/10/condition/semaphors/0/dimension", "sec", "min")],
        ),
        ("Failed: {end: error}", "Failed: {end: error, description: lost}", [(f"{N}/7/description", "", "lost")]),
        ("wait: true", "wait: false", [(f"{N}/9/condition/logics/0/is_sync", True, False)]),
    ],
)
def test_an_edit_is_the_only_difference(
    shop: tuple[Imported, Imported], before: str, after: str, expected: list[tuple[str, Any, Any]]
) -> None:
    assert shop[0].text.count(before) == 1, "the text that is edited"

    made = back(shop[0], shop[1], text=shop[0].text.replace(before, after))

    assert places(exports.shop(), made) == expected


@pytest.mark.parametrize("layout_too", [False, True])
def test_a_renamed_node_keeps_its_id_and_its_place(shop: tuple[Imported, Imported], layout_too: bool) -> None:
    head, layout, rest = shop[0].text.partition("layout:")
    text = (
        head.replace("Bulk price", "Wholesale")
        + layout
        + (rest.replace("Bulk price", "Wholesale") if layout_too else rest)
    )

    made = back(shop[0], shop[1], text=text)

    assert places(exports.shop(), made) == [(f"{N}/4/title", "Bulk price", "Wholesale")]


def test_a_renamed_state_is_still_meant_by_references_from_other_files(shop: tuple[Imported, Imported]) -> None:
    stock = copy.deepcopy(shop[1])
    stock.definition = parse(stock.text.replace("There", "On the shelf"), "stock")

    made = back(shop[0], stock, text=shop[0].text.replace("node[There]", "node[On the shelf]"))

    assert made == exports.shop()


def test_a_new_node_gets_an_id_of_its_own_the_same_each_time(shop: tuple[Imported, Imported]) -> None:
    text = shop[1].text.replace("  Gone: {end: error}", "  Gone: {end: error}\n  Lost: {end: error}")

    first, second = (back(shop[1], shop[0], text=text) for _ in range(2))

    assert first == second
    new = [node for node in first["scheme"]["nodes"] if node["title"] == "Lost"]
    assert len(new) == 1
    assert len(new[0]["id"]) == 24
    assert [node for node in first["scheme"]["nodes"] if node["title"] != "Lost"] == exports.stock()["scheme"]["nodes"]


def test_a_patch_that_points_nowhere_is_left_out_with_a_warning(shop: tuple[Imported, Imported]) -> None:
    text = shop[0].text.replace("/logics/0/user_id", "/logics/7/user_id")

    made, warnings = export(parse(text, "file"), {"4002": ids_of(shop[1].definition)})

    assert "user_id" not in json.dumps(made)
    assert warnings == ["Order: check out: /logics/7/user_id points nowhere any more; it is left out"]


def test_how_often_a_loop_may_pass_is_left_out_with_a_warning(shop: tuple[Imported, Imported]) -> None:
    as_it_is = export(parse(shop[1].text, "file"), {})[0]

    made, warnings = export(parse(f"{shop[1].text}\nloop_passes: 7\n", "file"), {})

    assert made == as_it_is
    assert warnings == ["Stock: loop_passes has no word in the exchange format; it is left out"]


@pytest.mark.parametrize("word", ["isolation: serializable", "autocommit: true"])
def test_how_a_statement_is_run_is_left_out_with_a_warning(word: str) -> None:
    text = f"""
process: Query
id: 5
nodes:
  start: {{go: call}}
  call: {{database_call: {{instance: 227, query: SELECT 1, {word}}}, error: done, go: done}}
  done: {{end: success}}
"""

    made, warnings = export(parse(text, "file"), {})

    assert word.split(":")[0] not in json.dumps(made)
    assert warnings == [
        f'Query: {word.split(":")[0]} of node "call" has no word in the exchange format; it is left out'
    ]


# --- Containers ------------------------------------------------------------------------------------------


def zipped(files: dict[str, Any]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, value in files.items():
            archive.writestr(name, value if isinstance(value, str | bytes) else json.dumps(value))
    return content.getvalue()


def test_a_zip_of_a_stage_with_aliases_and_variables(tmp_path: Path) -> None:
    file = tmp_path / "stage.zip"
    shop = exports.shop()
    shop["scheme"]["nodes"][9]["condition"]["logics"][0]["conv_id"] = "@stock"
    file.write_bytes(
        zipped(
            {
                "12_Develop.stage/12_Develop.stage.json": {"obj_id": 12, "title": "Develop"},
                "12_Develop.stage/4001_x.conv.json": shop,
                "12_Develop.stage/Ð¡.folder/4002_Stock.conv.json": exports.stock(),
                "_ALIASES_.json": [{"short_name": "stock", "obj_to_id": 4002, "obj_to_type": "conv", "obj_type": 9}],
                "_ENV_VARS_.json": {"bank": {"description": "where", "value": "https://bank.example"}, "KEY": {}},
                "readme.txt": "nothing",
            }
        )
    )

    found = import_file(file)

    assert [one.title for one in found.convs] == ["Order: check out", "Stock"]
    assert found.convs[1].definition.aliases == ("stock",)
    assert set(found.variables) == {"bank", "KEY"}
    assert back(found.convs[0], found.convs[1]) == shop


def test_a_folder_of_files(tmp_path: Path) -> None:
    folder = tmp_path / "stage"
    (folder / "12_Store.folder").mkdir(parents=True)
    (folder / ".hidden").mkdir()
    (folder / ".hidden" / "x.json").write_text("no JSON")
    (folder / "4001_x.conv.json").write_text(json.dumps(exports.shop()))
    (folder / "12_Store.folder" / "4002_Stock.conv.json").write_text(json.dumps(exports.stock()))
    (folder / "_ENV_VARS_.json").write_text(
        json.dumps([{"short_name": "bank", "value": "x", "env_var_type": "secret"}])
    )
    data = {"host": "h", "password": "S3cret"}
    instance = {"obj_id": 9, "title": "Prod DB", "instance_type": "mysql", "data": data}
    (folder / "9_db.instance.json").write_text(json.dumps(instance))

    found = import_file(folder)
    written = plan(found, tmp_path / "out", {}, overwrite=False)

    assert [one.title for one in found.convs] == ["Stock", "Order: check out"]
    assert back(found.convs[1], found.convs[0]) == exports.shop()
    variables = written[tmp_path / "out" / "processes" / "variables.yaml"]
    assert variables == (
        "bank: {secret: true}\nprod_db_password: {secret: true, description: of a database instance}\n"
    )
    instances = written[tmp_path / "out" / "processes" / "instances.yaml"]
    assert "driver: mysql" in instances
    assert "{{env_var[@prod_db_password]}}" in instances
    assert "S3cret" not in "".join(written.values())


def test_hand_written_files_without_an_id_get_free_ones(tmp_path: Path) -> None:
    file = tmp_path / "export.json"
    file.write_text(json.dumps([{**exports.stock(), "obj_id": 0}, {**exports.stock(), "obj_id": None}]))

    found = import_file(file, avoid=[1, 2])

    assert [one.conv_id for one in found.convs] == [3, 4]
    assert [back(one)["obj_id"] for one in found.convs] == [0, None]


# --- Unsupported -----------------------------------------------------------------------------------------


def test_what_does_not_run_here_is_kept_and_told(tmp_path: Path) -> None:
    erlang = {"type": "api_code", "lang": "erl", "src": "main(D) -> D.", "err_node_id": id_of(3)}
    form = {"type": "api_form", "form_id": 5, "fields": [{"id": "a"}]}
    made = exports.process(
        9,
        "Odd",
        exports.node(1, "Start", exports.go(2), kind=1),
        exports.node(2, "Erlang", erlang, exports.go(4)),
        exports.node(3, "End", kind=2, icon="error"),
        exports.node(4, "Form", form, exports.go(3)),
    )

    [one] = imported(tmp_path, made).convs

    verdicts = {card.node: (str(card.verdict), card.notes) for card in one.cards}
    assert verdicts["Erlang"] == ("unsupported", ["Erlang does not run here"])
    assert verdicts["Form"] == ("unsupported", ["there is no node type for api_form"])
    assert back(one) == made


# --- What authors write ------------------------------------------------------------------------------------


def test_what_authors_write_is_the_same_after_a_journey(tmp_path: Path) -> None:
    tree = read_tree([ROOT / "processes", ROOT / "diagrams", ROOT / "tests" / "load" / "good"])
    written = [definition for definition in tree.definitions if definition.title != "Every key"]  # it has milliseconds
    names = {str(definition.conv_id): ids_of(definition) for definition in written}
    first = [export(definition, names)[0] for definition in written]

    found = imported(tmp_path, *first)

    assert len(first) > 5
    assert [back(one, *found.convs) for one in found.convs] == first
    for definition, one in zip(written, found.convs, strict=True):
        assert one.definition.nodes.keys() == definition.nodes.keys()
        for name, node in one.definition.nodes.items():
            assert set(node.targets()) == set(definition.nodes[name].targets())
            assert node.kind == definition.nodes[name].kind


@pytest.mark.parametrize(
    ("text", "cast"),
    [
        ("Infinity", "number"),
        ("NaN", "number"),
        ("1e400", "number"),
        ("1" * 5000, "number"),
        ("[1e400, NaN]", "array"),
        (r'["\ud83d"]', "array"),
        (r'{"\ud83d": 1}', "object"),
        ("[" * 600 + "]" * 600, "array"),
        ('{"a":' * 600 + "1" + "}" * 600, "object"),
        ('{"a":' * 5000 + "1" + "}" * 5000, "object"),
    ],
    ids=lambda text: text[:12],
)
def test_a_text_that_no_value_here_can_be_comes_back_as_it_was(tmp_path: Path, text: str, cast: str) -> None:
    logic = {"type": "set_param", "extra": {"x": text}, "extra_type": {"x": cast}, "err_node_id": ""}
    nodes = [exports.node(1, "Start", exports.go(2), kind=1), exports.node(2, "Set", logic, exports.go(3))]
    process = exports.process(7, "P", *nodes, exports.node(3, "End", kind=2))

    (one,) = imported(tmp_path, process).convs

    (tmp_path / "p.yaml").write_text(one.text, "utf-8")
    said = " ".join(problem.message for problem in read_tree([tmp_path / "p.yaml"]).problems)
    assert "always fails" in said or "unsupported_logic" in said
    assert back(one)["scheme"] == process["scheme"]


def test_a_sum_of_what_another_node_counts_follows_that_nodes_name(tmp_path: Path) -> None:
    total = {"id": id_of(90), "name": "seen", "value": f"{{{{node[{id_of(3)}].count}}}}"}
    logic = {"type": "api_sum", "extra": [total]}
    original = exports.process(
        4004,
        "Counts",
        exports.node(1, "Start", exports.go(2), kind=1),
        exports.node(2, "Add", logic, exports.go(3)),
        exports.node(3, "Sent", kind=2, icon="success"),
    )
    [one] = imported(tmp_path, original).convs
    assert 'seen: "{{node[Sent].count}}"' in one.text
    assert "/value" not in one.text.split("exchange:")[1]

    made = back(one, text=one.text.replace("Sent", "Posted"))

    assert places(original, made) == [("/scheme/nodes/2/title", "Sent", "Posted")]


# --- What an api logic does at home ------------------------------------------------------------------


def called(tmp_path: Path, **logic: Any) -> Imported:
    logic = {"type": "api", "url": "https://a.example", "method": "GET", "err_node_id": id_of(4), **logic}
    return imported(
        tmp_path,
        exports.process(
            4003,
            "Call",
            exports.node(1, "Start", exports.go(2), kind=1),
            exports.node(2, "Ask", logic, exports.go(3)),
            exports.node(3, "Final", kind=2, icon="success"),
            exports.node(4, "Error", kind=2, icon="error"),
        ),
    ).convs[0]


@pytest.mark.parametrize(
    ("method", "extra", "extra_type", "lists"),
    [
        ("GET", {"a": "{{x}}"}, {}, "json"),
        ("get", {"a": "{{x}}"}, {"a": "array"}, "json"),
        ("{{method}}", {"a": "[1,2]"}, {"a": "array"}, "json"),
        ("GET", {"a": "{{x}}"}, {"a": "string"}, "repeat"),
        ("GET", {"a": "{{x}}, {{y}}"}, {}, "repeat"),
        ("GET", {"a": "1"}, {"a": "number"}, "repeat"),
        ("GET", {}, {}, "repeat"),
        ("POST", {"a": "{{x}}"}, {}, "repeat"),
    ],
)
def test_an_imported_call_does_what_it_does_at_home(
    tmp_path: Path, method: str, extra: Object, extra_type: Object, lists: str
) -> None:
    one = called(tmp_path, method=method, extra=extra, extra_type=extra_type)

    action = one.definition.nodes["Ask"].action
    assert (getattr(action, "success", ()), getattr(action, "lists", "")) == ((200, 201, 202), lists)
    assert "success: [200, 201, 202]" in one.text
    made = back(one)["scheme"]["nodes"][1]["condition"]["logics"][0]
    assert (made["method"], made["extra"], made["extra_type"]) == (method, extra, extra_type)


def test_what_home_does_otherwise_is_left_out_with_a_warning(tmp_path: Path) -> None:
    one = called(tmp_path)
    ours = one.text.replace("[200, 201, 202]", "[200-404]\n      redirects: 0")

    made, warnings = export(parse(ours, "file"), {})

    assert [warning.split(": ")[1].split(" ")[0] for warning in warnings] == ["success", "redirects"]
    assert made == back(one)
