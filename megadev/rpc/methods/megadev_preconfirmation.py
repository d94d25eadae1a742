"""megadev_*: the sequencer's signed promises about transactions (``chain/preconfirmations``), and who signs."""

from __future__ import annotations

from megadev.chain.blocks import Tag
from megadev.chain.mini_blocks import PlacedBlock, mini_block_index
from megadev.chain.preconfirmations import Preconfirmation, receipt_hash, sign_preconfirmation
from megadev.rpc.codec import HashParam, NumberOrTagParam
from megadev.rpc.dispatch import RpcNode, method
from megadev.rpc.formatters import JsonObject


@method("megadev_getPreconfirmation")
def megadev_getPreconfirmation(node: RpcNode, tx_hash: HashParam) -> JsonObject | None:
    """The promise about a transaction, signed by the sequencer of its block; null until it has been executed."""
    placed = node.chain.placed(tx_hash)
    return None if placed is None else preconfirmation(node, *placed)


@method("megadev_sequencerAt")
def megadev_sequencerAt(node: RpcNode, block: NumberOrTagParam = Tag.LATEST) -> str:
    """The address whose signatures count for a block, sealed or to come."""
    number = block if isinstance(block, int) else node.chain.block(block).number
    return "0x" + node.chain.signers.at(number).address.hex()


def preconfirmation(node: RpcNode, block: PlacedBlock, index: int) -> JsonObject:
    """The signed promise about the transaction at ``index``. One whose mini-block is still open will be in that one."""
    promise = Preconfirmation(
        chain_id=node.chain.spec.chain_id,
        block_number=block.number,
        mini_block_number=block.mini_block_offset + mini_block_index(block, index),
        transaction_index=index,
        transaction_hash=block.transactions[index].hash,
        receipt_hash=receipt_hash(block.receipts[index]),
    )
    signer = node.chain.signers.at(block.number)
    return {
        "chainId": hex(promise.chain_id),
        "blockNumber": hex(promise.block_number),
        "miniBlockNumber": hex(promise.mini_block_number),
        "transactionIndex": hex(promise.transaction_index),
        "transactionHash": "0x" + promise.transaction_hash.hex(),
        "receiptHash": "0x" + promise.receipt_hash.hex(),
        "signer": "0x" + signer.address.hex(),
        "signature": "0x" + sign_preconfirmation(promise, signer.key).hex(),
    }
