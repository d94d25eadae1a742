"""anvil_*, evm_* and hardhat_*: snapshots, the txpool, the blocks to come, and what the node says of itself."""

from __future__ import annotations

from dataclasses import replace

from megadev import __version__
from megadev.errors import InvalidParams
from megadev.rpc.codec import AddressParam, HashParam, QuantityParam, Uint64Param
from megadev.rpc.dispatch import RpcNode, method
from megadev.rpc.formatters import JsonObject
from megadev.rpc.methods.eth_fees import eth_gasPrice
from megadev.rpc.methods.web3 import CLIENT_VERSION


@method("anvil_snapshot")
def anvil_snapshot(node: RpcNode) -> str:
    """Remember everything; the answer is the id to come back with."""
    return hex(node.devnet.snapshots.take())


@method("anvil_revert")
def anvil_revert(node: RpcNode, snapshot_id: QuantityParam) -> bool:
    """Go back to a snapshot, which uses it and all later ones up; false where there is none by that id."""
    return node.devnet.snapshots.revert(snapshot_id)


@method("anvil_dropTransaction")
def anvil_dropTransaction(node: RpcNode, tx_hash: HashParam) -> str | None:
    """Take a transaction out of the txpool; the answer is its hash, or null where it does not wait."""
    return None if node.chain.sequencer.drop(tx_hash) is None else "0x" + tx_hash.hex()


@method("anvil_dropAllTransactions")
def anvil_dropAllTransactions(node: RpcNode) -> None:
    """Empty the txpool."""
    for tx in node.chain.pool.transactions():
        node.chain.sequencer.drop(tx.hash)


@method("anvil_removePoolTransactions")
def anvil_removePoolTransactions(node: RpcNode, address: AddressParam) -> None:
    """Take an account's transactions out of the txpool."""
    for tx in node.chain.pool.transactions():
        if tx.sender == address:
            node.chain.sequencer.drop(tx.hash)


@method("anvil_setCoinbase")
def anvil_setCoinbase(node: RpcNode, address: AddressParam) -> None:
    """Who receives the tips of the blocks to come."""
    sequencer = node.chain.sequencer
    sequencer.blocks = replace(sequencer.blocks, coinbase=address)


@method("anvil_setNextBlockBaseFeePerGas")
def anvil_setNextBlockBaseFeePerGas(node: RpcNode, base_fee: QuantityParam) -> None:
    """The next block's base fee, in wei per gas; later ones follow from it (EIP-1559)."""
    sequencer = node.chain.sequencer
    sequencer.blocks = replace(sequencer.blocks, next_base_fee=base_fee)


@method("anvil_setNextBlockPrevRandao")
def anvil_setNextBlockPrevRandao(node: RpcNode, word: HashParam) -> None:
    """The next block's PREVRANDAO."""
    sequencer = node.chain.sequencer
    sequencer.blocks = replace(sequencer.blocks, next_prev_randao=word)


@method("anvil_setBlockGasLimit")
def anvil_setBlockGasLimit(node: RpcNode, gas_limit: Uint64Param) -> bool:
    """Gas per block from the next one on."""
    if not 0 < gas_limit < 2**63:
        raise InvalidParams(f"a block's gas limit lies in [1, 2**63), got {gas_limit}")
    sequencer = node.chain.sequencer
    sequencer.blocks = replace(sequencer.blocks, gas_limit=gas_limit)
    return True


@method("anvil_nodeInfo")
def anvil_nodeInfo(node: RpcNode) -> JsonObject:
    """The head, the environment of the next block, and (nothing yet) what is forked."""
    chain = node.chain
    head = chain.head
    return {
        "currentBlockNumber": hex(head.number),
        "currentBlockTimestamp": head.header.timestamp,
        "currentBlockHash": "0x" + head.hash.hex(),
        "hardFork": chain.spec.hardfork.label,
        "transactionOrder": node.devnet.config.order,
        "environment": {
            "baseFee": hex(chain.sequencer.next_base_fee()),
            "chainId": chain.spec.chain_id,
            "gasLimit": hex(chain.sequencer.blocks.gas_limit),
            "gasPrice": eth_gasPrice(node),
        },
        "forkConfig": {"forkUrl": None, "forkBlockNumber": None, "forkRetryBackoff": None},
    }


@method("anvil_metadata")
def anvil_metadata(node: RpcNode) -> JsonObject:
    """Which node this is: the client, this run of it, its head, and the snapshots that can be reverted to."""
    chain = node.chain
    return {
        "clientVersion": CLIENT_VERSION,
        "clientSemver": __version__,
        "clientCommitSha": None,
        "chainId": chain.spec.chain_id,
        "instanceId": "0x" + node.devnet.instance_id.hex(),
        "latestBlockNumber": chain.head.number,
        "latestBlockHash": "0x" + chain.head.hash.hex(),
        "forkedNetwork": None,
        "snapshots": {
            hex(snapshot_id): [number, _hash_of(node, number)]
            for snapshot_id, number in node.devnet.snapshots.ids.items()
        },
    }


def _hash_of(node: RpcNode, number: int) -> str:
    return "0x" + node.chain.store.block_hash(number).hex()
