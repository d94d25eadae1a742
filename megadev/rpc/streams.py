"""The kinds of subscriptions, and the messages of each for each event: two tables.

``KINDS`` has a row for every kind of ``eth_subscribe``: how its options become a *choice*, a value that says which of
the news is wanted. Subscriptions with the same kind and an equal choice are one stream: what it says of an event is
worked out and encoded once, however many hear it, and what two streams have in common (a log that both want) is encoded
once for both (``Notification.once``). ``NOTIFICATIONS`` has a row for every event: which kinds speak of it, in the
order in which a connection that has several is told.

A new kind of subscription is a row in ``KINDS``, a function, and its place in ``NOTIFICATIONS``. Who listens, and how
messages get to them, is the matter of ``subscriptions``.

``miniBlocks``, ``stateChanges``, ``logs`` from ``pending`` or ``latest`` on and the additions to ``newHeads`` have
MegaETH's shapes (eth_subscribe). Its page does not say what a header's signature is over: here it is the block's hash.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from operator import getitem
from typing import Any, TypeAlias

import msgspec

from megadev.chain.blocks import SealedBlock, Tag
from megadev.chain.documents import JsonObject
from megadev.chain.mini_blocks import MiniBlock
from megadev.chain.preconfirmations import sign_block, sign_mini_block
from megadev.chain.receipts import Receipt
from megadev.chain.store import LogMatcher
from megadev.errors import InvalidParams, StateUnavailable
from megadev.events import (
    BlockSealed,
    BlocksRemoved,
    ContractsReloaded,
    Event,
    MiniBlockEquivocated,
    MiniBlockSealed,
    PreconfirmationsLost,
    TransactionAdmitted,
    TransactionPreconfirmed,
)
from megadev.node.chain import LocalChain
from megadev.node.replication import update_of
from megadev.primitives.hexcodec import to_data
from megadev.primitives.types import Address, Hash32
from megadev.rpc.codec import AddressParam, BoolParam, FilterParam, HashParam, decoder_for
from megadev.rpc.formatters import (
    format_header,
    format_log,
    format_mini_block,
    format_mini_block_log,
    format_origin,
    format_pending_transaction,
    format_receipts,
    format_reload,
    format_signature,
    format_state_change,
)
from megadev.state.account import EMPTY_ACCOUNT
from megadev.state.diff import StateDiff
from megadev.state.reader import StateReader
from megadev.state.world import World

MOST_ACCOUNTS = 256
"""Addresses that one subscription to state changes may name."""

_encode = msgspec.json.Encoder().encode
_UNSAID: Any = object()
"""In the place of an account that a diff says nothing of: None means that it is gone."""


class Notification:
    """One event on its way to the streams of ``chain``: what is encoded for one of them is at hand for the others."""

    __slots__ = ("_emitters", "_encoded", "chain", "changes", "timed")

    def __init__(self, chain: LocalChain, timed: Sequence[bytes] = ()) -> None:
        self.chain = chain
        self.timed = timed
        """Of a mini-block: how long its preconfirmations took, as JSON, where somebody wants to know."""
        self.changes: dict[Address, bytes] | None = None
        """What changed, by account, as JSON, once somebody asked."""
        self._encoded: dict[Hashable, bytes] = {}
        self._emitters: dict[Hashable, frozenset[Address]] = {}

    def emitters(self, place: Hashable, receipts: Iterable[Receipt]) -> frozenset[Address]:
        """Returns the addresses with logs in the (mini-)block at ``place``: most filters of thousands need no closer
        look.
        """
        found = self._emitters.get(place)
        if found is None:
            logs = (log for receipt in receipts for log in receipt.logs)
            found = self._emitters[place] = frozenset(log.address for log in logs)
        return found

    def once(self, what: Hashable, make: Callable[[], object]) -> bytes:
        """The JSON of ``make()``, made at most once for each ``what``."""
        encoded = self._encoded.get(what)
        if encoded is None:
            encoded = self._encoded[what] = _encode(make())
        return encoded


Say: TypeAlias = Callable[[Notification, Any, Any], Iterable[bytes]]
"""What a stream says: the notification, the event and the stream's choice give results, as JSON, in order."""


