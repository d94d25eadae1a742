"""megadev_chainConfig: both chains as client libraries want them described, with the address of every contract; and
megadev_genesis and megadev_getReplicaUpdates: its first block, and all of them, for whoever has the same chain
elsewhere.

The objects are viem's ``Chain`` (https://viem.sh/docs/chains/introduction), as its op-stack extension reads it: what
stands on L1 is named in the L2's ``contracts`` under L1's chain id.
"""

from __future__ import annotations

from typing import Any

from megadev.chain.contracts import MULTICALL3
from megadev.chain.documents import JsonObject
from megadev.chain.genesis_file import genesis_document
from megadev.errors import InvalidParams
from megadev.node.chain import LocalChain
from megadev.node.replication import updates
from megadev.primitives.hexcodec import checksum_address
from megadev.primitives.types import Address
from megadev.rollup.predeploys import PREDEPLOYS
from megadev.rpc.codec import Uint64Param
from megadev.rpc.dispatch import method
from megadev.rpc.node import RpcNode

ON_L1: dict[str, str] = {
    "portal": "portal",
    "dispute_game_factory": "disputeGameFactory",
    "bridge": "l1StandardBridge",
    "messenger": "l1CrossDomainMessenger",
    "token_factory": "l1OptimismMintableErc20Factory",
    "anchor_state_registry": "anchorStateRegistry",
    "system_config": "systemConfig",
    "superchain_config": "superchainConfig",
    "dispute_game": "disputeGame",
    "attestation_verifier": "attestationVerifier",
    "preconfirmation_slasher": "preconfirmationSlasher",
}
"""Field of ``L1Addresses`` → viem's name of it, or one in its manner."""
MOST_BLOCKS = 200
"""Blocks that a replica may ask for at once."""
POLLING_MS = 1_000
"""The block time told of a chain without a timer: clients poll a few times in that."""


@method("megadev_chainConfig")
def megadev_chainConfig(node: RpcNode) -> JsonObject:
    """``l2`` and ``l1`` (null without an L1) as chain objects."""
    l1, driver = node.node.l1, node.node.driver
    l2 = _described(node.node.l2, "megadev")
    if l1 is None or driver is None:
        return {"l2": l2, "l1": None}
    described = _described(l1, "megadev L1")
    addresses = {name: _contract(getattr(driver.addresses, field)) for field, name in ON_L1.items()}
    described["contracts"] |= addresses
    l2["sourceId"] = l1.spec.chain_id
    l2["contracts"] |= {_lower_camel(found.name): _contract(found.address) for found in PREDEPLOYS}
    l2["contracts"] |= {name: {str(l1.spec.chain_id): contract} for name, contract in addresses.items()}
    return {"l2": l2, "l1": described}


@method("megadev_genesis")
def megadev_genesis(node: RpcNode) -> JsonObject:
    """This chain's first block as a genesis.json, its rules included."""
    return genesis_document(node.chain.store.genesis, node.chain.beginning.spec)


@method("megadev_getReplicaUpdates")
def megadev_getReplicaUpdates(node: RpcNode, first: Uint64Param | None = None, limit: Uint64Param = MOST_BLOCKS) -> Any:
    """Sealed blocks with what they changed, for a replica: from number ``first``, or the chain's first one, on."""
    if not 1 <= limit <= MOST_BLOCKS:
        raise InvalidParams(f"from 1 to {MOST_BLOCKS} blocks can be asked for, not {limit}")
    return updates(node.chain, first, limit)


def _described(chain: LocalChain, name: str) -> JsonObject:
    urls = [_reachable(url) for url in chain.urls]
    seconds = chain.mining.block_time
    return {
        "id": chain.spec.chain_id,
        "name": name,
        "nativeCurrency": {"name": "Ether", "symbol": "ETH", "decimals": 18},
        "rpcUrls": {"default": {"http": urls, "webSocket": [url.replace("http", "ws", 1) for url in urls]}},
        "blockTime": POLLING_MS if seconds is None else max(1, round(seconds * 1000)),
        "contracts": {"multicall3": _contract(MULTICALL3)},
        "testnet": True,
    }


def _contract(address: Address) -> JsonObject:
    return {"address": checksum_address(address)}


def _lower_camel(name: str) -> str:
    """``L1Block`` → ``l1Block``, ``WETH`` → ``weth``."""
    return name.lower() if name.isupper() else name[0].lower() + name[1:]


def _reachable(url: str) -> str:
    """``url``, at an address that can be connected to where it is one that stands for all."""
    return url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")
