"""The chain's JSON, written and read in one place: headers, transactions, receipts and logs as the execution API spells
them, without their place in a chain. RPC adds that (``rpc/formatters``), Anvil's dump its own document around them
(``node/dump``), and a fork reads what upstream tells of its past.

Writers give plain dicts; the hex is put together where it stands, as these are the hottest lines of a busy node.
Readers take every spelling that nodes use, are told ``where`` they read, and raise ``InvalidDocument`` with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NoReturn, TypeAlias

import msgspec

from megadev.chain.blobs import BlobSidecar
from megadev.chain.blocks import HEADER_SIZES, Header
from megadev.chain.receipts import Log, Receipt
from megadev.chain.spec import GAS_PER_BLOB
from megadev.chain.transactions import (
    ACCESS_LIST,
    BLOB,
    DEPOSIT,
    DYNAMIC_FEE,
    LEGACY,
    SET_CODE,
    AccessList,
    SignedAuthorization,
    Transaction,
    decode_transaction,
    encode_transaction,
)
from megadev.errors import InvalidDocument, InvalidTransaction, UndecodableTransaction
from megadev.primitives.bloom import logs_bloom
from megadev.primitives.hexcodec import bytes_in, number_in, to_data, to_word
from megadev.primitives.keccak import keccak
from megadev.primitives.types import (
    EMPTY_OMMERS_HASH,
    EMPTY_REQUESTS_HASH,
    EMPTY_TRIE_ROOT,
    ZERO_ADDRESS,
    Address,
    Hash32,
    Wei,
)

JsonObject: TypeAlias = dict[str, Any]

_EMPTY_BLOOM = to_data(bytes(256))

# -- writing ------------------------------------------------------------------------------------------------------


def header_document(header: Header) -> JsonObject:
    """A header, without its hash, in the fields that its hardfork has, in RLP's order."""
    answer = {
        "parentHash": "0x" + header.parent_hash.hex(),
        "sha3Uncles": "0x" + header.ommers_hash.hex(),
        "miner": "0x" + header.coinbase.hex(),
        "stateRoot": "0x" + header.state_root.hex(),
        "transactionsRoot": "0x" + header.transactions_root.hex(),
        "receiptsRoot": "0x" + header.receipts_root.hex(),
        "logsBloom": "0x" + header.logs_bloom.hex(),
        "difficulty": hex(header.difficulty),
        "number": hex(header.number),
        "gasLimit": hex(header.gas_limit),
        "gasUsed": hex(header.gas_used),
        "timestamp": hex(header.timestamp),
        "extraData": "0x" + header.extra_data.hex(),
        "mixHash": "0x" + header.prev_randao.hex(),
        "nonce": "0x" + header.nonce.hex(),
        "baseFeePerGas": hex(header.base_fee),
    }
    fields = header.fields
    if fields > 16:
        answer["withdrawalsRoot"] = "0x" + header.withdrawals_root.hex()
    if fields > 17:
        answer["blobGasUsed"] = hex(header.blob_gas_used)
        answer["excessBlobGas"] = hex(header.excess_blob_gas)
        answer["parentBeaconBlockRoot"] = "0x" + header.parent_beacon_root.hex()
    if fields > 20:
        answer["requestsHash"] = "0x" + header.requests_hash.hex()
    return answer