class Kind(msgspec.Struct, frozen=True):
    """A row of ``KINDS``. ``choice`` reads the options as they came (None: not given); what it returns can be a key of
    a dict. It raises ``InvalidParams``. ``messages`` and ``options`` describe both in the reference pages (Markdown).
    ``first``: the result that a subscriber gets at once, as JSON.
    """

    choice: Callable[[Any], Hashable]
    messages: str
    options: str = ""
    first: bytes | None = None


# -- reading options ----------------------------------------------------------------------------------------------


class _PendingOptions(msgspec.Struct, frozen=True, rename="camel"):
    include_transactions: BoolParam = False


class _ReceiptOptions(msgspec.Struct, frozen=True, rename="camel"):
    transaction_hashes: tuple[HashParam, ...] = ()


_decode_accounts = decoder_for(tuple[AddressParam, ...])
_decode_filter = decoder_for(FilterParam)
_decode_pending = decoder_for(_PendingOptions)
_decode_receipts = decoder_for(_ReceiptOptions)


@dataclass(frozen=True, slots=True)
class LogChoice:
    """Logs by address and topics, and the matcher for them. ``early``: as soon as mini-blocks make them known, where
    the chain has those before its blocks."""

    addresses: frozenset[Address]
    topics: tuple[frozenset[Hash32] | None, ...]
    early: bool
    matcher: LogMatcher = field(compare=False)


def _everything(options: Any) -> None:
    """The kinds that have no options take any, as geth does."""


def _chosen_logs(options: Any) -> LogChoice:
    criteria = _decode_filter({} if options is None else options)
    topics = tuple(None if not choice else frozenset(choice) for choice in criteria.topics)
    early = criteria.from_block is Tag.PENDING or criteria.from_block is Tag.LATEST
    return LogChoice(frozenset(criteria.addresses), topics, early, LogMatcher(criteria.addresses, criteria.topics))


def _whether_whole(options: Any) -> bool:
    if type(options) is bool:
        return options
    return options is not None and bool(_decode_pending(options).include_transactions)


def _chosen_accounts(options: Any) -> frozenset[Address]:
    """Addresses; none: all."""
    if options is None:
        return frozenset()
    addresses = _decode_accounts(options)
    if len(addresses) > MOST_ACCOUNTS:
        raise InvalidParams(f"at most {MOST_ACCOUNTS} addresses: subscribe several times, or to all")
    return frozenset(addresses)


def _chosen_receipts(options: Any) -> frozenset[Hash32]:
    """Hashes of transactions; none: all."""
    return frozenset(() if options is None else _decode_receipts(options).transaction_hashes)


# -- saying what happened -----------------------------------------------------------------------------------------


def newest_first(blocks: Iterable[SealedBlock]) -> list[SealedBlock]:
    """Blocks in the order in which they leave a chain."""
    return sorted(blocks, key=lambda block: block.number, reverse=True)


def _new_head(notification: Notification, event: BlockSealed, choice: None) -> Iterable[bytes]:
    return (notification.once("head", lambda: _signed_header(notification.chain, event.block)),)


def _head_left(notification: Notification, event: BlocksRemoved, choice: None) -> Iterable[bytes]:
    if event.replaced:  # the blocks that follow are the news
        return ()
    return (notification.once("head", lambda: _signed_header(notification.chain, notification.chain.store.head)),)


def _signed_header(chain: LocalChain, block: SealedBlock) -> JsonObject:
    header = format_header(block)
    told = chain.told_signatures
    if told is not None:  # it is another's chain: what its sequencer signed, if that was told
        if block.hash in told and "miniBlockCount" in header:
            header["signature"] = to_data(told[block.hash])
    elif "miniBlockCount" in header:
        header["signature"] = to_data(sign_block(block.hash, chain.signers.at(block.number).key))
    return header


def _new_mini_block(notification: Notification, event: MiniBlockSealed, choice: None) -> Iterable[bytes]:
    return (
        notification.once("mini-block", lambda: _signed_mini_block(notification.chain, event.mini_block, event.state)),
    )


