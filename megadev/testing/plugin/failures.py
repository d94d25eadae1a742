"""A failing test's activity on its devnet, for its report: console output, and the calls of failed transactions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from megadev.cli.terminal.console import plain_lines
from megadev.cli.trace import head_lines, tree_lines
from megadev.evm.console import read_console
from megadev.primitives.guarded_json import DecodeError, decode_json
from megadev.primitives.hexcodec import to_data
from megadev.rpc.client import RpcError

if TYPE_CHECKING:
    from megadev.devnet import Endpoint
    from megadev.testing.plugin.isolation import Isolation

MESSAGES_SHOWN = 100
LONGEST_MESSAGE = 2_000
FAILED_SHOWN = 3
"""Of the transactions that failed, the latest; where none did, the latest transaction is shown."""
CALLS = frozenset(("eth_call", "eth_estimateGas", "eth_sendTransaction", "eth_sendTransactionSync"))
"""Methods whose first parameter is a call that can be made again."""
DEPTH = 12


def sections(isolation: Isolation) -> list[tuple[str, str]]:
    """Titles and texts; none where there is nothing to tell."""
    found = []
    printed = "\n".join(_printed(isolation))
    if printed:
        found.append(("megadev: console.log", printed))
    called = _failed_call(isolation)
    if called is not None:
        found.append(called)
    seen = list(isolation.seen)
    chosen = [each for each in seen if not each.succeeded][-FAILED_SHOWN:] or ([] if called else seen[-1:])
    for each in chosen:
        tx_hash = to_data(each.tx_hash)
        shown = _tree(each.endpoint, tx_hash)
        if shown is not None:
            kind = "last" if each.succeeded else "failed"
            found.append((f"megadev: {kind} transaction {tx_hash}{_where(isolation, each.endpoint)}", shown))
    return found


def _printed(isolation: Isolation) -> Iterator[str]:
    for endpoint, before in zip(isolation.devnet.endpoints, isolation.messages_before, strict=True):
        messages = endpoint.chain.console.after(before)
        if messages and endpoint is not isolation.devnet.l2:
            yield "on L1:"
        if len(messages) > MESSAGES_SHOWN:
            yield f"… {len(messages) - MESSAGES_SHOWN} earlier messages"
        for message in messages[-MESSAGES_SHOWN:]:
            yield from plain_lines(read_console(message.call.data).text, LONGEST_MESSAGE)


def _where(isolation: Isolation, endpoint: Endpoint) -> str:
    return "" if endpoint is isolation.devnet.l2 else " on L1"


def _failed_call(isolation: Isolation) -> tuple[str, str] | None:
    """The last request that was refused, if it was a call."""
    if isolation.failed_request is None:
        return None
    endpoint, body = isolation.failed_request
    try:
        request = decode_json(body)
        method, call = request["method"], dict(request["params"][0])
    except (DecodeError, LookupError, TypeError, ValueError):
        return None
    if method not in CALLS:
        return None
    shown = _tree(endpoint, call)
    return None if shown is None else (f"megadev: failed {method}{_where(isolation, endpoint)}", shown)


def _tree(endpoint: Endpoint, what: str | dict[str, Any]) -> str | None:
    """Returns the result and the call tree; None if they are no longer available."""
    client = endpoint.client
    heard, client.on_failure = client.on_failure, None
    try:
        answer = endpoint.rpc("megadev_getStackTrace", what)
    except RpcError:
        return None
    finally:
        client.on_failure = heard
    if isinstance(what, dict) and answer["status"] == "0x1":
        return None  # it would work now: the state is another
    answer["calls"] = [entry for entry in answer["calls"] if entry["type"] != "CONSOLE"]  # has a section of its own
    here = f"{Path.cwd()}/"
    return "\n".join(line.plain.replace(here, "") for line in (*head_lines(answer), *tree_lines(answer, DEPTH)))
