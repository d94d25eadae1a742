"""The accounts and slots that a block touched, and each transaction's changes (EIP-7928's block access list).

No block of ours carries one: it is made on demand, by running the block again. What the protocol writes at the block's
start has index 0, transactions have indices from 1. The protocol does nothing at the end of our blocks, so there is no
index after the last transaction's. State that was changed by hand before the block was there when it began and is in no
list.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from megadev.chain.blocks import SealedBlock
from megadev.chain.config import BEACON_ROOTS_ADDRESS
from megadev.chain.receipts import Log
from megadev.chain.transactions import Transaction
from megadev.evm.engine import AccessSet, Frame, FrameExit, Step, Tracer
from megadev.evm.system_calls import RING
from megadev.inspect.replay import run_again, world_before
from megadev.node.chain import LocalChain
from megadev.node.reopening import block_start
from megadev.primitives import rlp
from megadev.primitives.types import Address, Wei
from megadev.state.account import EMPTY_ACCOUNT
from megadev.state.diff import StateDiff
from megadev.state.overlay import Overlay
from megadev.state.reader import StateReader
from megadev.state.world import WorldView


class AccountChanges(msgspec.Struct):
    """One account: post-values by index, and slots that were looked at and are the same in the end of all."""

    address: Address
    storage: dict[int, list[tuple[int, int]]] = msgspec.field(default_factory=dict)
    reads: set[int] = msgspec.field(default_factory=set)
    balances: list[tuple[int, Wei]] = msgspec.field(default_factory=list)
    nonces: list[tuple[int, int]] = msgspec.field(default_factory=list)
    codes: list[tuple[int, bytes]] = msgspec.field(default_factory=list)


BlockAccessList: TypeAlias = list[AccountChanges]
"""By address; slots by number, changes by index."""


def block_access_list(chain: LocalChain, block: SealedBlock) -> BlockAccessList:
    """Returns the access list of ``block``; nothing for a chain's first block. Raises as ``replay``."""
    if block.number == chain.store.genesis.number:
        return []
    world = world_before(chain, block)
    lists = _Lists(Overlay(WorldView(world, chain.store.block_hash)))
    builder = block_start(chain, block, before=world)
    if BEACON_ROOTS_ADDRESS in builder.state.diff.storage:
        # the root's slot too, though the same root is written again (EIP-4788)
        lists.touch(AccessSet(slots={(BEACON_ROOTS_ADDRESS, block.header.timestamp % RING + RING)}))
    lists.change(0, builder.state.diff)
    frames: set[Address] = set()

    def watch(index: int, tx: Transaction, state: StateReader) -> Tracer:
        return _FrameWatcher(frames)

    for replayed in run_again(builder, block, watch):
        lists.touch(replayed.execution.accessed)
        # a precompile has no account to look at, and who is paid nothing is looked at all the same
        lists.touch(AccessSet({*frames, replayed.tx.sender, block.header.coinbase}))
        lists.change(replayed.index + 1, replayed.execution.diff)
        frames.clear()
    return lists.done()


def encode_access_list(accounts: BlockAccessList) -> bytes:
    """The list's RLP, whose keccak256 a header of an EIP-7928 chain holds."""
    return rlp.encode(
        [
            [
                account.address,
                [[slot, changes] for slot, changes in sorted(account.storage.items())],
                sorted(account.reads),
                account.balances,
                account.nonces,
                account.codes,
            ]
            for account in accounts
        ]
    )


class _Lists:
    """Access lists in the making. ``state`` is what the next changes find."""

    def __init__(self, state: Overlay) -> None:
        self._state = state
        self._accounts: dict[Address, AccountChanges] = {}

    def touch(self, accessed: AccessSet) -> None:
        """Note accounts and slots that were looked at."""
        for address in accessed.accounts:
            self._of(address)
        for address, slot in accessed.slots:
            self._of(address).reads.add(slot)

    def change(self, index: int, diff: StateDiff) -> None:
        """Note what ``diff`` leaves otherwise than it found it, and lay it over the state."""
        state = self._state
        for address, account in diff.accounts.items():
            noted, old = self._of(address), state.account(address) or EMPTY_ACCOUNT
            new = account or EMPTY_ACCOUNT
            if new.balance != old.balance:
                noted.balances.append((index, new.balance))
            if account is None:
                continue  # of what is gone, nonce and code are not told
            if new.nonce != old.nonce:
                noted.nonces.append((index, new.nonce))
            if new.code_hash != old.code_hash:
                code = diff.codes.get(new.code_hash)
                noted.codes.append((index, state.code(new.code_hash) if code is None else code))
        for address, slots in diff.storage.items():
            noted = self._of(address)
            for slot, value in slots.items():
                noted.reads.add(slot)
                if value != state.storage(address, slot):
                    noted.storage.setdefault(slot, []).append((index, value))
        state.apply(diff)

    def done(self) -> BlockAccessList:
        """All of it, in order."""
        for account in self._accounts.values():
            account.reads -= account.storage.keys()
        return [account for _, account in sorted(self._accounts.items())]

    def _of(self, address: Address) -> AccountChanges:
        noted = self._accounts.get(address)
        if noted is None:
            noted = self._accounts[address] = AccountChanges(address)
        return noted


class _FrameWatcher:
    """A tracer that notes whom frames are for."""

    wants_steps = False

    def __init__(self, found: set[Address]) -> None:
        self._found = found

    def enter(self, frame: Frame) -> None:
        self._found.update((frame.to, frame.code_address))

    def exit(self, frame: Frame, outcome: FrameExit) -> None: ...

    def step(self, step: Step) -> None: ...

    def step_done(self, gas_left: int) -> None: ...

    def log(self, log: Log) -> None: ...
