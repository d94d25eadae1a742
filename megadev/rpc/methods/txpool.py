"""txpool_*: what waits, by sender and nonce; *pending* could be included now, *queued* waits behind a gap.

Keys are as Anvil's: senders in lower-case hex, nonces in decimal.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from megadev.chain.documents import JsonObject
from megadev.chain.transactions import Transaction
from megadev.primitives.hexcodec import to_data
from megadev.primitives.types import Address
from megadev.rpc.codec import AddressParam
from megadev.rpc.dispatch import method
from megadev.rpc.formatters import format_pending_transaction, summarise_transaction
from megadev.rpc.node import RpcNode


@method("txpool_status")
def txpool_status(node: RpcNode) -> JsonObject:
    """The numbers of pending and queued transactions."""
    pending, queued = node.chain.pool.lanes(node.chain.sequencer.next_nonce)
    return {"pending": hex(sum(map(len, pending.values()))), "queued": hex(sum(map(len, queued.values())))}


@method("txpool_content")
def txpool_content(node: RpcNode) -> JsonObject:
    """All transactions of the pool, as objects."""
    return _shown(node, format_pending_transaction)


@method("txpool_inspect")
def txpool_inspect(node: RpcNode) -> JsonObject:
    """All transactions of the pool, one line each."""
    return _shown(node, summarise_transaction)


@method("txpool_contentFrom")
def txpool_contentFrom(node: RpcNode, sender: AddressParam) -> JsonObject:
    """One sender's, as objects by nonce."""
    pending, queued = node.chain.pool.lanes(node.chain.sequencer.next_nonce)
    return {
        "pending": _by_nonce(pending.get(sender, []), format_pending_transaction),
        "queued": _by_nonce(queued.get(sender, []), format_pending_transaction),
    }


def _shown(node: RpcNode, show: Callable[[Transaction], Any]) -> JsonObject:
    def by_sender(lanes: dict[Address, list[Transaction]]) -> JsonObject:
        return {to_data(sender): _by_nonce(lane, show) for sender, lane in sorted(lanes.items())}

    pending, queued = node.chain.pool.lanes(node.chain.sequencer.next_nonce)
    return {"pending": by_sender(pending), "queued": by_sender(queued)}


def _by_nonce(lane: list[Transaction], show: Callable[[Transaction], Any]) -> JsonObject:
    return {str(tx.nonce): show(tx) for tx in lane}
