"""Rows of empty blocks, real ones in everything but that their worlds are made when looked at."""

from __future__ import annotations

from collections.abc import Iterator

from megadev.chain.blocks import SealedBlock
from megadev.evm.system_calls import block_start_diff, has_other_code
from megadev.evm.system_contracts import is_change_scheduled
from megadev.sequencer.block_builder import PLAIN_START, seal_empty
from megadev.sequencer.chain_tip import ChainTip
from megadev.state.diff import Cause, StateDiff
from megadev.state.rows import WorldRow
from megadev.state.world import WorldView

SHORTEST_ROW = 8
"""As many empty blocks are worth a way of their own."""
LONGEST_ROW = 10_000
"""Blocks whose worlds are made from the same one: looking at the last of them costs 0.1 s, the first time."""


def nothing_waits(chain: ChainTip) -> bool:
    """The next block will be like the one after it: no transactions, no cheats, no settings for it alone. (On a
    fork it would have to be made from a world that is not whole.)
    """
    return (
        chain.head.world.is_whole
        and not len(chain.pool)
        and chain.irregular is None
        and chain.blocks is chain.blocks.one_block_passed()
        and chain.block_start(chain) == PLAIN_START
        and not (chain.spec.system_contracts and is_change_scheduled(WorldView(chain.head.world)))
    )


def space(chain: ChainTip, interval: int | None) -> None:
    """Put the next block ``interval`` seconds after its parent, or after the present time if that is later."""
    if interval is not None and chain.time.settings.next_exact is None:
        parent = chain.head.header.timestamp
        chain.time.set_next(max(chain.time.now(), parent) + interval, parent)


def empty_blocks(chain: ChainTip, count: int, interval: int | None) -> Iterator[tuple[SealedBlock, StateDiff]]:
    """Up to ``count`` of them, each with what it changes; the caller makes each the chain's head before the next one is
    asked for.
    """
    start = WorldView(chain.head.world)
    if has_other_code(start, chain.spec.hardfork):
        return  # what that code does is an ordinary block's to find out
    row = WorldRow(start.world)
    for _ in range(count):
        space(chain, interval)
        plan = chain.plan(chain.head, start=PLAIN_START)
        writes = block_start_diff(
            start, plan.number, plan.timestamp, plan.parent_hash, plan.parent_beacon_root, chain.spec.hardfork
        ).storage
        if any(value == 0 for slots in writes.values() for value in slots.values()):
            return  # a row only adds: what deletes a word is left to an ordinary block
        block = seal_empty(plan, row.next(writes), chain.spec, chain.head.header.withdrawals_root)
        yield block, StateDiff(Cause.SYSTEM_CALL, storage=writes)
