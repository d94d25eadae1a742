"""An overlay's answers; that they are the world's after the same diffs is a law in tests/properties/test_world.py."""

from __future__ import annotations

from megadev.primitives.keccak import keccak
from megadev.primitives.types import ZERO_HASH
from megadev.state.account import Account
from megadev.state.diff import Cause, StateDiff
from megadev.state.overlay import Overlay
from megadev.state.world import World, WorldView

ALICE = b"\xa1" * 20


def override(**fields: object) -> StateDiff:
    return StateDiff(Cause.OVERRIDE, **fields)  # type: ignore[arg-type]


def base() -> WorldView:
    return WorldView(World().apply(override(accounts={ALICE: Account(nonce=1)}, storage={ALICE: {1: 2}})))


def test_unchanged_values_are_read_from_below() -> None:
    overlay = Overlay(base(), override(storage={ALICE: {5: 6}}))
    assert overlay.account(ALICE) == Account(nonce=1)
    assert (overlay.storage(ALICE, 1), overlay.storage(ALICE, 5), overlay.storage(ALICE, 9)) == (2, 6, 0)


def test_a_deleted_account_has_no_storage() -> None:
    overlay = Overlay(base(), override(accounts={ALICE: None}))
    assert overlay.account(ALICE) is None
    assert overlay.storage(ALICE, 1) == 0
    overlay.apply(override(accounts={ALICE: Account()}))
    assert overlay.storage(ALICE, 1) == 0


def test_a_forked_overlay_is_independent() -> None:
    overlay = Overlay(base())
    fork = overlay.fork()
    fork.apply(override(storage={ALICE: {1: 0}}, codes={keccak(b"x"): b"x"}))
    fork.set_block_hash(4, b"\x04" * 32)
    assert (overlay.storage(ALICE, 1), fork.storage(ALICE, 1)) == (2, 0)
    assert (overlay.code(keccak(b"x")), fork.code(keccak(b"x"))) == (b"", b"x")
    assert (overlay.block_hash(4), fork.block_hash(4)) == (ZERO_HASH, b"\x04" * 32)
