"""The transactions of a dump."""

from __future__ import annotations

import msgspec

from megadev.chain.blobs import BlobSidecar
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
from megadev.errors import InvalidParams, InvalidTransaction, UndecodableTransaction
from megadev.node.dump.values import (
    JsonObject,
    as_address,
    as_byte_list,
    as_bytes,
    as_list,
    as_number,
    as_object,
    data_of,
    fail,
    optional_data,
    word_of,
)
from megadev.primitives.keccak import keccak
from megadev.primitives.types import ZERO_ADDRESS, ZERO_HASH


def written_transaction(tx: Transaction) -> JsonObject:
    kind = tx.type
    fields: JsonObject = {"type": hex(kind)}
    if kind == DEPOSIT:
        fields |= {
            "sourceHash": data_of(tx.source_hash or ZERO_HASH),
            "from": data_of(tx.sender),
            "to": optional_data(tx.to),
            "mint": hex(tx.mint),
            "value": hex(tx.value),
            "gas": hex(tx.gas_limit),
            "isSystemTx": tx.is_system,
            "input": data_of(tx.data),
            "hash": data_of(tx.hash),
        }
        return {"transaction": fields, "impersonated_sender": None}
    if tx.chain_id is not None:
        fields["chainId"] = hex(tx.chain_id)
    fields["nonce"] = hex(tx.nonce)
    fields["gas"] = hex(tx.gas_limit)
    if kind in (LEGACY, ACCESS_LIST):
        fields["gasPrice"] = hex(tx.max_fee_per_gas)
    else:
        fields["maxFeePerGas"] = hex(tx.max_fee_per_gas)
        fields["maxPriorityFeePerGas"] = hex(tx.max_priority_fee_per_gas)
    fields["to"] = optional_data(tx.to)
    fields["value"] = hex(tx.value)
    if kind != LEGACY:
        fields["accessList"] = [
            {"address": data_of(address), "storageKeys": [word_of(slot) for slot in slots]}
            for address, slots in tx.access_list
        ]
        fields["yParity"] = hex(tx.v)
    if kind == BLOB:
        fields["blobVersionedHashes"] = [data_of(versioned) for versioned in tx.blob_versioned_hashes]
        fields["maxFeePerBlobGas"] = hex(tx.max_fee_per_blob_gas)
        if tx.sidecar is not None:
            fields["blobs"] = [data_of(blob) for blob in tx.sidecar.blobs]
            fields["commitments"] = [data_of(commitment) for commitment in tx.sidecar.commitments]
            fields["cellProofs" if tx.sidecar.version else "proofs"] = [data_of(proof) for proof in tx.sidecar.proofs]
    elif kind == SET_CODE:
        fields["authorizationList"] = [
            {
                "chainId": hex(signed.chain_id),
                "address": data_of(signed.address),
                "nonce": hex(signed.nonce),
                "yParity": hex(signed.y_parity),
                "r": hex(signed.r),
                "s": hex(signed.s),
            }
            for signed in tx.authorization_list
        ]
    fields |= {"input": data_of(tx.data), "r": hex(tx.r), "s": hex(tx.s), "v": hex(tx.v), "hash": data_of(tx.hash)}
    return {"transaction": fields, "impersonated_sender": data_of(tx.sender) if tx.is_impersonated else None}


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
    fields = as_object(item, where)
    sender = None
    if "transaction" in fields:
        if fields.get("impersonated_sender") is not None:
            sender = as_address(fields["impersonated_sender"], f"{where}.impersonated_sender")
        fields = as_object(fields["transaction"], f"{where}.transaction")
    if len(fields) == 1:
        name, inside = next(iter(fields.items()))
        if name not in _TYPE_NAMES:
            fail(where, f"a transaction of a type known here ({', '.join(_TYPE_NAMES)})", name)
        kind, fields = _TYPE_NAMES[name], as_object(inside, where)
    else:
        kind = as_number(fields.get("type", 0), f"{where}.type", 8)
        if kind not in _TYPE_NAMES.values():
            fail(f"{where}.type", "a transaction type known here", kind)

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
                fail(f"{where}.hash", f"the hash of what it stands with, 0x{keccak(encoded).hex()}", fields["hash"])
            sender = decode_transaction(encoded).sender
    except (InvalidTransaction, UndecodableTransaction) as error:
        raise InvalidParams(f"failed to decode state dump: {where}: {error}") from None
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
