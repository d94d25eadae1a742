"""Deposits: what a log says, and the transaction it becomes; with the hashes that viem computes from the same logs."""

from __future__ import annotations

import pytest
from eth_abi import encode

from megadev.chain.receipts import Log
from megadev.chain.transactions import DEPOSIT, decode_transaction, encode_transaction
from megadev.primitives.keccak import keccak
from megadev.rollup.deposits import (
    DEPOSITED_TOPIC,
    InvalidDepositLog,
    L1Attributes,
    aliased,
    attributes_source_hash,
    attributes_transaction,
    deposit_of_log,
    encode_attributes,
    encode_attributes_ecotone,
    user_source_hash,
)
from megadev.rollup.predeploys import MAINNET_ADDRESSES

BLOCK_HASH = b"\x11" * 32
ALICE, BOB = bytes(19) + b"\xaa", bytes(19) + b"\xbb"
ETHER = 10**18
ISTHMUS_BYTES = 176
ATTRIBUTES = L1Attributes(
    number=20_000_000,
    timestamp=1_700_000_000,
    base_fee=10**9,
    blob_base_fee=7,
    hash=BLOCK_HASH,
    sequence_number=3,
    batcher=b"\x22" * 20,
    base_fee_scalar=1368,
    blob_base_fee_scalar=810_949,
    operator_fee_scalar=5,
    operator_fee_constant=6,
)


def opaque(mint: int, value: int, gas: int, is_creation: int, data: bytes) -> bytes:
    return mint.to_bytes(32) + value.to_bytes(32) + gas.to_bytes(8) + bytes([is_creation]) + data


def log_of(
    data: bytes, *, sender: bytes = ALICE, to: bytes = BOB, version: int = 0, topic: bytes = DEPOSITED_TOPIC
) -> Log:
    topics = (topic, sender.rjust(32, b"\0"), to.rjust(32, b"\0"), version.to_bytes(32))
    return Log(MAINNET_ADDRESSES.portal, topics, data)


GOOD = opaque(ETHER, ETHER, 100_000, 0, b"\x12\x34")


def test_the_topic_is_the_portals() -> None:
    assert DEPOSITED_TOPIC.hex() == "b3813568d9991fc951961fcb4c784893574240a28925604d09fc577c55bb7c32"


def test_source_hashes_are_those_of_clients() -> None:
    assert user_source_hash(BLOCK_HASH, 5).hex() == "146ccb4da69238482601254dfabe54985997c192573912fdcf46520b5d64b9a4"
    assert (
        attributes_source_hash(BLOCK_HASH, 3).hex()
        == "01922cf960cd4db2030b18f451acdc3380e3d0fb75dd1143a26868768c807aa7"
    )


def test_a_log_becomes_the_transaction_that_clients_predict() -> None:
    tx = deposit_of_log(log_of(encode(["bytes"], [GOOD])), BLOCK_HASH, 5)
    assert tx.hash.hex() == "64e73bc0b8df22f4ed6f3ee71883469c7aed43cab9276c33bcdb02b56667e4ae"
    assert tx.encoded.hex().startswith("7ef865a0146ccb")
    assert (tx.type, tx.sender, tx.to, tx.mint, tx.value) == (DEPOSIT, ALICE, BOB, ETHER, ETHER)
    assert (tx.gas_limit, tx.data, tx.is_system) == (100_000, b"\x12\x34", False)
    assert encode_transaction(tx) == tx.encoded
    assert decode_transaction(tx.encoded) == tx


def test_a_deposit_without_mint_has_an_empty_field() -> None:
    tx = deposit_of_log(log_of(encode(["bytes"], [opaque(0, 0, 21_000, 0, b"")])), BLOCK_HASH, 0)
    assert tx.mint == 0
    assert tx.hash == keccak(tx.encoded)
    assert tx.encoded.endswith(BOB + b"\x80\x80\x82\x52\x08\x80\x80")


def test_a_creation_has_no_recipient() -> None:
    data = encode(["bytes"], [opaque(0, 1, 100_000, 1, b"\x60\x00")])
    assert deposit_of_log(log_of(data, to=bytes(20)), BLOCK_HASH, 0).to is None
    assert deposit_of_log(log_of(data.replace(b"\x01\x60", b"\x00\x60"), to=bytes(20)), BLOCK_HASH, 0).to == bytes(20)
    with pytest.raises(InvalidDepositLog, match="recipient"):
        deposit_of_log(log_of(data), BLOCK_HASH, 0)


@pytest.mark.parametrize(
    ("log", "reason"),
    [
        (log_of(encode(["bytes"], [GOOD]), topic=bytes(32)), "topic"),
        (Log(bytes(20), (DEPOSITED_TOPIC, ALICE, BOB), b""), "topics"),
        (log_of(encode(["bytes"], [GOOD]), version=1), "version"),
        (log_of(encode(["bytes"], [GOOD]), sender=b"\x01" + bytes(11) + ALICE), "20 bytes"),
        (log_of(encode(["bytes"], [GOOD]), to=b"\x01" + bytes(11) + BOB), "20 bytes"),
        (log_of(b""), "bytes"),
        (log_of(b"\1" + encode(["bytes"], [GOOD])[1:]), "bytes"),
        (log_of(encode(["bytes"], [GOOD[:72]])), "too few"),
        (log_of(encode(["bytes"], [GOOD]) + bytes(32)), "zeros"),
        (log_of(encode(["bytes"], [GOOD])[:-1]), "zeros"),
        (log_of(encode(["bytes"], [GOOD])[:-1] + b"\1"), "zeros"),
        (log_of(encode(["bytes"], [opaque(0, 0, 0, 2, b"")])), "isCreation must be 0 or 1"),
        (log_of((32).to_bytes(32) + (2**255).to_bytes(32) + GOOD), "zeros"),
    ],
)
def test_an_impossible_portal_log_is_not_a_deposit(log: Log, reason: str) -> None:
    with pytest.raises(InvalidDepositLog, match=reason):
        deposit_of_log(log, BLOCK_HASH, 0)


def test_contracts_have_another_name_on_l2() -> None:
    assert aliased(MAINNET_ADDRESSES.messenger).hex() == "7d8298250087b29a8040ec63903bc130f4832dda"
    assert aliased(b"\xff" * 20) == (0x1111000000000000000000000000000000001111 - 1).to_bytes(20)


def test_the_l1_attributes_are_packed() -> None:
    data = encode_attributes(ATTRIBUTES)
    assert len(data) == ISTHMUS_BYTES
    assert data.hex().startswith("098999be00000558000c5fc50000000000000003000000006553f1000000000001312d00")
    assert data[36:68] == (10**9).to_bytes(32)
    assert data[68:100] == (7).to_bytes(32)
    assert data[100:132] == BLOCK_HASH
    assert data[132:164] == bytes(12) + b"\x22" * 20
    assert data[164:].hex() == "00000005" + "0000000000000006"
    assert encode_attributes_ecotone(ATTRIBUTES) == bytes.fromhex("440a5e20") + data[4:164]


def test_the_l1_attributes_transaction_is_a_deposit_of_nobodys() -> None:
    tx = attributes_transaction(ATTRIBUTES)
    assert tx.sender.hex() == "deaddeaddeaddeaddeaddeaddeaddeaddead0001"
    assert tx.to is not None and tx.to.hex() == "4200000000000000000000000000000000000015"
    assert (tx.mint, tx.value, tx.gas_limit, tx.is_system) == (0, 0, 1_000_000, False)
    assert tx.source_hash == attributes_source_hash(BLOCK_HASH, 3)
