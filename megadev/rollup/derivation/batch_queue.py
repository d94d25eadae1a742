"""From batches to blocks: which batch is the next block's, by the rules of Holocene, and what is derived where none
comes in time. Pure but for the list of L1 blocks that may be origins.

Rules are the OP Stack's ("Batch Queue", "Span Batches", "Holocene") under ``Pace.STRICT``; what ``Pace.FREE`` leaves
out is said at each of them. A verdict is about a batch at its place: ACCEPT; PAST, what is derived already, skipped;
DROP, and what is left of its span and channel goes with it; UNDECIDED, about L1 blocks that are not there yet, skipped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from itertools import chain, islice
from typing import Protocol

import msgspec

from megadev.chain.transactions import Transaction
from megadev.primitives.types import Hash32, Wei
from megadev.rollup.batches import CHECK_SIZE, SingularBatch, SpanBatch
from megadev.rollup.derivation.config import Pace, RollupConfig, SystemConfig
from megadev.rollup.derivation.l1_origin import L1Origin


class L2Block(msgspec.Struct, frozen=True):
    """A block of the derived chain; ``origin`` is how far on L1 it has got."""

    number: int
    hash: Hash32
    timestamp: int
    origin: L1Origin


class Epoch(msgspec.Struct, frozen=True):
    """An L1 block as an origin of L2 blocks: its deposits, and what SystemConfig says after it."""

    number: int
    hash: Hash32
    timestamp: int
    base_fee: Wei
    blob_base_fee: Wei
    system_config: SystemConfig
    deposits: tuple[Transaction, ...] = ()


class NextBlock(msgspec.Struct, frozen=True):
    """The content of the next block, beside its parent: time, L1 origin, the batch's transactions, and the deposits of
    the L1 blocks that it advances over.
    """

    timestamp: int
    epoch: Epoch
    transactions: tuple[bytes, ...] = ()
    deposits: tuple[Transaction, ...] = ()


def block_gas_limit(epoch: Epoch, config: RollupConfig) -> int:
    """The gas limit of an L2 block whose L1 origin is ``epoch``."""
    return epoch.system_config.gas_limit if config.gas_limit is None else config.gas_limit


class Verdict(Enum):
    """The decision about a batch."""

    ACCEPT = "accept"
    PAST = "past"
    DROP = "drop"
    UNDECIDED = "undecided"


class OriginWindow:
    """The L1 blocks, consecutive, that a block after the safe head may have for its origin: from the head's own to the
    newest that was read.
    """

    def __init__(self) -> None:
        self.epochs: list[Epoch] = []

    def append(self, epoch: Epoch) -> None:
        """L1 has got to ``epoch``."""
        self.epochs.append(epoch)

    def follow(self, parent: L2Block) -> None:
        """Forget what lies before the origin of ``parent``, the safe head now."""
        passed = 0
        while passed < len(self.epochs) and self.epochs[passed].number < parent.origin.number:
            passed += 1
        del self.epochs[:passed]

    def find(self, number: int) -> Epoch | None:
        """The L1 block with that number, if it is among them."""
        index = number - self.epochs[0].number if self.epochs else -1
        return self.epochs[index] if 0 <= index < len(self.epochs) else None

    def deposits(self, parent: L2Block, number: int) -> tuple[Transaction, ...]:
        """Returns the deposits of the block after ``parent`` if it advances to the L1 block with that number: those of
        all L1 blocks that it advances over, oldest first.
        """
        return tuple(tx for epoch in self._passed(parent, number) for tx in epoch.deposits)

    def may_advance(self, parent: L2Block, number: int, gas_limit: int) -> bool:
        """True if one block after ``parent`` may take the deposits of all L1 blocks up to that one."""
        return fit_together([epoch.deposits for epoch in self._passed(parent, number)], gas_limit)

    def _passed(self, parent: L2Block, number: int) -> list[Epoch]:
        first = self.epochs[0].number
        return [each for each in self.epochs[: number - first + 1] if each.number > parent.origin.number]


def fit_together(deposits: Iterable[Sequence[Transaction]], gas_limit: int) -> bool:
    """True if the deposits of several L1 blocks, one row for each, may begin one block of ``gas_limit``: where the gas
    that they may use together is no more than that. Those of one L1 block always may: nobody may refuse them.
    """
    rows = [row for row in deposits if row]
    return len(rows) < 2 or sum(tx.gas_limit for row in rows for tx in row) <= gas_limit


# --- singular batches -------------------------------------------------------------------------------------------------


def check_singular(
    batch: SingularBatch, parent: L2Block, window: OriginWindow, inclusion: int, config: RollupConfig
) -> Verdict:
    """Checks whether ``batch``, posted in L1 block ``inclusion``, is the block after ``parent``."""
    epochs = window.epochs
    if not epochs:
        return Verdict.UNDECIDED
    placed = _check_place(batch, parent, config)
    if placed is not Verdict.ACCEPT:
        return placed
    if batch.epoch_number + config.sequencing_window < inclusion:
        return Verdict.DROP
    origin = _origin(batch.epoch_number, parent, window, config)
    if isinstance(origin, Verdict):
        return origin
    if batch.epoch_hash != origin.hash:
        return Verdict.DROP
    if config.pace is Pace.STRICT and batch.timestamp < origin.timestamp:
        return Verdict.DROP
    drift = _check_drift(batch, origin, epochs, config)
    if drift is not Verdict.ACCEPT:
        return drift
    fine = all(_may_hold(raw, config) for raw in batch.transactions)
    return Verdict.ACCEPT if fine else Verdict.DROP


def _check_place(batch: SingularBatch, parent: L2Block, config: RollupConfig) -> Verdict:
    """Checks whether it comes next, by its time and its parent. FREE: by its parent alone, since times are uneven."""
    if config.pace is Pace.FREE:
        if batch.parent_hash != parent.hash:
            return Verdict.PAST if batch.timestamp <= parent.timestamp else Verdict.DROP
        return Verdict.ACCEPT if batch.timestamp >= parent.timestamp else Verdict.DROP
    due = parent.timestamp + config.block_time
    if batch.timestamp != due:
        return Verdict.DROP if batch.timestamp > due else Verdict.PAST
    return Verdict.ACCEPT if batch.parent_hash == parent.hash else Verdict.DROP


def _origin(number: int, parent: L2Block, window: OriginWindow, config: RollupConfig) -> Epoch | Verdict:
    """The L1 block with that number, if it may be the next origin: the parent's or the one after it. FREE: or a later
    one, as far as the deposits of all that are passed over fit into one block.
    """
    first = window.epochs[0]
    if number < first.number:
        return Verdict.DROP
    if config.pace is Pace.STRICT and number > first.number + 1:
        return Verdict.DROP
    found = window.find(number)
    if found is None:
        return Verdict.UNDECIDED if number == first.number + 1 else Verdict.DROP
    return found if window.may_advance(parent, number, block_gas_limit(found, config)) else Verdict.DROP


def _check_drift(batch: SingularBatch, origin: Epoch, epochs: Sequence[Epoch], config: RollupConfig) -> Verdict:
    """A block too late for its origin holds no transactions, and is there only while L1 has no later origin for it."""
    if config.max_drift is None or batch.timestamp <= origin.timestamp + config.max_drift:
        return Verdict.ACCEPT
    if batch.transactions:
        return Verdict.DROP
    if origin.number == epochs[0].number:
        if len(epochs) < 2:
            return Verdict.UNDECIDED
        if batch.timestamp >= epochs[1].timestamp:
            return Verdict.DROP
    return Verdict.ACCEPT


def _may_hold(raw: bytes, config: RollupConfig) -> bool:
    """True if a batch may hold that transaction, by its type: no deposits, nothing empty, nothing unknown."""
    if not raw:
        return False
    kind = 0 if raw[0] >= 0xC0 else raw[0] or -1
    return kind in config.transaction_types


# --- span batches -----------------------------------------------------------------------------------------------------


class SafeChain(Protocol):
    """The derived chain, as far as span batches ask for it: they may overlap with it."""

    def block(self, number: int) -> L2Block | None:
        """The derived block with that number, if there is one."""
        ...


def check_span(
    span: SpanBatch,
    parent: L2Block,
    window: OriginWindow,
    inclusion: int,
    config: RollupConfig,
    safe_chain: SafeChain,
) -> tuple[Verdict, int]:
    """Checks whether ``span``, posted in L1 block ``inclusion``, continues from ``parent`` or overlaps with derived
    blocks; and returns the number of its blocks that are derived already. What its blocks hold is checked one by one,
    as singular batches.
    """
    epochs = window.epochs
    start = span.first_origin_number
    if not epochs or (start == epochs[0].number + 1 and len(epochs) < 2):
        return Verdict.UNDECIDED, 0
    placed, before, skipped = _place_of(span, parent, config, safe_chain)
    if before is None:
        return placed, 0
    if span.parent_check != before.hash[:CHECK_SIZE] or start < 0:
        return Verdict.DROP, 0
    if start + config.sequencing_window < inclusion:
        return Verdict.DROP, 0
    if config.pace is Pace.STRICT and start > before.origin.number + 1:
        return Verdict.DROP, 0
    last = window.find(span.origin_number)
    if last is None:
        return Verdict.UNDECIDED, 0
    if span.origin_check != last.hash[:CHECK_SIZE] or start < before.origin.number:
        return Verdict.DROP, 0
    return Verdict.ACCEPT, skipped


def _place_of(
    span: SpanBatch, parent: L2Block, config: RollupConfig, safe_chain: SafeChain
) -> tuple[Verdict, L2Block | None, int]:
    """The derived block that ``span`` says it follows, and how many of its blocks are derived already; a verdict alone
    where it can be none.
    """
    step = config.block_time
    first = config.genesis_time + span.relative_timestamp
    last = first + (len(span) - 1) * step
    if config.pace is Pace.FREE:
        if span.parent_check == parent.hash[:CHECK_SIZE]:
            return (Verdict.ACCEPT, parent, 0) if first >= parent.timestamp else (Verdict.DROP, None, 0)
        if first > parent.timestamp:
            return Verdict.DROP, None, 0
        is_past = last <= parent.timestamp
    else:
        due = parent.timestamp + step
        if first > due:
            return Verdict.DROP, None, 0
        if first == due:
            return Verdict.ACCEPT, parent, 0
        is_past = last < due
    if is_past:
        return Verdict.PAST, None, 0
    if first > parent.timestamp or (parent.timestamp - first) % step:
        return Verdict.DROP, None, 0
    overlap = (parent.timestamp - first) // step + 1
    before = safe_chain.block(parent.number - overlap)
    return (Verdict.UNDECIDED, None, 0) if before is None else (Verdict.ACCEPT, before, overlap)


def blocks_of(span: SpanBatch, skipped: int, window: OriginWindow, config: RollupConfig) -> Iterator[NextBlock] | None:
    """The blocks of ``span`` after the first ``skipped``, which ``check_span`` accepted; None where one of them has an
    origin that is not there any more.
    """
    blocks = islice(span.blocks(), skipped, None)
    first = next(blocks)
    # origins go on by one at most, and the last was found: they are all there if the first is
    if window.find(first.origin_number) is None:
        return None
    start = config.genesis_time + span.relative_timestamp

    def found() -> Iterator[NextBlock]:
        for index, block in enumerate(chain((first,), blocks), skipped):
            epoch = window.find(block.origin_number)
            assert epoch is not None, "the window forgets no block that may still be an origin"
            yield NextBlock(start + index * config.block_time, epoch, block.transactions)

    return found()


# --- no batches -------------------------------------------------------------------------------------------------------


def next_empty(parent: L2Block, window: OriginWindow, inclusion: int, config: RollupConfig) -> NextBlock | None:
    """The block without transactions that follows ``parent`` because the sequencing window of its L1 origin has passed,
    up to L1 block ``inclusion``, and no batch has come; None where it has not, or more of L1 must be known.

    Under ``Pace.STRICT`` such blocks fill the time up to the next origin's; under FREE there is one for each.
    """
    epochs = window.epochs
    while epochs and epochs[0].number + config.sequencing_window <= inclusion:
        if len(epochs) < 2:
            return None
        epoch, following = epochs[0], epochs[1]
        due = parent.timestamp + config.block_time
        is_first = epoch.number == parent.origin.number + 1
        deposits = window.deposits(parent, epoch.number)
        if is_first and config.pace is Pace.FREE:
            return NextBlock(max(due, epoch.timestamp), epoch, deposits=deposits)
        if is_first or (config.pace is Pace.STRICT and due < following.timestamp):
            return NextBlock(due, epoch, deposits=deposits)
        del epochs[0]
    return None
