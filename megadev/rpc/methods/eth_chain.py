"""eth_*: which chain this is, its rules, its accounts, and what is left of the days of mining."""

from __future__ import annotations

from megadev.chain.config import chain_config
from megadev.chain.documents import JsonObject
from megadev.primitives.hexcodec import to_data
from megadev.rpc.dispatch import method
from megadev.rpc.formatters import format_chain_config
from megadev.rpc.node import RpcNode
from megadev.sequencer.modes import MiningMode

PROTOCOL_VERSION = "0x44"
"""eth/68, as geth spelled it while it had the method."""


@method("eth_chainId")
def eth_chainId(node: RpcNode) -> str:
    """The chain id (EIP-155)."""
    return hex(node.chain.spec.chain_id)


@method("eth_protocolVersion")
def eth_protocolVersion(node: RpcNode) -> str:
    """The version of the wire protocol, a constant: the node has no peers."""
    return PROTOCOL_VERSION


@method("eth_syncing")
def eth_syncing(node: RpcNode) -> bool:
    """Always false: the node has no peers to sync with."""
    return False


@method("eth_accounts")
def eth_accounts(node: RpcNode) -> list[str]:
    """The accounts that the node can send for: those with keys first, then impersonated ones."""
    return [to_data(address) for address in node.node.accounts.addresses]


@method("eth_coinbase")
def eth_coinbase(node: RpcNode) -> str:
    """The recipient of tips in future blocks."""
    return to_data(node.chain.sequencer.blocks.coinbase)


@method("eth_mining")
def eth_mining(node: RpcNode) -> bool:
    """True if blocks are mined automatically; false if each must be requested."""
    return node.chain.sequencer.mode is not MiningMode.NONE


@method("eth_hashrate")
def eth_hashrate(node: RpcNode) -> str:
    """Nothing is hashed."""
    return "0x0"


@method("eth_capabilities")
def eth_capabilities(node: RpcNode) -> JsonObject:
    """The head, and from which block on there are state, transactions, logs, receipts, blocks and proofs: from the
    first one, since nothing is ever pruned. On a fork upstream has what came before; a dump may have come without the
    state of its older blocks.
    """
    chain = node.chain
    first, with_state = chain.first_number, chain.oldest_state
    oldest = {"state": with_state, "tx": first, "logs": first, "receipts": first, "blocks": first}
    return {
        "head": {"number": hex(chain.head.number), "hash": to_data(chain.head.hash)},
        **{
            kind: {"disabled": False, "oldestBlock": hex(number)}
            for kind, number in (oldest | {"stateproofs": with_state}).items()
        },
    }


@method("eth_config")
def eth_config(node: RpcNode) -> JsonObject:
    """The rules in force since genesis (EIP-7910); none are scheduled."""
    return format_chain_config(chain_config(node.chain.spec, node.chain.store.genesis.hash))
