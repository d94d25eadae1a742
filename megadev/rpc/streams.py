"""What may be subscribed to, and what each subscription says of each event: two tables.

``KINDS`` has a row for every kind of ``eth_subscribe``: how its options become a *choice*, a value that says which of
the news is wanted. Subscriptions with the same kind and an equal choice are one stream: what it says of an event is
worked out and encoded once, however many hear it, and what two streams have in common (a log that both want) is encoded
once for both (``Telling.once``). ``NEWS`` has a row for every event: which kinds speak of it, in the order in which a
connection that has several is told.

A new kind of subscription is a row in ``KINDS``, a function, and its place in ``NEWS``. Who listens, and how messages
get to them, is the matter of ``subscriptions``.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import msgspec

from megadev.chain.blocks import SealedBlock
from megadev.chain.store import LogMatcher
from megadev.errors import InvalidParams
from megadev.events import BlockSealed, BlocksRemoved, ContractsReloaded, Event, TransactionAdmitted
from megadev.node.chain import LocalChain
from megadev.primitives.types import Address, Hash32
from megadev.rpc.codec import BoolParam, FilterParam, HashParam, decoder_for
from megadev.rpc.formatters import format_header, format_log, format_pending_transaction, format_receipts, format_reload

_encode = msgspec.json.Encoder().encode


class Telling:
    """One event on its way to the streams of ``chain``: what is encoded for one of them is at hand for the others."""

    __slots__ = ("_emitters", "_encoded", "chain")

    def __init__(self, chain: LocalChain) -> None:
        self.chain = chain
        self._encoded: dict[Hashable, bytes] = {}
        self._emitters: dict[Hash32, frozenset[Address]] = {}

    def emitters(self, block: SealedBlock) -> frozenset[Address]:
        """Who logged something in a block: most filters of thousands need no closer look."""
        found = self._emitters.get(block.hash)
        if found is None:
            logs = (log for receipt in block.receipts for log in receipt.logs)
            found = self._emitters[block.hash] = frozenset(log.address for log in logs)
        return found

    def once(self, what: Hashable, make: Callable[[], object]) -> bytes:
        """The JSON of ``make()``, made at most once for each ``what``."""
        encoded = self._encoded.get(what)
        if encoded is None:
            encoded = self._encoded[what] = _encode(make())
        return encoded


Say: TypeAlias = Callable[[Telling, Any, Any], Iterable[bytes]]
"""What a stream says: the telling, the event and the stream's choice give results, as JSON, in order."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A row of ``KINDS``. ``choice`` reads the options as they came (None: not given); what it returns can be a key of
    a dict. It raises ``InvalidParams``. ``first``: the result that a subscriber is told at once, as JSON.
    """

    choice: Callable[[Any], Hashable]
    first: bytes | None = None


# -- reading options ----------------------------------------------------------------------------------------------


class _PendingOptions(msgspec.Struct, frozen=True, rename="camel"):
    include_transactions: BoolParam = False


class _ReceiptOptions(msgspec.Struct, frozen=True, rename="camel"):
    transaction_hashes: tuple[HashParam, ...] = ()


_decode_filter = decoder_for(FilterParam)
_decode_pending = decoder_for(_PendingOptions)
_decode_receipts = decoder_for(_ReceiptOptions)


@dataclass(frozen=True, slots=True)
class LogChoice:
    """Logs by address and topics, and the matcher for them."""

    addresses: frozenset[Address]
    topics: tuple[frozenset[Hash32] | None, ...]
    matcher: LogMatcher = field(compare=False)


def _everything(options: Any) -> None:
    """The kinds that have no options take any, as geth does."""


def _chosen_logs(options: Any) -> LogChoice:
    criteria = _decode_filter({} if options is None else options)
    topics = tuple(None if not choice else frozenset(choice) for choice in criteria.topics)
    return LogChoice(frozenset(criteria.addresses), topics, LogMatcher(criteria.addresses, criteria.topics))


def _whether_whole(options: Any) -> bool:
    if type(options) is bool:
        return options
    return options is not None and bool(_decode_pending(options).include_transactions)


def _chosen_receipts(options: Any) -> frozenset[Hash32]:
    """Hashes of transactions; none: all."""
    return frozenset(() if options is None else _decode_receipts(options).transaction_hashes)


# -- saying what happened -----------------------------------------------------------------------------------------


def newest_first(blocks: Iterable[SealedBlock]) -> list[SealedBlock]:
    """Blocks in the order in which they leave a chain."""
    return sorted(blocks, key=lambda block: block.number, reverse=True)


def _new_head(telling: Telling, event: BlockSealed, choice: None) -> Iterable[bytes]:
    return (telling.once("head", lambda: format_header(event.block)),)


def _head_left(telling: Telling, event: BlocksRemoved, choice: None) -> Iterable[bytes]:
    if event.replaced:  # the blocks that follow are the news
        return ()
    return (telling.once("head", lambda: format_header(telling.chain.store.head)),)


def _logs(telling: Telling, block: SealedBlock, choice: LogChoice, *, removed: bool) -> Sequence[bytes]:
    emitters = telling.emitters(block)
    if not emitters or (choice.addresses and choice.addresses.isdisjoint(emitters)):
        return ()
    return [
        telling.once((block.number, found.log_index), lambda found=found: format_log(found, removed=removed))  # type: ignore[misc]
        for found in choice.matcher.in_block(block)
    ]


def _new_logs(telling: Telling, event: BlockSealed, choice: LogChoice) -> Iterable[bytes]:
    return _logs(telling, event.block, choice, removed=False)


def _removed_logs(telling: Telling, event: BlocksRemoved, choice: LogChoice) -> Iterable[bytes]:
    for block in newest_first(event.blocks):
        yield from _logs(telling, block, choice, removed=True)


def _new_receipts(telling: Telling, event: BlockSealed, choice: frozenset[Hash32]) -> Iterable[bytes]:
    """One list for each block with something in it."""
    block = event.block
    wanted = [index for index, tx in enumerate(block.transactions) if not choice or tx.hash in choice]
    if not wanted:
        return ()
    if not choice:
        return (telling.once("receipts", lambda: list(format_receipts(block))),)
    receipts = list(format_receipts(block))
    return (b"[%b]" % b",".join(telling.once(("receipt", index), lambda i=index: receipts[i]) for index in wanted),)  # type: ignore[misc]


def _admitted(telling: Telling, event: TransactionAdmitted, whole: bool) -> Iterable[bytes]:
    if whole:
        return (telling.once("whole", lambda: format_pending_transaction(event.tx)),)
    return (b'"0x%b"' % event.tx.hash.hex().encode(),)


def _reloads(telling: Telling, event: ContractsReloaded, choice: None) -> Iterable[bytes]:
    return (telling.once("reload", lambda: format_reload(event)),)


# -- the tables ---------------------------------------------------------------------------------------------------

NEW_HEADS, LOGS, PENDING, RECEIPTS, SYNCING = (
    "newHeads", "logs", "newPendingTransactions", "transactionReceipts", "syncing",
)

CONTRACT_RELOADS = "contractReloads"

KINDS: dict[str, Kind] = {
    NEW_HEADS: Kind(_everything),
    LOGS: Kind(_chosen_logs),
    PENDING: Kind(_whether_whole),
    RECEIPTS: Kind(_chosen_receipts),
    SYNCING: Kind(_everything, first=b"false"),
    CONTRACT_RELOADS: Kind(_everything),
}
"""Every kind of subscription, in the order in which an error names them."""

NEWS: dict[type[Event], Sequence[tuple[str, Say]]] = {
    BlockSealed: ((NEW_HEADS, _new_head), (LOGS, _new_logs), (RECEIPTS, _new_receipts)),
    BlocksRemoved: ((LOGS, _removed_logs), (NEW_HEADS, _head_left)),
    TransactionAdmitted: ((PENDING, _admitted),),
    ContractsReloaded: ((CONTRACT_RELOADS, _reloads),),
}
"""Which kinds speak of an event, and with which function."""


def choice_of(kind: str, options: Any) -> Hashable:
    """What the options of a subscription ask for. Raises ``InvalidParams``, also for a kind there is not."""
    row = KINDS.get(kind)
    if row is None:
        raise InvalidParams(f'no "{kind[:100]}" subscription in eth namespace: there are {", ".join(KINDS)}')
    try:
        return row.choice(options)
    except InvalidParams as error:
        raise InvalidParams(f"invalid options for {kind}: {error}") from None
