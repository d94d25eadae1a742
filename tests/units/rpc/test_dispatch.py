"""Requests become calls and answers: the envelope, batches, errors and the moments around them, with toy methods."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable
from typing import Any, cast

import pytest

from megadev.chain.blocks import BlockRef, Tag
from megadev.errors import EngineFault, ExecutionReverted, MalformedTransaction, UnknownFilter
from megadev.rpc.catalog import Entry
from megadev.rpc.codec import JSON, AddressParam, AnyParam, BlockParam, BoolParam, QuantityParam
from megadev.rpc.dialects import Dialect
from megadev.rpc.dispatch import BATCH_TURN_NS, Dispatcher, Registry, method
from megadev.rpc.envelope import Failure
from megadev.rpc.node import RpcNode

TOYS: Registry = {}
NODE = RpcNode(*4 * [cast("Any", None)], dialect=Dialect.GETH)


@method("toy_echo", TOYS)
def toy_echo(node: RpcNode, value: AnyParam) -> JSON:
    return cast("JSON", value)


@method("toy_block", TOYS)
def toy_block(node: RpcNode, address: AddressParam, block: BlockParam = Tag.LATEST, full: BoolParam = False) -> JSON:
    return [address.hex(), _spell(block), full]


@method("toy_later", TOYS)
async def toy_later(node: RpcNode, value: QuantityParam) -> JSON:
    await asyncio.sleep(0)
    if value == 13:
        raise UnknownFilter("filter not found")
    return value


@method("toy_fail", TOYS)
def toy_fail(node: RpcNode, how: QuantityParam) -> JSON:
    raise [
        ExecutionReverted(b"\x08\xc3", "no"),
        UnknownFilter("0x5 was removed"),
        EngineFault("secret"),
        KeyError("secret"),
        RecursionError("secret"),
        MalformedTransaction("\ud800"),
    ][how]


@method("toy_bytes", TOYS)
def toy_bytes(node: RpcNode) -> Any:
    return {"a lone surrogate": "\ud800"}


@method("toy_heavy", TOYS)
def toy_heavy(node: RpcNode, call: AnyParam) -> JSON:
    return "done"


CATALOG = [
    *(Entry(name, "", "", "full", heavy=name == "toy_heavy") for name in TOYS),
    Entry("toy_planned", "", ""),
    Entry("toy_refused", "", "", "refused: nobody mines here", ("toy_refusedToo",)),
]


def _spell(block: BlockRef) -> str:
    return block.value if isinstance(block, Tag) else str(block)


def dispatcher(**hooks: Any) -> Dispatcher:
    return Dispatcher(NODE, catalog=CATALOG, registry=TOYS, **hooks)


def ask(body: bytes | str | dict[str, Any] | list[Any], on: Dispatcher | None = None) -> Any:
    """The decoded answer to a body, or None."""
    if isinstance(body, dict | list):
        body = json.dumps(body)
    answer = (on or dispatcher()).handle(body.encode() if isinstance(body, str) else body)
    if isinstance(answer, Awaitable):
        answer = asyncio.run(_wait(answer))
    return None if answer is None else json.loads(answer)


async def _wait(answer: Awaitable[bytes | None]) -> bytes | None:
    return await answer


def call(name: str, *params: Any, **more: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": name, "params": list(params), **more}


def error(name: str, *params: Any, **more: Any) -> tuple[int, str]:
    answer = ask(call(name, *params, **more))
    assert answer["id"] == 1
    return answer["error"]["code"], answer["error"]["message"]


ADDRESS = "0x" + "11" * 20


def test_a_method_gets_decoded_parameters_and_its_result_is_answered() -> None:
    assert ask(call("toy_block", ADDRESS, "0x5", True)) == {"jsonrpc": "2.0", "id": 1, "result": ["11" * 20, "5", True]}


@pytest.mark.parametrize("params", [[ADDRESS], [ADDRESS, None], [ADDRESS, None, None], [ADDRESS, "latest", None]])
def test_optional_parameters_may_be_absent_or_null(params: list[Any]) -> None:
    assert ask(call("toy_block", *params))["result"] == ["11" * 20, "latest", False]


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ([], "missing value for required argument 0 (address)"),
        ([None], "invalid argument 0 (address): expected a 20-byte address"),
        ([5], "invalid argument 0 (address): expected a 20-byte address"),
        ([ADDRESS, "soon"], "invalid argument 1 (block): expected a block number (0x hex) or one of"),
        ([ADDRESS, "0x1", "yes"], 'invalid argument 2 (full): expected a boolean, got "yes"'),
        ([ADDRESS, "0x1", True, 1], "too many arguments, want at most 3, got 4"),
    ],
)
def test_a_wrong_parameter_is_named(params: list[Any], words: str) -> None:
    code, message = error("toy_block", *params)
    assert code == -32602
    assert message.startswith(words)


@pytest.mark.parametrize("params", [{}, {"adress": ADDRESS}, "x", 3, True])
def test_params_of_no_name_or_shape_are_refused(params: Any) -> None:
    answer = ask(call("toy_block", params=params))
    assert answer["error"]["code"] == -32602


def test_params_may_be_absent_null_or_empty() -> None:
    for more in ({}, {"params": None}, {"params": []}):
        answer = ask({"jsonrpc": "2.0", "id": 1, "method": "toy_echo", **more})
        assert "missing value" in answer["error"]["message"]


@pytest.mark.parametrize(
    "request_id",
    ["1", "0", "-7", "1.0", "1e3", "123456789012345678901234567890", '"abc"', '"\\u00e9\\n"', '"é"', "null", '""'],
)
def test_the_id_is_returned_exactly_as_sent(request_id: str) -> None:
    body = f'{{"jsonrpc":"2.0","id": {request_id} ,"method":"toy_echo","params":[1]}}'
    answer = dispatcher().handle(body.encode())
    assert answer == f'{{"jsonrpc":"2.0","id":{request_id},"result":1}}'.encode()


@pytest.mark.parametrize("request_id", ["true", "false", "{}", "[]", '{"a":1}'])
def test_an_id_of_another_type_is_an_invalid_request(request_id: str) -> None:
    answer = ask(f'{{"jsonrpc":"2.0","id":{request_id},"method":"toy_echo","params":[1]}}')
    assert (answer["id"], answer["error"]["code"]) == (None, -32600)


@pytest.mark.parametrize("number", [2**64, 2**256 - 1, -(2**70), 2**1000])
def test_large_numbers_survive(number: int) -> None:
    assert ask(call("toy_echo", number))["result"] == number


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"[",
        b"[1,]",
        b'{"jsonrpc"',
        b"nonsense",
        b'{"method":"\xff"}',
        b"\xef\xbb\xbf{}",
        b"{}{}",
        b"\x00",
        b'{"id":1,"jsonrpc":"2.0","method":NaN}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"params":' + b"[" * 50_000,
        b"[" + b"[" * 50_000 + b"]" * 50_000 + b"]",
        b'{"params":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    ],
    ids=lambda body: repr(body[:20]),
)
def test_invalid_json_is_a_parse_error(body: bytes) -> None:
    answer = ask(body)
    assert (answer["id"], answer["error"]["code"]) == (None, -32700)


@pytest.mark.parametrize(
    "body",
    [
        b"1",
        b'"x"',
        b"null",
        b"true",
        b"{}",
        b'{"jsonrpc":"2.0"}',
        b'{"jsonrpc":"2.0","method":1}',
        b'{"jsonrpc":"1.0","method":"toy_echo"}',
        b'{"method":"toy_echo"}',
        b'{"jsonrpc":2.0,"method":"toy_echo"}',
        b"[]",
    ],
)
def test_json_that_is_no_request_is_an_invalid_request(body: bytes) -> None:
    answer = ask(body)
    assert (answer["id"], answer["error"]["code"]) == (None, -32600)


def test_an_invalid_request_with_an_id_is_answered_to_that_id() -> None:
    answer = ask({"id": 7, "method": "toy_echo", "params": [1]})
    assert (answer["id"], answer["error"]["code"]) == (7, -32600)


def test_an_unknown_methods_error_has_the_expected_words() -> None:
    assert error("eth_nothing") == (-32601, "the method eth_nothing does not exist/is not available")
    assert "not offer it yet" in error("toy_planned")[1]
    assert error("toy_refusedToo") == (
        -32601,
        "the method toy_refusedToo does not exist/is not available: nobody mines here",
    )
    assert len(error("x" * 10_000)[1]) < 200


def test_notifications_are_carried_out_and_not_answered() -> None:
    seen: list[str] = []
    on = dispatcher(on_request=lambda name, failure, took: seen.append(name))
    for name in ("toy_echo", "toy_fail", "toy_later", "no_such"):
        assert ask({"jsonrpc": "2.0", "method": name, "params": [0]}, on) is None
    assert ask([{"jsonrpc": "2.0", "method": "toy_echo", "params": [0]}] * 2, on) is None
    assert seen == ["toy_echo", "toy_fail", "toy_later", "no_such", "toy_echo", "toy_echo"]


def test_batch_members_are_answered_in_order_and_separately() -> None:
    answers = ask(
        [
            call("toy_echo", 1, id="a"),
            5,
            call("toy_fail", 0, id="b"),
            {"jsonrpc": "2.0", "method": "toy_echo"},
            [],
            call("toy_later", 2, id="c"),
            call("toy_later", 13, id="d"),
            None,
            call("no_such", id="e"),
            call("toy_echo", 3, id="f"),
        ]
    )
    got = [(answer["id"], answer.get("result", answer.get("error", {}).get("code"))) for answer in answers]
    assert got == [
        ("a", 1),
        (None, -32600),
        ("b", 3),
        (None, -32600),
        ("c", 2),
        ("d", -32000),
        (None, -32600),
        ("e", -32601),
        ("f", 3),
    ]


def test_a_member_that_is_no_text_spoils_only_itself() -> None:
    good = json.dumps(call("toy_echo", 1)).encode()
    answers = ask(b"[" + good + b',{"jsonrpc":"2.0","id":2,"method":"\xff"},' + good + b"]")
    assert [answer["error"]["code"] if "error" in answer else answer["result"] for answer in answers] == [1, -32700, 1]


def test_white_space_before_a_batch_is_fine() -> None:
    assert len(ask("\r\n\t " + json.dumps([call("toy_echo", 1)]))) == 1


def test_ten_thousand_members_let_others_have_their_turn() -> None:
    body = json.dumps([call("toy_echo", n, id=n) for n in range(10_000)]).encode()

    async def run() -> tuple[list[Any], int]:
        turns = 0

        async def other() -> None:
            nonlocal turns
            while True:
                await asyncio.sleep(0)
                turns += 1

        beside = asyncio.create_task(other())
        answer = dispatcher().handle(body)
        assert isinstance(answer, Awaitable)
        answers = json.loads(await answer or b"")
        beside.cancel()
        return answers, turns

    answers, turns = asyncio.run(run())
    assert [answer["result"] for answer in answers] == list(range(10_000))
    assert turns > 1, f"a batch gives way every {BATCH_TURN_NS / 1e6} ms"


def test_a_revert_carries_its_data_as_hex() -> None:
    assert ask(call("toy_fail", 0))["error"] == {"code": 3, "message": "execution reverted: no", "data": "0x08c3"}


def test_words_that_clients_match_are_put_in_front() -> None:
    assert error("toy_fail", 1) == (-32000, "filter not found: 0x5 was removed")


@pytest.mark.parametrize(
    ("name", "params"), [("toy_fail", [2]), ("toy_fail", [3]), ("toy_fail", [4]), ("toy_bytes", [])]
)
def test_a_defect_is_reported_to_the_node_not_the_client(name: str, params: list[Any]) -> None:
    defects: list[str] = []
    answer = ask(call(name, *params), dispatcher(on_defect=lambda method, exception: defects.append(method)))
    assert answer["error"] == {"code": -32603, "message": "internal error"}
    assert defects == [name]


def test_a_message_that_is_no_text_is_still_answered() -> None:
    answer = ask(call("toy_fail", 5), dispatcher(on_defect=lambda method, exception: None))
    assert answer["error"]["code"] == -32603


def test_open_work_is_settled_before_each_request() -> None:
    settled: list[int] = []
    on = dispatcher(before_request=lambda: settled.append(1))
    ask(call("toy_echo", 1), on)
    ask([call("toy_echo", 1), call("toy_later", 1), call("toy_echo", 1)], on)
    assert len(settled) == 4


def test_failing_to_settle_is_answered() -> None:
    def settle() -> None:
        raise RuntimeError("cannot seal")

    answer = ask(call("toy_echo", 1), dispatcher(before_request=settle, on_defect=lambda method, exception: None))
    assert answer["error"]["code"] == -32603


def test_the_request_log_hears_of_outcomes() -> None:
    heard: list[tuple[str, int | None]] = []

    def hear(name: str, failure: Failure | None, took: int) -> None:
        assert took >= 0
        heard.append((name, failure.code if failure else None))

    on = dispatcher(on_request=hear)
    ask([call("toy_echo", 1), call("toy_fail", 0), call("toy_later", 1), call("toy_later", 13), call("no_such")], on)
    assert heard == [
        ("toy_echo", None),
        ("toy_fail", 3),
        ("toy_later", None),
        ("toy_later", -32000),
        ("no_such", -32601),
    ]


def test_a_heavy_call_leaves_the_loop_until_it_is_known_to_be_quick() -> None:
    offloaded: list[int] = []

    async def offload(work: Any, seconds: float) -> bytes | None:
        offloaded.append(1)
        return cast("bytes | None", work())

    on = dispatcher()
    token = {"to": ADDRESS, "data": "0x70a08231" + "00" * 32}
    other = {**token, "data": "0x18160ddd"}

    async def run(*params: Any) -> None:
        answer = on.handle(json.dumps(call("toy_heavy", *params)).encode(), None, offload)
        if isinstance(answer, Awaitable):
            answer = await answer
        assert json.loads(answer or b"")["result"] == "done"

    asyncio.run(run(token))
    asyncio.run(run(token))
    assert len(offloaded) == 1
    asyncio.run(run(other))
    assert len(offloaded) == 2, "another function is another matter"
    asyncio.run(run("no call"))
    asyncio.run(run("no call"))
    assert len(offloaded) == 4


def test_a_name_is_registered_once() -> None:
    with pytest.raises(ValueError, match="registered twice"):
        method("toy_echo", TOYS)(toy_echo)
