"""Whose signature counts for which block."""

from __future__ import annotations

import pytest

from megadev.errors import InvalidParams
from megadev.primitives.signatures import address_of
from megadev.sequencer.signers import Signers

A, B, C = (bytes((number,)) * 32 for number in (1, 2, 3))


def test_a_key_signs_whole_blocks_from_its_first_block_on() -> None:
    signers = Signers.from_genesis(A).rotated(B, 10).rotated(C, 20)
    assert [signers.at(number).key for number in (0, 9, 10, 19, 20, 10**9)] == [A, A, B, B, C, C]
    assert signers.at(15).address == address_of(B)


def test_a_scheduled_key_change_can_be_replaced() -> None:
    signers = Signers.from_genesis(A).rotated(B, 10)
    assert signers.rotated(C, 10).at(10).key == C
    assert [signers.rotated(C, 5).at(number).key for number in (4, 5, 10)] == [A, C, C]


def test_a_history_is_a_value() -> None:
    first = Signers.from_genesis(A)
    assert first.rotated(B, 3) == Signers.from_genesis(A).rotated(B, 3) != first
    assert first.at(3).key == A


def test_past_signers_do_not_change() -> None:
    with pytest.raises(InvalidParams, match="not at block 0"):
        Signers.from_genesis(A).rotated(B, 0)
    for bad in (bytes(32), b"\xff" * 32, b"\x01"):
        with pytest.raises(ValueError):
            Signers.from_genesis(bad)


def test_no_key_is_shown() -> None:
    assert A.hex() not in repr(Signers.from_genesis(A)) and repr(A) not in repr(Signers.from_genesis(A))