def transaction_document(tx: Transaction) -> JsonObject:
    """Returns the fields of a transaction that do not depend on its block; ``gasPrice`` is the most it pays."""
    kind = tx.type
    answer: JsonObject = {
        "type": hex(kind),
        "hash": "0x" + tx.hash.hex(),
        "nonce": hex(tx.nonce),
        "from": "0x" + tx.sender.hex(),
        "to": None if tx.to is None else "0x" + tx.to.hex(),
        "value": hex(tx.value),
        "gas": hex(tx.gas_limit),
        "gasPrice": hex(tx.max_fee_per_gas),
        "input": "0x" + tx.data.hex(),
        "v": hex(tx.v),
        "r": hex(tx.r),
        "s": hex(tx.s),
    }
    if tx.chain_id is not None and kind != DEPOSIT:
        answer["chainId"] = hex(tx.chain_id)
    if kind in (ACCESS_LIST, DYNAMIC_FEE, BLOB, SET_CODE):
        answer["yParity"] = hex(tx.v)
        answer["accessList"] = access_list_document(tx.access_list)
    if kind in (DYNAMIC_FEE, BLOB, SET_CODE):
        answer["maxFeePerGas"] = hex(tx.max_fee_per_gas)
        answer["maxPriorityFeePerGas"] = hex(tx.max_priority_fee_per_gas)
    if kind == BLOB:
        answer["maxFeePerBlobGas"] = hex(tx.max_fee_per_blob_gas)
        answer["blobVersionedHashes"] = ["0x" + versioned.hex() for versioned in tx.blob_versioned_hashes]
    elif kind == SET_CODE:
        answer["authorizationList"] = [
            {
                "chainId": hex(signed.chain_id),
                "address": "0x" + signed.address.hex(),
                "nonce": hex(signed.nonce),
                "yParity": hex(signed.y_parity),
                "r": hex(signed.r),
                "s": hex(signed.s),
            }
            for signed in tx.authorization_list
        ]
    elif kind == DEPOSIT:
        answer["sourceHash"] = "0x" + (tx.source_hash or b"").hex()
        answer["mint"] = hex(tx.mint) if tx.mint else None
        answer["isSystemTx"] = tx.is_system
        answer["yParity"] = "0x0"
    return answer


def access_list_document(access_list: Iterable[tuple[Address, Iterable[int]]]) -> list[JsonObject]:
    """An EIP-2930 access list; storage keys are 32-byte words."""
    return [
        {"address": to_data(address), "storageKeys": [to_word(slot) for slot in slots]}
        for address, slots in access_list
    ]


def sidecar_document(sidecar: BlobSidecar) -> JsonObject:
    """Returns a blob transaction's sidecar (EIP-4844, or EIP-7594 by its version)."""
    return {
        "blobs": [to_data(blob) for blob in sidecar.blobs],
        "commitments": [to_data(commitment) for commitment in sidecar.commitments],
        "cellProofs" if sidecar.version else "proofs": [to_data(proof) for proof in sidecar.proofs],
    }


def receipt_document(receipt: Receipt, logs: list[JsonObject]) -> JsonObject:
    """Returns a receipt's fields about the outcome, with its ``logs`` already formatted."""
    return {
        "type": hex(receipt.type),
        "status": "0x1" if receipt.succeeded else "0x0",
        "cumulativeGasUsed": hex(receipt.cumulative_gas_used),
        "logs": logs,
        "logsBloom": "0x" + receipt.bloom.hex() if receipt.logs else _EMPTY_BLOOM,
    }


def log_document(log: Log) -> JsonObject:
    """Returns a log's address, topics and data."""
    return {
        "address": "0x" + log.address.hex(),
        "topics": ["0x" + topic.hex() for topic in log.topics],
        "data": "0x" + log.data.hex(),
    }


# -- reading ------------------------------------------------------------------------------------------------------

_HEADER: tuple[tuple[str, str, int | None, int | None, str], ...] = (
    ("parentHash", "parent_hash", 32, None, ""),
    ("sha3Uncles", "ommers_hash", 32, None, "ommersHash"),
    ("miner", "coinbase", 20, None, "beneficiary"),
    ("stateRoot", "state_root", 32, None, ""),
    ("transactionsRoot", "transactions_root", 32, None, ""),
    ("receiptsRoot", "receipts_root", 32, None, ""),
    ("logsBloom", "logs_bloom", 256, None, ""),
    ("difficulty", "difficulty", None, 256, ""),
    ("number", "number", None, 63, ""),
    ("gasLimit", "gas_limit", None, 63, ""),
    ("gasUsed", "gas_used", None, 63, ""),
    ("timestamp", "timestamp", None, 63, ""),
    ("extraData", "extra_data", None, None, ""),
    ("mixHash", "prev_randao", 32, None, ""),
    ("nonce", "nonce", 8, None, ""),
    ("baseFeePerGas", "base_fee", None, 256, ""),
    ("withdrawalsRoot", "withdrawals_root", 32, None, ""),
    ("blobGasUsed", "blob_gas_used", None, 63, ""),
    ("excessBlobGas", "excess_blob_gas", None, 63, ""),
    ("parentBeaconBlockRoot", "parent_beacon_root", 32, None, ""),
    ("requestsHash", "requests_hash", 32, None, ""),
)
"""A header's fields in RLP's order: their name, ours, how many bytes or bits they have, and what older files call them.
"""
HEADER_FIELDS = tuple(field for _, field, _, _, _ in _HEADER)
REQUIRED_HEADER_FIELDS = 15
"""So many fields every header has had; each later one came with a fork."""


