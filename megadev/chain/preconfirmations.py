"""Preconfirmations: the sequencer's signed word on a transaction's place and outcome, before any block says so.

A mini-block is signed as MegaETH signs it: secp256k1 over its digest, without a prefix, by the sequencer of its block
(``sign_mini_block``). A promise about one transaction is EIP-712 typed data, so that a contract can check it with the
ecrecover precompile, and names the chain, the block, the mini-block, the transaction's index in the block, its hash and
the hash of its receipt:

    EIP712Domain(string name,string version,uint256 chainId)     "megadev preconfirmation", "1", the chain's id
    Preconfirmation(uint256 blockNumber,uint256 miniBlockNumber,uint256 transactionIndex,
                    bytes32 transactionHash,bytes32 receiptHash)

``receiptHash`` is keccak256 of the receipt's consensus encoding (EIP-2718), which is a leaf of the block's receipts
trie; so whoever can prove receipts against a header can show that a promise was broken.

An L2 block follows an L1 block, and where L1 is reorganised it is no more, through no fault of whoever built it. So
each signature holds as long as that L1 block is on L1, and the sequencer signs which one it is (``sign_origin``), in
the same domain; ``promised`` is the digest of the promise or of the mini-block:

    L1Origin(bytes32 promised,uint256 l1BlockNumber,bytes32 l1BlockHash)

Why the domain names no verifying contract: the chain that the promise is about and the one that may punish its breaking
are two, and each may have its own contract for it.

Signatures are deterministic (RFC 6979): the same promise is the same bytes whenever it is asked for, so none is stored.
"""

from __future__ import annotations

from functools import lru_cache

import msgspec

from megadev.chain.mini_blocks import MiniBlock, PlacedBlock, mini_block_index
from megadev.chain.receipts import Receipt, encode_receipt
from megadev.primitives.keccak import keccak
from megadev.primitives.signatures import HALF_N, recover, sign
from megadev.primitives.types import Address, Hash32

DOMAIN_NAME, DOMAIN_VERSION = "megadev preconfirmation", "1"
DOMAIN_TYPE = "EIP712Domain(string name,string version,uint256 chainId)"
STRUCT_TYPE = (
    "Preconfirmation(uint256 blockNumber,uint256 miniBlockNumber,uint256 transactionIndex,bytes32 transactionHash,"
    "bytes32 receiptHash)"
)

ORIGIN_TYPE = "L1Origin(bytes32 promised,uint256 l1BlockNumber,bytes32 l1BlockHash)"

_DOMAIN_START = keccak(DOMAIN_TYPE.encode()) + keccak(DOMAIN_NAME.encode()) + keccak(DOMAIN_VERSION.encode())
_STRUCT_START, _ORIGIN_START = keccak(STRUCT_TYPE.encode()), keccak(ORIGIN_TYPE.encode())


class Preconfirmation(msgspec.Struct, frozen=True, kw_only=True):
    """The promise about one transaction. Numbers are below 2**256; ``transaction_index`` counts in the block."""

    chain_id: int
    block_number: int
    mini_block_number: int
    transaction_index: int
    transaction_hash: Hash32
    receipt_hash: Hash32

    @property
    def digest(self) -> Hash32:
        """The signed hash (EIP-712): keccak256(0x1901 ‖ domain separator ‖ hash of the struct)."""
        struct = (
            _STRUCT_START
            + _word(self.block_number)
            + _word(self.mini_block_number)
            + _word(self.transaction_index)
            + self.transaction_hash
            + self.receipt_hash
        )
        return _typed(self.chain_id, struct)


class SignedOrigin(msgspec.Struct, frozen=True):
    """The L1 block that the block of a promise or mini-block follows, signed (r ‖ s ‖ v) with its digest."""

    number: int
    hash: Hash32
    signature: bytes


def origin_digest(promised: Hash32, number: int, block_hash: Hash32, chain_id: int) -> Hash32:
    """Returns the signed hash of the promise with the digest ``promised``, which is valid while L1 has that
    block (EIP-712).
    """
    return _typed(chain_id, _ORIGIN_START + promised + _word(number) + block_hash)


def _typed(chain_id: int, struct: bytes) -> Hash32:
    return keccak(b"\x19\x01" + domain_separator(chain_id) + keccak(struct))


@lru_cache(maxsize=16)
def domain_separator(chain_id: int) -> Hash32:
    """The EIP-712 domain of the promises about one chain."""
    return keccak(_DOMAIN_START + _word(chain_id))


def promise(block: PlacedBlock, index: int, chain_id: int) -> Preconfirmation:
    """Returns the promise about the transaction at ``index``. One whose mini-block is still open will be in
    that one.
    """
    return Preconfirmation(
        chain_id=chain_id,
        block_number=block.number,
        mini_block_number=block.mini_block_offset + mini_block_index(block, index),
        transaction_index=index,
        transaction_hash=block.transactions[index].hash,
        receipt_hash=receipt_hash(block.receipts[index]),
    )


def receipt_hash(receipt: Receipt) -> Hash32:
    """keccak256 of the receipt's consensus encoding."""
    return keccak(encode_receipt(receipt))


def sign_preconfirmation(promise: Preconfirmation, key: bytes) -> bytes:
    """r ‖ s ‖ v, 65 bytes, v being 27 or 28: the form that contracts and clients take."""
    return _signature(promise.digest, key)


def signer_of(promise: Preconfirmation, signature: bytes) -> Address | None:
    """Returns the signer of the signature (r ‖ s ‖ v); None if it is invalid or has a high s, which would be a second
    signature of the same promise (EIP-2).
    """
    if len(signature) != 65 or int.from_bytes(signature[32:64], "big") > HALF_N:
        return None
    r, s, v = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big"), signature[64]
    return recover(promise.digest, v - 27 if v >= 27 else v, r, s)


def sign_mini_block(mini_block: MiniBlock, key: bytes) -> tuple[int, int, int]:
    """``(y_parity, r, s)`` over the mini-block's digest."""
    return sign(mini_block.digest, key)


def sign_origin(promised: Hash32, number: int, block_hash: Hash32, chain_id: int, key: bytes) -> SignedOrigin:
    """The L1 block ``number`` that what has the digest ``promised`` depends on."""
    digest = origin_digest(promised, number, block_hash, chain_id)
    return SignedOrigin(number, block_hash, _signature(digest, key))


def sign_block(block_hash: Hash32, key: bytes) -> bytes:
    """The sequencer's word on a sealed block: r ‖ s ‖ v over its hash, without a prefix, v being 27 or 28."""
    return _signature(block_hash, key)


def _signature(digest: Hash32, key: bytes) -> bytes:
    y_parity, r, s = sign(digest, key)
    return r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes((27 + y_parity,))


def _word(number: int) -> bytes:
    return number.to_bytes(32, "big")
