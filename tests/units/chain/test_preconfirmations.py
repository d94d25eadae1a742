"""Signed promises: what is signed, byte for byte, with eth-account as the oracle and fixed vectors."""

from __future__ import annotations

import msgspec
import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from hypothesis import given
from hypothesis import strategies as st

from megadev.chain.mini_blocks import MiniBlock
from megadev.chain.preconfirmations import (
    Preconfirmation,
    domain_separator,
    receipt_hash,
    sign_mini_block,
    sign_preconfirmation,
    signer_of,
)
from megadev.chain.receipts import Log, Receipt
from megadev.chain.transactions import UnsignedTransaction, sign_transaction
from megadev.primitives.bloom import logs_bloom
from megadev.primitives.keccak import keccak
from megadev.primitives.signatures import SECP256K1_N, address_of, recover

KEY = bytes.fromhex("d031e8fb848962693790a881c4aa7fb9552016b0e5cb79161f2b7aa69813efb2")
"""The default mnemonic's at m/44'/60'/4326'/0/0."""
SEQUENCER = "0x0a3a4727a5871462e5bf2d2bc2407cb19e1cb46b"
PROMISE = Preconfirmation(
    chain_id=31337,
    block_number=7,
    mini_block_number=41,
    transaction_index=3,
    transaction_hash=keccak(b"transaction"),
    receipt_hash=keccak(b"receipt"),
)
TYPES = {
    "EIP712Domain": [
        {"name": "name", "type": "string"},
        {"name": "version", "type": "string"},
        {"name": "chainId", "type": "uint256"},
    ],
    "Preconfirmation": [
        {"name": "blockNumber", "type": "uint256"},
        {"name": "miniBlockNumber", "type": "uint256"},
        {"name": "transactionIndex", "type": "uint256"},
        {"name": "transactionHash", "type": "bytes32"},
        {"name": "receiptHash", "type": "bytes32"},
    ],
}
words = st.integers(0, 2**256 - 1)
hashes = st.binary(min_size=32, max_size=32)
promises = st.builds(
    Preconfirmation,
    chain_id=words,
    block_number=words,
    mini_block_number=words,
    transaction_index=words,
    transaction_hash=hashes,
    receipt_hash=hashes,
)


def typed_data(promise: Preconfirmation) -> dict[str, object]:
    """The promise as a wallet is shown it."""
    return {
        "types": TYPES,
        "primaryType": "Preconfirmation",
        "domain": {"name": "megadev preconfirmation", "version": "1", "chainId": promise.chain_id},
        "message": {
            "blockNumber": promise.block_number,
            "miniBlockNumber": promise.mini_block_number,
            "transactionIndex": promise.transaction_index,
            "transactionHash": promise.transaction_hash,
            "receiptHash": promise.receipt_hash,
        },
    }


@given(promises)
def test_preconfirmations_are_signed_as_typed_data(promise: Preconfirmation) -> None:
    signable = encode_typed_data(full_message=typed_data(promise))
    assert domain_separator(promise.chain_id) == signable.header
    assert promise.digest == keccak(b"\x19\x01" + signable.header + signable.body)


def test_the_signature_matches_eth_account() -> None:
    theirs = Account.sign_typed_data(KEY, full_message=typed_data(PROMISE))
    assert sign_preconfirmation(PROMISE, KEY) == bytes(theirs.signature)


def test_the_same_promise_is_always_signed_with_the_same_bytes() -> None:
    """RFC 6979: a promise that is asked for twice is not two promises."""
    assert PROMISE.digest.hex() == "03b5b422c3c31a5571829d7196f81292b9da90979f6578f8a81fe30ed1690c79"
    assert (
        sign_preconfirmation(PROMISE, KEY).hex()
        == "95c00c19beeb4c873d950488f17fc441faf315fafe8aa6d3948db5e6a234495954b4364b06c475b71ad2641ef1d562a4b29bb8e8121546d69afcb08016d2f3201b"
    )


