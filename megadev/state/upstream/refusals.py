"""The meaning of upstream's error objects: slow down, no such state, no such method, or a refusal; and its words.
Providers and clients have no common codes for most of it, so their words count.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from megadev.errors import UpstreamFailed, UpstreamLacksMethod, UpstreamRefused
from megadev.state.upstream.policy import Kind, Trouble

_SLOW_DOWN_CODES = frozenset({-32005, 429, -32029, -32097})
_SLOW_DOWN = ("rate limit", "too many request", "limit exceeded", "compute units", "exceeded the quota", "capacity")
_TOO_MUCH = ("query returned", "block range", "results", "response size")
"""What providers say, under the same code, of a query that no patience will make smaller."""
_PRUNED = (
    "missing trie node",
    "state not available",
    "state is not available",
    "historical state",
    "required historical",
    "state already discarded",
    "archive",
    "pruned",
    "no state available",
    "state unavailable",
    "block not available",
    "block is out of range",
    "blockoutofrange",
    "distance to target block exceeds",
)
_UNKNOWN_BLOCK = ("header not found", "unknown block", "block not found", "not currently canonical", "is not canonical")
_TOLD_OF_LATE = frozenset(
    {
        "eth_getBlockByNumber",
        "eth_getBlockByHash",
        "eth_getBlockReceipts",
        "eth_getTransactionByHash",
        "eth_getTransactionReceipt",
    }
)
_NO_BATCHES = frozenset({None, -32600, -32601, -32700})
_NO_METHOD_CODES = frozenset({-32601, -32004})
"""Of JSON-RPC 2.0, and of EIP-1474, which Hardhat's node answers with."""
_NO_METHOD = (
    "not found",
    "not exist",
    "not supported",
    "unsupported",
    "not available",
    "not whitelisted",
    "not allowed",
    "not enabled",
    "disabled",
)
_WHO_HAS: Mapping[str, str] = {
    "debug": "geth, reth, Erigon, Anvil or megadev with its debug API on, or a provider's plan with traces",
    "trace": "Erigon, reth, Nethermind, Anvil or megadev, or a provider's plan with traces",
    "ots": "Erigon, reth, Anvil or megadev",
}
"""Where to find methods that many nodes have not, by what stands before the underscore."""


def error_of(item: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The error object of an answer; gateways that stand before a node also send plain words."""
    error = item.get("error")
    return error if type(error) is dict else {"message": error} if type(error) is str else None


def is_answer(decoded: Any) -> bool:
    """True if it has the form of an answer, or of a batch of them."""
    if type(decoded) is dict:
        return "result" in decoded or type(decoded.get("error")) is dict
    return type(decoded) is list


def may_lag(method: str, outcome: Any) -> bool:
    """True if a node says that it does not know or have what another may."""
    return isinstance(outcome, UpstreamLacksMethod) or (outcome is None and method in _TOLD_OF_LATE)


def slower(error: Mapping[str, Any]) -> Trouble | None:
    """The trouble where a call is to be repeated later, as its error object asks for."""
    message = str(error.get("message", ""))
    lowered = message.lower()
    if any(words in lowered for words in _TOO_MUCH):
        return None
    if error.get("code") in _SLOW_DOWN_CODES or any(words in lowered for words in _SLOW_DOWN):
        return Trouble(f"{message[:200]!r} (code {error.get('code')})", Kind.TOO_FAST)
    return None


def batch_after(error: Mapping[str, Any], calls: int) -> int | None:
    """Returns the batch size that a node accepts which refused a larger batch; None if it refused for another
    reason.
    """
    message = str(error.get("message", "")).lower()
    if "batch" in message or "too large" in message:
        named = [int(digits) for digits in re.findall(r"(?<![\w.])\d{1,6}(?![\w.])", message)]
        fitting = [number for number in named if 1 <= number < calls]
        if fitting:
            return max(fitting)
        if any(words in message for words in ("large", "size", "many", "more", "limit", "exceed", "max")):
            return max(calls // 2, 1)
    return 1 if error.get("code") in _NO_BATCHES else None


def refusal(name: str, method: str, error: Mapping[str, Any]) -> UpstreamFailed | UpstreamRefused:
    """Returns the exception for an error object that a repetition would not change; ``name`` is the URL, fit for
    messages.
    """
    message, code = str(error.get("message", "")), error.get("code")
    lowered = message.lower()
    said = f"{name} answered {method} with {message[:300]!r} (code {code})"
    if any(words in lowered for words in _PRUNED):
        return UpstreamFailed(
            f"state unavailable: {said}: it no longer has the state of that block; use an archive node, or fork a "
            "recent block"
        )
    if any(words in lowered for words in _UNKNOWN_BLOCK):
        return UpstreamFailed(
            f"state unavailable: {said}: it does not have the forked block on its chain: a reorganisation has "
            "removed it, or the node is not in sync; fork again (anvil_reset), from a block that is final",
            is_reorganised=True,
        )
    if _is_missing(method, lowered, code):
        return lacks(name, method)
    remedy = "this is the forked node's answer: ask about blocks after the forked one, or fork another node"
    if any(words in lowered for words in _TOO_MUCH):
        remedy = "request fewer blocks at a time, or fork a node with a higher limit"
    number = code if type(code) is int else -32000
    return UpstreamRefused(name, method, message or "no reason given", number, error.get("data"), remedy)


def lacks(name: str, method: str) -> UpstreamLacksMethod:
    """The error for a method that the node behind ``name`` does not have."""
    return UpstreamLacksMethod(name, method, _WHO_HAS.get(method.partition("_")[0], "one that has it"))


def _is_missing(method: str, lowered: str, code: Any) -> bool:
    """True if a node says that it does not have a method, or not for whoever asks."""
    if code == -32601:
        return True
    is_named = "method" in lowered or "namespace" in lowered or method.lower() in lowered
    return is_named and (code in _NO_METHOD_CODES or any(words in lowered for words in _NO_METHOD))
