"""anvil_*, hardhat_*, tenderly_* and evm_*: the state of accounts, the chain's id and what it is forked from, changed
at will.

Each change of state is a ``StateDiff`` with cause ``cheat`` (``node/cheats``): seen at once, part of the next block's
root.
"""

from __future__ import annotations

import asyncio
import re
from typing import Annotated, Any, TypeAlias

from megadev.chain.transactions import MAX_NONCE
from megadev.errors import InvalidParams
from megadev.node import cheats
from megadev.rpc.codec import (
    AddressParam,
    DataParam,
    Decode,
    QuantityParam,
    SlotParam,
    Uint64Param,
    WordParam,
    decode_string,
    describe,
)
from megadev.rpc.dispatch import method
from megadev.rpc.node import RpcNode


def _decode_url(value: Any) -> str:
    url = decode_string(value)
    if not re.match(r"(https?|wss?)://[^/]", url):
        raise InvalidParams(f"expected a URL like https://node.example.org, got {describe(url)}")
    return url


UrlParam: TypeAlias = Annotated[str, Decode(_decode_url)]


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


@method("anvil_setRpcUrl")
async def anvil_setRpcUrl(node: RpcNode, url: UrlParam) -> None:
    """Ask another endpoint of the chain that is forked from now on: one that has the forked block. Without a fork, as
    in Anvil, nothing happens.
    """
    fork = node.chain.fork
    if fork is not None:
        await asyncio.to_thread(fork.move, url)


@method("anvil_setChainId")
def anvil_setChainId(node: RpcNode, chain_id: Uint64Param) -> None:
    """Change the chain id; transactions must be signed for the new one from now on."""
    if not 0 < chain_id < 2**63:
        raise InvalidParams(f"a chain id must be in [1, 2**63), got {chain_id}")
    cheats.set_chain_id(node.chain, chain_id, node.node.config.engine)
