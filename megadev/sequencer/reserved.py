"""Rows of empty blocks that nobody has made: thousands or millions of them, that cost nothing until looked at.

``hardhat_mine`` of a year's blocks is answered at once: between some blocks before and the last ones (``MADE_AT_END``),
which are sealed one by one as ever, stands a row. A block of it is built when it is asked for, by the builder that
builds every block, over the state that the formulae of the protocol's own writes give for its number; it is the same
each time, today and after a restart.

What is true of such a block: its number, timestamp and fees; its parent's hash is the hash of the block before it, and
the block after it has its hash, to the chain's end; that hash is what BLOCKHASH, the history contract (EIP-2935), calls
and ``eth_getBlockByHash`` know; its state is the state that its state root and every proof are of; where blocks begin
with the L1 attributes transaction it has that, and its receipt.

What is not: its hash is not the hash of its header. A true one needs every hash before it, and each of those a state
root, because every block writes its parent's hash into the state: a year of blocks would take minutes, however it is
done (Hardhat's reserved ranges give up the link between the blocks instead). So the hash is drawn from the row's key
and the number, in a way that shows whether a hash is of this row, and of which number. Every other block's hash is that
of its header, and so are all 256 that BLOCKHASH can see from the chain's head.

Nobody is told of a row's blocks one by one (newHeads, filters): only of those around it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Self

import msgspec

from megadev.chain.blocks import SealedBlock
from megadev.chain.spec import ChainSpec
from megadev.errors import InvalidParams
from megadev.evm.engine import Engine
from megadev.evm.system_calls import RowWrites, has_other_code
from megadev.evm.system_contracts import is_change_scheduled
from megadev.primitives import rlp
from megadev.primitives.keccak import keccak
from megadev.primitives.types import Address, Hash32
from megadev.sequencer.block_builder import BlockBuilder, BlockPlan, BlockStart
from megadev.sequencer.chain_tip import ChainTip, Later
from megadev.sequencer.faults import NO_FAULTS
from megadev.sequencer.rows import space
from megadev.state.account import Account
from megadev.state.diff import Cause, StateDiff
from megadev.state.rows import DeferredWorld
from megadev.state.world import World, WorldView

SHORTEST = 2_048
"""Fewer blocks are made at once: half a second's work, and their hashes are their headers'."""
MADE_AT_END = 257
"""Blocks that follow a row at once, so that BLOCKHASH sees no block of it from the chain's head on."""
WORLDS_KEPT, BLOCKS_KEPT = 3, 128
"""Of each row: whole states are some megabytes."""
_DRAWN = 24
"""Bytes of a hash that are drawn; the others say which block it is of, to whoever has the row's key."""

MAX_NUMBER = 2**63 - 1
"""The highest block there may be: dumps have numbers of 63 bits, as Anvil's."""


class RowPlan(msgspec.Struct, frozen=True):
    """Everything that decides what a row's blocks are. ``block`` is the plan of its first block, each later one's
    timestamp is ``step`` seconds after its parent's. ``world`` is the state before the row, ``earlier`` knows the
    hashes of the blocks before it. ``later``: where blocks begin with the L1 attributes transaction.
    """

    spec: ChainSpec
    engine: Engine
    block: BlockPlan
    step: int
    world: World
    earlier: Callable[[int], Hash32]
    later: Later | None = None
    key: bytes = b""

    def keyed(self) -> RowPlan:
        """The same with the key that its hashes are drawn by: another one wherever a block would be another."""
        plan = self.block
        first = b"" if plan.start.attributes is None else plan.start.attributes.hash
        said: list[int | bytes] = [
            b"megadev row",
            plan.parent_hash,
            plan.number,
            plan.timestamp,
            self.step,
            plan.coinbase,
            plan.gas_limit,
            plan.base_fee,
            plan.excess_blob_gas,
            plan.extra_data,
            first,
        ]
        return msgspec.structs.replace(self, key=keccak(rlp.encode(said)))


