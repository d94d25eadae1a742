"""Signatures by the keys this node holds: messages (EIP-191), typed data (EIP-712) and transactions.

eth_signTransaction answers as geth does, with the bytes and the transaction, which web3.py and web3.js read; in Anvil's
dialect with the bytes alone, which is all that cast can read.
"""

from __future__ import annotations

import re
from typing import Any

from megadev.chain.documents import JsonObject
from megadev.chain.transactions import encode_network_form, sign_transaction
from megadev.errors import InvalidParams
from megadev.primitives.guarded_json import DecodeError, decode_json
from megadev.primitives.hexcodec import to_data
from megadev.primitives.keccak import keccak
from megadev.primitives.signatures import sign
from megadev.primitives.types import Address, Hash32
from megadev.rpc.codec import AddressParam, AnyParam, CallRequest, DataParam, describe
from megadev.rpc.dispatch import method
from megadev.rpc.filling import completed
from megadev.rpc.formatters import format_pending_transaction
from megadev.rpc.node import RpcNode

_DOMAIN = "EIP712Domain"
_NOTHING = "Nothing"
"""A type without fields: the library wants some type beside the domain's."""
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
        raise InvalidParams("eth_signTypedData_v3 does not support arrays: use eth_signTypedData_v4")
    return _signature(node, address, _typed_data_hash(decoded))


@method("eth_signTransaction")
def eth_signTransaction(node: RpcNode, request: CallRequest) -> str | JsonObject:
    """A transaction, what it leaves open filled in as for sending, with its signature: as ``raw`` bytes and as the
    object ``tx``; in Anvil's dialect the bytes alone.
    """
    tx, sender = completed(node, request)
    made = sign_transaction(tx, node.node.accounts.key_of(sender))
    raw = to_data(encode_network_form(made))
    if node.speaks_anvil:
        return raw
    return {"raw": raw, "tx": format_pending_transaction(made)}


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
        raise InvalidParams("typed data must be an object with types, primaryType, domain and message (EIP-712)")
    return typed_data


def _has_arrays(typed_data: dict[str, Any]) -> bool:
    """True if any field of any type is an array; False where the types are not what they should be."""
    types = typed_data["types"]
    members = types.values() if isinstance(types, dict) else ()
    fields = [field for fields in members if isinstance(fields, list) for field in fields]
    return any(str(field.get("type")).endswith("]") for field in fields if isinstance(field, dict))


def _typed_data_hash(typed_data: dict[str, Any]) -> Hash32:
    """Returns the signed hash. Where the primary type is the domain's own, the domain is signed and nothing else, as
    wallets do.

    Raises ``InvalidParams``, naming the type and the field at fault.
    """
    types, primary = typed_data["types"], typed_data["primaryType"]
    if not isinstance(primary, str) or not _are_types(types):
        raise InvalidParams(
            "typed data cannot be encoded: types must be an object of lists of {name, type}, primaryType one of them"
        )
    try:
        if primary == _DOMAIN:
            signable = _signable({_DOMAIN: types.get(_DOMAIN, []), _NOTHING: []}, _NOTHING, typed_data["domain"], {})
            return keccak(b"\x19" + signable.version + signable.header)
        reached = _types_reached(types, primary)
        _check_value(reached, primary, typed_data["message"], primary)
        signable = _signable(reached, primary, typed_data["domain"], typed_data["message"])
    except InvalidParams:
        raise
    except Exception as error:  # whatever a library makes of a caller's malformed types and values
        where = _fault(types, primary, typed_data["message"], primary) or _domain_fault(types, typed_data["domain"])
        raise InvalidParams(f"typed data cannot be encoded: {where}{error}") from error
    return keccak(b"\x19" + signable.version + signable.header + signable.body)


def _are_types(types: Any) -> bool:
    """True if every type is a list of fields, each with a name and a type."""
    if not isinstance(types, dict) or not all(isinstance(fields, list) for fields in types.values()):
        return False
    fields = [field for each in types.values() for field in each]
    return all(
        isinstance(field, dict) and all(isinstance(field.get(key), str) for key in ("name", "type")) for field in fields
    )


def _signable(types: Any, primary: str, domain: Any, message: Any) -> Any:
    # imported here because it takes half a second
    from eth_account.messages import encode_typed_data

    return encode_typed_data(
        full_message={"types": types, "primaryType": primary, "domain": domain, "message": message}
    )


def _types_reached(types: dict[str, Any], primary: str) -> dict[str, Any]:
    """The domain's type, and those that the primary type is made of.

    The library tells the primary type by being no part of another, so types that are not used confuse it.

    Raises ``InvalidParams`` where the primary type is not defined.
    """
    if primary not in types:
        raise InvalidParams(f"typed data cannot be encoded: the types do not define the primary type {primary}")
    reached, waiting = {_DOMAIN}, [primary]
    while waiting:
        kind = waiting.pop().partition("[")[0]
        if kind in types and kind not in reached:
            reached.add(kind)
            waiting.extend(field["type"] for field in types[kind])
    return {kind: fields for kind, fields in types.items() if kind in reached}


def _check_value(types: Any, kind: str, value: Any, where: str) -> None:
    """Raises ``InvalidParams`` for what the library does not look at, or is silent about: values that are missing or of
    another shape than their type, and arrays of fixed length that have another. ``where``: the way to the value.
    """
    array = _ARRAY.fullmatch(kind)
    if array is not None:
        if not isinstance(value, list):
            raise InvalidParams(
                f"typed data cannot be encoded: {where} ({kind}) must be an array, got {describe(value)}"
            )
        if array[2] and len(value) != int(array[2]):
            raise InvalidParams(f"Expected {array[2]} items for array type {kind}, got {len(value)} items: {where}")
        for index, item in enumerate(value):
            _check_value(types, array[1], item, f"{where}[{index}]")
    elif kind in types and value is not None:
        if not isinstance(value, dict):
            raise InvalidParams(
                f"typed data cannot be encoded: {where} ({kind}) must be an object, got {describe(value)}"
            )
        for field in types[kind]:
            name, inner = field["name"], field["type"]
            if name not in value and inner not in types:
                raise InvalidParams(
                    f"typed data cannot be encoded: missing value for field {name} of type {inner} in {where}"
                )
            _check_value(types, inner, value.get(name), f"{where}.{name}")


def _fault(types: Any, kind: str, value: Any, where: str) -> str:
    """The way to the first value that cannot be encoded as what its type says, with that type: ``Mail.to (address): ``;
    '' where none is found.
    """
    array = _ARRAY.fullmatch(kind)
    if kind in types and value is None:
        return ""
    if kind in types and isinstance(value, dict):
        fields = [(f"{where}.{field['name']}", field["type"], value.get(field["name"])) for field in types[kind]]
    elif array is not None and isinstance(value, list):
        fields = [(f"{where}[{index}]", array[1], item) for index, item in enumerate(value)]
    else:
        try:
            _signable({_DOMAIN: [], "T": [{"name": "value", "type": kind}]}, "T", {}, {"value": value})
        except Exception:  # that is the question
            return f"{where} ({kind}): "
        return ""
    return next((found for name, inner, item in fields if (found := _fault(types, inner, item, name))), "")


def _domain_fault(types: Any, domain: Any) -> str:
    fields = types.get(_DOMAIN)
    return _fault(types, _DOMAIN, domain, "domain") if isinstance(fields, list) else ""


def _signature(node: RpcNode, address: Address, message_hash: Hash32) -> str:
    y_parity, r, s = sign(message_hash, node.node.accounts.key_of(address))
    return f"0x{r:064x}{s:064x}{27 + y_parity:02x}"
