"""The protocol's own writes at the start of a block, as a state diff.

EIP-2935 stores the parent's hash in the history contract, EIP-4788 the parent beacon block's root in the beacon roots
contract. Both EIPs allow a client to set the storage directly instead of executing the system call, which is what
happens here, as long as the accounts carry the standard code. Other code there (a cheat's, another genesis') is called.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import msgspec

from megadev.chain.config import BEACON_ROOTS_ADDRESS, HISTORY_STORAGE_ADDRESS
from megadev.chain.genesis import BEACON_ROOTS_CODE, HISTORY_STORAGE_CODE
from megadev.chain.spec import Hardfork
from megadev.primitives.keccak import keccak
from megadev.primitives.types import EMPTY_CODE_HASH, Address, Hash32
from megadev.state.diff import Cause, StateDiff
from megadev.state.reader import StateReader

ProtocolCall: TypeAlias = Callable[[Address, bytes], StateDiff]
"""Has the protocol call a contract with these data, and answers what the call changes; nothing where it fails."""

RING = 8_191
"""HISTORY_SERVE_WINDOW (EIP-2935) and HISTORY_BUFFER_LENGTH (EIP-4788)."""

_HISTORY_CODE_HASH = keccak(HISTORY_STORAGE_CODE)
_BEACON_ROOTS_CODE_HASH = keccak(BEACON_ROOTS_CODE)


def block_start_diff(
    reader: StateReader,
    number: int,
    timestamp: int,
    parent_hash: Hash32,
    parent_beacon_root: Hash32,
    hardfork: Hardfork,
    *,
    unseen: bool = False,
    call: ProtocolCall | None = None,
) -> StateDiff:
    """The storage writes before a block's first transaction, over the state ``reader`` shows: the parent's hash since
    Prague, the beacon root since Cancun.

    ``unseen``: write all of them without looking whether they change anything. On a fork looking is a request.
    ``call``: how code is called that is not the standard's; None where none is there (``has_other_code``).
    """
    diff = StateDiff(Cause.SYSTEM_CALL)
    if call is not None:
        if hardfork >= Hardfork.PRAGUE and _has_other(reader, HISTORY_STORAGE_ADDRESS, _HISTORY_CODE_HASH):
            diff.absorb(call(HISTORY_STORAGE_ADDRESS, parent_hash))
        if hardfork >= Hardfork.CANCUN and _has_other(reader, BEACON_ROOTS_ADDRESS, _BEACON_ROOTS_CODE_HASH):
            diff.absorb(call(BEACON_ROOTS_ADDRESS, parent_beacon_root))
    if hardfork >= Hardfork.PRAGUE and _has_code(reader, HISTORY_STORAGE_ADDRESS, _HISTORY_CODE_HASH):
        diff.storage[HISTORY_STORAGE_ADDRESS] = {(number - 1) % RING: int.from_bytes(parent_hash, "big")}
    if hardfork >= Hardfork.CANCUN and _has_code(reader, BEACON_ROOTS_ADDRESS, _BEACON_ROOTS_CODE_HASH):
        slot = timestamp % RING
        root = int.from_bytes(parent_beacon_root, "big")
        writes = {slot: timestamp}
        if unseen or root != reader.storage(BEACON_ROOTS_ADDRESS, slot + RING):
            writes[slot + RING] = root
        diff.storage[BEACON_ROOTS_ADDRESS] = writes
    return diff


def has_other_code(reader: StateReader, hardfork: Hardfork) -> bool:
    """True if the protocol calls code at the start of a block that is not the standard's."""
    return (hardfork >= Hardfork.PRAGUE and _has_other(reader, HISTORY_STORAGE_ADDRESS, _HISTORY_CODE_HASH)) or (
        hardfork >= Hardfork.CANCUN and _has_other(reader, BEACON_ROOTS_ADDRESS, _BEACON_ROOTS_CODE_HASH)
    )