def is_even(chain: ChainTip) -> bool:
    """True if the next block will be like the head and like all empty ones after it: they differ in number, time and
    parent, and in how often L2 has been told of the same L1 block.
    """
    if (
        len(chain.pool)
        or chain.irregular is not None
        or chain.blocks is not chain.blocks.one_block_passed()
        or (chain.faults is not None and chain.faults != NO_FAULTS)
        or (chain.spec.system_contracts and is_change_scheduled(WorldView(chain.head.world)))
        or has_other_code(WorldView(chain.head.world), chain.spec.hardfork)
    ):
        return False
    plan, head = chain.plan(chain.head), chain.head.header
    return (
        (plan.base_fee, plan.excess_blob_gas, plan.gas_limit, plan.coinbase, plan.extra_data)
        == (head.base_fee, head.excess_blob_gas, head.gas_limit, head.coinbase, head.extra_data)
        and chain.head.spec is chain.spec
        and (plan.start == BlockStart(chain.head.system_call) or _goes_on(chain, plan.start))
    )


def _goes_on(chain: ChainTip, start: BlockStart) -> bool:
    """True if ``start`` is what the head began with, one block later."""
    later, before = chain.attributes_later, chain.head.transactions
    return (
        later is not None
        and start.attributes is not None
        and not start.deposits
        and bool(before)
        and before[0].to == start.attributes.to
        and later(before[0], 1) == start.attributes
    )


def reserve(chain: ChainTip, count: int, interval: int | None) -> EmptyRow:
    """``count`` empty blocks after the head, as they would be if they were built now. The last of them is yet to be
    made the head; the clock goes along as it would have.
    """
    space(chain, interval)
    plan = chain.plan(chain.head)
    row_plan = RowPlan(
        chain.spec,
        chain.engine,
        plan,
        chain.time.step(interval),
        chain.head.world,
        chain.store.block_hash,
        None if plan.start.attributes is None else chain.attributes_later,
    )
    row = EmptyRow.planned(row_plan.keyed(), plan.number + count - 1)
    if interval is not None:
        chain.time.set_next(row.timestamp_of(row.last), chain.head.header.timestamp)
    return row


def check_height(number: int) -> None:
    """Raises ``InvalidParams`` where no chain may have a block with that number."""
    if number > MAX_NUMBER:
        raise InvalidParams(f"block {number} exceeds the maximum block number, {MAX_NUMBER}")


class EmptyRow:
    """A row, or a part of one (``chain.spans.Row``). On any thread."""

    __slots__ = ("_made", "first", "last")

    def __init__(self, made: _Made, first: int, last: int) -> None:
        self._made = made
        self.first = first
        self.last = last

    @classmethod
    def planned(cls, plan: RowPlan, last: int) -> Self:
        """The row that ``plan`` says, up to block ``last``."""
        return cls(_Made(plan), plan.block.number, last)

    @property
    def plan(self) -> RowPlan:
        """The plan of the row; for a part, that of the whole row."""
        return self._made.plan

    @property
    def is_known(self) -> bool:
        return self.plan.world.is_known

    @property
    def holds_transactions(self) -> bool:
        return self.plan.later is not None

    def timestamp_of(self, number: int) -> int:
        return self._made.timestamp_of(number)

    def block(self, number: int) -> SealedBlock:
        return self._made.block(number)

    def world(self, number: int) -> World:
        return self._made.world(number)

    def hash_of(self, number: int) -> Hash32:
        return self._made.hash_of(number)

    def number_of(self, block_hash: Hash32) -> int | None:
        number = self._made.number_in(block_hash)
        return number if self.first <= number <= self.last and self.hash_of(number) == block_hash else None

    def transaction(self, tx_hash: Hash32) -> int | None:
        number = self._made.looked_at.get(tx_hash)
        return number if number is not None and self.first <= number <= self.last else None

    def with_mini_block(self, number: int) -> int | None:
        found = self.plan.block.number + number - self.plan.block.mini_block_offset
        return found if self.holds_transactions and self.first <= found <= self.last else None

    def part(self, first: int, last: int) -> EmptyRow:
        return EmptyRow(self._made, max(first, self.first), min(last, self.last))

    def after(self, parent: SealedBlock) -> EmptyRow:
        before = (self.first - self.plan.block.number) * self.holds_transactions
        tx_offset = parent.tx_offset + len(parent.transactions) - before
        mini_block_offset = parent.mini_block_offset + len(parent.cuts) - before
        plan = self.plan.block
        if (plan.tx_offset, plan.mini_block_offset) == (tx_offset, mini_block_offset):
            return self
        placed = msgspec.structs.replace(plan, tx_offset=tx_offset, mini_block_offset=mini_block_offset)
        return EmptyRow(_Made(msgspec.structs.replace(self.plan, block=placed)), self.first, self.last)


