"""eth_*: what gas costs now, what it cost, and what a wallet should offer."""

from __future__ import annotations

from megadev.chain import fees
from megadev.chain.blocks import SealedBlock, Tag
from megadev.errors import UnknownBlock
from megadev.node.chain import LocalChain
from megadev.primitives.types import Wei
from megadev.rpc.codec import BlockParam, FloatParam, Uint64Param
from megadev.rpc.dispatch import RpcNode, method
from megadev.rpc.formatters import JsonObject, format_fee_history

MAX_FEE_HISTORY = 1024
"""Blocks per eth_feeHistory; more are cut off, as by geth."""

NO_FEE_HISTORY = fees.FeeHistory(
    oldest_block=0, base_fees=(), gas_used_ratios=(), blob_base_fees=(), blob_gas_used_ratios=(), rewards=None
)
"""Of no blocks, as geth answers; but with every column there, for viem reads them all."""


@method("eth_gasPrice")
def eth_gasPrice(node: RpcNode) -> str:
    """Enough for the next block: its base fee and the suggested tip, or what ``--gas-price`` says."""
    fixed = node.chain.gas_price
    return hex(fixed if fixed is not None else node.chain.sequencer.next_base_fee() + suggested_tip(node.chain))


@method("eth_maxPriorityFeePerGas")
def eth_maxPriorityFeePerGas(node: RpcNode) -> str:
    """A tip worth offering, from what recent blocks paid."""
    return hex(suggested_tip(node.chain))


@method("eth_baseFee")
def eth_baseFee(node: RpcNode) -> str:
    """The base fee of the next block."""
    return hex(node.chain.sequencer.next_base_fee())


@method("eth_blobBaseFee")
def eth_blobBaseFee(node: RpcNode) -> str:
    """The price of blob gas in the next block (EIP-7516)."""
    return hex(_blob_base_fee_after(node.chain, node.chain.head))


@method("eth_feeHistory")
def eth_feeHistory(
    node: RpcNode, count: Uint64Param, newest: BlockParam, percentiles: tuple[FloatParam, ...] | None = None
) -> JsonObject:
    """Fees of up to ``count`` blocks ending with ``newest``."""
    chain = node.chain
    asked = percentiles or ()
    fees.validate_percentiles(asked)
    last = chain.find_block(newest)
    if last is None:
        raise UnknownBlock(f"header not found: request beyond head block {chain.head.number}")
    if count == 0:
        return format_fee_history(NO_FEE_HISTORY)
    count = min(count, MAX_FEE_HISTORY, last.number - chain.store.genesis.number + 1)
    history = fees.fee_history(
        [*chain.store.blocks(last.number - count + 1, last.number - 1), last],
        asked,
        next_base_fee=_base_fee_after(chain, last, is_pending=newest is Tag.PENDING),
        next_blob_base_fee=_blob_base_fee_after(chain, last),
        spec=chain.spec,
    )
    return format_fee_history(history)


def suggested_tip(chain: LocalChain) -> Wei:
    """A tip worth offering now, in wei per gas."""
    head = chain.head.number
    return fees.suggested_tip(chain.store.blocks(head - fees.TIP_SAMPLE_BLOCKS + 1, head), chain.spec.fees)


def _base_fee_after(chain: LocalChain, block: SealedBlock, *, is_pending: bool) -> Wei:
    """The base fee of the block after ``block``: what it was, if it exists, otherwise what it will be."""
    following = None if is_pending else chain.store.by_number(block.number + 1)
    if following is not None:
        return following.header.base_fee
    return fees.next_base_fee(block.header, chain.spec.fees) if is_pending else chain.sequencer.next_base_fee()


def _blob_base_fee_after(chain: LocalChain, block: SealedBlock) -> Wei:
    return fees.blob_base_fee(fees.next_excess_blob_gas(block.header, chain.spec), chain.spec)
