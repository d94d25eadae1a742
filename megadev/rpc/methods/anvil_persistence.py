"""anvil_* and hardhat_*: the chain as one document in Anvil's format, out and in, and the blobs that came with it."""

from __future__ import annotations

import asyncio

from megadev.chain.store import ChainStore
from megadev.chain.transactions import blobs_of
from megadev.node.dump.capture import Capture
from megadev.node.dump.document import compress
from megadev.node.dump.loading import load_state
from megadev.primitives.hexcodec import parse_large_data, to_data
from megadev.primitives.json_pieces import LargeData
from megadev.rpc.codec import BoolParam, HashParam, LargeDataParam
from megadev.rpc.dispatch import method
from megadev.rpc.node import RpcNode


@method("anvil_dumpState")
async def anvil_dumpState(node: RpcNode, history: BoolParam | None = None) -> LargeData:
    """The chain and its state, gzipped; with ``history`` also the state after every block (the default is what
    --preserve-historical-states says). A dump holds sealed blocks, so the open one is sealed first."""
    with_history = node.node.config.preserve_historical_states if history is None else history

    def between_blocks() -> Capture:
        node.node.between_blocks()
        return Capture(node.node)

    capture = await node.node.writer.take_turn(between_blocks)
    return await asyncio.to_thread(lambda: LargeData(compress(capture.pieces(history=with_history))))


@method("anvil_loadState")
def anvil_loadState(node: RpcNode, state: LargeDataParam) -> bool:
    """Make a dump, compressed or plain JSON, the chain and the state: whole, or not at all."""
    load_state(node.node, parse_large_data(state))
    return True


@method("anvil_getBlobByHash")
def anvil_getBlobByHash(node: RpcNode, blob_hash: HashParam) -> str | None:
    """The blob with a versioned hash; null if no transaction of the chain carried it."""
    store: ChainStore = node.chain.store
    for block in reversed(store.blocks(store.genesis.number, store.head.number).made):
        if block.header.blob_gas_used:
            for known, blob in blobs_of(block.transactions):
                if known == blob_hash:
                    return to_data(blob)
    return None


@method("anvil_getBlobsByTransactionHash")
def anvil_getBlobsByTransactionHash(node: RpcNode, tx_hash: HashParam) -> list[str] | None:
    """The blobs of a transaction; null if it has none or is unknown."""
    try:
        tx, _, _ = node.chain.transaction(tx_hash)
    except KeyError:
        return None
    return None if tx.sidecar is None else [to_data(blob) for blob in tx.sidecar.blobs]
