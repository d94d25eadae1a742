"""The limits of MegaETH's public endpoint: its methods, its limits and its words, as data.

``gateway`` enforces these, README's table is made of them and the tests walk through them: there is no second list. The
figures are those of MegaETH's documentation ("Operations and limits", "Error codes" and the methods' own pages, July
2026). Where it leaves something open, the row says so with "assumed".
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

import msgspec

from megadev.errors import InsufficientFunds, MegadevError, PoolFull, UnsupportedTransactionType

# -- refusals -----------------------------------------------------------------------------------------------------


class Refusal(msgspec.Struct, frozen=True):
    """One way to be refused: HTTP status (of a request that is no part of a batch), code, words, and when."""

    status: int
    code: int
    message: str
    when: str


NOT_LISTED = Refusal(403, -32601, "rpc method is not whitelisted", "a method that is not on the list of its transport")
NEEDS_SOCKET = Refusal(200, -32000, "WebSocket connection required", "eth_subscribe over HTTP")
TOO_LARGE = Refusal(413, -32099, "payload too large", "a request body over the limit of its method")
RATE_LIMITED = Refusal(429, -32005, "Rate limit exceeded", "too many reads, messages, connections or subscriptions")
ANSWER_TOO_LARGE = Refusal(500, -32020, "backend response too large", "an answer over the limit, or too many logs")
OUT_OF_RANGE = Refusal(400, -32019, "block is out of range", "a block number above the head")
NO_RESOURCE = Refusal(200, -32001, "Resource not found", "a block hash that is unknown")
PARSE_ERROR = Refusal(400, -32700, "parse error", "a body that is not JSON")
INVALID_REQUEST = Refusal(200, -32600, "invalid request", "a batch of too many, or another connection's subscription")
INVALID_PARAMS = Refusal(200, -32602, "invalid params", "parameters beyond what the method takes here")
EXPIRED = Refusal(200, -32000, "realtime transaction expired", "a *Sync submission that is not included in time")
DEADLINE = Refusal(
    200, -32000, "permanent error forwarding request context deadline exceeded", "a call that takes too long"
)
INTRINSIC_GAS = Refusal(200, -32000, "intrinsic gas too low", "a transaction with less gas than any may cost")

REFUSALS: tuple[Refusal, ...] = (
    NOT_LISTED,
    NEEDS_SOCKET,
    TOO_LARGE,
    RATE_LIMITED,
    ANSWER_TOO_LARGE,
    OUT_OF_RANGE,
    NO_RESOURCE,
    PARSE_ERROR,
    INVALID_REQUEST,
    INVALID_PARAMS,
    EXPIRED,
    DEADLINE,
    INTRINSIC_GAS,
)
"""All of them."""

REJECTED = -32003
STILL_REJECTED: tuple[type[MegadevError], ...] = (InsufficientFunds, PoolFull, UnsupportedTransactionType)
"""A transaction that is refused answers -32000, but for these reasons: for them it is -32003."""


# -- limits -------------------------------------------------------------------------------------------------------


def _limit(value: int, unit: str, what: str, refusal: Refusal | None = None) -> Any:
    return field(default=value, metadata={"unit": unit, "what": what, "refusal": refusal})


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers; each field's metadata has its ``unit``, ``what`` it limits and which ``refusal`` follows (None: the
    value is brought within the limit, silently)."""

    body: int = _limit(128 * 1024, "bytes", "an HTTP body", TOO_LARGE)
    submission_body: int = _limit(2_621_440, "bytes", "an HTTP body that submits a transaction", TOO_LARGE)
    call_body: int = _limit(1_572_864, "bytes", "an HTTP body with a call, an estimate or an access list", TOO_LARGE)
    batch: int = _limit(100, "requests", "a batch", INVALID_REQUEST)
    sub_requests: int = _limit(950, "requests", "a batch, the calls within eth_callMany counted", INVALID_REQUEST)
    answer: int = _limit(50 * 1024 * 1024, "bytes", "an answer", ANSWER_TOO_LARGE)

    window: int = _limit(10, "seconds", "the fixed window in which reads are counted, for each client address")
    instant_reads: int = _limit(2_000, "per window", "reads of class instant", RATE_LIMITED)
    simple_reads: int = _limit(500, "per window", "reads of class simple", RATE_LIMITED)
    compute_reads: int = _limit(
        200, "per window", "reads of class compute, the calls within eth_callMany counted", RATE_LIMITED
    )
    io_reads: int = _limit(200, "per window", "reads of class io", RATE_LIMITED)

    socket_connections: int = _limit(5, "connections", "WebSockets of one client address", RATE_LIMITED)
    socket_subscriptions: int = _limit(5, "subscriptions", "subscriptions of one WebSocket", RATE_LIMITED)
    socket_messages: int = _limit(5, "per second", "messages that a client sends on one WebSocket", RATE_LIMITED)
    socket_idle: int = _limit(60, "seconds", "silence of a client; then its WebSocket is closed (code 1001: assumed)")
    socket_message: int = _limit(64 * 1024, "bytes", "a WebSocket message; over it the socket is closed (code 1009)")

    log_addresses: int = _limit(20, "addresses", "the filter of a logs subscription", INVALID_PARAMS)
    log_topics: int = _limit(4, "positions", "the filter of a logs subscription", INVALID_PARAMS)
    state_change_addresses: int = _limit(256, "addresses", "the filter of a stateChanges subscription", INVALID_PARAMS)
    logs: int = _limit(
        20_000, "logs", "eth_getLogs over several blocks (an older figure; today's is not published)", ANSWER_TOO_LARGE
    )

    sync_timeout: int = _limit(3_000, "ms", "the timeout a *Sync submission may ask for")
    call_gas: int = _limit(60_000_000, "gas", "eth_call")
    estimate_gas: int = _limit(
        60_000_000, "gas", "eth_estimateGas (the endpoint's limit is 0.5 s of its processor; in gas: assumed)"
    )
    least_gas: int = _limit(60_000, "gas", "the least gas of a transaction, and the least estimate", INTRINSIC_GAS)
    call_bundles: int = _limit(100, "bundles", "eth_callMany", INVALID_PARAMS)
    calls: int = _limit(100, "calls", "eth_callMany", INVALID_PARAMS)
    call_timeout: int = _limit(25_000, "ms", "the timeout an eth_callMany may ask for, at least 1", INVALID_PARAMS)
    fee_history: int = _limit(256, "blocks", "eth_feeHistory, at least 1", INVALID_PARAMS)