def _rival_mini_block(notification: Notification, event: MiniBlockEquivocated, choice: None) -> Iterable[bytes]:
    return (notification.once("mini-block", lambda: _signed_mini_block(notification.chain, event.rival, event.state)),)


def _signed_mini_block(chain: LocalChain, mini_block: MiniBlock, state: StateReader | World | None) -> JsonObject:
    if chain.told_signatures is not None:
        told = chain.told_signatures.get(mini_block.digest, bytes(65))
        shown = format_mini_block(
            mini_block, (max(told[64] - 27, 0), int.from_bytes(told[:32], "big"), int.from_bytes(told[32:64], "big"))
        )
        if not any(told):
            del shown["signature"]
        return shown
    shown = format_mini_block(mini_block, sign_mini_block(mini_block, chain.signers.at(mini_block.block_number).key))
    origin = chain.signed_origin(mini_block.digest, mini_block.block_number, state)
    if origin is not None:
        shown["l1Origin"] = format_origin(origin)
    votes = chain.votes_for(mini_block)
    if votes:
        shown["quorum"] = [{"signer": to_data(signer)} | format_signature(vote) for signer, vote in votes]
    return shown


def _new_logs(notification: Notification, event: BlockSealed, choice: LogChoice) -> Iterable[bytes]:
    if choice.early and notification.chain.is_continuous:  # they were told already
        return ()
    return _logs(notification, event.block, choice, removed=False)


def _early_logs(notification: Notification, event: MiniBlockSealed, choice: LogChoice) -> Iterable[bytes]:
    if not choice.early or not notification.chain.is_continuous:
        return ()
    return _mini_block_logs(notification, event.mini_block, choice, removed=False)


def _removed_logs(notification: Notification, event: BlocksRemoved, choice: LogChoice) -> Iterable[bytes]:
    for block in newest_first(event.blocks):
        yield from _logs(notification, block, choice, removed=True)


def _lost_logs(notification: Notification, event: PreconfirmationsLost, choice: LogChoice) -> Iterable[bytes]:
    if choice.early:
        for mini_block in reversed(event.mini_blocks):
            yield from _mini_block_logs(notification, mini_block, choice, removed=True)


def _logs(notification: Notification, block: SealedBlock, choice: LogChoice, *, removed: bool) -> Sequence[bytes]:
    if not _may_match(choice, notification.emitters(block.hash, block.receipts)):
        return ()
    return [
        notification.once((block.number, found.log_index), partial(format_log, found, removed=removed))
        for found in choice.matcher.in_block(block)
    ]


def _mini_block_logs(
    notification: Notification, mini_block: MiniBlock, choice: LogChoice, *, removed: bool
) -> Sequence[bytes]:
    if not _may_match(choice, notification.emitters(mini_block.number, mini_block.receipts)):
        return ()
    return [
        notification.once(("early", *place), partial(format_mini_block_log, mini_block, *place, removed=removed))
        for place in choice.matcher.in_mini_block(mini_block)
    ]


def _may_match(choice: LogChoice, emitters: frozenset[Address]) -> bool:
    return bool(emitters) and not (choice.addresses and choice.addresses.isdisjoint(emitters))


def _changes(notification: Notification, event: MiniBlockSealed, accounts: frozenset[Address]) -> Iterable[bytes]:
    return _told_changes(notification, event.mini_block.diffs, accounts)


def _lost_changes(
    notification: Notification, event: PreconfirmationsLost, accounts: frozenset[Address]
) -> Iterable[bytes]:
    """Returns the values that hold again after announced changes were lost."""
    return _told_changes(
        notification, [diff for mini in event.mini_blocks for diff in mini.diffs], accounts, undone=True
    )


def _told_changes(
    notification: Notification, diffs: Sequence[StateDiff], accounts: frozenset[Address], *, undone: bool = False
) -> Iterable[bytes]:
    changes = notification.changes
    if changes is None:
        found = _values_again(notification.chain, diffs) if undone else _values_after(notification.chain, diffs)
        changes = notification.changes = {change[0]: _encode(format_state_change(*change)) for change in found}
    if not accounts:
        return changes.values()
    return [changes[address] for address in accounts if address in changes]


