"""Deposits: what the portal's log says, and the transaction (0x7E) that it becomes on L2. Pure functions.

Also the transaction that tells L2 how far it has got on L1, which is of the same type. Both are the OP Stack's
(specification, "Deposits" and "L1 attributes deposited transaction"); a client computes the same hash from the same
log.
"""

from __future__ import annotations

import msgspec

from megadev.chain.receipts import Log
from megadev.chain.transactions import Transaction, deposit_transaction
from megadev.primitives.keccak import keccak
from megadev.primitives.types import Address, Hash32, Wei
from megadev.rollup.predeploys import L1_BLOCK

DEPOSITED_TOPIC: Hash32 = keccak(b"TransactionDeposited(address,address,uint256,bytes)")
DEPOSITOR: Address = bytes.fromhex("deaddeaddeaddeaddeaddeaddeaddeaddead0001")
"""Who sends the L1 attributes; nobody has its key."""
ATTRIBUTES_GAS = 1_000_000
ISTHMUS_SELECTOR = bytes.fromhex("098999be")
_SEQUENCE_NUMBER, _L1_HASH = slice(12, 20), slice(100, 132)
"""Where they stand in the call data of an L1 attributes transaction."""
ECOTONE_SELECTOR = bytes.fromhex("440a5e20")

_USER_DEPOSIT, _L1_ATTRIBUTES = 0, 1
"""Domains that keep source hashes apart."""
_ALIAS_OFFSET = 0x1111000000000000000000000000000000001111
_FIXED = 73
"""Bytes of ``opaqueData`` before the call's own data: mint, value, gas limit, whether it creates."""


class InvalidDepositLog(ValueError):
    """A log with the portal's topic that is not a valid log of the portal."""


class L1Attributes(msgspec.Struct, frozen=True, kw_only=True):
    """The attributes of an L1 block on L2: the block, prices of gas and blob gas, and the system configuration.

    ``sequence_number`` counts the L2 blocks since the one that first told of this L1 block. Time in seconds, fees in
    wei.
    """

    number: int
    timestamp: int
    base_fee: Wei
    blob_base_fee: Wei
    hash: Hash32
    sequence_number: int
    batcher: Address
    base_fee_scalar: int = 0
    blob_base_fee_scalar: int = 0
    operator_fee_scalar: int = 0
    operator_fee_constant: Wei = 0


def user_source_hash(l1_block_hash: Hash32, log_index: int) -> Hash32:
    """The source hash of a user's deposit; ``log_index`` counts over the L1 block."""
    return _source_hash(_USER_DEPOSIT, l1_block_hash, log_index)


def attributes_source_hash(l1_block_hash: Hash32, sequence_number: int) -> Hash32:
    """The source hash of an L1 attributes transaction."""
    return _source_hash(_L1_ATTRIBUTES, l1_block_hash, sequence_number)


def aliased(l1_contract: Address) -> Address:
    """The address of an L1 contract on L2, aliased so that it cannot act as the L2 contract with its address."""
    return ((int.from_bytes(l1_contract, "big") + _ALIAS_OFFSET) % 2**160).to_bytes(20, "big")


def deposit_of_log(log: Log, l1_block_hash: Hash32, log_index: int) -> Transaction:
    """The transaction that a TransactionDeposited log asks for.

    Raises ``InvalidDepositLog`` unless it is exactly as the portal makes it: four topics, version 0, addresses of 20
    bytes, one ABI-encoded ``bytes`` with zeros behind it and nothing else.
    """
    topics = log.topics
    if len(topics) != 4 or topics[0] != DEPOSITED_TOPIC:
        raise InvalidDepositLog(f"a deposit's log must have four topics, the first {DEPOSITED_TOPIC.hex()}")
    _, sender, to, version = topics
    if any(version):
        raise InvalidDepositLog(f"deposits of version {int.from_bytes(version, 'big')} are not known")
    if any(sender[:12]) or any(to[:12]):
        raise InvalidDepositLog("an address must have 20 bytes")
    opaque = _opaque_data(log.data)
    is_creation = opaque[72]
    if is_creation > 1:
        raise InvalidDepositLog(f"isCreation must be 0 or 1, not {is_creation}")
    if is_creation and any(to):
        raise InvalidDepositLog("a creation must not have a recipient")
    return deposit_transaction(
        source_hash=user_source_hash(l1_block_hash, log_index),
        sender=sender[12:],
        to=None if is_creation else to[12:],
        mint=int.from_bytes(opaque[:32], "big"),
        value=int.from_bytes(opaque[32:64], "big"),
        gas_limit=int.from_bytes(opaque[64:72], "big"),
        data=opaque[_FIXED:],
    )


