"""eth_*: what gas costs now, what it cost, and what a wallet should offer."""

from __future__ import annotations

from megadev.chain import fees
from megadev.chain.blocks import SealedBlock, Tag
from megadev.chain.documents import JsonObject
from megadev.errors import NotInBundle, UnknownBlock, UpstreamFailed, UpstreamLacksMethod
from megadev.node.chain import LocalChain
from megadev.primitives.types import Wei
from megadev.rpc.codec import BlockParam, CountParam, FloatParam
from megadev.rpc.dispatch import method
from megadev.rpc.fee_suggestions import gas_price, suggested_tip
from megadev.rpc.formatters import format_fee_history
from megadev.rpc.node import RpcNode

MAX_FEE_HISTORY = 1024
"""Blocks per eth_feeHistory; more are cut off, as by geth."""

MOST_WHOLE_BLOCKS = 64
"""Blocks whose tips are worked out where the forked node has no eth_feeHistory; it takes all of their transactions."""

NO_FEE_HISTORY = fees.FeeHistory(
    oldest_block=0, base_fees=(), gas_used_ratios=(), blob_base_fees=(), blob_gas_used_ratios=(), rewards=None
)
"""Of no blocks, as geth answers; but with every column there, for viem reads them all."""


@method("eth_gasPrice")
def eth_gasPrice(node: RpcNode) -> str:
    """A gas price sufficient for the next block: base fee plus suggested tip, or ``--gas-price``."""
    return hex(gas_price(node.chain))


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
    node: RpcNode, count: CountParam, newest: BlockParam, percentiles: tuple[FloatParam, ...] | None = None
) -> JsonObject:
    """Fees of up to ``count`` blocks ending with ``newest``; on a fork, those up to the forked block are upstream's."""
    chain, history = node.chain, node.chain.history
    asked = percentiles or ()
    fees.validate_percentiles(asked)
    try:
        last = chain.block_with_state(newest)
    except UnknownBlock:
        raise UnknownBlock(f"header not found: request beyond head block {chain.head.number}") from None
    if count == 0:
        return format_fee_history(NO_FEE_HISTORY)
    begin = chain.store.genesis.number
    count = min(count, MAX_FEE_HISTORY, last.number - chain.first_number + 1)
    first = last.number - count + 1
    told = fees.fee_history(
        [*chain.store.blocks(max(first, begin), last.number - 1), last],
        asked,
        next_base_fee=_base_fee_after(chain, last, is_pending=newest is Tag.PENDING),
        next_blob_base_fee=_blob_base_fee_after(chain, last),
        spec=chain.spec,
    )
    here = format_fee_history(told)
    if first > history.last:
        return here
    end = min(last.number, history.last)
    return _joined(_fees_of_history(chain, count, end, asked), here, first, end)


def _fees_of_history(chain: LocalChain, count: int, end: int, percentiles: tuple[float, ...]) -> JsonObject:
    """Returns upstream's fees of ``count`` blocks up to ``end``; without the method, computed from its blocks. Always
    of so many, however few are wanted by now: a wallet that asks again after each block is answered from what is kept.
    """
    count = min(count, end + 1)
    key = f"eth_feeHistory {count:#x} {end:#x} {','.join(map(str, percentiles))}"
    try:
        return chain.history.query(key, "eth_feeHistory", hex(count), hex(end), list(percentiles)) or {}
    except (UpstreamLacksMethod, NotInBundle):
        first = end + 1 - min(count, MOST_WHOLE_BLOCKS if percentiles else count)
        blocks = chain.history.blocks(first, end, chain.spec, full=bool(percentiles))
        told = fees.fee_history(blocks, percentiles, next_base_fee=0, next_blob_base_fee=0, spec=chain.spec)
        return format_fee_history(told)


def _joined(older: JsonObject, here: JsonObject, first: int, end: int) -> JsonObject:
    """``older`` from block ``first`` to ``end``, with which ``here`` begins, and the rest of ``here``: fees end with
    those of the block after, which is this chain's. Upstream may tell of fewer blocks than it was asked for. Zeros
    stand for what it does not tell of blobs, as geth's do for blocks before them.
    """
    zeros: JsonObject = {"baseFeePerBlobGas": "0x0", "blobGasUsedRatio": 0.0, "reward": here.get("reward", [None])[0]}
    try:
        count, oldest = len(older["gasUsedRatio"]), int(older["oldestBlock"], 16)
        answer: JsonObject = {"oldestBlock": hex(max(oldest, first))}
        for name in here.keys() - answer.keys():
            told = older.get(name) or ([zeros[name]] * count if name in zeros else [])
            if len(told) < count or oldest + count != end + 1:
                raise ValueError(name)
            answer[name] = told[max(first - oldest, 0) : count] + here[name][1:]
    except (TypeError, ValueError, KeyError):
        raise UpstreamFailed(
            f"state unavailable: the forked node's eth_feeHistory did not return its blocks up to {end}; ask "
            "for blocks after the forked one, or fork another node"
        ) from None
    return {name: answer[name] for name in here}


def _base_fee_after(chain: LocalChain, block: SealedBlock, *, is_pending: bool) -> Wei:
    """The base fee of the block after ``block``: what it was, if it exists, otherwise what it will be."""
    if block.number < chain.history.last:
        return chain.history.header(block.number + 1).header.base_fee
    following = None if is_pending else chain.store.by_number(block.number + 1)
    if following is not None:
        return following.header.base_fee
    return fees.next_base_fee(block.header, chain.spec.fees) if is_pending else chain.sequencer.next_base_fee()


def _blob_base_fee_after(chain: LocalChain, block: SealedBlock) -> Wei:
    return fees.blob_base_fee(fees.next_excess_blob_gas(block.header, chain.spec), chain.spec)