LIMITS = Limits()
LIMIT_ROWS = fields(Limits)
"""The same as rows."""


# -- methods ------------------------------------------------------------------------------------------------------

INSTANT, SIMPLE, COMPUTE, IO, SUBMISSION = "instant", "simple", "compute", "io", "submission"
READS = {INSTANT: "instant_reads", SIMPLE: "simple_reads", COMPUTE: "compute_reads", IO: "io_reads"}
"""The limit of each class of reads; submissions are not counted. Which class a method is in is assumed."""


class Listed(msgspec.Struct, frozen=True):
    """A method on the list. ``note``: what is special about it there."""

    name: str
    kind: str
    http: bool = True
    socket: bool = False
    note: str = ""

    @property
    def body_limit(self) -> str:
        """The name of the limit of its HTTP body."""
        return {SUBMISSION: "submission_body", COMPUTE: "call_body"}.get(self.kind, "body")


_NULL_WHEN_PENDING = "null for pending"
_TRACED = "options are mandatory"

METHODS: dict[str, Listed] = {
    row.name: row
    for row in (
        Listed("debug_getHistoryTransactionCount", SIMPLE, note="pending is not found"),
        Listed("debug_getRawHeader", SIMPLE),
        Listed("debug_traceBlockByHash", IO),
        Listed("debug_traceBlockByNumber", IO),
        Listed("debug_traceTransaction", IO, note=_TRACED),
        Listed("eth_accounts", INSTANT, note="empty"),
        Listed("eth_blockNumber", INSTANT),
        Listed("eth_call", COMPUTE),
        Listed("eth_callMany", COMPUTE),
        Listed("eth_chainId", INSTANT, socket=True),
        Listed("eth_createAccessList", COMPUTE),
        Listed("eth_estimateGas", COMPUTE),
        Listed("eth_feeHistory", INSTANT),
        Listed("eth_gasPrice", INSTANT),
        Listed("eth_getBalance", SIMPLE),
        Listed("eth_getBlockByHash", SIMPLE),
        Listed("eth_getBlockByNumber", SIMPLE, note=_NULL_WHEN_PENDING),
        Listed("eth_getBlockReceipts", IO, note=_NULL_WHEN_PENDING),
        Listed("eth_getBlockTransactionCountByHash", SIMPLE),
        Listed("eth_getBlockTransactionCountByNumber", SIMPLE),
        Listed("eth_getCode", SIMPLE),
        Listed("eth_getCodeByHash", SIMPLE),
        Listed("eth_getHeaderByHash", SIMPLE),
        Listed("eth_getHeaderByNumber", SIMPLE, note=_NULL_WHEN_PENDING),
        Listed("eth_getLogs", IO),
        Listed("eth_getStorageAt", SIMPLE),
        Listed("eth_getTransactionByHash", SIMPLE),
        Listed("eth_getTransactionCount", SIMPLE, note="pending counts as latest"),
        Listed("eth_getTransactionReceipt", SIMPLE),
        Listed("eth_getUncleByBlockHashAndIndex", INSTANT),
        Listed("eth_getUncleByBlockNumberAndIndex", INSTANT),
        Listed("eth_getUncleCountByBlockHash", INSTANT),
        Listed("eth_getUncleCountByBlockNumber", INSTANT),
        Listed("eth_getWithdrawalProof", IO),
        Listed("eth_maxPriorityFeePerGas", INSTANT),
        Listed("eth_protocolVersion", INSTANT),
        Listed("eth_sendRawTransaction", SUBMISSION, socket=True),
        Listed("eth_sendRawTransactionSync", SUBMISSION, socket=True),
        Listed("eth_syncing", INSTANT),
        Listed("eth_uninstallFilter", INSTANT),
        Listed("mega_getBlockWitness", IO),
        Listed("mega_getWithdrawalProof", IO),
        Listed("mega_outputAtBlock", IO),
        Listed("net_listening", INSTANT),
        Listed("net_peerCount", INSTANT),
        Listed("net_version", INSTANT),
        Listed("optimism_outputAtBlock", IO),
        Listed("realtime_sendRawTransaction", SUBMISSION, socket=True),
        Listed("web3_clientVersion", INSTANT),
        Listed("eth_subscribe", INSTANT, http=False, socket=True),
        Listed("eth_unsubscribe", INSTANT, http=False, socket=True),
    )
}
"""The list: 49 methods over HTTP, two more over WebSocket. Whatever is not here is refused."""

SYNC_METHODS = frozenset({"eth_sendRawTransactionSync", "realtime_sendRawTransaction"})
NULL_WHEN_PENDING = frozenset(row.name for row in METHODS.values() if row.note == _NULL_WHEN_PENDING)
TRACED = frozenset(row.name for row in METHODS.values() if row.note == _TRACED)

CONTROL = ("anvil_", "evm_", "hardhat_", "megadev_", "tenderly_", "testing_")
"""Methods that no public endpoint has and a devnet is steered with: with ``--gateway-limits control`` they pass, and
are not counted."""
