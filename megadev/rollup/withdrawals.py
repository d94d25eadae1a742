"""Withdrawals: what the message passer's log says, what L1 is told of L2's state, and the proof that leads from one to
the other. Pure functions (OP Stack specification, "Withdrawals" and "L2 output root proposals").
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from megadev.chain.blocks import SealedBlock
from megadev.chain.receipts import Log
from megadev.chain.store import ChainStore, LocatedLog, LogMatcher
from megadev.errors import PrefetchNeeded, StateUnavailable
from megadev.primitives.abi import decode, encode, encode_call
from megadev.primitives.keccak import keccak
from megadev.primitives.types import Address, Hash32, Wei
from megadev.rollup.predeploys import MESSAGE_PASSER

PASSED_TOPIC: Hash32 = keccak(b"MessagePassed(uint256,address,address,uint256,uint256,bytes,bytes32)")
WITHDRAWALS = LogMatcher((MESSAGE_PASSER,), ((PASSED_TOPIC,),))
"""Finds their logs."""
VERSION: Hash32 = bytes(32)
"""The only version of output roots that there is."""

_FIELDS = ("uint256", "address", "address", "uint256", "uint256", "bytes")
_TUPLE = f"({','.join(_FIELDS)})"
_PROVE = f"proveWithdrawalTransaction({_TUPLE},uint256,(bytes32,bytes32,bytes32,bytes32),bytes[])"
_FINALIZE = f"finalizeWithdrawalTransactionExternalProof({_TUPLE},address)"


class Withdrawal(msgspec.Struct, frozen=True):
    """A call that L2 asks the portal to make on L1, in the order of the portal's tuple. ``value`` in wei."""

    nonce: int
    sender: Address
    target: Address
    value: Wei
    gas_limit: int
    data: bytes

    @property
    def hash(self) -> Hash32:
        """By which both chains know it."""
        return keccak(encode(_FIELDS, self.fields))

    @property
    def slot(self) -> int:
        """The message passer's slot for a sent withdrawal: in the mapping that is its first variable."""
        return sent_slot(self.hash)

    @property
    def fields(self) -> tuple[int, Address, Address, Wei, int, bytes]:
        """As the ABI has them."""
        return self.nonce, self.sender, self.target, self.value, self.gas_limit, self.data


class Output(msgspec.Struct, frozen=True):
    """The preimage of L2's output root after a block."""

    state_root: Hash32
    messages_root: Hash32
    """The root of the message passer's storage."""
    block_hash: Hash32

    @property
    def root(self) -> Hash32:
        """The output root."""
        return keccak(VERSION + self.state_root + self.messages_root + self.block_hash)


def output_after(block: SealedBlock) -> Output:
    """The output of L2 after ``block``. Raises ``StateUnavailable`` if its state is not available."""
    return Output(block.header.state_root, block.world.storage_root(MESSAGE_PASSER), block.hash)


def provable_output(block: SealedBlock) -> Output | None:
    """The same; None where there will be no proof of it: of a block that was loaded without its state, or a fork's."""
    try:
        return output_after(block)
    except PrefetchNeeded:
        raise
    except StateUnavailable:
        return None


def sent_slot(withdrawal_hash: Hash32) -> int:
    """The message passer's storage slot for a withdrawal."""
    return int.from_bytes(keccak(withdrawal_hash + bytes(32)), "big")


def withdrawal_of_log(log: Log) -> Withdrawal | None:
    """The withdrawal in a MessagePassed log of the message passer; None for any other log."""
    if log.address != MESSAGE_PASSER or len(log.topics) != 4 or log.topics[0] != PASSED_TOPIC:
        return None
    value, gas_limit, data, _ = decode(("uint256", "uint256", "bytes", "bytes32"), log.data)
    assert isinstance(value, int) and isinstance(gas_limit, int) and isinstance(data, bytes), "as the types say"
    nonce, sender, target = log.topics[1:]
    return Withdrawal(int.from_bytes(nonce, "big"), sender[12:], target[12:], value, gas_limit, data)


def withdrawal_logs(l2: ChainStore, first: int, last: int) -> list[LocatedLog]:
    """The logs of withdrawals in L2 blocks ``first`` to ``last``, both included."""
    return l2.logs(first, last, (MESSAGE_PASSER,), ((PASSED_TOPIC,),))


def prove_inclusion(block: SealedBlock, withdrawal_hash: Hash32) -> list[bytes]:
    """Nodes of the message passer's storage trie that show, after ``block``, that the withdrawal was sent."""
    return block.world.prove_storage(MESSAGE_PASSER, sent_slot(withdrawal_hash))


def proving_call(withdrawal: Withdrawal, game_index: int, output: Output, proof: Sequence[bytes]) -> bytes:
    """The portal's call data that proves ``withdrawal`` against the claim with that index."""
    claimed = (VERSION, output.state_root, output.messages_root, output.block_hash)
    return encode_call(_PROVE, withdrawal.fields, game_index, claimed, list(proof))


def finalizing_call(withdrawal: Withdrawal, submitter: Address) -> bytes:
    """The portal's call data that finalizes ``withdrawal``, for anybody, on the strength of ``submitter``'s proof."""
    return encode_call(_FINALIZE, withdrawal.fields, submitter)
