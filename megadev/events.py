"""Facts about what happened: one frozen value each. Events report and never drive; whoever listens may be absent.

In order, for each transaction: admitted, preconfirmed, in a sealed mini-block, in a sealed block.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from megadev.chain.blocks import SealedBlock
from megadev.chain.mini_blocks import MiniBlock
from megadev.chain.preconfirmations import Preconfirmation
from megadev.chain.receipts import Receipt
from megadev.chain.transactions import Transaction
from megadev.primitives.types import Address

if TYPE_CHECKING:
    from megadev.chain.blocks import StateDiff
    from megadev.state.reader import StateReader
    from megadev.state.world import World


class TransactionAdmitted(msgspec.Struct, frozen=True):
    """The txpool took a transaction; ``pending`` False: it waits behind a nonce gap."""

    tx: Transaction
    pending: bool


class TransactionPreconfirmed(msgspec.Struct, frozen=True):
    """A transaction was executed in the open block; ``duration_ns`` from the sequencer taking it to its receipt."""

    tx: Transaction
    receipt: Receipt
    block_number: int
    index: int
    duration_ns: int


class TransactionDropped(msgspec.Struct, frozen=True):
    """A pooled transaction was given up: it can no longer be executed, or a caller asked."""

    tx: Transaction
    reason: str


@dataclass(frozen=True, slots=True)
class MiniBlockSealed:
    """A mini-block is complete: its transactions and receipts will not change, its block is not sealed yet. ``state``:
    the one that the block has got to.
    """

    mini_block: MiniBlock
    state: StateReader | World | None = field(default=None, repr=False, compare=False)


class BlockSealed(msgspec.Struct, frozen=True):
    """A block became part of the chain. ``diffs``: what makes its world of its parent's, one after the other; empty
    where whoever put it there does not know.
    """

    block: SealedBlock
    diffs: tuple[StateDiff, ...] = ()


class BlocksRemoved(msgspec.Struct, frozen=True):
    """Blocks ``first`` to ``last`` left the chain (a revert or reorganisation): ``blocks``, newest first, and rows of
    empty ones that nobody was told of. ``replaced``: others follow at once. ``contradicted``: L1 says otherwise than
    the sequencer had.
    """

    blocks: tuple[SealedBlock, ...]
    first: int
    last: int
    replaced: bool = False
    contradicted: bool = False


@dataclass(frozen=True, slots=True)
class PreconfirmationsLost:
    """Preconfirmed transactions of a block that will not be sealed as it was made known: the state is back to where it
    was before the first of them. ``mini_blocks``: those announced that are void, oldest first; the last of
    ``transactions`` may stand in none yet. ``state``: the one that the block had got to.
    """

    block_number: int
    transactions: tuple[Transaction, ...]
    reason: str
    mini_blocks: tuple[MiniBlock, ...] = ()
    promises: tuple[Preconfirmation, ...] = ()
    state: StateReader | World | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class MiniBlockEquivocated:
    """The sequencer signed a second mini-block with the number of one that it announced. ``promises``: what it said
    about that one's last transaction, and what the rival says. ``state``: the one that the block has got to.
    """

    mini_block: MiniBlock
    rival: MiniBlock
    promises: tuple[Preconfirmation, Preconfirmation]
    state: StateReader | World | None = field(default=None, repr=False, compare=False)


class BatchPosted(msgspec.Struct, frozen=True):
    """The batcher sent a channel to L1: L2's blocks ``first`` to ``last``, with so many transactions of users, in
    ``size`` bytes; ``da`` says where its data is.
    """

    first: int
    last: int
    transactions: int
    size: int
    da: str


class SequencerCondition(Enum):
    """The condition of a sequencer: building blocks, paused, or crashed."""

    RUNNING = "running"
    PAUSED = "paused"
    CRASHED = "crashed"


class SequencerTurned(msgspec.Struct, frozen=True):
    """The sequencer is in another condition than before. ``unsealed``: transactions of the open block that it keeps."""

    condition: SequencerCondition
    unsealed: int


class ContractReload(msgspec.Struct, frozen=True):
    """One contract whose code was changed in place. ``action``: replaced, redeployed (with empty storage) or undone.
    ``proxies`` run the same code. ``abi`` is JSON."""

    address: Address
    name: str
    source: str
    action: str
    proxies: tuple[Address, ...]
    abi: bytes


class ContractsReloaded(msgspec.Struct, frozen=True):
    """Contracts of a chain were reloaded, or (the same ``number`` again) that was undone."""

    number: int
    contracts: tuple[ContractReload, ...]


Event: TypeAlias = (
    TransactionAdmitted
    | TransactionPreconfirmed
    | TransactionDropped
    | MiniBlockSealed
    | BlockSealed
    | BlocksRemoved
    | PreconfirmationsLost
    | MiniBlockEquivocated
    | SequencerTurned
    | BatchPosted
    | ContractsReloaded
)
