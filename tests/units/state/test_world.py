"""What a world answers in cases with a name; its laws are in tests/properties/test_world.py."""

from __future__ import annotations

from megadev.primitives.keccak import keccak
from megadev.primitives.types import EMPTY_CODE_HASH, EMPTY_TRIE_ROOT, ZERO_HASH
from megadev.state.account import Account
from megadev.state.diff import Cause, StateDiff
from megadev.state.reader import StateReader
from megadev.state.world import World, WorldView

ALICE, BOB = b"\xa1" * 20, b"\xb0" * 20


def cheat(**fields: object) -> StateDiff:
    return StateDiff(Cause.CHEAT, **fields)  # type: ignore[arg-type]


def test_an_empty_world_has_the_empty_root_and_no_accounts() -> None:
    world = World()
    assert world.state_root == EMPTY_TRIE_ROOT
    assert world.account(ALICE) is None
    assert world.storage(ALICE, 0) == 0
    assert world.storage_root(ALICE) == EMPTY_TRIE_ROOT
    assert world.code(EMPTY_CODE_HASH) == b""
    assert world.prove_account(ALICE) == world.prove_storage(ALICE, 0) == []
    assert len(world) == 0


def test_an_empty_account_is_not_no_account() -> None:
    world = World().apply(cheat(accounts={ALICE: Account()}))
    assert world.account(ALICE) == Account()
    assert world.state_root != EMPTY_TRIE_ROOT


def test_storage_alone_changes_the_state_root() -> None:
    before = World().apply(cheat(accounts={ALICE: Account(balance=1)}))
    after = before.apply(cheat(storage={ALICE: {7: 1}}))
    assert after.state_root != before.state_root
    assert after.apply(cheat(storage={ALICE: {7: 0}})).state_root == before.state_root


def test_a_recreated_account_has_no_storage() -> None:
    world = World().apply(cheat(accounts={ALICE: Account(nonce=1)}, storage={ALICE: {1: 2}}))
    back = world.apply(cheat(accounts={ALICE: None})).apply(cheat(accounts={ALICE: Account(nonce=1)}))
    assert back.storage(ALICE, 1) == 0
    assert back.storage_root(ALICE) == EMPTY_TRIE_ROOT
    both = cheat(accounts={ALICE: None}).then(cheat(accounts={ALICE: Account(nonce=1)}))
    assert world.apply(both).state_root == back.state_root


def test_a_cleared_account_keeps_slots_written_by_the_same_diff() -> None:
    world = World().apply(cheat(accounts={ALICE: Account(nonce=1)}, storage={ALICE: {1: 2, 3: 4}}))
    after = world.apply(cheat(cleared={ALICE}, storage={ALICE: {3: 5}}))
    assert dict(after.storage_of(ALICE)) == {3: 5}
    assert dict(world.storage_of(ALICE)) == {1: 2, 3: 4}


def test_code_is_found_by_its_hash() -> None:
    code = b"\x60\x00"
    world = World().apply(cheat(accounts={BOB: Account(code_hash=keccak(code))}, codes={keccak(code): code}))
    bob = world.account(BOB)
    assert bob is not None
    assert world.code(bob.code_hash) == code
    assert World().code(keccak(code)) == b""


def test_a_view_reads_its_world_and_chain() -> None:
    world = World().apply(cheat(accounts={ALICE: Account(balance=5)}, storage={ALICE: {1: 2}}))
    view: StateReader = WorldView(world, lambda number: b"\x11" * 32 if number == 3 else ZERO_HASH)
    world.apply(cheat(accounts={ALICE: None}))
    assert view.account(ALICE) == Account(balance=5)
    assert view.storage(ALICE, 1) == 2
    assert view.code(EMPTY_CODE_HASH) == b""
    assert view.block_hash(3) == b"\x11" * 32
    assert view.block_hash(4) == ZERO_HASH


def test_the_root_matches_other_clients() -> None:
    # one account, written out by hand: a single leaf
    world = World().apply(cheat(accounts={ALICE: Account(nonce=1, balance=10)}))
    value = bytes.fromhex("f844010aa0") + EMPTY_TRIE_ROOT + b"\xa0" + EMPTY_CODE_HASH
    leaf = b"\xa1\x20" + keccak(ALICE) + b"\xb8\x46" + value
    assert world.state_root == keccak(b"\xf8" + bytes([len(leaf)]) + leaf)