def drawn_hash(key: bytes, number: int) -> Hash32:
    """The hash of block ``number`` of the row with that ``key``."""
    drawn = keccak(key + number.to_bytes(8, "big"))[:_DRAWN]
    return drawn + (number ^ _mask(key, drawn)).to_bytes(8, "big")


def _mask(key: bytes, drawn: bytes) -> int:
    return int.from_bytes(keccak(key + drawn)[:8], "big")


class _Made:
    """The blocks made of a row so far, for all parts of it."""

    def __init__(self, plan: RowPlan) -> None:
        self.plan = plan
        self.looked_at: dict[Hash32, int] = {}
        """Which block holds which transaction, of those that were looked at."""
        block = plan.block
        self._writes = RowWrites.over(
            WorldView(plan.world if plan.world.is_known else World()),  # nobody gets to a state that is not known
            block.number,
            block.timestamp,
            plan.step,
            self.hash_of,
            plan.spec.hardfork,
            unseen=not plan.world.is_whole,
        )
        self._worlds: OrderedDict[int, World] = OrderedDict()
        self._blocks: OrderedDict[int, SealedBlock] = OrderedDict()
        self._lock = Lock()

    # -- hashes -------------------------------------------------------------------------------------------------------

    def hash_of(self, number: int) -> Hash32:
        """The hash of a block of the row, or of one before it."""
        plan = self.plan
        if number < plan.block.number:
            return plan.block.parent_hash if number == plan.block.number - 1 else plan.earlier(number)
        return drawn_hash(plan.key, number)

    def number_in(self, block_hash: Hash32) -> int:
        """The number that a hash says it is of, if it is one of this row's."""
        return int.from_bytes(block_hash[_DRAWN:], "big") ^ _mask(self.plan.key, block_hash[:_DRAWN])

    # -- blocks -------------------------------------------------------------------------------------------------------

    def timestamp_of(self, number: int) -> int:
        return self.plan.block.timestamp + (number - self.plan.block.number) * self.plan.step

    def block(self, number: int) -> SealedBlock:
        with self._lock:
            found = self._blocks.get(number)
        if found is not None:
            return found
        builder = self._builder(number, self._whole(number - 1))
        sealed = builder.seal()
        with self._lock:
            self._keep(number, sealed.world)
        made = msgspec.structs.replace(sealed, hash=self.hash_of(number), world=self.world(number, sealed.world))
        for tx in made.transactions:
            self.looked_at[tx.hash] = number
        with self._lock:
            self._blocks[number] = made
            if len(self._blocks) > BLOCKS_KEPT:
                self._blocks.popitem(last=False)
        return made

    def _builder(self, number: int, before: World) -> BlockBuilder:
        """Returns the builder of block ``number`` on the state ``before`` it."""
        plan = self.plan
        index = number - plan.block.number
        skipped = index if plan.later is not None else 0
        parent_hash = self.hash_of(number - 1)
        placed = msgspec.structs.replace(
            plan.block,
            number=number,
            timestamp=self.timestamp_of(number),
            parent_hash=parent_hash,
            prev_randao=keccak(parent_hash),
            tx_offset=plan.block.tx_offset + skipped,
            mini_block_offset=plan.block.mini_block_offset + skipped,
            start=self._start(index),
        )
        return BlockBuilder(plan.spec, plan.engine, placed, before, self.hash_of).begin()

    def _start(self, index: int) -> BlockStart:
        start, later = self.plan.block.start, self.plan.later
        if start.attributes is None or later is None:
            return start
        return BlockStart(None, later(start.attributes, index), ())

    # -- states -------------------------------------------------------------------------------------------------------

    def world(self, number: int, whole: World | None = None) -> World:
        """The state after block ``number``; ``whole`` where it is at hand."""
        world = self.plan.world
        if not world.is_known:
            return world
        if not world.is_whole:
            return whole or self._whole(number)  # of a fork there is nothing to put off but the trie
        return DeferredWorld(_RowState(self, number), lambda: self._whole(number))

    def _whole(self, number: int) -> World:
        """The same with all its tries; that before the row too."""
        first = self.plan.block.number
        if number < first:
            return self.plan.world
        with self._lock:
            found = self._worlds.get(number)
            if found is not None:
                self._worlds.move_to_end(number)
                return found
            near = min(self._worlds, default=first - 1, key=lambda made: abs(made - number))
            if abs(near - number) >= number - first:
                near = first - 1
            world = self._worlds.get(near, self.plan.world)
        diff = self.told(number)
        for address, words in self._writes.change(near, number).items():
            diff.storage[address] = diff.storage.get(address, {}) | words
        world = world.apply(diff)
        with self._lock:
            self._keep(number, world)
        return world

    def _keep(self, number: int, world: World) -> None:
        self._worlds[number] = world
        if len(self._worlds) > WORLDS_KEPT:
            self._worlds.popitem(last=False)

    def told(self, number: int) -> StateDiff:
        """Returns the effects of block ``number``'s first transaction: every word that it writes is independent of the
        previous value, and its sender has sent one in each block.
        """
        diff = StateDiff(Cause.SYSTEM_CALL)
        plan = self.plan
        attributes = plan.block.start.attributes
        if attributes is None:
            return diff
        sender = plan.world.account(attributes.sender) or Account()
        earlier = Account(sender.nonce + number - plan.block.number, sender.balance, sender.code_hash)
        before = plan.world.apply(StateDiff(Cause.SYSTEM_CALL, accounts={attributes.sender: earlier}))
        return self._builder(number, before).state.diff

    def word(self, address: Address, slot: int, number: int) -> int | None:
        """Returns the protocol's value in a slot up to block ``number``; None: nothing."""
        return self._writes.word(address, slot, number)


class _RowState:
    """A ``StateReader`` over the state after block ``number`` of a row, which need not be made for it."""

    __slots__ = ("_made", "_number", "_told", "_world", "code")

    def __init__(self, made: _Made, number: int) -> None:
        self._made = made
        self._number = number
        self._world = made.plan.world
        self._told: StateDiff | None = None
        self.code = made.plan.world.code

    @property
    def told(self) -> StateDiff:
        if self._told is None:
            self._told = self._made.told(self._number)
        return self._told

    def account(self, address: Address) -> Account | None:
        if self._made.plan.later is not None and address in self.told.accounts:
            return self.told.accounts[address]
        return self._world.account(address)

    def storage(self, address: Address, slot: int) -> int:
        word = self._made.word(address, slot, self._number)
        if word is None and self._made.plan.later is not None:
            word = self.told.storage.get(address, {}).get(slot)
        return self._world.storage(address, slot) if word is None else word

    def block_hash(self, number: int) -> Hash32:
        return self._made.hash_of(number)