_Change: TypeAlias = tuple[Address, int, int, dict[int, int]]
"""An account, its nonce, its balance and the slots that changed, with what they hold now."""


def _values_after(chain: LocalChain, diffs: Sequence[StateDiff]) -> Iterable[_Change]:
    """Yields the values after the transactions of a mini-block, one entry for each account."""
    for address in _touched(diffs):
        account = next((diff.accounts[address] for diff in reversed(diffs) if address in diff.accounts), _UNSAID)
        if account is _UNSAID:  # only its storage changed: the account is what it was before
            account = chain.sequencer.head_state().account(address)
        slots: dict[int, int] = {}
        for diff in diffs:
            if diff.accounts.get(address, _UNSAID) is None:
                slots = {}
            slots.update(diff.storage.get(address, {}))
        shown = account or EMPTY_ACCOUNT
        yield address, shown.nonce, shown.balance, slots


def _values_again(chain: LocalChain, diffs: Sequence[StateDiff]) -> Iterable[_Change]:
    state = chain.sequencer.head_state()
    for address in _touched(diffs):
        account = state.account(address) or EMPTY_ACCOUNT
        slots = {slot: state.storage(address, slot) for diff in diffs for slot in diff.storage.get(address, ())}
        yield address, account.nonce, account.balance, slots


def _touched(diffs: Iterable[StateDiff]) -> Iterable[Address]:
    """Every account that they change, once, in the order in which it was first changed."""
    return dict.fromkeys(address for diff in diffs for address in (*diff.accounts, *diff.storage))


def _lost(notification: Notification, event: PreconfirmationsLost, choice: None) -> Iterable[bytes]:
    return (
        notification.once(
            "lost",
            lambda: {
                "blockNumber": hex(event.block_number),
                "transactionHashes": [to_data(tx.hash) for tx in event.transactions],
                "miniBlockNumbers": [hex(mini_block.number) for mini_block in event.mini_blocks],
                "reason": event.reason,
            },
        ),
    )


def timed(event: TransactionPreconfirmed) -> bytes:
    """One entry of ``preconfirmations``: ``duration`` is in nanoseconds, from arrival at the sequencer to the receipt.
    Written as bytes: there are thousands a second.
    """
    return b'{"transactionHash":"0x%b","blockNumber":"0x%x","transactionIndex":"0x%x","duration":"0x%x"}' % (
        event.tx.hash.hex().encode(),
        event.block_number,
        event.index,
        event.duration_ns,
    )


def _preconfirmed(notification: Notification, event: MiniBlockSealed, choice: None) -> Iterable[bytes]:
    """One list for each mini-block: a message for each transaction would cost as much as running it."""
    return (b"[%b]" % b",".join(notification.timed),) if notification.timed else ()


def _new_receipts(notification: Notification, event: BlockSealed, choice: frozenset[Hash32]) -> Iterable[bytes]:
    """One list for each block with something in it."""
    block = event.block
    wanted = [index for index, tx in enumerate(block.transactions) if not choice or tx.hash in choice]
    if not wanted:
        return ()
    if not choice:
        return (notification.once("receipts", lambda: list(format_receipts(block))),)
    receipts = list(format_receipts(block))
    return (b"[%b]" % b",".join(notification.once(("receipt", i), partial(getitem, receipts, i)) for i in wanted),)


def _admitted(notification: Notification, event: TransactionAdmitted, whole: bool) -> Iterable[bytes]:
    if whole:
        return (notification.once("whole", lambda: format_pending_transaction(event.tx)),)
    return (b'"0x%b"' % event.tx.hash.hex().encode(),)


def _reloads(notification: Notification, event: ContractsReloaded, choice: None) -> Iterable[bytes]:
    return (notification.once("reload", lambda: format_reload(event)),)


def _replicated(notification: Notification, event: Event, choice: None) -> Iterable[bytes]:
    try:
        update = update_of(notification.chain, event)
    except StateUnavailable:  # it will be asked for, and refused with the reason
        return ()
    return () if update is None else (notification.once("replica", lambda: update),)


