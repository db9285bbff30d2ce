"""Pictures of definitions: whole, readable by the programs that they are for, and proof against any title."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.definition import Action, Condition, Definition, Node, TaskLimit, Test, TimeLimit, Timer
from engine.graph import FORMATS, draw
from engine.graph.dot import quoted
from engine.graph.icons import icon_of
from engine.graph.layout import Way, lay_out, rising
from engine.graph.mermaid import escaped
from engine.graph.picture import condition_text, picture_of, timer_text
from engine.graph.words import text_width, wrapped
from engine.nodes import ACTIONS

SVG = "{http://www.w3.org/2000/svg}"
NASTY = (
    'a"b',
    "a<b>&c",
    "end",
    "1. one",
    "- x",
    "```",
    "n1 --> n2",
    "\\",
    "]]></svg>",
    "имя 状态",
    "a\nb\x1b[31m",
    "#quot;",
)


def conv(nodes: dict[str, dict[str, Any]], title: str = "Story") -> Definition:
    built = {name: Node(name=name, **fields) for name, fields in nodes.items()}
    return Definition(kind="process", conv_id=7, title=title, nodes=built)


def story(title: str = "Story") -> Definition:
    check = Condition(tests=((Test(param="amount", fun="more", value=100),),), go="wait")
    return conv(
        {
            "start": {"go": "check"},
            "check": {
                "condition": (check,),
                "go": "final",
                "error": "failed",
                "time_limit": TimeLimit(after="60s", go="failed"),
                "task_limit": TaskLimit(count=10, signal="wait"),
            },
            "wait": {"delay": Timer(after="30s"), "go": "check"},
            "failed": {"end": "error"},
            "final": {"end": "success"},
        },
        title,
    )


def texts(svg: str) -> list[str]:
    """Every text that a reader of the picture sees."""
    root = ElementTree.fromstring(svg)  # noqa: S314 - our own
    return ["".join(node.itertext()) for node in root.iter(f"{SVG}text")]


@pytest.mark.parametrize("format", FORMATS)
def test_every_node_and_label_is_there(format: str) -> None:
    drawn = draw(story(), format)

    for word in ("Story", "start", "check", "wait", "failed", "final", "100", "otherwise", "after 60s", "error"):
        assert word in drawn
    assert drawn.endswith("\n")


def test_every_way_is_a_line() -> None:
    ways = [(line.source, line.target, line.way) for line in picture_of(story()).lines]

    assert ways == [
        (0, 1, "go"),
        (1, 2, "condition"),
        (1, 4, "go"),
        (1, 3, "timer"),
        (1, 2, "limit"),
        (1, 3, "error"),
        (2, 1, "go"),
    ]


def test_colours_say_what_a_node_is() -> None:
    looks = {card.title: card.look for card in picture_of(story()).cards}

    assert looks == {"start": "start", "check": "node", "wait": "node", "failed": "error", "final": "success"}


def test_counts_are_shown_only_when_given() -> None:
    counted = texts(draw(story(), "svg", {"wait": 12, "final": 3456, "failed": 0}))

    assert "12" in counted
    assert "3\u2009456" in counted
    assert "0" not in counted
    assert not any(text.isdigit() for text in texts(draw(story(), "svg")))


def test_the_end_of_failures_is_drawn_when_tasks_are_in_it() -> None:
    assert "(error)" in draw(story(), "mermaid", {"(error)": 2})
    assert "(error)" not in draw(story(), "mermaid", {"(error)": 0})


@pytest.mark.parametrize("format", FORMATS)
def test_a_route_to_nowhere_can_be_seen(format: str) -> None:
    assert "does not exist" in draw(conv({"start": {"go": "fnal"}, "final": {"end": "success"}}), format)


@pytest.mark.parametrize("title", NASTY)
def test_no_title_breaks_a_picture(title: str) -> None:
    definition = conv({"start": {"go": title}, title: {"end": "success"}}, title)

    ElementTree.fromstring(draw(definition, "svg"))  # noqa: S314 - our own
    for line in draw(definition, "mermaid").splitlines()[4:6]:
        assert re.fullmatch(r'  n\d+(\(\[|\[)"[^"<>]*(<br/><small>[^"<>]*</small>)?"(\]\)|\])', line)
    dot = draw(definition, "dot")
    assert len(re.findall(r'(?<!\\)(?:\\\\)*"', dot)) % 2 == 0
    assert "\x1b" not in dot


@pytest.mark.parametrize("text", NASTY)
def test_a_label_of_mermaid_holds_no_mark_of_its_language(text: str) -> None:
    label = escaped(text)

    assert not set(label) & set('"<>`[]{}|\\\n')
    assert re.sub(r"#[0-9]+;", "", label).count("#") == 0
    assert not re.match(r"\s*([-+*]|[0-9]+[.)])\s", label)


def test_a_text_of_dot_is_one_string() -> None:
    assert quoted('say "hi" \\ there') == '"say \\"hi\\" \\\\ there"'


@pytest.mark.parametrize(
    ("timer", "words"),
    [
        (Timer(after="250ms"), "after 250ms"),
        (Timer(after="90s"), "after 90s"),
        (Timer(after="2h"), "after 2h"),
        (Timer(until="{{expires_at}}"), "until {{expires_at}}"),
    ],
)
def test_timers_in_words(timer: Timer, words: str) -> None:
    assert timer_text(timer) == words


def test_conditions_in_words() -> None:
    both = (Test(param="a", fun="more_or_eq", value=1), Test(param="b", value=True))
    tag = (Test(param="__conveyor_api_return_type_error__", value="hardware"),)

    words = condition_text(Condition(tests=(both, tag), go="x"))

    assert words == "a ≥ 1 and b = true or api_return_type_error = hardware"


def test_long_labels_are_cut_and_whole_in_the_tooltip() -> None:
    value = " ".join(["word"] * 60)
    definition = conv(
        {
            "start": {"go": "final", "condition": (Condition(tests=((Test(param="a", value=value),),), go="final"),)},
            "final": {"end": "success"},
        }
    )

    assert len(wrapped(value)) == 3
    assert f"<title>a = {value}</title>" in draw(definition, "svg")


# --- Layout ------------------------------------------------------------------------------------------

graphs = st.integers(1, 12).flatmap(
    lambda size: st.tuples(
        st.just(size),
        st.lists(
            st.tuples(st.integers(0, size - 1), st.integers(0, size - 1), st.booleans(), st.integers(0, 200)),
            max_size=30,
        ),
    )
)


@given(graphs)
def test_nothing_overlaps_and_every_line_arrives(graph: tuple[int, list[tuple[int, int, bool, int]]]) -> None:
    size, edges = graph
    ways = [Way(source, target, width, 15.0, bundle, 1.0) for source, target, bundle, width in edges]

    layout = lay_out([(200.0, 50.0)] * size, ways, 0)

    cards = layout.things[:size]
    for index, one in enumerate(cards):
        assert 99.99 <= one.x <= layout.width - 99.99
        for other in cards[index + 1 :]:
            assert abs(one.x - other.x) >= 199.99 or abs(one.y - other.y) >= 50
    assert all(layout.things[piece.upper].y < layout.things[piece.lower].y for piece in layout.pieces)
    ends = {(piece.lower if piece.arrow > 0 else piece.upper) for piece in layout.pieces if piece.arrow}
    assert ends == {way.target for way in ways if way.source != way.target}
    for way, label in zip(ways, layout.labels, strict=True):
        assert (label is None) == (way.source == way.target)


@given(st.lists(st.tuples(st.floats(-1000, 1000), st.floats(0.1, 10)), max_size=20))
def test_rising_never_falls(wishes: list[tuple[float, float]]) -> None:
    found = rising([wish for wish, _ in wishes], [weight for _, weight in wishes])

    assert len(found) == len(wishes)
    assert found == sorted(found)


def test_rising_keeps_what_rises() -> None:
    assert rising([1.0, 2.0, 5.0], [1.0, 1.0, 1.0]) == [1.0, 2.0, 5.0]


def test_lines_to_one_card_share_their_bends() -> None:
    """A long process whose every node can fail must not draw one line for each layer and node."""
    size = 200
    nodes: dict[str, dict[str, Any]] = {"start": {"go": "n1", "error": "failed"}}
    for number in range(1, size):
        nodes[f"n{number}"] = {"go": f"n{number + 1}", "error": "failed"}
    nodes |= {f"n{size}": {"end": "success"}, "failed": {"end": "error"}}

    assert draw(conv(nodes), "svg").count("<path") < size * 12


def test_letters_have_about_the_right_width() -> None:
    assert text_width("iii", 12) < text_width("mmm", 12)
    assert text_width("状态", 12) > text_width("ab", 12)


@pytest.mark.parametrize("key", ACTIONS)
def test_every_node_type_has_a_sign_of_its_own(key: str) -> None:
    kinds = (*ACTIONS, "start", "end: success", "end", "condition", "delay")
    others = [icon_of(other) for other in kinds if other != key]
    assert icon_of(key) not in (*others, Action.icon)
