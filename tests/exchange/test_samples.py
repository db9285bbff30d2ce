"""Real exports, each with its scorecard, what lint finds in it, and how it runs against stand-ins on loopback.

They are somebody else's and not part of this repository: CONV_SAMPLES names the folder, ../shared/conv-samples without.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from engine.app import Engine
from engine.config import Settings
from engine.database.pool import close_all
from engine.exchange import import_file
from engine.exchange.exporting import export
from engine.exchange.importing import ImportedFile
from engine.load import read_tree
from engine.load.writer import write_yaml
from tests.postgres_server import PASSWORD, running_postgres
from tests.running.conftest import Lab

ROOT = Path(__file__).parents[2]
SAMPLES = Path(os.environ.get("CONV_SAMPLES", ROOT.parent / "shared" / "conv-samples"))

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"no sample exports in {SAMPLES}; set CONV_SAMPLES")

PLUGIN, DOC = "corezoid+corezoid-ai-plugin", "corezoid+corezoid-ai-doc"

API = ["an Idempotency-Key header goes with each request", "answers 408, 425, 429 and 5xx count as hardware errors"]
GUARDED = [
    *API,
    "data says where it goes: public addresses are reached, and what CONV_EGRESS_ALLOW names; others end in "
    "api_host_refused",
]
LOST = "it leads nowhere: a task would fail here instead of staying"


def no_error(node: str, action: str = "reply_to_process") -> str:
    return f'warning: node "{node}" has no "error" route: a failure of {action} ends the task in "error"'


def wrong_id(node_id: str, node: str, why: str = "has 25 characters") -> str:
    return f'warning: the id "{node_id}" of node "{node}" {why}; an id is 24 hexadecimal digits'


def no_variable(name: str) -> str:
    return f'there is no variable "{name}"; add it to processes/variables.yaml, with a value or without one'


def no_conv(name: str) -> str:
    return f'there is no process or state diagram "{name}"'


OPEN_BRACES = "warning: {{ has no }} on its line, so it stays text"


@dataclass(frozen=True)
class Sample:
    """`nodes`: how many; `differ`: the nodes that are not exact, with their notes; `findings`: of lint, in order."""

    nodes: int
    differ: dict[str, list[str]] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)


CONNECTOR = Sample(
    21,
    {"API Call 2": GUARDED},
    [no_variable("example-url"), OPEN_BRACES, no_error("Reply"), no_error("Reply Error 2"), no_error("Reply Error")],
)

EXPECTED: dict[str, Sample] = {
    "0x77dev+corezoid-http-bridge/sample_process.json": Sample(17, {"api call": API}),
    f"{DOC}/api-connector-with-variables.json": CONNECTOR,
    f"{DOC}/api-connector.json": CONNECTOR,
    f"{DOC}/connector.json": Sample(
        17,
        {"API Call": GUARDED},
        [
            *[no_conv("@receiver-smart-api-system-transaction")] * 2,
            OPEN_BRACES,
            no_error("Reply"),
            *[no_conv("@receiver-smart-api-system-transaction")] * 2,
            no_error("Reply Error 2"),
            no_error("Reply Error"),
        ],
    ),
    f"{DOC}/process-as-code.json": Sample(
        10,
        {"Golang code": ["golang does not run here: the node fails with git_call_executing_error"]},
        [
            'warning: git_call of node "Golang code": unsupported: golang; the node will fail with '
            "git_call_executing_error",
            no_error("Reply"),
            no_error("Error Reply"),
            no_error("reply"),
        ],
    ),
    f"{PLUGIN}/200_notify.conv.json": Sample(
        2,
        {
            "GetPaymentTask": [
                "conv 100 is not in this file: put the name of its node in place of aaaa000000000000000000a2",
                LOST,
            ]
        },
        [
            'node "GetPaymentTask" leads nowhere; give it "go", or make it an end: {end: success}',
            no_error("GetPaymentTask", "get_from_queue"),
            no_conv("100"),
        ],
    ),
    f"{PLUGIN}/800_uses.conv.json": Sample(
        3,
        {
            "Set params using vars": [LOST],
            "Third var deep": [
                'its script stands in "code" instead of "src"',
                "a variable in the script is read as a value when it runs, and never pasted into the source",
                LOST,
            ],
        },
        [
            'node "Set params using vars" leads nowhere; give it "go", or make it an end: {end: success}',
            no_error("Set params using vars", "set_parameters"),
            no_variable("API_URL"),
            no_variable("API_TOKEN"),
            'node "Third var deep" leads nowhere; give it "go", or make it an end: {end: success}',
            no_error("Third var deep", "code"),
            no_variable("WORKSPACE"),
            wrong_id("0044000000000000000000g1", "start", "has other characters"),
            wrong_id("0044000000000000000000g2", "Set params using vars", "has other characters"),
            wrong_id("0044000000000000000000g3", "Third var deep", "has other characters"),
        ],
    ),
    f"{PLUGIN}/create-user.json": Sample(6, {}, [no_error("reply"), no_error("reply 2")]),
    f"{PLUGIN}/database-call.json": Sample(
        6,
        {
            "Fetch User Profile": [
                "templates in the query are bound as parameters, never pasted into it",
                'the rows come as "rows", which the reference leaves open',
            ]
        },
        [
            'there is no database instance "227"; add it to processes/instances.yaml',
            wrong_id("dbca000000000000000000001", "start"),
            wrong_id("dbca000000000000000000002", "Fetch User Profile"),
            wrong_id("dbca000000000000000000003", "Check DB Error Type"),
            wrong_id("dbca000000000000000000004", "Wait 30s Before Retry"),
            wrong_id("dbca000000000000000000006", "Final"),
            wrong_id("dbca000000000000000000007", "Final 2"),
        ],
    ),
    f"{PLUGIN}/delay-retry-pattern.json": Sample(
        6,
        {"Call External API": GUARDED},
        [
            wrong_id("aabc000000000000000000001", "start"),
            wrong_id("aabc000000000000000000002", "Call External API"),
            wrong_id("aabc000000000000000000003", "Check Error Type"),
            wrong_id("aabc000000000000000000004", "Wait 30s Before Retry"),
            wrong_id("aabc000000000000000000006", "Final"),
            wrong_id("aabc000000000000000000007", "Final 2"),
        ],
    ),
    f"{PLUGIN}/error-handling.json": Sample(
        10,
        {"Charge Payment API": API},
        [
            no_error("Reply Validation Error"),
            no_variable("payment-api-url"),
            no_error("Reply Success"),
            no_error("Reply API Error"),
            wrong_id("erh0000000000000000000001", "start"),
            wrong_id("erh0000000000000000000002", "Validate Amount"),
            wrong_id("erh0000000000000000000003", "Charge Payment API"),
            wrong_id("erh0000000000000000000004", "Check API Error Type"),
            wrong_id("erh0000000000000000000005", "Wait 30s Before Retry"),
            wrong_id("erh0000000000000000000008", "Reply Success"),
            wrong_id("erh0000000000000000000009", "Reply Validation Error"),
            wrong_id("erh0000000000000000000010", "Reply API Error"),
            wrong_id("erh000000000000000000000a", "Final"),
            wrong_id("erh000000000000000000000b", "Final 2"),
        ],
    ),
    f"{PLUGIN}/git-call.json": Sample(
        6,
        {"Execute Risk Score Script": ["a handler runs only where the operator allows it, in a process of its own"]},
        [
            'warning: git_call of node "Execute Risk Score Script": commit "main" is a name, so what runs is not '
            "pinned; write the id of a commit",
            'warning: git_call of node "Execute Risk Score Script": it is off here: a worker runs it only when '
            "CONV_GIT_CALL allows it",
            no_variable("git-repo-url"),
            wrong_id("gitc000000000000000000001", "start"),
            wrong_id("gitc000000000000000000002", "Execute Risk Score Script"),
            wrong_id("gitc000000000000000000003", "Check Git Error Type"),
            wrong_id("gitc000000000000000000004", "Wait 30s Before Retry"),
            wrong_id("gitc000000000000000000006", "Final"),
            wrong_id("gitc000000000000000000007", "Final 2"),
        ],
    ),
    f"{PLUGIN}/gpt-calculator.json": Sample(
        12,
        {},
        [
            no_conv("1660229"),
            no_error("Ответ: успех"),
            no_error("Ошибка API"),
            no_error("Ответ: не вычисление"),
            no_error("Ошибка анализа"),
        ],
    ),
    f"{PLUGIN}/multi_action_logics.json": Sample(
        3,
        {},
        [
            'warning: node "Two Actions" has "actions", the old format: give each action a node of its own',
            no_error("Two Actions"),
        ],
    ),
    f"{PLUGIN}/stripe-checkout.json": Sample(
        26,
        {"Stripe API Call": GUARDED, "API Stripe checkout": GUARDED},
        [no_error(name) for name in ("reply", "Reply", "Reply Error 3", "Reply Error 2", "reply 2", "Reply Error")],
    ),
    f"{PLUGIN}/stubbed_api_rpc.json": Sample(4),
    f"{PLUGIN}/user-status-driver-process.conv.json": Sample(11, {}, [no_conv("1863140"), no_conv("1863140")]),
    f"{PLUGIN}/user-status-state-diagram.conv.json": Sample(3),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_sample_has_its_scorecard_and_comes_back(name: str) -> None:
    found = import_file(SAMPLES / name)

    [one] = found.convs
    assert {card.node: card.notes for card in one.cards if str(card.verdict) != "exact"} == EXPECTED[name].differ
    assert all(card.is_supported for card in one.cards)
    assert len(one.cards) == EXPECTED[name].nodes
    original = json.loads((SAMPLES / name).read_text("utf-8"))
    assert export(one.definition, {})[0] == (original[0] if isinstance(original, list) else original)


@pytest.mark.parametrize("name", EXPECTED)
def test_lint_finds_what_is_true_of_a_sample_and_nothing_else(name: str, tmp_path: Path) -> None:
    file = tmp_path / "sample.yaml"
    file.write_text(import_file(SAMPLES / name).convs[0].text, "utf-8")

    problems = [str(problem) for problem in read_tree([file]).problems]

    assert [re.sub(r"^.*?:\d+:\d+: ", "", problem, count=1) for problem in problems] == EXPECTED[name].findings


LEAN = {"800_uses.conv.json", "multi_action_logics.json", "stubbed_api_rpc.json"}
"""Files of a few lines, written by hand, in which a key that nobody else has weighs more than a tenth."""


@pytest.mark.parametrize("name", [name for name in EXPECTED if Path(name).name not in LEAN])
def test_what_the_grammar_has_no_word_for_is_a_tenth_of_the_file_uuids_aside(name: str) -> None:
    one = import_file(SAMPLES / name).convs[0]

    block = {
        **one.definition.exchange,
        "process": without_uuids(one.definition.exchange.get("process", {})),
        "nodes": {node: without_uuids(told) for node, told in one.definition.exchange.get("nodes", {}).items()},
    }
    kept = {**block, "nodes": {node: told for node, told in block["nodes"].items() if told}}
    written = write_yaml({"exchange": {key: value for key, value in kept.items() if value}})
    assert len(written) <= len(one.text) / 10


def without_uuids(told: dict[str, Any]) -> dict[str, Any]:
    values = {
        pointer: value for pointer, value in told.get("set", {}).items() if not pointer.endswith(("/uuid", "/id"))
    }
    return {key: value for key, value in {**told, "set": values}.items() if value}


# --- Running them -------------------------------------------------------------------------------------------


class StandIn:
    """An HTTP server that answers from a list, the last one again and again, and keeps what was asked."""

    def __init__(self, server: HTTPServer) -> None:
        self.url = server.url_for("")
        self.answers: list[tuple[int, Any]] = [(200, {})]
        self.requests: list[tuple[str, str, Any]] = []
        server.expect_request(re.compile(".*")).respond_with_handler(self.answer)

    def answer(self, request: Request) -> Response:
        body = request.get_data(as_text=True)
        self.requests.append(
            (request.method, request.full_path.rstrip("?"), json.loads(body) if body[:1] == "{" else body)
        )
        status, answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        text = answer if isinstance(answer, str) else json.dumps(answer)
        return Response(text, status, content_type="application/json")


@pytest.fixture
def stand_in(httpserver: HTTPServer) -> StandIn:
    return StandIn(httpserver)


class Samples(Lab):
    """A laboratory in which an imported sample is deployed, with what it needs of others."""

    def load(self, name: str, *others: str, variables: str = "", **edits: str) -> ImportedFile:
        """`edits`: text → what stands for it here, such as the address of the stand-in."""
        found = import_file(SAMPLES / name)
        text = found.convs[0].text
        for before, after in edits.items():
            assert before in text
            text = text.replace(before, after)
        (self.folder / "variables.yaml").write_text(variables or "unused: {value: x}\n")
        self.deploy(*others, text)
        return found


@pytest.fixture
def samples(settings: Settings, tmp_path: Path) -> Iterator[Samples]:
    folder = tmp_path / "definitions"
    folder.mkdir()
    with Engine.open(settings) as engine:
        yield Samples(engine, folder)


BRIDGE = "https://corezoid-ssr-demo.herokuapp.com"


@pytest.mark.parametrize(("path", "words"), [("/a/b", "first page|fisrt page"), ("/a/b/second", "second page")])
def test_the_http_bridge_answers_the_page_that_was_asked_for(
    samples: Samples, stand_in: StandIn, path: str, words: str
) -> None:
    samples.load("0x77dev+corezoid-http-bridge/sample_process.json", **{BRIDGE: stand_in.url.rstrip("/")})

    view = samples.submit(779994, {"req": {"id": "r-1", "path": path, "headers": {"host": "h"}}})

    assert view.node == "Final"
    [(method, asked, body)] = stand_in.requests
    assert method == "POST"
    assert asked == "/reply/r-1"
    assert re.search(words, body["html"])
    assert body["headers"] == {"X-SSR-Provider": "Corezoid"}
    assert body["sys"]["conv_id"] == 779994
    assert "host: h" in view.data["html"]


def test_the_http_bridge_fails_where_the_server_refuses_and_where_the_script_breaks(
    samples: Samples, stand_in: StandIn
) -> None:
    samples.load("0x77dev+corezoid-http-bridge/sample_process.json", **{BRIDGE: stand_in.url.rstrip("/")})
    stand_in.answers = [(404, {"error": "no such request"})]

    view = samples.submit(779994, {"req": {"id": "r-1", "path": "/", "headers": {}}})
    assert view.node == "api call failed"
    assert view.data["__conveyor_api_return_http_code__"] == 404
    assert len(stand_in.requests) == 1

    broken = samples.submit(779994, {"req": {}})
    assert broken.data["__conveyor_code_return_type_tag__"] == "code_executing_error"
    assert broken.node == "failed"
    assert len(stand_in.requests) == 1


CALLER = """
process: Caller
id: 90
nodes:
  start: {go: call}
  call: {call_process: {conv: "{{conv}}", send_all: true, data: {from: caller}}, error: failed, go: done}
  done: {end: success}
  failed: {end: error}