def encode_attributes(attributes: L1Attributes) -> bytes:
    """The call data that updates L1Block: packed, not the ABI's (Isthmus, 176 bytes)."""
    return _packed(attributes, ISTHMUS_SELECTOR) + (
        attributes.operator_fee_scalar.to_bytes(4, "big") + attributes.operator_fee_constant.to_bytes(8, "big")
    )


def encode_attributes_ecotone(attributes: L1Attributes) -> bytes:
    """The attributes in Ecotone's encoding, without an operator fee (164 bytes)."""
    return _packed(attributes, ECOTONE_SELECTOR)


def attributes_transaction(attributes: L1Attributes) -> Transaction:
    """The transaction that a block begins with."""
    return deposit_transaction(
        source_hash=attributes_source_hash(attributes.hash, attributes.sequence_number),
        sender=DEPOSITOR,
        to=L1_BLOCK,
        mint=0,
        value=0,
        gas_limit=ATTRIBUTES_GAS,
        data=encode_attributes(attributes),
    )


def attributes_later(tx: Transaction, count: int) -> Transaction:
    """The L1 attributes transaction of so many blocks after the one of ``tx``, as long as the L1 block is the same."""
    data = tx.data
    sequence_number = int.from_bytes(data[_SEQUENCE_NUMBER], "big") + count
    return deposit_transaction(
        source_hash=attributes_source_hash(data[_L1_HASH], sequence_number),
        sender=tx.sender,
        to=tx.to,
        mint=tx.mint,
        value=tx.value,
        gas_limit=tx.gas_limit,
        data=data[: _SEQUENCE_NUMBER.start] + sequence_number.to_bytes(8, "big") + data[_SEQUENCE_NUMBER.stop :],
    )


def _source_hash(domain: int, l1_block_hash: Hash32, number: int) -> Hash32:
    return keccak(domain.to_bytes(32, "big") + keccak(l1_block_hash + number.to_bytes(32, "big")))


def _opaque_data(data: bytes) -> bytes:
    """The one ``bytes`` that a log's data holds."""
    if len(data) < 64 or int.from_bytes(data[:32], "big") != 32:
        raise InvalidDepositLog("the data of a deposit's log must be one ABI-encoded bytes value")
    size = int.from_bytes(data[32:64], "big")
    if size < _FIXED:
        raise InvalidDepositLog(f"{size} bytes are too few for a deposit, which has at least {_FIXED}")
    if len(data) != 64 + (size + 31) // 32 * 32 or any(data[64 + size :]):
        raise InvalidDepositLog(f"{size} bytes must be padded with zeros to a whole word, and with nothing more")
    return data[64 : 64 + size]


def _packed(attributes: L1Attributes, selector: bytes) -> bytes:
    return b"".join(
        (
            selector,
            attributes.base_fee_scalar.to_bytes(4, "big"),
            attributes.blob_base_fee_scalar.to_bytes(4, "big"),
            attributes.sequence_number.to_bytes(8, "big"),
            attributes.timestamp.to_bytes(8, "big"),
            attributes.number.to_bytes(8, "big"),
            attributes.base_fee.to_bytes(32, "big"),
            attributes.blob_base_fee.to_bytes(32, "big"),
            attributes.hash,
            attributes.batcher.rjust(32, b"\0"),
        )
    )
