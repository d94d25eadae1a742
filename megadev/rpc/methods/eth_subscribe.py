"""eth_subscribe and eth_unsubscribe: notifications over a connection that stays (WebSocket or IPC).

``newHeads`` · ``logs`` {address, topics} · ``newPendingTransactions`` (hashes; whole with ``true`` or
``{"includeTransactions": true}``), each once, when the txpool takes it · ``transactionReceipts``
{transactionHashes}, a list for each block · ``syncing``, which says ``false`` once.
After blocks left the chain, subscribers get their logs again with ``removed`` true, then the head that is left.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from megadev.chain.store import LogMatcher
from megadev.errors import InvalidParams, MethodUnavailable
from megadev.rpc.codec import AnyParam, BoolParam, FilterParam, HashParam, StringParam, decoder_for
from megadev.rpc.dispatch import RpcNode, Session, method
from megadev.rpc.subscriptions import (
    FULL_PENDING,
    LOGS,
    NEW_HEADS,
    PENDING,
    RECEIPTS,
    SYNCING,
    Subscriptions,
    subscriptions_of,
)


class _PendingOptions(msgspec.Struct, frozen=True, rename="camel"):
    include_transactions: BoolParam = False


class _ReceiptOptions(msgspec.Struct, frozen=True, rename="camel"):
    transaction_hashes: tuple[HashParam, ...] = ()


_decode_filter = decoder_for(FilterParam)
_decode_pending = decoder_for(_PendingOptions)
_decode_receipts = decoder_for(_ReceiptOptions)


def _new_heads(subscriptions: Subscriptions, session: Session, options: Any) -> str:
    return subscriptions.add(session, NEW_HEADS)


def _logs(subscriptions: Subscriptions, session: Session, options: Any) -> str:
    criteria = _decode_filter({} if options is None else options)
    return subscriptions.add(session, LOGS, matcher=LogMatcher(criteria.addresses, criteria.topics))


def _pending(subscriptions: Subscriptions, session: Session, options: Any) -> str:
    full = options if type(options) is bool else options is not None and _decode_pending(options).include_transactions
    return subscriptions.add(session, FULL_PENDING if full else PENDING)


def _receipts(subscriptions: Subscriptions, session: Session, options: Any) -> str:
    hashes = () if options is None else _decode_receipts(options).transaction_hashes
    return subscriptions.add(session, RECEIPTS, hashes=hashes)


def _syncing(subscriptions: Subscriptions, session: Session, options: Any) -> str:
    return subscriptions.add(session, SYNCING)


_KINDS: dict[str, Callable[[Subscriptions, Session, Any], str]] = {
    "newHeads": _new_heads,
    "logs": _logs,
    "newPendingTransactions": _pending,
    "transactionReceipts": _receipts,
    "syncing": _syncing,
}


@method("eth_subscribe")
def eth_subscribe(node: RpcNode, kind: StringParam, options: AnyParam = None) -> str:
    """Be told of ``kind`` from now on, over this connection; the answer is the subscription's id."""
    session = _session(node)
    subscribe = _KINDS.get(kind)
    if subscribe is None:
        raise InvalidParams(f'no "{kind[:100]}" subscription in eth namespace: there are {", ".join(_KINDS)}')
    try:
        return subscribe(subscriptions_of(node), session, options)
    except InvalidParams as error:
        raise InvalidParams(f"invalid options for {kind}: {error}") from None


@method("eth_unsubscribe")
def eth_unsubscribe(node: RpcNode, subscription_id: StringParam) -> bool:
    """End a subscription of this connection."""
    subscriptions_of(node).remove(_session(node), subscription_id)
    return True


def _session(node: RpcNode) -> Session:
    if node.session is None:
        raise MethodUnavailable("notifications not supported over HTTP: connect by WebSocket (same port) or IPC")
    return node.session
