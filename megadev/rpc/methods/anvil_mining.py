"""anvil_*, evm_* and hardhat_*: when blocks are built and which time they carry.

Timestamps are seconds; one above 10**12 is taken for milliseconds, as Anvil does, for JavaScript's ``Date.now()``.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

import msgspec

from megadev.artifacts import explain
from megadev.chain.blocks import SealedBlock
from megadev.chain.documents import JsonObject
from megadev.errors import InvalidParams
from megadev.primitives.hexcodec import to_data
from megadev.rpc.codec import BoolParam, Decode, Uint64Param, decode_uint64, decoder_for
from megadev.rpc.dispatch import method
from megadev.rpc.formatters import format_block
from megadev.rpc.mining import TimestampParam, decode_timestamp, mine_blocks, mining
from megadev.rpc.node import RpcNode

MOST_IN_DETAIL = 10_000
"""Blocks that one answer has room for, each with its transactions."""
MAX_SECONDS = 10**9
"""A timer set further ahead is a mistake, and more than an event loop's timer takes."""


def _decode_seconds(value: Any) -> float:
    seconds = value if type(value) is float and value >= 0 else float(decode_uint64(value))
    if seconds >= MAX_SECONDS:
        raise InvalidParams(f"expected fewer than {MAX_SECONDS} seconds, got {seconds:g}")
    return seconds


SecondsParam: TypeAlias = Annotated[float, Decode(_decode_seconds)]
"""A duration that may have a fraction, as a JSON number."""


class MineOptions(msgspec.Struct, frozen=True, rename="camel"):
    """Parameters of evm_mine: the first block's timestamp, and the number of blocks."""

    timestamp: TimestampParam | None = None
    blocks: Uint64Param = 1


_decode_options = decoder_for(MineOptions)


def _decode_mine_options(value: Any) -> MineOptions:
    options: MineOptions = (
        _decode_options(value) if type(value) is dict else MineOptions(timestamp=decode_timestamp(value))
    )
    return options


MineOptionsParam: TypeAlias = Annotated[MineOptions, Decode(_decode_mine_options)]


@method("anvil_mine")
def anvil_mine(node: RpcNode, count: Uint64Param = 1, interval: Uint64Param | None = None) -> Any:
    """Mine ``count`` blocks, ``interval`` seconds apart; 0 means no interval, as viem sends it. Of a large number, all
    but the first and the last few hundred are built on request (``sequencer.reserved``).
    """
    return mining(node, count, lambda: _none(mine_blocks(node, count, interval or None)))


@method("evm_mine")
def evm_mine(node: RpcNode, options: MineOptionsParam | None = None) -> Any:
    """Mine one or more blocks, the first one at the given timestamp."""

    def mine() -> str:
        _mine_as(node, options)
        return "0x0"

    return mining(node, 1 if options is None else options.blocks, mine)


@method("anvil_mine_detailed")
def anvil_mine_detailed(node: RpcNode, options: MineOptionsParam | None = None) -> Any:
    """As ``evm_mine``; the answer is the blocks, their transactions with ``output`` and, failed, ``revertReason``."""
    if options is not None and options.blocks > MOST_IN_DETAIL:
        raise InvalidParams(
            f"at most {MOST_IN_DETAIL} blocks can be returned, not {options.blocks}; evm_mine mines any number"
        )

    def mine() -> list[JsonObject]:
        first = node.chain.head.number + 1
        _mine_as(node, options)
        return [_detailed(node, block) for block in node.chain.store.blocks(first, node.chain.head.number)]

    return mining(node, 1 if options is None else options.blocks, mine)


@method("anvil_getAutomine")
def anvil_getAutomine(node: RpcNode) -> bool:
    """True if transactions are executed on arrival: in instant mode or in continuous mode."""
    return node.chain.sequencer.mode.executes_on_arrival


@method("anvil_setAutomine")
def anvil_setAutomine(node: RpcNode, enabled: BoolParam) -> Any:
    """Switch instant mining (continuous mining on a chain with mini-blocks) on or off. A running timer continues."""
    return mining(node, 1, lambda: node.chain.mining.set_automine(enabled))


