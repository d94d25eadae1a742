"""Signatures by the keys this node holds: messages (EIP-191), typed data (EIP-712) and transactions.

Why eth_signTransaction answers with the bytes alone, where geth wraps them into ``{raw, tx}``: so the execution API has
it, and viem, ethers and cast take the answer for bytes.
"""

from __future__ import annotations

from typing import Any

import msgspec

from megadev.errors import InvalidParams
from megadev.primitives.keccak import keccak
from megadev.primitives.signatures import sign
from megadev.primitives.types import Address, Hash32
from megadev.rpc.codec import AddressParam, AnyParam, CallRequest, DataParam
from megadev.rpc.dispatch import RpcNode, method
from megadev.rpc.envelope import check_nesting
from megadev.rpc.methods.eth_send import completed, signed


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
    return _signature(node, address, _typed_data_hash(typed_data))


@method("eth_signTransaction")
def eth_signTransaction(node: RpcNode, request: CallRequest) -> str:
    """The signed bytes of a transaction, what it leaves open filled in as for sending."""
    tx, sender = completed(node, request)
    return "0x" + signed(tx, node.devnet.accounts.key_of(sender)).hex()


def _message_hash(message: bytes) -> Hash32:
    return keccak(b"\x19Ethereum Signed Message:\n%d%b" % (len(message), message))


def _typed_data_hash(typed_data: Any) -> Hash32:
    if isinstance(typed_data, str):
        try:
            check_nesting(typed_data.encode())
            typed_data = msgspec.json.decode(typed_data)
        except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
            raise InvalidParams(f"typed data is not JSON: {error}") from None
    if not isinstance(typed_data, dict) or not {"types", "primaryType", "domain", "message"} <= typed_data.keys():
        raise InvalidParams("typed data is an object with types, primaryType, domain and message (EIP-712)")
    # imported here because it takes half a second
    from eth_account.messages import encode_typed_data

    try:
        signable = encode_typed_data(full_message=typed_data)
    except Exception as error:  # whatever a library makes of a caller's malformed types and values
        raise InvalidParams(f"typed data cannot be encoded: {error}") from error
    return keccak(b"\x19" + signable.version + signable.header + signable.body)


def _signature(node: RpcNode, address: Address, message_hash: Hash32) -> str:
    y_parity, r, s = sign(message_hash, node.devnet.accounts.key_of(address))
    return f"0x{r:064x}{s:064x}{27 + y_parity:02x}"
