"""What a failing test did on its devnet, for its report: what contracts printed, and the calls of what failed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from megadev.cli.console import plain_lines
from megadev.cli.trace import head_lines, tree_lines
from megadev.evm.console import read_console
from megadev.testing.client import RpcError

if TYPE_CHECKING:
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
        tx_hash = "0x" + each.tx_hash.hex()
        shown = _tree(isolation, tx_hash)
        if shown is not None:
            found.append((f"megadev: {'last' if each.succeeded else 'failed'} transaction {tx_hash}", shown))
    return found


def _printed(isolation: Isolation) -> Iterator[str]:
    messages = isolation.devnet.node.console.after(isolation.messages_before)
    if len(messages) > MESSAGES_SHOWN:
        yield f"… {len(messages) - MESSAGES_SHOWN} earlier messages"
    for message in messages[-MESSAGES_SHOWN:]:
        yield from plain_lines(read_console(message.call.data).text, LONGEST_MESSAGE)


def _failed_call(isolation: Isolation) -> tuple[str, str] | None:
    """The last request that was refused, if it was a call."""
    if isolation.failed_request is None:
        return None
    try:
        request = msgspec.json.decode(isolation.failed_request)
        method, call = request["method"], dict(request["params"][0])
    except (msgspec.DecodeError, LookupError, TypeError, ValueError):
        return None
    if method not in CALLS:
        return None
    shown = _tree(isolation, call)
    return None if shown is None else (f"megadev: failed {method}", shown)


def _tree(isolation: Isolation, what: str | dict[str, Any]) -> str | None:
    """How it ended and the calls it made; None where that cannot be told any more."""
    heard, isolation.devnet.client.on_failure = isolation.devnet.client.on_failure, None
    try:
        answer = isolation.devnet.rpc("megadev_getStackTrace", what)
    except RpcError:
        return None
    finally:
        isolation.devnet.client.on_failure = heard
    if isinstance(what, dict) and answer["status"] == "0x1":
        return None  # it would work now: the state is another
    return "\n".join(line.plain for line in (*head_lines(answer), *tree_lines(answer, DEPTH)))
