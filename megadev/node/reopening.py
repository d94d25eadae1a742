"""A sealed block opened again: a builder that stands where the block stood before its first transaction.

Replays watch what such a builder runs; a fork that begins just after a transaction keeps what it builds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from megadev.chain.blocks import SealedBlock
from megadev.chain.config import BEACON_ROOTS_ADDRESS, HISTORY_STORAGE_ADDRESS
from megadev.chain.transactions import Transaction
from megadev.errors import InvalidTransaction, StateUnavailable
from megadev.node.chain import LocalChain
from megadev.node.fork import Fork
from megadev.primitives.hexcodec import to_data
from megadev.primitives.types import Address, Hash32
from megadev.sequencer.block_builder import BlockBuilder, BlockPlan, BlockStart
from megadev.sequencer.reorganisation import replace_above
from megadev.state.fork_world import ForkWorld
from megadev.state.remote import load
from megadev.state.world import World


def block_start(
    chain: LocalChain,
    block: SealedBlock,
    *,
    before: World | None = None,
    block_hash: Callable[[int], Hash32] | None = None,
) -> BlockBuilder:
    """A builder in the state before ``block``'s first transaction.

    ``before`` and ``block_hash`` are asked instead of the state that the block was built on, cheats included, and of
    the chain. Raises ``UnknownBlock`` where the parent is not held.
    """
    header = block.header
    spec, engine = chain.rules_of(block)
    world = chain.world(header.parent_hash) if before is None else before
    if isinstance(world, ForkWorld):
        load(world.base, *prefetch_keys(block.transactions, header.coinbase))
    # what it was made to begin with are transactions like the others now
    plan = BlockPlan.of(header, spec, BlockStart(block.system_call))
    return BlockBuilder(
        spec,
        engine,
        plan,
        world,
        chain.block_hashes(block) if block_hash is None else block_hash,
        block.irregular if before is None else None,
        ecrecover_answers=block.ecrecover_answers,
    ).begin()


def prefetch_keys(
    transactions: Sequence[Transaction], coinbase: Address
) -> tuple[dict[Address, None], list[tuple[Address, int]]]:
    """Accounts and slots that running ``transactions`` is sure to ask for."""
    accounts = dict.fromkeys((HISTORY_STORAGE_ADDRESS, BEACON_ROOTS_ADDRESS, coinbase))
    slots = []
    for tx in transactions:
        accounts[tx.sender] = None
        if tx.to is not None:
            accounts[tx.to] = None
        for address, keys in tx.access_list:
            accounts[address] = None
            slots += [(address, key) for key in keys]
    return accounts, slots


def replay_fork(chain: LocalChain, fork: Fork) -> None:
    """Builds the block after the forked one as upstream did, up to and with a transaction, if the fork is to begin just
    after it. Blocks. Raises ``StateUnavailable`` where it cannot be run again.
    """
    if fork.replay is None:
        return
    number = fork.number + 1
    whole = fork.history.beyond(number, chain.spec)
    last = [tx.hash for tx in whole.transactions].index(bytes.fromhex(fork.replay[2:]))
    content = whole.transactions[: last + 1]
    builder = block_start(chain, whole, before=chain.head.world)
    builder.state = builder.state.with_hint(lambda state: fork.history.touched_by(state, whole, last + 1))
    try:
        for tx in content:
            builder.include(tx)
    except InvalidTransaction as error:
        raise StateUnavailable(
            f"state unavailable: transaction {to_data(tx.hash)} of upstream's block {number} cannot be replayed "
            f"({error})"
        ) from error
    sequencer = chain.sequencer
    replace_above(sequencer, fork.number, [builder.seal()])
    sequencer.time.set_time(whole.timestamp)
