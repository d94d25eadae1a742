"""Signatures by the keys this node holds: messages (EIP-191), typed data (EIP-712) and transactions.

Why eth_signTransaction answers with the bytes alone, where geth wraps them into ``{raw, tx}``: so the execution API has
it, and viem, ethers and cast take the answer for bytes.
"""

from __future__ import annotations

import re
from typing import Any

from megadev.errors import InvalidParams
from megadev.primitives.guarded_json import DecodeError, decode_json
from megadev.primitives.keccak import keccak
from megadev.primitives.signatures import sign
from megadev.primitives.types import Address, Hash32
from megadev.rpc.codec import AddressParam, AnyParam, CallRequest, DataParam
from megadev.rpc.dispatch import RpcNode, method
from megadev.rpc.methods.eth_send import completed, signed

_ARRAY = re.compile(r"(.+)\[(\d*)\]")


@method("eth_sign")
def eth_sign(node: RpcNode, address: AddressParam, message: DataParam) -> str:
    """A signature of ``message`` under EIP-191's prefix for personal messages: r, s and v (27 or 28)."""
    return _signature(node, address, _message_hash(message))


@method("personal_sign")
def personal_sign(node: RpcNode, message: DataParam, address: AddressParam, password: AnyParam = None) -> str:
    """As ``eth_sign`` with its arguments the other way round; accounts here have no password."""
    return _signature(node, address, _message_hash(message))


@method("eth_signTypedData_v4")
def eth_signTypedData_v4(node: RpcNode, address: AddressParam, typed_data: AnyParam) -> str:
    """A signature of EIP-712 typed data, given as an object or as its JSON text."""
    return _signature(node, address, _typed_data_hash(_decode_typed_data(typed_data)))


@method("eth_signTypedData_v3")
def eth_signTypedData_v3(node: RpcNode, address: AddressParam, typed_data: AnyParam) -> str:
    """The same for data without arrays, where both versions agree; version 3 knows none."""
    decoded = _decode_typed_data(typed_data)
    if _has_arrays(decoded):
        raise InvalidParams("version 3 of typed data has no arrays: use eth_signTypedData_v4")
    return _signature(node, address, _typed_data_hash(decoded))


@method("eth_signTransaction")
def eth_signTransaction(node: RpcNode, request: CallRequest) -> str:
    """The signed bytes of a transaction, what it leaves open filled in as for sending."""
    tx, sender = completed(node, request)
    return "0x" + signed(tx, node.devnet.accounts.key_of(sender)).hex()


def _message_hash(message: bytes) -> Hash32:
    return keccak(b"\x19Ethereum Signed Message:\n%d%b" % (len(message), message))


def _decode_typed_data(typed_data: Any) -> dict[str, Any]:
    """An object or its JSON text. What wallets called version 1, an array, is none of EIP-712's."""
    if isinstance(typed_data, str):
        try:
            typed_data = decode_json(typed_data)
        except DecodeError as error:
            raise InvalidParams(f"typed data is not JSON: {error}") from None
    if not isinstance(typed_data, dict) or not {"types", "primaryType", "domain", "message"} <= typed_data.keys():
        raise InvalidParams("typed data is an object with types, primaryType, domain and message (EIP-712)")
    return typed_data


def _has_arrays(typed_data: dict[str, Any]) -> bool:
    """Whether any field of any type is an array; False where the types are not what they should be."""
    types = typed_data["types"]
    members = types.values() if isinstance(types, dict) else ()
    fields = [field for fields in members if isinstance(fields, list) for field in fields]
    return any(str(field.get("type")).endswith("]") for field in fields if isinstance(field, dict))


def _typed_data_hash(typed_data: dict[str, Any]) -> Hash32:
    # imported here because it takes half a second
    from eth_account.messages import encode_typed_data

    try:
        _check_lengths(typed_data["types"], typed_data["primaryType"], typed_data["message"])
        types = _types_reached(typed_data["types"], typed_data["primaryType"])
        signable = encode_typed_data(full_message=typed_data | {"types": types})
    except InvalidParams:
        raise
    except Exception as error:  # whatever a library makes of a caller's malformed types and values
        raise InvalidParams(f"typed data cannot be encoded: {error}") from error
    return keccak(b"\x19" + signable.version + signable.header + signable.body)


def _types_reached(types: dict[str, Any], primary: str) -> dict[str, Any]:
    """The domain's type, and those that the primary type is made of.

    The library tells the primary type by being no part of another, so types that are not used confuse it.

    Raises ``InvalidParams`` where the primary type is not defined.
    """
    if primary not in types:
        raise InvalidParams(f"typed data cannot be encoded: the types do not define the primary type {primary}")
    reached, waiting = {"EIP712Domain"}, [primary]
    while waiting:
        kind = waiting.pop().partition("[")[0]
        if kind in types and kind not in reached:
            reached.add(kind)
            waiting.extend(field["type"] for field in types[kind])
    return {kind: fields for kind, fields in types.items() if kind in reached}


def _check_lengths(types: Any, kind: str, value: Any) -> None:
    """Raises ``InvalidParams`` where an array of fixed length has another; the library does not look."""
    array = _ARRAY.fullmatch(kind)
    if array is not None:
        if array[2] and len(value) != int(array[2]):
            raise InvalidParams(f"Expected {array[2]} items for array type {kind}, got {len(value)} items")
        for item in value:
            _check_lengths(types, array[1], item)
    elif kind in types and value is not None:
        for field in types[kind]:
            _check_lengths(types, field["type"], value[field["name"]])


def _signature(node: RpcNode, address: Address, message_hash: Hash32) -> str:
    y_parity, r, s = sign(message_hash, node.devnet.accounts.key_of(address))
    return f"0x{r:064x}{s:064x}{27 + y_parity:02x}"
