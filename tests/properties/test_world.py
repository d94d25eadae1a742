"""Laws of the world: diffs compose, roots are the Merkle-Patricia ones, history does not change, proofs convince."""

from __future__ import annotations

from typing import Any

import rlp as rlp_library
from hypothesis import given, settings
from hypothesis import strategies as st
from trie import HexaryTrie

from megadev.primitives.keccak import keccak
from megadev.primitives.types import EMPTY_CODE_HASH, ZERO_HASH
from megadev.state.account import Account
from megadev.state.diff import Cause, StateDiff
from megadev.state.overlay import Overlay
from megadev.state.world import World, WorldView

ADDRESSES = [bytes([place]) * 20 for place in range(1, 7)]
SLOTS = [0, 1, 2, 255, 2**256 - 1]
CODES = {keccak(code): code for code in (b"\x00", b"\x60\x01", b"\xfe" * 40)}

SOMEWHERE = st.sampled_from(ADDRESSES)
ACCOUNTS = st.builds(
    Account,
    nonce=st.integers(0, 3) | st.just(2**64 - 1),
    balance=st.integers(0, 2) | st.just(2**256 - 1),
    code_hash=st.sampled_from([EMPTY_CODE_HASH, *CODES]),
)
WORDS = st.sampled_from([0, 0, 1, 127, 128, 2**256 - 1])
WRITES = st.dictionaries(st.sampled_from(SLOTS), WORDS, max_size=4)


@st.composite
def diffs(draw: st.DrawFn) -> StateDiff:
    return StateDiff(
        Cause.TRANSACTION,
        accounts=draw(st.dictionaries(SOMEWHERE, st.none() | ACCOUNTS, max_size=4)),
        storage=draw(st.dictionaries(SOMEWHERE, WRITES, max_size=3)),
        cleared=draw(st.sets(SOMEWHERE, max_size=2)),
        codes=CODES,
    )


class Model:
    """State as plain dictionaries, told what a diff means and nothing of how a world works."""

    def __init__(self) -> None:
        self.accounts: dict[bytes, Account] = {}
        self.storage: dict[bytes, dict[int, int]] = {}

    def apply(self, diff: StateDiff) -> None:
        for address in {*diff.cleared, *(gone for gone, account in diff.accounts.items() if account is None)}:
            self.storage.pop(address, None)
        for address, slots in diff.storage.items():
            self.storage.setdefault(address, {}).update(slots)
        for address, account in diff.accounts.items():
            if account is None:
                self.accounts.pop(address, None)
            else:
                self.accounts[address] = account

    def slots(self, address: bytes) -> dict[int, int]:
        return {slot: value for slot, value in self.storage.get(address, {}).items() if value}

    def storage_trie(self, address: bytes) -> HexaryTrie:
        trie = HexaryTrie({})
        for slot, value in self.slots(address).items():
            trie[keccak(slot.to_bytes(32, "big"))] = rlp_library.encode(value)
        return trie

    def leaf(self, address: bytes) -> bytes:
        account = self.accounts.get(address)
        if account is None:
            return b""
        root = self.storage_trie(address).root_hash
        return rlp_library.encode([account.nonce, account.balance, root, account.code_hash])

    def account_trie(self) -> HexaryTrie:
        trie = HexaryTrie({})
        for address in self.accounts:
            trie[keccak(address)] = self.leaf(address)
        return trie


def checked(world: World, model: Model) -> None:
    """``world`` answers everything as ``model`` does."""
    assert world.state_root == model.account_trie().root_hash
    assert dict(world.accounts()) == model.accounts
    assert len(world) == len(model.accounts)
    for address in ADDRESSES:
        assert world.account(address) == model.accounts.get(address)
        assert world.storage_root(address) == model.storage_trie(address).root_hash
        assert dict(world.storage_of(address)) == model.slots(address)
        for slot in SLOTS:
            assert world.storage(address, slot) == model.slots(address).get(slot, 0)


def verified(root: bytes, key: bytes, proof: list[bytes]) -> bytes:
    """What the proof says of ``key``, by an independent verifier."""
    nodes: Any = [rlp_library.decode(node) for node in proof]
    return bytes(HexaryTrie.get_from_proof(root, keccak(key), nodes))


@given(st.lists(diffs(), max_size=4))
@settings(max_examples=60)
def test_every_world_of_a_history_stays_right(history: list[StateDiff]) -> None:
    worlds = [World()]
    for diff in history:
        worlds.append(worlds[-1].apply(diff))
    # the newest first: an older one whose trie was never asked for must still find its own
    for count in reversed(range(len(worlds))):
        model = Model()
        for diff in history[:count]:
            model.apply(diff)
        checked(worlds[count], model)


@given(diffs(), diffs(), diffs())
@settings(max_examples=60)
def test_two_diffs_are_the_same_as_their_composition(before: StateDiff, first: StateDiff, second: StateDiff) -> None:
    world = World().apply(before)
    one_by_one = world.apply(first).apply(second)
    at_once = world.apply(first.then(second))
    assert at_once.state_root == one_by_one.state_root
    for address in ADDRESSES:
        assert dict(at_once.storage_of(address)) == dict(one_by_one.storage_of(address))


@given(diffs(), diffs(), diffs())
@settings(max_examples=60)
def test_an_overlay_reads_like_the_resulting_world(before: StateDiff, first: StateDiff, second: StateDiff) -> None:
    world = World().apply(before)
    overlay = Overlay(WorldView(world), first.copy())
    overlay.apply(second)
    after = world.apply(first).apply(second)
    for address in ADDRESSES:
        assert overlay.account(address) == after.account(address)
        for slot in SLOTS:
            assert overlay.storage(address, slot) == after.storage(address, slot)


@given(diffs(), diffs())
@settings(max_examples=40)
def test_proofs_convince_an_independent_verifier(first: StateDiff, second: StateDiff) -> None:
    world, model = World().apply(first).apply(second), Model()
    model.apply(first)
    model.apply(second)
    for address in [*ADDRESSES, b"\xaa" * 20]:
        assert verified(world.state_root, address, world.prove_account(address)) == model.leaf(address)
        root = world.storage_root(address)
        for slot in [*SLOTS, 77]:
            value = model.slots(address).get(slot, 0)
            proof = world.prove_storage(address, slot)
            assert verified(root, slot.to_bytes(32, "big"), proof) == (rlp_library.encode(value) if value else b"")


@given(st.lists(diffs(), max_size=4))
@settings(max_examples=30)
def test_a_world_neither_keeps_nor_changes_its_diffs(history: list[StateDiff]) -> None:
    world = World()
    for diff in history:
        kept = diff.copy()
        world = world.apply(diff)
        assert diff == kept
    root = world.state_root
    for diff in history:
        diff.accounts.clear()
        diff.storage.clear()
    assert world.state_root == root
    assert WorldView(world).block_hash(1) == ZERO_HASH