def test_the_signer_is_found_and_any_change_loses_it() -> None:
    signature = sign_preconfirmation(PROMISE, KEY)
    assert signer_of(PROMISE, signature) == bytes.fromhex(SEQUENCER[2:]) == address_of(KEY)
    for field in ("chain_id", "block_number", "mini_block_number", "transaction_index"):
        changed = msgspec.structs.replace(PROMISE, **{field: getattr(PROMISE, field) + 1})
        assert signer_of(changed, signature) != address_of(KEY)
    for field in ("transaction_hash", "receipt_hash"):
        assert signer_of(msgspec.structs.replace(PROMISE, **{field: keccak(b"other")}), signature) != address_of(KEY)


def test_there_is_one_signature_of_a_promise_and_not_its_mirror_image() -> None:
    signature = sign_preconfirmation(PROMISE, KEY)
    s, v = int.from_bytes(signature[32:64], "big"), signature[64]
    mirrored = signature[:32] + (SECP256K1_N - s).to_bytes(32, "big") + bytes((55 - v,))
    assert signer_of(PROMISE, mirrored) is None
    assert signer_of(PROMISE, signature[:64] + bytes((v - 27,))) == address_of(KEY), "some write v as 0 or 1"
    for malformed in (signature[:64], signature + b"\0", bytes(65), signature[:64] + b"\x05"):
        assert signer_of(PROMISE, malformed) is None


def test_a_receipt_is_named_by_the_hash_of_its_place_in_the_trie() -> None:
    log = Log(b"\x11" * 20, (keccak(b"topic"),), b"data")
    receipt = Receipt(
        type=2,
        succeeded=True,
        cumulative_gas_used=60_000,
        gas_used=30_000,
        effective_gas_price=1,
        logs=(log,),
        bloom=logs_bloom((log,)),
    )
    assert receipt_hash(receipt).hex() == "d68327a837e549949b40886ea7338c9532fdbcc2929d2a221f1f61d2ec6ca8aa"
    paid_more = msgspec.structs.replace(receipt, effective_gas_price=2, output=b"x")
    assert receipt_hash(paid_more) == receipt_hash(receipt), "what consensus does not hold is not promised"
    assert receipt_hash(msgspec.structs.replace(receipt, succeeded=False)) != receipt_hash(receipt)


@pytest.fixture
def mini_block() -> MiniBlock:
    """A mini-block that never changes."""
    tx = sign_transaction(
        UnsignedTransaction(type=2, chain_id=31337, nonce=0, gas_limit=21_000, to=b"\x22" * 20, max_fee_per_gas=10**9),
        KEY,
    )
    receipt = Receipt(
        type=2,
        succeeded=True,
        cumulative_gas_used=21_000,
        gas_used=21_000,
        effective_gas_price=10**9,
        logs=(),
        bloom=bytes(256),
    )
    return MiniBlock(
        block_number=7,
        block_timestamp=1_700_000_000,
        index=0,
        number=41,
        timestamp=1_700_000_000_123_456,
        gas_used=21_000,
        transactions=(tx,),
        receipts=(receipt,),
        tx_offset=0,
        log_offset=0,
    )


def test_a_mini_blocks_digest_and_signature_are_stable(mini_block: MiniBlock) -> None:
    assert mini_block.digest.hex() == "35733d7cc5b3e4e590cf51907b57c6bfd3c665ac6f6454058e6d226bf9e55038"
    y_parity, r, s = sign_mini_block(mini_block, KEY)
    assert f"{y_parity} {r:064x} {s:064x}" == (
        "0 9f6d7a8a9690dc2d889151adcafb51f0ea7daddeaef9b3aef63e670fd7c2722d 5becde3bd2629e9a2c95e6890069be5941198a7be63f7333eb27c2836b73c624"
    )
    assert recover(mini_block.digest, y_parity, r, s) == address_of(KEY)


def test_a_mini_block_is_signed_without_a_prefix_and_by_its_rlp(mini_block: MiniBlock) -> None:
    import rlp

    fields = [7, 1_700_000_000, 0, 41, 1_700_000_000_123_456, 21_000]
    encoded = rlp.encode([*fields, mini_block.transaction_root, mini_block.receipt_root])
    y_parity, r, s = sign_mini_block(mini_block, KEY)
    theirs = Account.unsafe_sign_hash(keccak(encoded), KEY)
    assert (theirs.v - 27, theirs.r, theirs.s) == (y_parity, r, s)
