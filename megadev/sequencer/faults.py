"""Deliberate faults of a sequencer: it stops, or breaks promises about transactions. (``node/faults`` is the table of
all faults, those of the batcher, the proposer and the DA store included.)

A value, so that a snapshot can hold it; ``Sequencer.faults`` is None where nothing is wrong, which is all that the way
of a transaction looks at then. The sequencer asks the value what to do; nothing here changes anything.

*Censoring* lasts until it is lifted: what is censored is admitted and waits. *Withholding*, *reordering* and
*equivocating* happen once, to the next block (mini-block) that gives them something to do.

What a promise is worth is decided by comparing: a preconfirmation that the sealed block does not bear out, in place or
receipt, is broken (``broken_promises``), also where its transaction merely moved.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec
from msgspec.structs import replace

from megadev.chain.mini_blocks import MiniBlock, PlacedBlock
from megadev.chain.preconfirmations import Preconfirmation, promise, receipt_hash
from megadev.chain.transactions import Transaction
from megadev.events import SequencerCondition
from megadev.primitives.types import Address, Hash32


class Targets(msgspec.Struct, frozen=True):
    """Transactions by hash, and by an address that they are from or to."""

    transactions: frozenset[Hash32] = frozenset()
    addresses: frozenset[Address] = frozenset()

    def include(self, tx: Transaction) -> bool:
        """True if ``tx`` is a target."""
        return tx.hash in self.transactions or tx.sender in self.addresses or tx.to in self.addresses

    def __bool__(self) -> bool:
        return bool(self.transactions or self.addresses)


NOBODY = Targets()


class Faults(msgspec.Struct, frozen=True):
    """All that can be wrong. ``delays``: what is withheld is not lost but waits for the block after.
    ``keeps_witnesses``: it gives nobody the witnesses of its blocks.
    """

    condition: SequencerCondition = SequencerCondition.RUNNING
    censored: Targets = NOBODY
    withheld: Targets = NOBODY
    delays: bool = False
    reorders: bool = False
    equivocates: bool = False
    keeps_witnesses: bool = False

    @property
    def runs(self) -> bool:
        """It builds blocks, right or wrong."""
        return self.condition is SequencerCondition.RUNNING

    def executes(self, tx: Transaction) -> bool:
        """True if a transaction that arrives is executed at once, if it could be."""
        return self.runs and not self.censored.include(tx)

    def uncensored(self, ready: Iterable[Transaction]) -> Iterator[Transaction]:
        """``ready`` without what is censored and what its senders sent afterwards, which cannot come before it."""
        held_up: set[Address] = set()
        for tx in ready:
            if tx.sender not in held_up:
                if self.censored.include(tx):
                    held_up.add(tx.sender)
                else:
                    yield tx

    def sealed_as(self, transactions: Sequence[Transaction]) -> list[Transaction]:
        """The transactions to seal instead of ``transactions``, in order."""
        kept = [tx for tx in transactions if not self.withheld.include(tx)]
        return _senders_reversed(kept) if self.reorders else kept

    def after_sealing(self, transactions: Sequence[Transaction]) -> Faults:
        """Returns the remaining faults after a block was sealed as ``sealed_as``."""
        used = any(map(self.withheld.include, transactions))
        kept = [tx for tx in transactions if not self.withheld.include(tx)]
        return replace(
            self,
            withheld=NOBODY if used else self.withheld,
            delays=self.delays and not used,
            reorders=self.reorders and _senders_reversed(kept) == kept,
        )


NO_FAULTS = Faults()


def _senders_reversed(transactions: Sequence[Transaction]) -> list[Transaction]:
    """Reverses the order of senders. Each sender's own stay in their order: any other would be invalid."""
    lanes: dict[Address, list[Transaction]] = {}
    for tx in transactions:
        lanes.setdefault(tx.sender, []).append(tx)
    return [tx for lane in reversed(lanes.values()) for tx in lane]


def promises(block: PlacedBlock, chain_id: int) -> list[Preconfirmation]:
    """The promise for each transaction of an open block."""
    return [promise(block, index, chain_id) for index in range(len(block.transactions))]


def broken_promises(
    before: PlacedBlock, after: PlacedBlock, chain_id: int
) -> list[tuple[Transaction, Preconfirmation]]:
    """The transactions that ``after`` treats differently from ``before``, with the promise for each."""
    kept = set(promises(after, chain_id))
    made = zip(before.transactions, promises(before, chain_id), strict=True)
    return [(tx, promised) for tx, promised in made if promised not in kept]


def cut_again(before: PlacedBlock, after: Iterable[Transaction]) -> list[tuple[int, int]]:
    """Returns the ends (and times) of the mini-blocks of ``before`` once it holds only ``after``, in any order."""
    left = {tx.hash for tx in after}
    start = end = 0
    ends: list[tuple[int, int]] = []
    for cut in before.cuts:
        count = sum(tx.hash in left for tx in before.transactions[start : cut.end])
        start, end = cut.end, end + count
        if count:
            ends.append((end, cut.timestamp))
    return ends


def rival_of(mini_block: MiniBlock) -> MiniBlock:
    """Another mini-block with the same number: as if it had been closed before its last transaction."""
    last = mini_block.receipts[-1]
    return msgspec.structs.replace(
        mini_block,
        gas_used=mini_block.gas_used - last.gas_used,
        transactions=mini_block.transactions[:-1],
        receipts=mini_block.receipts[:-1],
        diffs=mini_block.diffs[:-1],
    )


def rival_promises(mini_block: MiniBlock, chain_id: int) -> tuple[Preconfirmation, Preconfirmation]:
    """Returns the promise about a mini-block's last transaction, and its rival: the same place in the block, in the
    mini-block that follows.
    """
    made = Preconfirmation(
        chain_id=chain_id,
        block_number=mini_block.block_number,
        mini_block_number=mini_block.number,
        transaction_index=mini_block.tx_offset + len(mini_block.transactions) - 1,
        transaction_hash=mini_block.transactions[-1].hash,
        receipt_hash=receipt_hash(mini_block.receipts[-1]),
    )
    return made, msgspec.structs.replace(made, mini_block_number=mini_block.number + 1)
