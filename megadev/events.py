"""What happened, as facts: one frozen dataclass each. Events report and never drive; whoever listens may be absent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from megadev.chain.blocks import SealedBlock
from megadev.chain.receipts import Receipt
from megadev.chain.transactions import Transaction


@dataclass(frozen=True, slots=True)
class TransactionAdmitted:
    """The txpool took a transaction; ``pending`` False: it waits behind a nonce gap."""

    tx: Transaction
    pending: bool


@dataclass(frozen=True, slots=True)
class TransactionPreconfirmed:
    """A transaction was executed in the open block; ``duration_ns`` from the sequencer taking it to its receipt."""

    tx: Transaction
    receipt: Receipt
    block_number: int
    index: int
    duration_ns: int


@dataclass(frozen=True, slots=True)
class TransactionDropped:
    """A pooled transaction was given up: it can no longer be executed, or a caller asked."""

    tx: Transaction
    reason: str


@dataclass(frozen=True, slots=True)
class BlockSealed:
    """A block became part of the chain."""

    block: SealedBlock


@dataclass(frozen=True, slots=True)
class BlocksRemoved:
    """Blocks left the chain (a revert or reorganisation), newest first; ``replaced``: others follow at once."""

    blocks: tuple[SealedBlock, ...]
    replaced: bool = False


Event: TypeAlias = TransactionAdmitted | TransactionPreconfirmed | TransactionDropped | BlockSealed | BlocksRemoved