def read_header_fields(document: JsonObject, where: str, required: int = REQUIRED_HEADER_FIELDS) -> dict[str, Any]:
    """The fields that a header has, by our names and in RLP's order. The first ``required`` ones must be there."""
    found: dict[str, Any] = {}
    for place, (name, field, size, bits, older) in enumerate(_HEADER):
        value = document.get(name)
        if value is None and older:
            value = document.get(older)
        at = f"{where}.{name}"
        if value is not None:
            found[field] = as_bytes(value, at, size) if bits is None else as_number(value, at, bits)
        elif place < required:
            fail(at, "a value", None)
    return found


def header_of(fields: Mapping[str, Any]) -> Header:
    """The header that has these fields; those that its chain does not have are as if empty."""
    size = max((size for size in HEADER_SIZES if size <= len(fields)), default=HEADER_SIZES[0])
    return Header(**fields, fields=size)


_SINCE = ((21, "requestsHash"), (20, "parentBeaconBlockRoot"), (17, "withdrawalsRoot"))
"""What a header with so many fields has and one with fewer lacks."""


def read_header(document: Mapping[str, Any]) -> tuple[Header, Hash32]:
    """A block's header and hash, from how a node tells it. Fields that its chain does not have are as if empty, so the
    hash is upstream's word. Raises ``KeyError``, ``TypeError``, ``ValueError``.
    """

    def number(name: str) -> int:
        value = document.get(name)
        return 0 if value is None else int(value, 16)

    def data(name: str, default: bytes) -> bytes:
        value = document.get(name)
        return default if value is None else bytes.fromhex(value[2:])

    zero = bytes(32)
    header = Header(
        parent_hash=data("parentHash", zero),
        ommers_hash=data("sha3Uncles", EMPTY_OMMERS_HASH),
        coinbase=data("miner", bytes(20)),
        state_root=data("stateRoot", zero),
        transactions_root=data("transactionsRoot", EMPTY_TRIE_ROOT),
        receipts_root=data("receiptsRoot", EMPTY_TRIE_ROOT),
        logs_bloom=data("logsBloom", bytes(256)),
        difficulty=number("difficulty"),
        number=int(document["number"], 16),
        gas_limit=number("gasLimit"),
        gas_used=number("gasUsed"),
        timestamp=int(document["timestamp"], 16),
        extra_data=data("extraData", b""),
        prev_randao=data("mixHash", zero),
        nonce=data("nonce", bytes(8)),
        base_fee=number("baseFeePerGas"),
        withdrawals_root=data("withdrawalsRoot", EMPTY_TRIE_ROOT),
        blob_gas_used=number("blobGasUsed"),
        excess_blob_gas=number("excessBlobGas"),
        parent_beacon_root=data("parentBeaconBlockRoot", zero),
        requests_hash=data("requestsHash", EMPTY_REQUESTS_HASH),
        fields=next((size for size, name in _SINCE if document.get(name) is not None), 16),
    )
    return header, bytes.fromhex(document["hash"][2:])


_TYPE_NAMES = {
    "Legacy": LEGACY,
    "EIP2930": ACCESS_LIST,
    "EIP1559": DYNAMIC_FEE,
    "EIP4844": BLOB,
    "EIP7702": SET_CODE,
    "Deposit": DEPOSIT,
}
"""How older files say the type: as the only key, around the fields."""