class RowWrites(msgspec.Struct, frozen=True):
    """The writes of ``block_start_diff`` in each block of a row, without iterating over the row.

    ``base`` is the state before block ``first``, whose timestamp is ``timestamp``; each later block's is ``step``
    seconds after its parent's. ``hash_of`` knows the hashes from block ``first`` - 1 on. No block has a beacon root.
    """

    base: StateReader
    first: int
    timestamp: int
    step: int
    hash_of: Callable[[int], Hash32]
    keeps_hashes: bool
    keeps_roots: bool
    unseen: bool = False

    @classmethod
    def over(
        cls,
        base: StateReader,
        first: int,
        timestamp: int,
        step: int,
        hash_of: Callable[[int], Hash32],
        hardfork: Hardfork,
        *,
        unseen: bool = False,
    ) -> RowWrites:
        """Under the rules of ``hardfork``."""
        return cls(
            base,
            first,
            timestamp,
            step,
            hash_of,
            hardfork >= Hardfork.PRAGUE and _has_code(base, HISTORY_STORAGE_ADDRESS, _HISTORY_CODE_HASH),
            hardfork >= Hardfork.CANCUN and _has_code(base, BEACON_ROOTS_ADDRESS, _BEACON_ROOTS_CODE_HASH),
            unseen,
        )

    def word(self, address: Address, slot: int, number: int) -> int | None:
        """Returns the value of a slot after block ``number`` of the row; None if no block of it wrote there."""
        if address == HISTORY_STORAGE_ADDRESS and self.keeps_hashes and slot < RING:
            told = number - 1 - (number - 1 - slot) % RING
            return int.from_bytes(self.hash_of(told), "big") if told >= self.first - 1 else None
        if address == BEACON_ROOTS_ADDRESS and self.keeps_roots and slot < 2 * RING:
            timestamp = self._last_time_at(slot % RING, number)
            return None if timestamp is None else timestamp if slot < RING else 0
        return None

    def _last_time_at(self, slot: int, number: int) -> int | None:
        """The last timestamp up to block ``number`` that falls on ``slot``."""
        step, last = self.step % RING, number - self.first
        if step == 0:
            return self.timestamp + last * self.step if self.timestamp % RING == slot else None
        # RING is prime, so each slot has its turn once in so many blocks
        turn = (slot - self.timestamp) * pow(step, -1, RING) % RING
        index = last - (last - turn) % RING
        return self.timestamp + index * self.step if index >= 0 else None

    def change(self, here: int, there: int) -> Mapping[Address, dict[int, int]]:
        """The words that differ between the state after block ``here``, of the row or the one before it, and the state
        after ``there``: as they stand there, which may be before or behind.
        """
        low, high = min(here, there), max(here, there)
        blocks = range(max(low + 1, high - RING + 1), high + 1)
        touched: dict[Address, list[int]] = {}
        if self.keeps_hashes:
            touched[HISTORY_STORAGE_ADDRESS] = [(number - 1) % RING for number in blocks]
        if self.keeps_roots:
            slots = [(self.timestamp + (number - self.first) * self.step) % RING for number in blocks]
            touched[BEACON_ROOTS_ADDRESS] = slots
            touched[BEACON_ROOTS_ADDRESS] = slots + [
                slot + RING for slot in slots if self.unseen or self.base.storage(BEACON_ROOTS_ADDRESS, slot + RING)
            ]
        return {
            address: {slot: self.value(address, slot, there) for slot in slots} for address, slots in touched.items()
        }

    def value(self, address: Address, slot: int, number: int) -> int:
        """Returns the value of a slot after block ``number``, of the row or the one before it."""
        word = self.word(address, slot, number) if number >= self.first else None
        return self.base.storage(address, slot) if word is None else word


def _has_code(reader: StateReader, address: Address, code_hash: Hash32) -> bool:
    account = reader.account(address)
    return account is not None and account.code_hash == code_hash


def _has_other(reader: StateReader, address: Address, code_hash: Hash32) -> bool:
    account = reader.account(address)
    return account is not None and account.code_hash not in (code_hash, EMPTY_CODE_HASH)