@method("anvil_getIntervalMining")
def anvil_getIntervalMining(node: RpcNode) -> int | float | None:
    """Seconds between blocks, null without a timer."""
    seconds = node.chain.mining.block_time
    return int(seconds) if seconds is not None and seconds == int(seconds) else seconds


@method("anvil_setIntervalMining")
def anvil_setIntervalMining(node: RpcNode, seconds: SecondsParam) -> Any:
    """Mine by timer only, every so many seconds; 0 stops the timer and leaves instant mining as it was.

    With mini-blocks, how often a block is sealed; transactions are executed as they arrive all the same.
    """
    return mining(node, 1, lambda: node.chain.mining.set_interval(seconds or None))


@method("anvil_increaseTime")
def anvil_increaseTime(node: RpcNode, seconds: Uint64Param, alone: BoolParam = False) -> int:
    """Move the clock forward; the answer is the total offset in seconds. ``alone``: this chain's only, or else L1 and
    L2 move together."""
    node.node.between_blocks()
    return node.chain.time.increase(seconds, alone=alone)


@method("anvil_setTime")
def anvil_setTime(node: RpcNode, timestamp: TimestampParam, alone: BoolParam = False) -> int:
    """Set the clock, forwards or back; the answer is the jump in seconds, 0 for one back: Anvil's clients read an
    unsigned number. Blocks never go back in time. ``alone``: this chain's only, or else the other's jumps as far."""
    node.node.between_blocks()
    return max(node.chain.time.set_time(timestamp, alone=alone), 0)


@method("anvil_setNextBlockTimestamp")
def anvil_setNextBlockTimestamp(node: RpcNode, timestamp: TimestampParam) -> None:
    """Set the next block's timestamp; the clock of both chains continues from it."""
    node.chain.sequencer.between_blocks()
    node.chain.time.set_next(timestamp, node.chain.head.header.timestamp)
    node.node.wake()


@method("anvil_setBlockTimestampInterval")
def anvil_setBlockTimestampInterval(node: RpcNode, seconds: Uint64Param) -> None:
    """Set a fixed number of seconds between blocks, independent of the clock."""
    node.chain.sequencer.between_blocks()
    node.chain.time.set_interval(seconds)


@method("anvil_removeBlockTimestampInterval")
def anvil_removeBlockTimestampInterval(node: RpcNode) -> bool:
    """Let the clock decide again; false where it did already."""
    node.chain.sequencer.between_blocks()
    had_one = node.chain.time.settings.interval is not None
    node.chain.time.set_interval(None)
    return had_one


@method("anvil_getLastBlockWallTime")
def anvil_getLastBlockWallTime(node: RpcNode) -> int:
    """Returns the time when the last block was sealed, in milliseconds, by a clock that does not travel."""
    return int(node.chain.time.last_sealed * 1000)


@method("anvil_getGenesisTime")
def anvil_getGenesisTime(node: RpcNode) -> int:
    """The first block's timestamp."""
    return node.chain.store.genesis.header.timestamp


def _mine_as(node: RpcNode, options: MineOptions | None) -> list[SealedBlock]:
    if options is None:
        return mine_blocks(node, 1)
    if options.timestamp is not None:
        node.chain.sequencer.between_blocks()
        node.chain.time.set_next(options.timestamp, node.chain.head.header.timestamp)
        node.node.settle()  # L1 goes on as well where the block would be too late for what L2 has got to of it
    return mine_blocks(node, options.blocks)


def _none(value: object) -> None:
    """For methods whose answer is null."""


def _detailed(node: RpcNode, block: SealedBlock) -> JsonObject:
    answer = format_block(block, full=True)
    for shown, receipt in zip(answer["transactions"], block.receipts, strict=True):
        shown["output"] = to_data(receipt.output)
        if receipt.error is not None:
            words = explain.error(node.node.artifacts, receipt.output)
            shown["revertReason"] = words if receipt.output else receipt.error
    return answer
