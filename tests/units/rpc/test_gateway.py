"""The public endpoint's limits: every row of the table, met and then exceeded by one. Time stands still unless told."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from megadev import Devnet
from megadev.clock import ManualClock
from megadev.primitives.abi import encode_call
from megadev.rpc.gateway import Gateway, SocketClient
from megadev.rpc.gateway_limits import LIMIT_ROWS, LIMITS, METHODS, REFUSALS, SUBMISSION, Limits
from megadev.rpc.session import Session
from tests.contracts import load

HERE, ELSEWHERE = "192.0.2.1", "192.0.2.2"
LOOP = "0x" + "a0" * 20


class Line:
    """A session that keeps what it is told."""

    id = "line"

    def __init__(self) -> None:
        self.told: list[bytes] = []

    def notify(self, message: bytes, shared: bytes = b"") -> None:
        self.told.append(message + shared)

    def on_close(self, callback: Callable[[], None]) -> None:
        """It never closes."""


class Endpoint:
    """A devnet behind a gateway, without sockets."""

    def __init__(self, limits: Limits = LIMITS, *, lets_control: bool = False) -> None:
        self.clock = ManualClock(1_700_000_000)
        self.net = Devnet(clock=self.clock)
        self.gateway = Gateway(self.net.dispatcher, self.clock, lets_control=lets_control, limits=limits)

    def send(self, body: Any, address: str = HERE) -> tuple[int, Any]:
        """A body, as JSON or as bytes, over HTTP: status and answer."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        reply = self.gateway.post(raw, address, None)
        if not isinstance(reply, tuple):
            reply = asyncio.run(_finish(reply))
        status, answer = reply
        return status, None if answer is None else json.loads(answer)

    def post(self, name: str, *params: Any, address: str = HERE) -> tuple[int, Any]:
        return self.send(request(name, *params), address)

    def result(self, name: str, *params: Any, address: str = HERE) -> Any:
        status, answer = self.post(name, *params, address=address)
        assert status == 200, answer
        return answer["result"]

    def refusal(self, name: str, *params: Any, address: str = HERE) -> tuple[int, int, str]:
        """Status, code and words of a request that must be refused."""
        status, answer = self.post(name, *params, address=address)
        return status, answer["error"]["code"], answer["error"]["message"]

    def socket(self) -> Socket:
        client = self.gateway.connect(HERE)
        assert client is not None
        return Socket(self, client)

    def raw_transaction(self, **fields: Any) -> str:
        """A signed transaction of the first account."""
        given = {"from": self.net.accounts[0].address, "to": self.net.accounts[1].address, "gas": hex(60_000)}
        signed: str = self.net.rpc("eth_signTransaction", given | fields)["raw"]
        return signed


class Socket:
    """A WebSocket through the gateway."""

    def __init__(self, endpoint: Endpoint, client: SocketClient) -> None:
        self.gateway, self.client = endpoint.gateway, client
        self.line: Session = Line()
        self.node = endpoint.net.dispatcher.node_for(self.line)

    def send(self, body: Any) -> Any:
        answer = self.gateway.message(json.dumps(body).encode(), self.client, self.node, None)
        if answer is not None and not isinstance(answer, bytes):
            answer = asyncio.run(_finish(answer))
        return None if answer is None else json.loads(answer)

    def ask(self, name: str, *params: Any) -> Any:
        return self.send(request(name, *params))


async def _finish(answer: Any) -> Any:
    return await answer


def request(name: str, *params: Any, request_id: Any = 1) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": request_id, "method": name, "params": list(params)}


def padded(name: str, size: int) -> bytes:
    """A request of exactly ``size`` bytes."""
    text = json.dumps(request(name)).encode()
    return text + b" " * (size - len(text))


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    endpoint = Endpoint()
    yield endpoint
    endpoint.net.close()


# -- the limits, one by one ---------------------------------------------------------------------------------------

CHECKS: dict[str, Callable[[], None]] = {}
TOO_MANY = (429, -32005, "Rate limit exceeded")