"""

METRICS = """
process: Metrics
id: 91
nodes:
  start: {go: done}
  done: {end: success}
"""


@pytest.mark.parametrize("name", ["api-connector.json", "api-connector-with-variables.json"])
def test_the_connector_calls_replies_and_counts(samples: Samples, stand_in: StandIn, name: str) -> None:
    found = samples.load(f"{DOC}/{name}", METRICS, CALLER, variables="example-url: {value: https://x.example}\n")
    conv = found.convs[0].conv_id
    stand_in.answers = [(200, {"answer": 42})]

    data = {"field1": "x", "URL": stand_in.url.rstrip("/"), "PATH_AND_QUERY": "/things?a=1", "PROCESS_METRIC_ID": 91}
    view = samples.submit(90, {"conv": conv, **data})

    assert view.node == "done"
    assert view.data["response"] == {"answer": 42}
    assert stand_in.requests == [("GET", "/things?a=1", "")]
    [task] = samples.engine.archive(conv, "Final")
    assert task.data["responseBody"] == {"answer": 42}
    total = f"{{{{conv[{conv}].node[API Call successful].http_successful}}}}"
    assert samples.engine.evaluate(total, {}) == (1, False)
    [copied] = samples.engine.archive(91, "done")
    assert copied.data["__conveyor_api_debug__"]["http_res_code"] == 200


@pytest.mark.parametrize("name", ["api-connector.json", "api-connector-with-variables.json"])
def test_the_connector_tries_again_and_tells_its_caller_in_the_end(
    samples: Samples, stand_in: StandIn, name: str
) -> None:
    found = samples.load(f"{DOC}/{name}", METRICS, CALLER, variables="example-url: {value: https://x.example}\n")
    conv = found.convs[0].conv_id
    stand_in.answers = [(503, {"message": "later"}), (200, "no json at all")]

    data = {"field1": "x", "URL": stand_in.url.rstrip("/"), "PATH_AND_QUERY": "/", "PROCESS_METRIC_ID": 91}
    waiting = samples.submit(90, {"conv": conv, **data}, ref="r")
    assert waiting.place == "waiting"
    samples.forward(31)

    view = samples.engine.task(90, "r")
    assert view.node == "failed"
    assert view.data["__conveyor_rpc_return_type_tag__"] == "rpc_reply_exception"
    assert view.data["__conveyor_rpc_return_description__"] == "api_call_error"
    assert [path for _, path, _ in stand_in.requests] == ["/", "/"]
    [task] = samples.engine.archive(conv, "Final")
    assert task.data["__conveyor_api_return_type_tag__"] == "api_no_valid_json"


RECEIVER = """
process: Receiver
id: 92
alias: receiver-smart-api-system-transaction
nodes:
  start: {go: done}
  done: {end: success}