def read_transaction(item: object, where: str) -> Transaction:
    """A transaction, its sender recovered, or taken over where it was impersonated."""
    fields = as_object(item, where)
    sender = None
    if "transaction" in fields:
        if fields.get("impersonated_sender") is not None:
            sender = as_address(fields["impersonated_sender"], f"{where}.impersonated_sender")
        fields = as_object(fields["transaction"], f"{where}.transaction")
    if len(fields) == 1:
        name, inside = next(iter(fields.items()))
        if name not in _TYPE_NAMES:
            fail(where, f"a transaction of a known type ({', '.join(_TYPE_NAMES)})", name)
        kind, fields = _TYPE_NAMES[name], as_object(inside, where)
    else:
        kind = as_number(fields.get("type", 0), f"{where}.type", 8)
        if kind not in _TYPE_NAMES.values():
            fail(f"{where}.type", "a known transaction type", kind)

    def number(name: str, bits: int = 256) -> int:
        value = fields.get(name)
        return 0 if value is None else as_number(value, f"{where}.{name}", bits)

    price = number("gasPrice" if kind in (LEGACY, ACCESS_LIST) else "maxFeePerGas")
    v = number("v") if kind == LEGACY or fields.get("yParity") is None else number("yParity", 8)
    chain_id = None if fields.get("chainId") is None else number("chainId", 64)
    if kind == DEPOSIT:
        sender, chain_id = as_address(fields.get("from"), f"{where}.from"), None
    tx = Transaction(
        type=kind,
        chain_id=(v - 35) >> 1 if kind == LEGACY and v >= 35 else chain_id,
        nonce=number("nonce", 64),
        gas_limit=number("gas" if "gas" in fields else "gasLimit", 64),
        to=None if fields.get("to") is None else as_address(fields["to"], f"{where}.to"),
        value=number("value"),
        data=as_bytes(fields.get("input") or "0x", f"{where}.input"),
        max_fee_per_gas=price,
        max_priority_fee_per_gas=price if kind in (LEGACY, ACCESS_LIST) else number("maxPriorityFeePerGas"),
        v=v,
        r=number("r"),
        s=number("s"),
        sender=sender or ZERO_ADDRESS,
        hash=as_bytes(fields.get("hash"), f"{where}.hash", 32),
        encoded=b"",
        access_list=_read_access_list(fields.get("accessList") or [], f"{where}.accessList"),
        max_fee_per_blob_gas=number("maxFeePerBlobGas"),
        blob_versioned_hashes=as_byte_list(fields.get("blobVersionedHashes") or [], f"{where}.blobVersionedHashes", 32),
        authorization_list=_read_authorizations(fields.get("authorizationList") or [], f"{where}.authorizationList"),
        sidecar=_read_sidecar(fields, where),
        source_hash=as_bytes(fields.get("sourceHash"), f"{where}.sourceHash", 32) if kind == DEPOSIT else None,
        mint=number("mint"),
        is_system=bool(fields.get("isSystemTx") or fields.get("isSystemTransaction")),
    )
    try:
        encoded = encode_transaction(tx)
        if sender is None:
            if keccak(encoded) != tx.hash:
                fail(f"{where}.hash", f"the hash of the value beside it, {to_data(keccak(encoded))}", fields["hash"])
            sender = decode_transaction(encoded).sender
    except (InvalidTransaction, UndecodableTransaction) as error:
        raise InvalidDocument(where, str(error)) from None
    return msgspec.structs.replace(tx, encoded=encoded, sender=sender)


def _read_access_list(value: object, where: str) -> AccessList:
    entries = []
    for place, item in enumerate(as_list(value, where)):
        at = f"{where}[{place}]"
        fields = as_object(item, at)
        slots = as_byte_list(fields.get("storageKeys") or [], f"{at}.storageKeys", 32)
        entries.append(
            (as_address(fields.get("address"), f"{at}.address"), tuple(int.from_bytes(slot, "big") for slot in slots))
        )
    return tuple(entries)


def _read_authorizations(value: object, where: str) -> tuple[SignedAuthorization, ...]:
    read = []
    for place, item in enumerate(as_list(value, where)):
        at = f"{where}[{place}]"
        fields = as_object(item, at)
        read.append(
            SignedAuthorization(
                as_number(fields.get("chainId"), f"{at}.chainId"),
                as_address(fields.get("address"), f"{at}.address"),
                as_number(fields.get("nonce"), f"{at}.nonce", 64),
                as_number(fields.get("yParity", fields.get("v")), f"{at}.yParity", 8),
                as_number(fields.get("r"), f"{at}.r"),
                as_number(fields.get("s"), f"{at}.s"),
            )
        )
    return tuple(read)