# -- the tables ---------------------------------------------------------------------------------------------------

NEW_HEADS, LOGS, PENDING, RECEIPTS, SYNCING, MINI_BLOCKS, STATE_CHANGES, PRECONFIRMED, LOST, REPLICA = (
    "newHeads",
    "logs",
    "newPendingTransactions",
    "transactionReceipts",
    "syncing",
    "miniBlocks",
    "stateChanges",
    "preconfirmations",
    "lostPreconfirmations",
    "replicaUpdates",
)

CONTRACT_RELOADS = "contractReloads"

KINDS: dict[str, Kind] = {
    NEW_HEADS: Kind(
        _everything,
        "each new header, under MegaETH's rules with `txOffset`, `miniBlockOffset` and `miniBlockCount`; with a "
        "signature of the hash",
    ),
    LOGS: Kind(
        _chosen_logs,
        "with `fromBlock` `pending` or `latest`, logs with their mini-block; otherwise with their block; again with "
        "`removed` if their block leaves the chain",
        "{`address`, `topics`, `fromBlock`}?",
    ),
    PENDING: Kind(_whether_whole, "hashes, or whole transactions, that entered the txpool", "true?"),
    RECEIPTS: Kind(
        _chosen_receipts,
        "the receipts of each block, all or those of the given transactions",
        "{`transactionHashes`}?",
    ),
    SYNCING: Kind(_everything, "`false`, once: a devnet never syncs", first=b"false"),
    MINI_BLOCKS: Kind(
        _everything,
        "each mini-block with its transactions and receipts, their roots, and the sequencer's "
        "signature {r, s, yParity}",
    ),
    STATE_CHANGES: Kind(
        _chosen_accounts,
        "one message per account that a mini-block changed: nonce, balance, changed slots",
        f"[up to {MOST_ACCOUNTS} addresses]?",
    ),
    PRECONFIRMED: Kind(
        _everything,
        "one list per mini-block: each transaction's hash, its place, and `duration`, the nanoseconds from arrival "
        "to receipt",
    ),
    LOST: Kind(_everything, "transactions whose preconfirmation became void, and why"),
    CONTRACT_RELOADS: Kind(_everything, "contracts whose code was replaced by hot reload"),
    REPLICA: Kind(_everything, "signed mini-blocks and blocks with all state changes, for replicas"),
}
"""Every kind of subscription, in the order in which an error names them."""

NOTIFICATIONS: dict[type[Event], Sequence[tuple[str, Say]]] = {
    MiniBlockSealed: (
        (MINI_BLOCKS, _new_mini_block),
        (STATE_CHANGES, _changes),
        (PRECONFIRMED, _preconfirmed),
        (LOGS, _early_logs),
        (REPLICA, _replicated),
    ),
    MiniBlockEquivocated: ((MINI_BLOCKS, _rival_mini_block),),
    BlockSealed: ((NEW_HEADS, _new_head), (LOGS, _new_logs), (RECEIPTS, _new_receipts), (REPLICA, _replicated)),
    BlocksRemoved: ((LOGS, _removed_logs), (NEW_HEADS, _head_left), (REPLICA, _replicated)),
    PreconfirmationsLost: (
        (LOST, _lost),
        (LOGS, _lost_logs),
        (STATE_CHANGES, _lost_changes),
        (REPLICA, _replicated),
    ),
    TransactionAdmitted: ((PENDING, _admitted),),
    ContractsReloaded: ((CONTRACT_RELOADS, _reloads),),
}
"""Which kinds speak of an event, and with which function."""


def choice_of(kind: str, options: Any) -> Hashable:
    """Returns the choice that the options of a subscription describe. Raises ``InvalidParams``, also for a kind there
    is not.
    """
    row = KINDS.get(kind)
    if row is None:
        raise InvalidParams(f'no "{kind[:100]}" subscription in eth namespace: there are {", ".join(KINDS)}')
    try:
        return row.choice(options)
    except InvalidParams as error:
        raise InvalidParams(f"invalid options for {kind}: {error}") from None