"""


def test_the_smart_connector_tells_its_receiver_of_each_step(samples: Samples, stand_in: StandIn) -> None:
    url = stand_in.url.rstrip("/")
    samples.load(f"{DOC}/connector.json", RECEIVER, CALLER, **{'data.url = "";': f'data.url = "{url}/smart";'})
    stand_in.answers = [(200, {"ok": True})]

    view = samples.submit(90, {"conv": 1})

    assert (view.node, view.data["response"]) == ("done", {"ok": True})
    assert stand_in.requests == [("POST", "/smart", "")]
    events = [task.data["eventType"] for task in samples.engine.archive(92, "done")]
    assert sorted(events) == ["after_call_api", "before_call_api"]


def test_the_smart_connector_without_an_address_fails_as_software(samples: Samples, stand_in: StandIn) -> None:
    samples.load(f"{DOC}/connector.json", RECEIVER, CALLER)

    view = samples.submit(90, {"conv": 1})

    assert view.node == "failed"
    assert view.data["__conveyor_rpc_return_description__"] == "api_call_error"
    [task] = samples.engine.archive(1, "api call error")
    assert task.data["__conveyor_api_return_description__"] == "no_scheme"
    assert stand_in.requests == []
    # The second event is never sent: there is no answer to cast to an object, and its error route leads on.
    assert [event.data["eventType"] for event in samples.engine.archive(92, "done")] == ["before_call_api"]
    assert task.data["__conveyor_copy_task_return_type_tag__"] == "copy_task_wrong_convert_param"


def test_go_does_not_run_here_and_the_process_takes_its_error_route(samples: Samples) -> None:
    samples.load(f"{DOC}/process-as-code.json")

    view = samples.submit(1729670, {"customer": "c"})

    assert view.node == "Error Git Call"
    assert view.data["__conveyor_git_call_return_type_tag__"] == "git_call_executing_error"


@pytest.mark.parametrize(
    ("first_name", "node", "answer"),
    [
        ("Ann", "done", {"status": "ok", "user_id": 13214}),
        ("", "done", {"status": "error", "description": "first_name is requred"}),
    ],
)
def test_creating_a_user(samples: Samples, first_name: str, node: str, answer: dict[str, Any]) -> None:
    samples.load(f"{PLUGIN}/create-user.json", CALLER)

    view = samples.submit(90, {"conv": 1758522, "first_name": first_name, "last_name": "B"})

    assert view.node == node
    assert {key: view.data[key] for key in answer} == answer
    assert len(samples.engine.archive(1758522, "Final 2" if first_name else "Final")) == 1


def test_a_call_is_tried_again_after_a_hardware_error_until_it_succeeds(samples: Samples, stand_in: StandIn) -> None:
    samples.load(f"{PLUGIN}/delay-retry-pattern.json")
    stand_in.answers = [(503, {}), (200, {"price": 7})]

    samples.submit(1, {"url": stand_in.url + "price"}, ref="r")
    samples.forward(31)

    view = samples.engine.task(1, "r")
    assert (view.node, view.data["price"]) == ("Final 2", 7)
    assert [(method, path.split("?")[0]) for method, path, _ in stand_in.requests] == [("GET", "/price")] * 2


def test_a_call_is_not_tried_again_after_a_software_error(samples: Samples, stand_in: StandIn) -> None:
    samples.load(f"{PLUGIN}/delay-retry-pattern.json")
    stand_in.answers = [(400, {"error": "no"})]

    view = samples.submit(1, {"url": stand_in.url})

    assert (view.node, view.data["error"]) == ("Final", "no")
    assert len(stand_in.requests) == 1


PAYMENTS = "payment-api-url: {value: %s}\n"


def test_a_payment(samples: Samples, stand_in: StandIn) -> None:
    samples.load(f"{PLUGIN}/error-handling.json", CALLER, variables=PAYMENTS % stand_in.url.rstrip("/"))
    stand_in.answers = [(500, {}), (201, {"charge_id": "ch-1"})]

    samples.submit(90, {"conv": 1, "order_id": "ORDER-1", "amount": 5}, ref="r")
    samples.forward(31)

    view = samples.engine.task(90, "r")
    assert view.node == "done"
    assert {"status": "ok", "order_id": "ORDER-1", "charge_id": "ch-1"}.items() <= view.data.items()
    sent = [{key: body[key] for key in ("order_id", "amount")} for _, _, body in stand_in.requests]
    assert sent == [{"order_id": "ORDER-1", "amount": 5}] * 2
    assert len(samples.engine.archive(1, "Final 2")) == 1


def test_a_payment_that_is_refused(samples: Samples, stand_in: StandIn) -> None:
    samples.load(f"{PLUGIN}/error-handling.json", CALLER, variables=PAYMENTS % stand_in.url.rstrip("/"))
    stand_in.answers = [(402, {})]

    refused = samples.submit(90, {"conv": 1, "order_id": "ORDER-2", "amount": 5})
    free = samples.submit(90, {"conv": 1, "order_id": "ORDER-3", "amount": 0})
    bad = samples.submit(90, {"conv": 1, "order_id": "x", "amount": 5})

    assert (refused.data["status"], free.data["description"]) == ("error", "amount must be greater than zero")
    assert bad.node == "failed"
    assert bad.data["__conveyor_rpc_return_type_tag__"] == "wrong_validate_params"
    assert len(stand_in.requests) == 1
    assert len(samples.engine.archive(1, "Final")) == 2


GPT = """
process: GPT
id: 1660229
nodes:
  start:
    condition:
      - {if: {"{{messages[1].content}}": "сколько будет 2+2"}, go: answer}
    go: refuse
  answer:
    reply_to_process: {data: {choices: [{message: {content: "4"}}], status: ok}}
    go: done
  refuse:
    reply_to_process: {exception: too hard}
    go: done
  done: {end: success}
