"""The creation of a contract: the frame that created it, found in the chain's history."""

from __future__ import annotations

from dataclasses import dataclass

from megadev.chain.blocks import SealedBlock
from megadev.chain.receipts import Log
from megadev.chain.transactions import Transaction
from megadev.evm.engine import Frame, FrameExit, Step
from megadev.inspect.replay import replay
from megadev.node.chain import LocalChain
from megadev.primitives.types import EMPTY_CODE_HASH, Address, Wei
from megadev.state.world import World

_CREATES = ("CREATE", "CREATE2")


@dataclass(frozen=True, slots=True)
class Creation:
    """``creator``: who ran the constructor, a factory perhaps; ``code``: creation code with what was given to it;
    ``value`` in wei."""

    tx: Transaction
    creator: Address
    value: Wei
    code: bytes


def block_of_code(chain: LocalChain, address: Address) -> SealedBlock | None:
    """The block in which an account that has code got it: by halving, for code seldom goes again. None for code that
    was there from the start, and for none."""
    low, high = chain.store.genesis, chain.head
    if not _has_code(high.world, address) or _has_code(low.world, address):
        return None
    while high.number - low.number > 1:
        middle = chain.block((low.number + high.number) // 2)
        if _has_code(middle.world, address):
            high = middle
        else:
            low = middle
    return high


def creation_in(chain: LocalChain, block: SealedBlock, address: Address) -> Creation | None:
    """Returns the creation of the contract in ``block``; None if there is none, and code was set by a cheat. Raises as
    ``replay``.
    """
    for tx, receipt in zip(block.transactions, block.receipts, strict=True):
        if receipt.created == address and receipt.succeeded:
            return Creation(tx, tx.sender, tx.value, tx.data)
    watchers = [_Watcher() for _ in block.transactions]
    for again in replay(chain, block, lambda index, tx, state: watchers[index]):
        made = watchers[again.index].made.get(address)
        if made is not None:
            return Creation(again.tx, made.sender, made.value, made.input)
    return None


class _Watcher:
    """Notes which contracts were created in frames that last."""

    wants_steps = False

    def __init__(self) -> None:
        self.made: dict[Address, Frame] = {}
        self._open: list[dict[Address, Frame]] = [self.made]

    def enter(self, frame: Frame) -> None:
        self._open.append({frame.to: frame} if frame.kind in _CREATES else {})

    def exit(self, frame: Frame, outcome: FrameExit) -> None:
        made = self._open.pop()
        if outcome.error is None:
            self._open[-1].update(made)

    def step(self, step: Step) -> None: ...

    def step_done(self, gas_left: int) -> None: ...

    def log(self, log: Log) -> None: ...


def _has_code(world: World, address: Address) -> bool:
    account = world.account(address)
    return account is not None and account.code_hash != EMPTY_CODE_HASH