def limit(name: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Marks what checks the limit of that name."""

    def register(check: Callable[[], None]) -> Callable[[], None]:
        CHECKS[name] = check
        return check

    return register


def with_limits(**fields: int) -> Endpoint:
    return Endpoint(dataclasses.replace(LIMITS, **fields))


def check_body(name: str, most: int) -> None:
    endpoint = Endpoint()
    assert endpoint.send(padded(name, most))[1]["error"]["code"] != -32099
    status, answer = endpoint.send(padded(name, most + 1))
    assert (status, answer["error"]) == (413, {"code": -32099, "message": "payload too large"})


@limit("body")
def _() -> None:
    check_body("eth_getBalance", 131_072)


@limit("submission_body")
def _() -> None:
    for name in ("eth_sendRawTransaction", "eth_sendRawTransactionSync", "realtime_sendRawTransaction"):
        check_body(name, 2_621_440)


@limit("call_body")
def _() -> None:
    for name in ("eth_call", "eth_callMany", "eth_createAccessList", "eth_estimateGas"):
        check_body(name, 1_572_864)


@limit("batch")
def _() -> None:
    endpoint = Endpoint()
    assert len(endpoint.send([request("eth_chainId")] * 100)[1]) == 100
    assert endpoint.send([request("eth_chainId")] * 101)[1]["error"]["code"] == -32600


@limit("sub_requests")
def _() -> None:
    endpoint = with_limits(sub_requests=10)
    many = request("eth_callMany", [{"transactions": [{"to": LOOP}] * 4}, {"transactions": [{"to": LOOP}] * 4}])
    assert len(endpoint.send([many, request("eth_chainId"), request("eth_chainId")])[1]) == 3
    assert endpoint.send([many, *[request("eth_chainId")] * 3])[1]["error"]["code"] == -32600
    assert LIMITS.sub_requests == 950


@limit("answer")
def _() -> None:
    endpoint = with_limits(answer=1_000)
    endpoint.net.rpc("anvil_setCode", LOOP, "0x" + "00" * 400)
    assert len(endpoint.result("eth_getCode", LOOP)) == 802
    endpoint.net.rpc("anvil_setCode", LOOP, "0x" + "00" * 600)
    assert endpoint.refusal("eth_getCode", LOOP) == (500, -32020, "backend response too large")
    assert endpoint.send([request("eth_getBalance", LOOP)] * 30)[0] == 500
    assert LIMITS.answer == 52_428_800


@limit("window")
def _() -> None:
    endpoint = with_limits(simple_reads=2)
    endpoint.clock.advance(8)  # windows are fixed: this one is over two seconds from now, not ten
    for _ in range(2):
        endpoint.result("eth_getBalance", LOOP)
    endpoint.clock.advance(1.9)
    assert endpoint.refusal("eth_getBalance", LOOP) == TOO_MANY
    endpoint.clock.advance(0.1)
    endpoint.result("eth_getBalance", LOOP)


def check_reads(most: int, name: str, *params: Any) -> None:
    endpoint = Endpoint()
    for _ in range(most):
        assert endpoint.post(name, *params)[0] != 429
    assert endpoint.refusal(name, *params) == TOO_MANY
    assert endpoint.post(name, *params, address=ELSEWHERE)[0] == 200, "each address has its own"
    assert endpoint.post("web3_clientVersion")[0] == (429 if METHODS[name].kind == "instant" else 200), "and each class"
    endpoint.clock.advance(10)
    assert endpoint.post(name, *params)[0] == 200


@limit("instant_reads")
def _() -> None:
    check_reads(2_000, "eth_chainId")


@limit("simple_reads")
def _() -> None:
    check_reads(500, "eth_getBalance", LOOP)


@limit("compute_reads")
def _() -> None:
    check_reads(200, "eth_call", {"to": LOOP})
    endpoint = Endpoint()
    many = [{"transactions": [{"to": LOOP}] * 60}]
    for _ in range(3):
        endpoint.result("eth_callMany", many)
    assert endpoint.refusal("eth_callMany", many) == TOO_MANY, "the calls inside count"


@limit("io_reads")
def _() -> None:
    check_reads(200, "eth_getLogs", {})


@limit("socket_connections")
def _() -> None:
    gateway = Endpoint().gateway
    first, *_ = clients = [gateway.connect(HERE) for _ in range(5)]
    assert None not in clients and first is not None
    assert gateway.connect(HERE) is None
    assert gateway.connect(ELSEWHERE) is not None
    gateway.disconnect(first)
    assert gateway.connect(HERE) is not None


@limit("socket_subscriptions")
def _() -> None:
    endpoint = Endpoint()
    socket = endpoint.socket()
    ids = []
    for _ in range(5):
        ids.append(socket.ask("eth_subscribe", "newHeads")["result"])
    endpoint.clock.advance(1)
    assert socket.ask("eth_subscribe", "newHeads")["error"] == {"code": -32005, "message": "Rate limit exceeded"}
    assert socket.ask("eth_unsubscribe", ids[0])["result"] is True
    assert "result" in socket.ask("eth_subscribe", "newHeads")


@limit("socket_messages")
def _() -> None:
    endpoint = Endpoint()
    socket = endpoint.socket()
    for _ in range(5):
        assert "result" in socket.ask("eth_chainId")
    assert socket.ask("eth_chainId") == {
        "jsonrpc": "2.0",
        "id": 1,
        "error": {"code": -32005, "message": "Rate limit exceeded"},
    }
    assert endpoint.socket().ask("eth_chainId")["result"] == "0x7a69", "another connection has its own five"
    endpoint.clock.advance(1)
    assert "result" in socket.ask("eth_chainId")


@limit("socket_idle")
def _() -> None:
    endpoint = Endpoint()
    socket = endpoint.socket()
    endpoint.clock.advance(59)
    assert not endpoint.gateway.is_idle(socket.client)
    socket.ask("eth_chainId")
    endpoint.clock.advance(59.9)
    assert not endpoint.gateway.is_idle(socket.client)
    endpoint.clock.advance(0.1)
    assert endpoint.gateway.is_idle(socket.client)


@limit("socket_message")
def _() -> None:
    """The size itself is the protocol's to refuse: tests/journeys/test_gateway_limits.py."""
    assert LIMITS.socket_message == 65_536


def check_subscription(kind: str, most: Any, over: Any) -> None:
    socket = Endpoint().socket()
    assert socket.ask("eth_subscribe", kind, over)["error"]["code"] == -32602
    answer = socket.ask("eth_subscribe", kind, most)
    assert "result" in answer or "at most" not in answer["error"]["message"]


@limit("log_addresses")
def _() -> None:
    check_subscription("logs", {"address": [LOOP] * 20}, {"address": [LOOP] * 21})


@limit("log_topics")
def _() -> None:
    topic = "0x" + "11" * 32
    check_subscription("logs", {"topics": [topic] * 4}, {"topics": [topic] * 5})


@limit("state_change_addresses")
def _() -> None:
    check_subscription("stateChanges", [LOOP] * 256, [LOOP] * 257)


@limit("logs")
def _() -> None:
    endpoint = with_limits(logs=3)
    net = endpoint.net
    alice = net.accounts[0].address
    creation = {"from": alice, "data": "0x" + load("Logger").creation.hex()}
    logger = net.rpc("eth_sendTransactionSync", creation)["contractAddress"]
    for count in (3, 4):
        data = "0x" + encode_call("many(uint256)", count).hex()
        net.rpc("eth_sendTransactionSync", {"from": alice, "to": logger, "data": data})
    assert len(endpoint.result("eth_getLogs", {"fromBlock": "0x1", "toBlock": "0x2"})) == 3
    assert endpoint.refusal("eth_getLogs", {"fromBlock": "0x1", "toBlock": "0x3"})[1] == -32020
    assert len(endpoint.result("eth_getLogs", {"fromBlock": "0x3", "toBlock": "0x3"})) == 4, "one block may have more"
    head = net.rpc("eth_getBlockByNumber", "latest", False)["hash"]
    assert len(endpoint.result("eth_getLogs", {"blockHash": head})) == 4
    assert LIMITS.logs == 20_000


def passed_on(endpoint: Endpoint, name: str, *params: Any) -> list[Any]:
    """The parameters that reach the node."""
    seen: list[Any] = []
    original = endpoint.net.dispatcher.handle

    def watching(body: bytes, *rest: Any) -> Any:
        seen.append(json.loads(body)["params"])
        return original(body, *rest)

    endpoint.net.dispatcher.handle = watching  # type: ignore[method-assign]
    endpoint.post(name, *params)
    (found,) = seen
    assert isinstance(found, list)
    return found


@limit("sync_timeout")
def _() -> None:
    for asked, left in ((5_000, 3_000), ("0x1388", 3_000), (3_000, 3_000), (10, 10)):
        assert passed_on(Endpoint(), "eth_sendRawTransactionSync", "0x", asked) == ["0x", left]
    assert passed_on(Endpoint(), "realtime_sendRawTransaction", "0x") == ["0x"]


def check_gas(name: str) -> None:
    endpoint = Endpoint()
    for asked, left in ((hex(60_000_001), hex(60_000_000)), ("0x100", "0x100")):
        assert passed_on(endpoint, name, {"to": LOOP, "gas": asked}, "latest") == [{"to": LOOP, "gas": left}, "latest"]
    assert passed_on(endpoint, name, {"to": LOOP}) == [{"to": LOOP}]
    endpoint.net.rpc("evm_setBlockGasLimit", hex(10**10))
    assert passed_on(endpoint, name, {"to": LOOP}) == [{"to": LOOP, "gas": hex(60_000_000)}], (
        "MegaETH's blocks have more"
    )


@limit("call_gas")
def _() -> None:
    check_gas("eth_call")


@limit("estimate_gas")
def _() -> None:
    check_gas("eth_estimateGas")


@limit("least_gas")
def _() -> None:
    endpoint = Endpoint()
    assert endpoint.result("eth_estimateGas", {"to": LOOP}) == "0xea60"
    for name in ("eth_sendRawTransaction", "eth_sendRawTransactionSync"):
        status, code, message = endpoint.refusal(name, endpoint.raw_transaction(gas="0x5208"))
        assert (status, code) == (200, -32000)
        assert message == "intrinsic gas too low: gas 21000, minimum needed 60000"
    assert endpoint.result("eth_sendRawTransactionSync", endpoint.raw_transaction())["status"] == "0x1"


@limit("call_bundles")
def _() -> None:
    endpoint = Endpoint()
    assert endpoint.result("eth_callMany", [{"transactions": []}] * 100) == [[]] * 100
    assert endpoint.refusal("eth_callMany", [{"transactions": []}] * 101)[1] == -32602


@limit("calls")
def _() -> None:
    endpoint = Endpoint()
    assert len(endpoint.result("eth_callMany", [{"transactions": [{"to": LOOP}] * 100}])[0]) == 100
    assert endpoint.refusal("eth_callMany", [{"transactions": [{"to": LOOP}] * 51}] * 2, address=ELSEWHERE)[1] == -32602


@limit("call_timeout")
def _() -> None:
    endpoint = Endpoint()
    for fine in (1, 25_000):
        assert endpoint.result("eth_callMany", [{"transactions": []}], None, None, fine) == [[]]
    for wrong in (0, 25_001):
        assert endpoint.refusal("eth_callMany", [{"transactions": []}], None, None, wrong)[1] == -32602


@limit("fee_history")
def _() -> None:
    endpoint = Endpoint()
    assert "oldestBlock" in endpoint.result("eth_feeHistory", "0x100", "latest", [])
    for wrong in ("0x101", "0x0"):
        assert endpoint.refusal("eth_feeHistory", wrong, "latest", [])[1] == -32602


@pytest.mark.parametrize("name", [row.name for row in LIMIT_ROWS])
def test_the_limit_holds(name: str) -> None:
    CHECKS[name]()


# -- the list -----------------------------------------------------------------------------------------------------


def test_there_are_49_methods_over_http_and_two_more_over_websocket() -> None:
    assert sum(row.http for row in METHODS.values()) == 49
    assert {row.name for row in METHODS.values() if row.socket and not row.http} == {"eth_subscribe", "eth_unsubscribe"}


@pytest.mark.parametrize("name", [row.name for row in METHODS.values() if row.http])
def test_listed_methods_are_allowed(endpoint: Endpoint, name: str) -> None:
    status, answer = endpoint.post(name)
    assert status == 200
    assert "whitelisted" not in str(answer)


@pytest.mark.parametrize(
    "name",
    [
        "eth_newFilter", "eth_newBlockFilter", "eth_newPendingTransactionFilter", "eth_getFilterChanges",
        "eth_getFilterLogs", "eth_getTransactionByBlockHashAndIndex", "eth_getTransactionByBlockNumberAndIndex",
        "eth_callAfter", "eth_getLogsWithCursor", "eth_mining", "eth_getProof", "eth_sendTransaction", "eth_sign",
        "eth_signTransaction", "debug_traceCall", "trace_block", "txpool_content", "anvil_setBalance", "evm_mine",
        "eth_nonsense",
    ],
)  # fmt: skip
def test_unlisted_methods_are_refused(endpoint: Endpoint, name: str) -> None:
    assert endpoint.refusal(name) == (403, -32601, "rpc method is not whitelisted")


def test_a_websocket_takes_six_methods(endpoint: Endpoint) -> None:
    taken = {row.name for row in METHODS.values() if row.socket}
    assert taken == {
        "eth_subscribe", "eth_unsubscribe", "eth_sendRawTransaction", "eth_sendRawTransactionSync",
        "realtime_sendRawTransaction", "eth_chainId",
    }  # fmt: skip
    for name in METHODS:
        error = endpoint.socket().ask(name).get("error", {})
        endpoint.gateway.disconnect(SocketClient(HERE, 0))
        assert (error.get("message") == "rpc method is not whitelisted") == (name not in taken)


def test_a_subscription_over_http_gets_the_websocket_error(endpoint: Endpoint) -> None:
    assert endpoint.refusal("eth_subscribe", "newHeads") == (200, -32000, "WebSocket connection required")


def test_the_methods_that_steer_a_devnet_pass_where_they_are_let() -> None:
    endpoint = Endpoint(lets_control=True)
    assert endpoint.post("anvil_setBalance", LOOP, "0x1") == (200, {"jsonrpc": "2.0", "id": 1, "result": None})
    assert endpoint.result("eth_getBalance", LOOP) == "0x1"
    assert endpoint.refusal("eth_newBlockFilter")[0] == 403
    for _ in range(2_100):
        assert endpoint.post("evm_snapshot")[0] == 200, "and are not counted"


def test_submissions_are_not_counted(endpoint: Endpoint) -> None:
    assert [row.name for row in METHODS.values() if row.kind == SUBMISSION] == [
        "eth_sendRawTransaction", "eth_sendRawTransactionSync", "realtime_sendRawTransaction",
    ]  # fmt: skip
    for _ in range(2_100):
        assert endpoint.post("eth_sendRawTransaction", "0x")[1]["error"]["code"] == -32602


# -- answers that differ ------------------------------------------------------------------------------------------


def test_the_gateway_has_no_pending_block(endpoint: Endpoint) -> None:
    assert endpoint.result("eth_getBlockByNumber", "pending", False) is None
    assert endpoint.result("eth_getHeaderByNumber", "pending") is None
    assert endpoint.result("eth_getBlockReceipts", "pending") is None
    assert endpoint.result("eth_getBlockByNumber", "latest", False)["number"] == "0x0"
    assert endpoint.refusal("debug_getHistoryTransactionCount", "pending") == (200, -32001, "Resource not found")


def test_the_pending_nonce_is_the_latest(endpoint: Endpoint) -> None:
    net = endpoint.net
    alice = net.accounts[0].address
    net.rpc("evm_setAutomine", False)
    net.rpc("eth_sendTransaction", {"from": alice, "to": LOOP, "gas": "0x5208"})
    assert net.rpc("eth_getTransactionCount", alice, "pending") == "0x1"
    assert endpoint.result("eth_getTransactionCount", alice, "pending") == "0x0"


def test_the_gateway_has_no_accounts(endpoint: Endpoint) -> None:
    assert endpoint.result("eth_accounts") == []


def test_a_trace_needs_its_options(endpoint: Endpoint) -> None:
    assert endpoint.refusal("debug_traceTransaction", "0x" + "11" * 32)[1] == -32602


def test_unknown_blocks_are_out_of_range(endpoint: Endpoint) -> None:
    unknown = "0x" + "11" * 32
    assert endpoint.refusal("eth_getBalance", LOOP, "0x64") == (400, -32019, "block is out of range")
    assert endpoint.refusal("eth_call", {"to": LOOP}, {"blockHash": unknown}) == (200, -32001, "Resource not found")
    assert endpoint.refusal("eth_getLogs", {"blockHash": unknown}) == (200, -32001, "Resource not found")
    assert endpoint.refusal("eth_getLogs", {"blockHash": unknown, "fromBlock": "0x1"})[1] == -32602


def test_invalid_json_is_a_bad_request(endpoint: Endpoint) -> None:
    for body in (b"{", b"[{", b"\xff"):
        status, answer = endpoint.send(body)
        assert (status, answer["error"]["code"]) == (400, -32700)
    for body in (b"5", b"[]", b'{"jsonrpc":"2.0","id":1}'):
        assert endpoint.send(body)[1]["error"]["code"] == -32600


def test_a_transaction_is_refused_with_the_endpoint_s_codes(endpoint: Endpoint) -> None:
    first = endpoint.raw_transaction()
    endpoint.result("eth_sendRawTransaction", first)
    status, code, message = endpoint.refusal("eth_sendRawTransaction", first)
    assert (status, code) == (200, -32000)
    assert "already known" in message or "nonce too low" in message
    poor = endpoint.raw_transaction(value=hex(10**30), nonce="0x1")
    assert endpoint.refusal("eth_sendRawTransaction", poor)[1] == -32003
    assert endpoint.refusal("eth_sendRawTransaction", "0x02")[1] == -32602
    assert endpoint.refusal("eth_sendRawTransaction", "0x1234")[1] == -32003, "a type there is not"


def test_a_transaction_that_is_not_included_in_time_has_expired(endpoint: Endpoint) -> None:
    endpoint.net.rpc("evm_setAutomine", False)
    raw = endpoint.raw_transaction()
    assert endpoint.refusal("eth_sendRawTransactionSync", raw, 1) == (200, -32000, "realtime transaction expired")


def test_a_subscription_of_another_connection_is_an_invalid_request(endpoint: Endpoint) -> None:
    assert endpoint.socket().ask("eth_unsubscribe", "0x11")["error"]["code"] == -32600


def test_a_batch_is_answered_member_by_member(endpoint: Endpoint) -> None:
    batch = [
        request("eth_chainId", request_id=1),
        request("eth_sign", request_id=2),
        request("eth_syncing", request_id=3),
    ]
    status, answers = endpoint.send(batch)
    assert status == 200
    assert [answer["id"] for answer in answers] == [1, 2, 3]
    assert [answer.get("result") for answer in answers] == ["0x7a69", None, False]
    assert answers[1]["error"]["message"] == "rpc method is not whitelisted"
    assert endpoint.send([{"jsonrpc": "2.0", "method": "eth_chainId"}]) == (200, None)
    status, answer = endpoint.send(json.dumps(batch).encode() + b" " * 131_072)
    assert (status, answer["error"]["code"]) == (413, -32099)


def test_a_revert_keeps_its_data(endpoint: Endpoint) -> None:
    creation = {"from": endpoint.net.accounts[0].address, "data": "0x" + load("Reverter").creation.hex()}
    reverter = endpoint.net.rpc("eth_sendTransactionSync", creation)["contractAddress"]
    call = {"to": reverter, "data": "0x" + encode_call("withReason()").hex()}
    assert endpoint.post("eth_call", call)[1]["error"] == _error_of(endpoint.net, call)


def _error_of(net: Devnet, call: dict[str, Any]) -> Any:
    answer = net.dispatcher.handle(json.dumps(request("eth_call", call)).encode())
    assert isinstance(answer, bytes)
    return json.loads(answer)["error"]


def test_a_request_that_is_refused_is_heard_of(endpoint: Endpoint) -> None:
    heard: list[Any] = []
    endpoint.net.dispatcher.on_request = lambda name, failure, duration: heard.append((name, failure and failure.code))
    endpoint.post("eth_sign")
    endpoint.post("eth_chainId")
    assert heard == [("eth_sign", -32601), ("eth_chainId", None)]


def test_every_refusal_has_words_and_is_known_by_its_status() -> None:
    assert len({(row.code, row.message) for row in REFUSALS}) == len(REFUSALS)
    for row in REFUSALS:
        assert row.message and row.when and row.status in (200, 400, 403, 413, 429, 500)


FUZZED = Endpoint(
    dataclasses.replace(LIMITS, instant_reads=10**9, simple_reads=10**9, compute_reads=10**9, io_reads=10**9)
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 2**70) | st.sampled_from(["0x", "0x1", "pending", "logs", "x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["gas", "transactions", "address", "topics", "fromBlock"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.sampled_from(sorted(METHODS)), st.lists(json_values, max_size=4) | json_values, json_values)
def test_no_parameters_upset_it(name: str, params: Any, request_id: Any) -> None:
    FUZZED.net.dispatcher.on_defect = _raise
    status, answer = FUZZED.send({"jsonrpc": "2.0", "id": request_id, "method": name, "params": params})
    assert status in (200, 400, 403, 500)
    assert ("result" in answer) != ("error" in answer)


def _raise(name: str, error: BaseException) -> None:
    raise error