"""


@pytest.mark.parametrize(
    ("question", "node", "data"),
    [
        ("сколько будет 2+2", "Final: результат вычисления", {"status": "ok"}),
        ("вычисли число пи", "Error in GPT API", {"__conveyor_rpc_return_description__": "too hard"}),
        ("как дела", "Final: не вычисление", {"status": "no_calculation"}),
    ],
)
def test_a_calculator_that_asks_another_process(
    samples: Samples, question: str, node: str, data: dict[str, Any]
) -> None:
    samples.load(f"{PLUGIN}/gpt-calculator.json", GPT)

    view = samples.submit(1668282, {"question": question, "status": ""})

    assert view.node == node
    assert data.items() <= view.data.items()


def test_two_actions_in_a_node(samples: Samples) -> None:
    samples.load(f"{PLUGIN}/multi_action_logics.json", CALLER)

    view = samples.submit(90, {"conv": 1})

    assert (view.node, view.data["status"]) == ("done", "ok")
    [task] = samples.engine.archive(1, "Final")
    assert task.data["x"] == "1"


@pytest.mark.parametrize(("mode", "node"), [("error", "Error"), ("other", "Final")])
def test_a_stub(samples: Samples, mode: str, node: str) -> None:
    samples.load(f"{PLUGIN}/stubbed_api_rpc.json")

    view = samples.submit(1, {"mode": mode, "objId": 5, "stub_node_response": "canned"})

    assert view.node == node
    assert view.data.get("status") == ("error" if mode == "error" else None)


CHECKOUT = {
    "customer": "cus_1",
    "mode": "payment",
    "priceId": "price_1OZ9f9IvuXypwENBLpQz1Zqt",
    "secretKey": "sk",
    "successUrl": "https://s",
}
STRIPE = "https://api.stripe.com"


def test_a_checkout(samples: Samples, stand_in: StandIn) -> None:
    samples.load(f"{PLUGIN}/stripe-checkout.json", CALLER, **{STRIPE: stand_in.url.rstrip("/")})
    stand_in.answers = [(200, {"id": "cus_1"}), (200, {"url": "https://pay"})]

    view = samples.submit(90, {"conv": 1731219, **CHECKOUT})

    assert view.node == "done"
    assert view.data["response"] == {"url": "https://pay"}
    assert [(method, path) for method, path, _ in stand_in.requests] == [
        ("GET", "/v1/customers/cus_1"),
        ("POST", "/v1/checkout/sessions"),
    ]
    assert stand_in.requests[1][2] == (
        "success_url=https%3A%2F%2Fs&mode=payment&line_items[0][price]=price_1OZ9f9IvuXypwENBLpQz1Zqt"
        "&line_items[0][quantity]=1&customer=cus_1"
    )


def test_a_checkout_of_a_customer_who_is_not_there(samples: Samples, stand_in: StandIn) -> None:
    samples.load(f"{PLUGIN}/stripe-checkout.json", CALLER, **{STRIPE: stand_in.url.rstrip("/")})
    stand_in.answers = [(200, {"id": "somebody else"})]

    view = samples.submit(90, {"conv": 1731219, **CHECKOUT})
    unknown = samples.submit(90, {"conv": 1731219, **CHECKOUT, "priceId": "another"})

    assert view.data["error"] == "customer_not_found"
    assert unknown.data["error"] == "price_not_found"
    assert [path for _, path, _ in stand_in.requests] == ["/v1/customers/cus_1"]


def test_a_process_reads_the_state_of_a_user(samples: Samples) -> None:
    diagram = import_file(SAMPLES / f"{PLUGIN}/user-status-state-diagram.conv.json").convs[0].text
    samples.load(f"{PLUGIN}/user-status-driver-process.conv.json", diagram)
    samples.submit(1863140, {"status": "active"}, ref="u1")

    view = samples.submit(1863139, {"userId": "u1"})

    # The process looks for a status inside the status, which is a text: so no condition passes.
    assert (view.node, view.data["user"]) == ("Final", "active")
    assert samples.modify(1863140, "u1", {"status": "inactive"}).node == "Inactive users"
    assert samples.modify(1863140, "u1", {"status": "active"}).node == "Active users"


def test_a_user_is_read_from_a_database_while_its_table_is_there(
    samples: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONV_VAR_PEOPLE_PASSWORD", PASSWORD)
    with running_postgres() as server, server.connect() as connection:
        connection.execute("CREATE TABLE users (id int, name text, email text)")
        connection.execute("INSERT INTO users VALUES (7, 'Ann', 'ann@example.org')")
        people = {"id": 227, "driver": "postgresql", "host": server.host, "port": str(server.port), "user": server.user}
        people |= {"database": server.database, "password": "{{env_var[@people_password]}}"}
        (samples.folder / "instances.yaml").write_text(json.dumps({"people": people}))
        samples.load(f"{PLUGIN}/database-call.json", variables="people_password: {secret: true}\n")

        view = samples.submit(1, {"user_id": 7})
        connection.execute("DROP TABLE users")
        failed = samples.submit(1, {"user_id": 7})
        close_all()

    assert (view.node, view.data["rows"]) == ("Final 2", [{"id": 7, "name": "Ann", "email": "ann@example.org"}])
    assert failed.node == "Final"
    assert failed.data["__conveyor_db_call_return_type_tag__"] == "db_call_executing_error"


@pytest.mark.parametrize(("script", "node"), [("data.risk = 1", "Final 2"), ("throw new Error('no')", "Final")])
def test_a_script_from_a_repository(settings: Settings, tmp_path: Path, script: str, node: str) -> None:
    if shutil.which("node") is None:
        pytest.skip("handlers in JavaScript need node")
    repository, folder = tmp_path / "repository", tmp_path / "definitions"
    folder.mkdir()
    repository.mkdir()
    (repository / "index.js").write_text(f"module.exports = (data) => {{ {script}; return data; }};")
    git = ["git", "-C", str(repository), "-c", "user.name=n", "-c", "user.email=e@example.org"]
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "first"]):
        subprocess.run([*git, *words], check=True, capture_output=True)

    with Engine.open(dataclasses.replace(settings, git_call="*")) as engine:
        samples = Samples(engine, folder)
        samples.load(f"{PLUGIN}/git-call.json", variables=f"git-repo-url: {{value: {json.dumps(str(repository))}}}\n")
        view = samples.submit(1, {"input_data": "x"})

    assert view.node == node
    assert view.data.get("risk") == (1 if node == "Final 2" else None)