def _read_sidecar(fields: JsonObject, where: str) -> BlobSidecar | None:
    blobs = as_byte_list(fields.get("blobs") or [], f"{where}.blobs")
    if not blobs:
        return None
    if len(fields.get("blobVersionedHashes") or []) != len(blobs):
        fail(f"{where}.blobVersionedHashes", f"as many as there are blobs, {len(blobs)}", None)
    version = int("cellProofs" in fields)
    commitments = as_byte_list(fields.get("commitments") or [], f"{where}.commitments", 48)
    if len(commitments) != len(blobs):
        fail(f"{where}.commitments", f"as many as there are blobs, {len(blobs)}", len(commitments))
    return BlobSidecar(
        blobs,
        commitments,
        as_byte_list(fields.get("cellProofs" if version else "proofs") or [], f"{where}.proofs", 48),
        version,
    )


def read_log(item: object, where: str) -> Log:
    """Returns a log, without its place in the chain."""
    fields = as_object(item, where)
    return Log(
        as_address(fields.get("address"), f"{where}.address"),
        as_byte_list(fields.get("topics") or [], f"{where}.topics", 32),
        as_bytes(fields.get("data") or "0x", f"{where}.data"),
    )


def read_logs(value: object, where: str) -> tuple[Log, ...]:
    """The logs of a receipt; null is none."""
    return tuple(read_log(item, f"{where}[{place}]") for place, item in enumerate(as_list(value or [], where)))


def read_receipt(
    told: Mapping[str, Any], tx: Transaction, gas_price: str | None, blob_price: Wei, where: str
) -> Receipt:
    """The receipt of ``tx`` as a node tells it: ``gas_price`` is what it tells of the transaction, for nodes that leave
    out the effective one. Why it failed no node tells. Raises as ``read_header``, and ``InvalidDocument``.
    """
    logs = tuple(read_log(log, f"{where}.logs[{place}]") for place, log in enumerate(told["logs"]))
    succeeded = int(told.get("status", "0x1"), 16) == 1
    created = told.get("contractAddress")
    return Receipt(
        type=tx.type,
        succeeded=succeeded,
        cumulative_gas_used=int(told["cumulativeGasUsed"], 16),
        gas_used=int(told["gasUsed"], 16),
        effective_gas_price=int(told.get("effectiveGasPrice") or gas_price or "0x0", 16),
        logs=logs,
        bloom=logs_bloom(logs),
        created=None if created is None else bytes.fromhex(created[2:]),
        blob_gas_used=GAS_PER_BLOB * len(tx.blob_versioned_hashes),
        blob_gas_price=blob_price,
        error=None if succeeded else "execution reverted",
        deposit_nonce=None if told.get("depositNonce") is None else int(told["depositNonce"], 16),
    )


# -- the values of JSON -------------------------------------------------------------------------------------------


def fail(where: str, expected: str, value: object) -> NoReturn:
    """Raises ``InvalidDocument`` for an entry that is something else than expected."""
    got = "nothing" if value is None else msgspec.json.encode(value).decode(errors="replace")
    raise InvalidDocument(where, f"expected {expected}, got {got if len(got) <= 80 else got[:72] + '…'}")


def as_object(value: object, where: str) -> JsonObject:
    if type(value) is not dict:
        fail(where, "an object", value)
    return value


def as_list(value: object, where: str) -> list[Any]:
    if type(value) is not list:
        fail(where, "an array", value)
    return value


def as_number(value: object, where: str, bits: int = 256) -> int:
    """A number of at most so many bits: hex, decimal digits or a JSON number."""
    number = number_in(value, bits)
    if number is None:
        fail(where, f"a number below 2**{bits}, hex or decimal", value)
    return number


def as_bytes(value: object, where: str, size: int | None = None) -> bytes:
    data = bytes_in(value, size)
    if data is None:
        fail(where, "bytes in hex" if size is None else f"{size} bytes in hex", value)
    return data


def as_address(value: object, where: str) -> Address:
    return as_bytes(value, where, 20)


def as_byte_list(value: object, where: str, size: int | None = None) -> tuple[bytes, ...]:
    return tuple(as_bytes(item, f"{where}[{place}]", size) for place, item in enumerate(as_list(value, where)))
