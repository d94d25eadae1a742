"""What the protocol itself writes at the start of a block, as a state diff.

EIP-2935 stores the parent's hash in the history contract, EIP-4788 the parent beacon block's root in the beacon roots
contract. Both EIPs allow a client to set the storage directly instead of executing the system call, which is what
happens here, as long as the accounts carry the standard code; where they do not (another genesis), nothing is written.
"""

from __future__ import annotations

from megadev.chain.config import BEACON_ROOTS_ADDRESS, HISTORY_STORAGE_ADDRESS
from megadev.chain.genesis import BEACON_ROOTS_CODE, HISTORY_STORAGE_CODE
from megadev.chain.spec import Hardfork
from megadev.primitives.keccak import keccak
from megadev.primitives.types import Address, Hash32
from megadev.state.diff import Cause, StateDiff
from megadev.state.reader import StateReader

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
) -> StateDiff:
    """The storage writes before a block's first transaction, over the state ``reader`` shows: the parent's hash since
    Prague, the beacon root since Cancun.

    ``unseen``: write all of them without looking whether they change anything. On a fork looking is a request.
    """
    diff = StateDiff(Cause.SYSTEM_CALL)
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


def _has_code(reader: StateReader, address: Address, code_hash: Hash32) -> bool:
    account = reader.account(address)
    return account is not None and account.code_hash == code_hash
