"""``--gateway-limits``: this node as MegaETH's public endpoint would show it.

Requests that come over HTTP and WebSocket are looked at before the dispatcher sees them (is the method on the list, is
there room for it, do its parameters stay within what is allowed) and answers before they leave (are they small enough,
which code would the endpoint have used). What is allowed stands in ``gateway_limits``. Requests over IPC and in-process
do not pass here: they are the node's own.

Why it stands before the dispatcher and not in it: a node without it pays nothing, and the methods know nothing of it.
Why fixed windows and not buckets that fill: so the endpoint counts. They are read from the node's clock.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec

from megadev.chain.transactions import decode_transaction
from megadev.clock import Clock
from megadev.errors import MegadevError
from megadev.rpc import envelope
from megadev.rpc.dispatch import Answer, Dispatcher, Offload
from megadev.rpc.envelope import Failure, Malformed
from megadev.rpc.errors import RECEIPT_TIMEOUT, TABLE
from megadev.rpc.gateway_limits import (
    ANSWER_TOO_LARGE,
    CONTROL,
    DEADLINE,
    EXPIRED,
    INTRINSIC_GAS,
    INVALID_PARAMS,
    INVALID_REQUEST,
    LIMITS,
    METHODS,
    NEEDS_SOCKET,
    NO_RESOURCE,
    NOT_LISTED,
    NULL_WHEN_PENDING,
    OUT_OF_RANGE,
    PARSE_ERROR,
    RATE_LIMITED,
    READS,
    REJECTED,
    STILL_REJECTED,
    SUBMISSION,
    SYNC_METHODS,
    TOO_LARGE,
    TRACED,
    Limits,
    Listed,
    Refusal,
)
from megadev.rpc.node import RpcNode

OK = 200
_STILL_REJECTED_WORDS = tuple(words for kind in STILL_REJECTED for words in TABLE[kind].words)
"""What is judged here is an answer on its way out, which says only in words which refusal it is."""
Reply: TypeAlias = tuple[int, Answer]
"""An HTTP status and a body."""
Judge: TypeAlias = Callable[[Answer], Reply]

_SECOND = 1_000_000_000
_BLOCK_UNKNOWN = ("header not found", "unknown block", "block not found")
_BLOCK_HASH = re.compile("0x[0-9a-f]{64}")


class Refused(Exception):
    """A request goes no further: the refusal, and its words where they are not the usual ones."""

    def __init__(self, refusal: Refusal, message: str = "") -> None:
        super().__init__(message or refusal.message)
        self.refusal = refusal

    @property
    def failure(self) -> Failure:
        return Failure(self.refusal.code, str(self))


class Answered(Exception):
    """A request goes no further, because the endpoint knows the answer."""

    def __init__(self, result: object) -> None:
        super().__init__()
        self.result = result


@dataclass(slots=True)
class SocketClient:
    """A WebSocket as the gateway sees it: whose, and when and how often it spoke."""

    address: str
    heard_ns: int
    second: int = -1
    messages: int = 0


class Gateway:
    """The limits of one server. ``lets_control``: the methods that steer a devnet pass."""

    def __init__(
        self, dispatcher: Dispatcher, clock: Clock, *, lets_control: bool = False, limits: Limits = LIMITS
    ) -> None:
        self.dispatcher = dispatcher
        self.limits = limits
        self.lets_control = lets_control
        self._clock = clock
        self._window = -1
        self._reads: dict[tuple[str, str], int] = {}
        self._sockets: dict[str, int] = {}

    # -- requests -------------------------------------------------------------------------------------------------

    def post(
        self, body: bytes, address: str, offload: Offload | None, node: RpcNode | None = None
    ) -> Reply | Awaitable[Reply]:
        """Answer an HTTP body that came from ``address``; ``node`` as its client sees it."""
        node = node or self.dispatcher.node
        if not envelope.is_batch(body):
            return self._one(body, len(body), node, address, None, offload)
        return self._many(body, node, address, None, offload)

    def message(
        self, body: bytes, client: SocketClient, node: RpcNode, offload: Offload | None
    ) -> Answer | Awaitable[Answer]:
        """Answer a WebSocket message."""
        now = self._clock.monotonic_ns()
        client.heard_ns = now
        if now // _SECOND != client.second:
            client.second, client.messages = now // _SECOND, 0
        client.messages += 1
        if client.messages > self.limits.socket_messages:
            return _refusal(_id_of(body), RATE_LIMITED)
        if envelope.is_batch(body):
            return _without_status(self._many(body, node, client.address, client, offload))
        reply = self._one(body, 0, node, client.address, client, offload)
        return reply[1] if isinstance(reply, tuple) else _without_status(reply)

    async def _many(
        self, body: bytes, node: RpcNode, address: str, client: SocketClient | None, offload: Offload | None
    ) -> Reply:
        try:
            members = envelope.decode_members(body)
        except Malformed as malformed:
            return PARSE_ERROR.status, envelope.write_failure(b"null", malformed.failure)
        if not members:
            return INVALID_REQUEST.status, _refusal(b"null", INVALID_REQUEST, "invalid request: empty batch")
        requests = [_decoded(member) for member in members]
        most = self.limits.sub_requests
        if len(members) > self.limits.batch or sum(map(_weight, requests)) > most:
            text = f"invalid request: a batch has at most {self.limits.batch} requests, {most} with the calls in them"
            return INVALID_REQUEST.status, _refusal(b"null", INVALID_REQUEST, text)
        if client is None and len(body) > max(self._body_limit(request) for request in requests):
            return TOO_LARGE.status, _refusal(b"null", TOO_LARGE)
        answers: list[bytes] = []
        size = 0
        for member in members:
            reply = self._one(member, 0, node, address, client, offload)
            answer = (reply if isinstance(reply, tuple) else await reply)[1]
            if answer is not None:
                answers.append(answer)
                size += len(answer)
                if size > self.limits.answer:
                    return ANSWER_TOO_LARGE.status, _refusal(b"null", ANSWER_TOO_LARGE)
        return OK, envelope.write_batch(answers) if answers else None

    def _one(
        self,
        body: bytes | msgspec.Raw,
        size: int,
        node: RpcNode,
        address: str,
        client: SocketClient | None,
        offload: Offload | None,
    ) -> Reply | Awaitable[Reply]:
        """One request; ``size`` is that of the body that holds it alone, else 0."""
        request = _decoded(body)
        if request is None:
            return self._passed(bytes(body), node, offload, lambda answer: (_status_of(answer), answer))
        name: str = request.method
        request_id = None if request.id is msgspec.UNSET else bytes(request.id)
        if self.lets_control and name.startswith(CONTROL):
            return self._passed(bytes(body), node, offload, lambda answer: (OK, answer))
        params = request.params = self.dispatcher.in_order(name, request.params)
        try:
            listed = self._listed(name, is_socket=client is not None)
            if size > getattr(self.limits, listed.body_limit):
                raise Refused(TOO_LARGE)
            self._count(address, listed, _weight(request))
            changed = self._checked(name, params, node)
        except Refused as refused:
            if self.dispatcher.on_request is not None:
                self.dispatcher.on_request(name, refused.failure, 0)
            failure = None if request_id is None else envelope.write_failure(request_id, refused.failure)
            return refused.refusal.status, failure
        except Answered as answered:
            return OK, None if request_id is None else envelope.write_result(request_id, answered.result)
        if changed is not params:
            body = msgspec.json.encode(
                {"jsonrpc": request.jsonrpc, "method": name, "params": changed}
                | ({} if request_id is None else {"id": request.id})
            )
        return self._passed(bytes(body), node, offload, lambda answer: self._judged(name, params, request_id, answer))

    def _passed(self, body: bytes, node: RpcNode, offload: Offload | None, judge: Judge) -> Reply | Awaitable[Reply]:
        """Let the node answer, and ``judge`` what it says."""
        answer = self.dispatcher.handle(body, node, offload)
        if answer is None or isinstance(answer, bytes):
            return judge(answer)
        return _judged_later(answer, judge)

    # -- what is looked at before -----------------------------------------------------------------------------------

    def _listed(self, name: str, *, is_socket: bool) -> Listed:
        listed = METHODS.get(name)
        if listed is None or (is_socket and not listed.socket):
            raise Refused(NOT_LISTED)
        if not is_socket and not listed.http:
            raise Refused(NEEDS_SOCKET)
        return listed

    def _body_limit(self, request: envelope.Request | None) -> int:
        """Returns the size limit of a batch with ``request`` in it."""
        if request is None:
            return self.limits.body
        name: str = request.method
        if self.lets_control and name.startswith(CONTROL):
            return self.limits.submission_body
        listed = METHODS.get(name)
        return self.limits.body if listed is None else int(getattr(self.limits, listed.body_limit))

    def _count(self, address: str, listed: Listed, weight: int) -> None:
        """Take ``weight`` reads from what ``address`` has left in this window."""
        if listed.kind == SUBMISSION:
            return
        window = self._clock.monotonic_ns() // (self.limits.window * _SECOND)
        if window != self._window:
            self._window = window
            self._reads.clear()
        key = (address, listed.kind)
        reads = self._reads.get(key, 0) + weight
        if reads > getattr(self.limits, READS[listed.kind]):
            raise Refused(RATE_LIMITED)
        self._reads[key] = reads

    def _checked(self, name: str, params: list[Any], node: RpcNode) -> list[Any]:
        """The parameters as they go on: the same list where nothing is changed. Raises ``Refused``, ``Answered``."""
        limits = self.limits
        first = params[0] if params else None
        if name in NULL_WHEN_PENDING and first == "pending":
            raise Answered(None)
        if name in TRACED and len(params) < 2:
            raise Refused(INVALID_PARAMS, "missing value for required argument 1")
        if name in SYNC_METHODS:
            self._check_gas_limit(first, node)
            return self._capped(params, 1, limits.sync_timeout)
        if name == "eth_sendRawTransaction":
            self._check_gas_limit(first, node)
        elif name == "eth_accounts":
            raise Answered([])
        elif name == "eth_getTransactionCount" and params[1:] == ["pending"]:
            return [first, "latest"]
        elif name == "eth_call":
            return self._with_gas(params, limits.call_gas, node)
        elif name == "eth_estimateGas":
            return self._with_gas(params, limits.estimate_gas, node)
        elif name == "eth_callMany":
            self._check_bundles(params)
        elif name == "eth_feeHistory":
            blocks = _quantity(first)
            if blocks is not None and not 1 <= blocks <= limits.fee_history:
                raise Refused(INVALID_PARAMS, f"block count must be between 1 and {limits.fee_history}")
        elif name == "debug_getHistoryTransactionCount" and first == "pending":
            raise Refused(NO_RESOURCE)
        elif name == "eth_subscribe":
            self._check_subscription(params, node)
        return params

    def _check_gas_limit(self, raw: Any, node: RpcNode) -> None:
        """Raises ``Refused`` for a transaction that could not pay for the cheapest one."""
        try:
            tx = decode_transaction(bytes.fromhex(raw[2:]), node.chain.spec)
        except (MegadevError, ValueError, TypeError):
            return  # the node says what is wrong with it
        least = self.limits.least_gas
        if tx.gas_limit < least:
            raise Refused(INTRINSIC_GAS, f"{INTRINSIC_GAS.message}: gas {tx.gas_limit}, minimum needed {least}")

    def _capped(self, params: list[Any], index: int, most: int) -> list[Any]:
        given = _quantity(params[index]) if len(params) > index else None
        if given is None or given <= most:
            return params
        return [*params[:index], most, *params[index + 1 :]]

    def _with_gas(self, params: list[Any], most: int, node: RpcNode) -> list[Any]:
        """The call with no more gas than ``most``, also where it asks for a whole block's."""
        call = params[0] if params else None
        if not isinstance(call, dict):
            return params
        asked = call.get("gas")
        gas = node.chain.sequencer.blocks.gas_limit if asked is None else _quantity(asked)
        return params if gas is None or gas <= most else [call | {"gas": hex(most)}, *params[1:]]

    def _check_bundles(self, params: list[Any]) -> None:
        limits = self.limits
        bundles = params[0] if params and isinstance(params[0], list) else []
        if len(bundles) > limits.call_bundles or _calls_in(params) > limits.calls:
            text = f"at most {limits.call_bundles} bundles and {limits.calls} calls"
            raise Refused(INVALID_PARAMS, text)
        timeout = _quantity(params[3]) if len(params) > 3 else None
        if timeout is not None and not 1 <= timeout <= limits.call_timeout:
            raise Refused(INVALID_PARAMS, f"timeout must be between 1 and {limits.call_timeout} ms")

    def _check_subscription(self, params: list[Any], node: RpcNode) -> None:
        limits = self.limits
        if node.session is not None and node.subscriptions.held_by(node.session) >= limits.socket_subscriptions:
            raise Refused(RATE_LIMITED)
        kind, options = (params[0] if params else None), (params[1] if len(params) > 1 else None)
        if kind == "logs" and isinstance(options, dict):
            addresses, topics = options.get("address"), options.get("topics")
            if isinstance(addresses, list) and len(addresses) > limits.log_addresses:
                raise Refused(INVALID_PARAMS, f"at most {limits.log_addresses} addresses")
            if isinstance(topics, list) and len(topics) > limits.log_topics:
                raise Refused(INVALID_PARAMS, f"at most {limits.log_topics} topics")
        if kind == "stateChanges" and isinstance(options, list) and len(options) > limits.state_change_addresses:
            raise Refused(INVALID_PARAMS, f"at most {limits.state_change_addresses} addresses")

    # -- what is looked at after ------------------------------------------------------------------------------------

    def _judged(self, name: str, params: list[Any], request_id: bytes | None, answer: Answer) -> Reply:
        """The answer as the endpoint would give it."""
        if answer is None or request_id is None:
            return OK, answer
        failure = _failure_in(answer, request_id)
        if failure is not None:
            return self._recoded(name, failure, request_id)
        if len(answer) > self.limits.answer or (name == "eth_getLogs" and self._has_too_many_logs(params, answer)):
            return ANSWER_TOO_LARGE.status, _refusal(request_id, ANSWER_TOO_LARGE)
        if name == "eth_estimateGas":
            estimate = _quantity(msgspec.json.decode(answer)["result"]) or 0
            return OK, envelope.write_result(request_id, hex(max(estimate, self.limits.least_gas)))
        return OK, answer

    def _recoded(self, name: str, failure: Failure, request_id: bytes) -> Reply:
        text = failure.message
        refusal: Refusal | None = None
        if name in SYNC_METHODS and failure.code == RECEIPT_TIMEOUT:
            refusal = EXPIRED
        elif any(words in text for words in _BLOCK_UNKNOWN):
            refusal = NO_RESOURCE if _BLOCK_HASH.search(text) else OUT_OF_RANGE
        elif "execution aborted (timeout" in text:
            refusal = DEADLINE
        if refusal is not None:
            return refusal.status, _refusal(request_id, refusal)
        if failure.code == REJECTED and not any(words in text for words in _STILL_REJECTED_WORDS):
            failure = Failure(-32000, text, failure.data)
        elif name == "eth_unsubscribe" and failure.code == -32000:
            failure = Failure(INVALID_REQUEST.code, text)
        return _status_for(failure.code), envelope.write_failure(request_id, failure)

    def _has_too_many_logs(self, params: list[Any], answer: bytes) -> bool:
        criteria = params[0] if params and isinstance(params[0], dict) else {}
        first, last = criteria.get("fromBlock"), criteria.get("toBlock")
        if "blockHash" in criteria or (first is not None and first == last):
            return False
        return answer.count(b'"logIndex":') > self.limits.logs

    # -- sockets --------------------------------------------------------------------------------------------------

    def connect(self, address: str) -> SocketClient | None:
        """Count a WebSocket from ``address``; None where it has as many as it may. ``disconnect`` gives it back."""
        held = self._sockets.get(address, 0)
        if held >= self.limits.socket_connections:
            return None
        self._sockets[address] = held + 1
        return SocketClient(address, self._clock.monotonic_ns())

    def disconnect(self, client: SocketClient) -> None:
        """A WebSocket is gone."""
        left = self._sockets[client.address] - 1
        if left:
            self._sockets[client.address] = left
        else:
            del self._sockets[client.address]

    def is_idle(self, client: SocketClient) -> bool:
        """True if a WebSocket's client has said nothing for too long."""
        return self._clock.monotonic_ns() - client.heard_ns >= self.limits.socket_idle * _SECOND


