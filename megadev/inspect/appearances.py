"""Appearances of addresses in transactions: sender, recipient, created contract, and every caller and callee, also in
frames that failed. For searches by address.

Why transactions are run again for it, and the answers kept: keeping this of every transaction when it runs would slow
every transaction down for a question that few chains are ever asked. A sealed block's answer never changes, so it is
kept under the block's hash; the blocks that hold nothing but plain transfers need no run and no keeping.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

from megadev.chain.blocks import SealedBlock
from megadev.chain.receipts import Log, Receipt
from megadev.chain.transactions import Transaction
from megadev.evm.engine import Frame, FrameExit, Step
from megadev.inspect.replay import replay
from megadev.node.chain import LocalChain
from megadev.primitives.types import Address, Hash32

Appearances: TypeAlias = Sequence[frozenset[Address]]
"""By transaction of a block."""

BLOCKS_KEPT: Final = 65_536
"""Blocks whose answer is kept, a few hundred bytes for each of their transactions; the oldest answers go first."""
_TRANSFER_GAS: Final = 21_000

_kept: dict[Hash32, Appearances] = {}
_keeping = threading.Lock()


def appearances(chain: LocalChain, block: SealedBlock) -> Appearances:
    """Returns the addresses in the transactions of ``block``. Raises as ``replay``."""
    known = _kept.get(block.hash)
    if known is not None:
        return known
    if all(map(_ran_nothing, block.transactions, block.receipts)):
        return [frozenset((tx.sender, tx.to)) for tx in block.transactions if tx.to is not None]
    watchers = [_Watcher() for _ in block.transactions]
    for _ in replay(chain, block, lambda index, tx, state: watchers[index]):
        pass
    found = [frozenset(watcher.addresses) for watcher in watchers]
    with _keeping:  # searches run on worker threads
        while len(_kept) >= BLOCKS_KEPT:
            del _kept[next(iter(_kept))]
        _kept[block.hash] = found
    return found


def appears_in(chain: LocalChain, block: SealedBlock, addresses: Iterable[Address]) -> bool:
    """True if one of ``addresses`` takes part in a transaction of ``block``. Raises as ``replay``."""
    wanted = frozenset(addresses)
    return any(not who.isdisjoint(wanted) for who in appearances(chain, block))


def _ran_nothing(tx: Transaction, receipt: Receipt) -> bool:
    """Only the intrinsic gas of a call without data was used: no instruction that calls costs nothing."""
    return receipt.gas_used == _TRANSFER_GAS and tx.to is not None


class _Watcher:
    """Notes who takes part in frames."""

    wants_steps = False

    def __init__(self) -> None:
        self.addresses: set[Address] = set()

    def enter(self, frame: Frame) -> None:
        self.addresses.add(frame.sender)
        self.addresses.add(frame.to)

    def exit(self, frame: Frame, outcome: FrameExit) -> None: ...

    def step(self, step: Step) -> None: ...

    def step_done(self, gas_left: int) -> None: ...

    def log(self, log: Log) -> None: ...
