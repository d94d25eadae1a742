"""anvil_*, hardhat_*, tenderly_* and evm_*: accounts and state changed at will, and whom to act for.

Each change is a ``StateDiff`` with cause ``cheat`` (``node/cheats``): seen at once, part of the next block's root.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from megadev.chain.transactions import MAX_NONCE
from megadev.errors import InvalidParams
from megadev.node import cheats
from megadev.rpc.codec import (
    AddressParam,
    AnyParam,
    BoolParam,
    DataParam,
    Decode,
    QuantityParam,
    SlotParam,
    Uint64Param,
    WordParam,
    decode_data,
)
from megadev.rpc.dispatch import RpcNode, method


def _decode_address_or_key(value: Any) -> bytes:
    data = decode_data(value)
    if len(data) not in (20, 32):
        raise InvalidParams(f"expected an address (20 bytes) or a private key (32 bytes), got {len(data)} bytes")
    return data


AddressOrKeyParam: TypeAlias = Annotated[bytes, Decode(_decode_address_or_key)]


@method("anvil_setBalance")
def anvil_setBalance(node: RpcNode, address: AddressParam, balance: QuantityParam) -> None:
    """Give an account exactly so many wei."""
    cheats.set_balance(node.chain, address, balance)


@method("anvil_addBalance")
def anvil_addBalance(node: RpcNode, address: AddressParam, amount: QuantityParam) -> None:
    """Give an account so many wei more."""
    cheats.add_balance(node.chain, address, amount)


@method("anvil_setCode")
def anvil_setCode(node: RpcNode, address: AddressParam, code: DataParam) -> None:
    """Replace an account's code; its storage stays."""
    cheats.set_code(node.chain, address, code)


@method("anvil_setNonce")
def anvil_setNonce(node: RpcNode, address: AddressParam, nonce: Uint64Param) -> None:
    """Set an account's next nonce, lower than before too."""
    if nonce >= MAX_NONCE:
        raise InvalidParams(f"nonce {nonce} can never be used: the highest is {MAX_NONCE - 1} (EIP-2681)")
    cheats.set_nonce(node.chain, address, nonce)


@method("anvil_setStorageAt")
def anvil_setStorageAt(node: RpcNode, address: AddressParam, slot: SlotParam, word: WordParam) -> bool:
    """Write one storage word."""
    cheats.set_storage(node.chain, address, slot, int.from_bytes(word, "big"))
    return True


@method("anvil_impersonateAccount")
def anvil_impersonateAccount(node: RpcNode, address: AddressParam) -> None:
    """Accept transactions from an account without its signature."""
    node.devnet.accounts.impersonate(address)


@method("anvil_stopImpersonatingAccount")
def anvil_stopImpersonatingAccount(node: RpcNode, address: AddressParam) -> None:
    """Ask for signatures again."""
    node.devnet.accounts.stop_impersonating(address)


@method("anvil_autoImpersonateAccount")
def anvil_autoImpersonateAccount(node: RpcNode, enabled: BoolParam) -> None:
    """Accept transactions from any account without a signature, or stop doing so."""
    node.devnet.accounts.auto_impersonate = enabled


@method("evm_addAccount")
def evm_addAccount(node: RpcNode, account: AddressOrKeyParam, password: AnyParam = None) -> bool:
    """Hold a private key (32 bytes), or impersonate an address (20 bytes); there are no passwords here."""
    if len(account) == 20:
        node.devnet.accounts.impersonate(account)
    else:
        _hold(node, account)
    return True


@method("evm_removeAccount")
def evm_removeAccount(node: RpcNode, address: AddressParam, password: AnyParam = None) -> bool:
    """Stop impersonating an address; false where nobody did."""
    accounts = node.devnet.accounts
    impersonated = address in accounts.impersonated
    accounts.stop_impersonating(address)
    return impersonated


@method("personal_importRawKey")
def personal_importRawKey(node: RpcNode, key: WordParam, password: AnyParam = None) -> str:
    """Hold a private key; the answer is its address. There are no passwords here."""
    return "0x" + _hold(node, key).hex()


def _hold(node: RpcNode, key: bytes) -> bytes:
    try:
        return node.devnet.accounts.add(key).raw_address
    except ValueError as error:
        raise InvalidParams(f"not a private key: {error}") from None