# -- reading and writing ------------------------------------------------------------------------------------------


async def _judged_later(answer: Awaitable[Answer], judge: Judge) -> Reply:
    return judge(await answer)


async def _without_status(reply: Awaitable[Reply]) -> Answer:
    return (await reply)[1]


def _refusal(request_id: bytes, refusal: Refusal, message: str = "") -> bytes:
    return envelope.write_failure(request_id, Failure(refusal.code, message or refusal.message))


def _decoded(body: bytes | msgspec.Raw) -> envelope.Request | None:
    """The request, or None where it is none: the node says what is wrong with it."""
    try:
        request = envelope.decode_request(body)
    except Malformed:
        return None
    if request.jsonrpc != "2.0" or type(request.method) is not str:
        return None
    return request if request.id is msgspec.UNSET or envelope.usable_id(request.id) is not None else None


def _id_of(body: bytes) -> bytes:
    """The id to answer to; ``null`` for a batch, or where there is none."""
    request = None if envelope.is_batch(body) else _decoded(body)
    if request is None or request.id is msgspec.UNSET:
        return b"null"
    return bytes(request.id)


def _failure_in(answer: bytes, request_id: bytes) -> Failure | None:
    """The error object of an answer that has one."""
    if not answer.startswith(b'{"jsonrpc":"2.0","id":%b,"error":' % request_id):
        return None
    return _decode_answer(answer).error


class _ErrorAnswer(msgspec.Struct):
    error: Failure


_decode_answer = msgspec.json.Decoder(_ErrorAnswer).decode


def _status_of(answer: Answer) -> int:
    """The HTTP status that goes with an answer to what was no request."""
    found = None if answer is None else _failure_in(answer, b"null")
    return OK if found is None else _status_for(found.code)


def _status_for(code: int) -> int:
    return PARSE_ERROR.status if code == PARSE_ERROR.code else OK


def _weight(request: envelope.Request | None) -> int:
    """Returns the number of requests that one counts for."""
    if request is None or request.method != "eth_callMany" or type(request.params) is not list:
        return 1
    return max(1, _calls_in(request.params))


def _calls_in(params: list[Any]) -> int:
    bundles = params[0] if params and isinstance(params[0], list) else []
    held = [bundle.get("transactions") for bundle in bundles if isinstance(bundle, dict)]
    return sum(len(calls) for calls in held if isinstance(calls, list))


def _quantity(value: Any) -> int | None:
    """A number as clients spell it, or None."""
    if type(value) is int:
        return value
    try:
        return int(value, 16 if value[:2] in ("0x", "0X") else 10) if type(value) is str else None
    except ValueError:
        return None
