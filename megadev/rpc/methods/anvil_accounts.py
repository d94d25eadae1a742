"""anvil_*, hardhat_* and evm_*: whom to act for, with a key or without (impersonation)."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from megadev.errors import InvalidParams
from megadev.primitives.hexcodec import to_data
from megadev.rpc.codec import (
    AddressParam,
    AnyParam,
    BoolParam,
    Decode,
    WordParam,
    decode_address,
    decode_data,
)
from megadev.rpc.dispatch import method
from megadev.rpc.node import RpcNode


def _decode_address_or_key(value: Any) -> bytes:
    data = decode_data(value)
    if len(data) not in (20, 32):
        raise InvalidParams(f"expected an address (20 bytes) or a private key (32 bytes), got {len(data)} bytes")
    return data


def _decode_signature(value: Any) -> tuple[bytes, bytes | None]:
    """A signature, or a pair of one and the address: Anvil 1.7.1 takes only the pair."""
    if isinstance(value, list) and len(value) == 2:
        return decode_data(value[0]), decode_address(value[1])
    return decode_data(value), None


AddressOrKeyParam: TypeAlias = Annotated[bytes, Decode(_decode_address_or_key)]
SignatureParam: TypeAlias = Annotated[tuple[bytes, bytes | None], Decode(_decode_signature)]


@method("anvil_impersonateAccount")
def anvil_impersonateAccount(node: RpcNode, address: AddressParam) -> None:
    """Accept transactions from an account without its signature."""
    node.node.accounts.impersonate(address)


@method("anvil_stopImpersonatingAccount")
def anvil_stopImpersonatingAccount(node: RpcNode, address: AddressParam) -> None:
    """Ask for signatures again."""
    node.node.accounts.stop_impersonating(address)


@method("anvil_autoImpersonateAccount")
def anvil_autoImpersonateAccount(node: RpcNode, enabled: BoolParam) -> None:
    """Accept transactions from any account without a signature, or stop doing so."""
    node.node.accounts.auto_impersonate = enabled


@method("anvil_impersonateSignature")
def anvil_impersonateSignature(node: RpcNode, signature: SignatureParam, address: AddressParam | None = None) -> None:
    """Have ecrecover answer with an account for a signature, whatever was signed: in calls and in blocks alike. The two
    come as two arguments, or as one pair.
    """
    given, paired = signature
    signer = paired or address
    if signer is None or (paired and address):
        raise InvalidParams("missing value for required argument 1 (address): the address that ecrecover returns")
    node.node.between_blocks()
    node.node.accounts.impersonate_signature(given, signer)


@method("evm_addAccount")
def evm_addAccount(node: RpcNode, account: AddressOrKeyParam, password: AnyParam = None) -> bool:
    """Add a private key (32 bytes), or impersonate an address (20 bytes). Passwords are ignored."""
    if len(account) == 20:
        node.node.accounts.impersonate(account)
    else:
        _hold(node, account)
    return True


@method("evm_removeAccount")
def evm_removeAccount(node: RpcNode, address: AddressParam, password: AnyParam = None) -> bool:
    """Stop impersonating an address; false if it was not impersonated."""
    accounts = node.node.accounts
    impersonated = address in accounts.impersonated
    accounts.stop_impersonating(address)
    return impersonated


@method("personal_importRawKey")
def personal_importRawKey(node: RpcNode, key: WordParam, password: AnyParam = None) -> str:
    """Add a private key and return its address. The password is ignored."""
    return to_data(_hold(node, key))


def _hold(node: RpcNode, key: bytes) -> bytes:
    try:
        return node.node.accounts.add(key).raw_address
    except ValueError as error:
        raise InvalidParams(str(error)) from None
