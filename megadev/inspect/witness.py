"""The witness of a block, with which it can be executed from a state root alone: trie nodes, code, and the headers of
ancestors.

Made by running the block again over a world that notes what it is asked. The form is the execution API's
(``ExecutionWitness``), whose order, sorted bytes without repetition, makes one block's witness always the same.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from megadev.chain.blocks import SealedBlock, encode_header
from megadev.chain.config import BEACON_ROOTS_ADDRESS, HISTORY_STORAGE_ADDRESS
from megadev.errors import StateUnavailable, UnknownBlock
from megadev.inspect.replay import run_again
from megadev.node.chain import LocalChain
from megadev.node.reopening import block_start
from megadev.primitives.keccak import address_key, slot_key
from megadev.primitives.types import EMPTY_CODE_HASH, Address, Hash32
from megadev.state.account import Account
from megadev.state.diff import StateDiff
from megadev.state.world import World


class Witness(msgspec.Struct, frozen=True):
    """``state``: encoded trie nodes, of the account trie and of storage tries. ``codes``: contracts that ran.
    ``keys``: the addresses and slots (32 bytes) that were touched. ``headers``: encoded, oldest first; the last is the
    parent's, and the state starts at its root.
    """

    state: tuple[bytes, ...]
    codes: tuple[bytes, ...]
    keys: tuple[bytes, ...]
    headers: tuple[bytes, ...]


def execution_witness(chain: LocalChain, block: SealedBlock) -> Witness:
    """The witness of ``block``.

    Raises ``UnknownBlock`` where the parent is not held, and ``StateUnavailable`` where the block begins with state
    that was changed by hand: no header has the root that it starts from; also where a block's gas depends on the whole
    state (``Salt.live``).
    """
    if block.number == chain.store.genesis.number:
        raise UnknownBlock(f"unknown block: block {block.number} is the first block and has no parent")
    parent = chain.block(block.header.parent_hash)
    if block.irregular is not None:
        raise StateUnavailable(
            f"state unavailable: state was changed outside a block just before block {block.number}, so no "
            "header has the state root that it starts from: mine a block after such a change, and ask for "
            "later blocks"
        )
    spec, _ = chain.rules_of(block)
    if spec.salt is not None and spec.salt.live:
        raise StateUnavailable(
            "state unavailable: with --salt live, gas depends on how full MegaETH's buckets are, which takes the whole "
            "state to know: no witness of a block has that; start the node with --salt fixed"
        )
    asked = _AskedWorld(parent.world)
    hashes: set[int] = {parent.number}

    def block_hash(number: int) -> Hash32:
        hashes.add(number)
        return chain.store.block_hash(number)

    builder = block_start(chain, block, before=asked, block_hash=block_hash)
    for address in (HISTORY_STORAGE_ADDRESS, BEACON_ROOTS_ADDRESS):
        if address in builder.state.diff.storage:  # what the protocol writes at a block's start, contracts do
            asked.code(_code_hash(asked.account(address)))
    for _ in run_again(builder, block):
        pass
    if builder.spec.withdrawals_root_of is not None:
        asked.account(builder.spec.withdrawals_root_of)  # the header has the root of its storage
    return Witness(
        state=tuple(sorted(_nodes(parent.world, asked, builder.state.diff))),
        codes=tuple(sorted(asked.codes)),
        keys=tuple(sorted({*asked.addresses, *(slot.to_bytes(32, "big") for _, slot in asked.slots)})),
        headers=tuple(encode_header(known.header) for known in chain.store.blocks(min(hashes), parent.number)),
    )


def _nodes(world: World, asked: _AskedWorld, diff: StateDiff) -> set[bytes]:
    """The nodes of ``world`` that lead to all that was asked, and to the root after ``diff``."""
    after = world.apply(diff)
    addresses = asked.addresses | diff.accounts.keys() | diff.storage.keys() | diff.cleared
    slots: dict[Address, set[int]] = {address: set(written) for address, written in diff.storage.items()}
    for address, slot in asked.slots:
        slots.setdefault(address, set()).add(slot)
    gone = [address_key(a) for a in addresses if world.account(a) is not None and after.account(a) is None]
    nodes = set(world.account_trie.witness(map(address_key, addresses), gone))
    for address, touched in slots.items():
        trie = world.storage_trie(address)
        if not trie.is_empty:
            emptied = [slot for slot in touched if world.storage(address, slot) and not after.storage(address, slot)]
            # a storage that goes as a whole leaves nothing to mend
            mended = () if after.storage_trie(address).is_empty else map(slot_key, emptied)
            nodes |= trie.witness(map(slot_key, touched), mended)
    return nodes


def _code_hash(account: Account | None) -> Hash32:
    return EMPTY_CODE_HASH if account is None else account.code_hash


class _AskedWorld(World):
    """A world that notes what it is asked."""

    __slots__ = ("_ask_account", "_ask_code", "_ask_storage", "_has_storage", "addresses", "codes", "slots")

    def __init__(self, world: World) -> None:
        # not World's own attributes: all that is ever asked of it is here
        self._ask_account: Callable[[Address], Account | None] = world.account
        self._has_storage: Callable[[Address], bool] = world.has_storage
        self._ask_storage: Callable[[Address, int], int] = world.storage
        self._ask_code: Callable[[Hash32], bytes] = world.code
        self.addresses: set[Address] = set()
        self.slots: set[tuple[Address, int]] = set()
        self.codes: set[bytes] = set()

    def account(self, address: Address) -> Account | None:
        self.addresses.add(address)
        return self._ask_account(address)

    def storage(self, address: Address, slot: int) -> int:
        self.addresses.add(address)
        self.slots.add((address, slot))
        return self._ask_storage(address, slot)

    def has_storage(self, address: Address) -> bool:
        self.addresses.add(address)  # its leaf says so
        return self._has_storage(address)

    def code(self, code_hash: Hash32) -> bytes:
        code = self._ask_code(code_hash)
        if code:
            self.codes.add(code)
        return code
