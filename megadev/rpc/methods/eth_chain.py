"""eth_*: which chain this is, its rules, its accounts, and what is left of the days of mining."""

from __future__ import annotations

from binascii import crc32

from megadev.evm.rules import EVM_RULES, SYSTEM_CONTRACTS
from megadev.rpc.dispatch import RpcNode, method
from megadev.rpc.formatters import JsonObject
from megadev.sequencer.sequencer import MiningMode

PROTOCOL_VERSION = "0x44"
"""eth/68, as geth spelled it while it had the method."""


@method("eth_chainId")
def eth_chainId(node: RpcNode) -> str:
    """The chain id (EIP-155)."""
    return hex(node.chain.spec.chain_id)


@method("eth_protocolVersion")
def eth_protocolVersion(node: RpcNode) -> str:
    """The wire protocol's version; there is no wire."""
    return PROTOCOL_VERSION


@method("eth_syncing")
def eth_syncing(node: RpcNode) -> bool:
    """False: there is nobody to catch up with."""
    return False


@method("eth_accounts")
def eth_accounts(node: RpcNode) -> list[str]:
    """Who transactions can be sent for: accounts with keys first, then impersonated ones."""
    return ["0x" + address.hex() for address in node.devnet.accounts.addresses]


@method("eth_coinbase")
def eth_coinbase(node: RpcNode) -> str:
    """Who receives the tips of the blocks to come."""
    return "0x" + node.chain.sequencer.blocks.coinbase.hex()


@method("eth_mining")
def eth_mining(node: RpcNode) -> bool:
    """Whether blocks come by themselves: false only where each must be asked for."""
    return node.chain.sequencer.mode is not MiningMode.NONE


@method("eth_hashrate")
def eth_hashrate(node: RpcNode) -> str:
    """Nothing is hashed."""
    return "0x0"


@method("eth_config")
def eth_config(node: RpcNode) -> JsonObject:
    """The rules in force (EIP-7910). All of them since genesis and none scheduled, so ``next`` and ``last`` are null.

    ``forkId`` is EIP-2124's checksum of the genesis hash: forks active at genesis do not enter it.
    """
    chain = node.chain
    spec = chain.spec
    state = chain.state(chain.genesis.number)
    current = {
        "activationTime": 0,
        "blobSchedule": {
            "baseFeeUpdateFraction": spec.blobs.base_fee_update_fraction,
            "max": spec.blobs.max,
            "target": spec.blobs.target,
        },
        "chainId": hex(spec.chain_id),
        "forkId": f"0x{crc32(chain.store.genesis.hash):08x}",
        "precompiles": {
            precompile.name: "0x" + precompile.address.hex()
            for precompile in sorted(EVM_RULES[spec.hardfork].precompiles.values(), key=lambda one: one.name)
        },
        "systemContracts": {
            # only those that exist here: a caller may want to call them
            name: "0x" + address.hex()
            for name, address in SYSTEM_CONTRACTS.items()
            if state.account(address) is not None
        },
    }
    return {"current": current, "next": None, "last": None}
