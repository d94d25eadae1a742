"""On a fork, where state may be late or fail to come: what a transaction asks for, fetched before it counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress

from megadev.chain.config import BEACON_ROOTS_ADDRESS, HISTORY_STORAGE_ADDRESS
from megadev.chain.spec import BASE_FEE_VAULT, L1_FEE_VAULT, ChainSpec
from megadev.chain.transactions import Transaction
from megadev.errors import (
    EngineFault,
    InvalidTransaction,
    PrefetchNeeded,
)
from megadev.primitives.types import Address
from megadev.sequencer.block_builder import BlockBuilder
from megadev.sequencer.chain_tip import ChainTip
from megadev.sequencer.filling import fill_to_look
from megadev.state.fork_world import ForkWorld
from megadev.state.reader import PrefetchHint
from megadev.state.remote import call_hint, load
from megadev.state.world import World


def load_for(tx: Transaction, world: World, coinbase: Address, spec: ChainSpec) -> PrefetchHint | None:
    """On a thread that may wait: fetch in one go what ``tx`` is sure to ask for. Answers who may know what else."""
    if isinstance(world, ForkWorld):
        accounts = [tx.sender, coinbase, HISTORY_STORAGE_ADDRESS, BEACON_ROOTS_ADDRESS, *_fee_vaults(spec)]
        if tx.to is not None:
            accounts.append(tx.to)
        accounts += [address for address, _ in tx.access_list]
        load(world.base, accounts, [(address, slot) for address, slots in tx.access_list for slot in slots])
        return call_hint(tx.sender, tx.to, tx.value, tx.data)
    return None


def _fee_vaults(spec: ChainSpec) -> Iterator[Address]:
    """Yields the accounts that every transaction pays."""
    if spec.keeps_base_fee:
        yield BASE_FEE_VAULT
    if spec.charges_l1_fee:
        yield L1_FEE_VAULT


def prefetching(chain: ChainTip, tx: Transaction | None, missing: PrefetchNeeded) -> Callable[[], None]:
    """Returns a function that fetches all state that ``tx`` would read now, and the block's start: run it on a thread
    that may wait.
    """
    head, irregular, unsealed = chain.tip
    world, plan = head.world, chain.plan(head, chain.window)
    spec, engine, answers, block_hash = chain.spec, chain.engine, chain.ecrecover_answers(), chain.store.block_hash
    oracle = chain.oracle
    shown = None if unsealed is None else unsealed.shown()

    def fetch() -> None:
        hint: PrefetchHint | None = None
        for sure in (*plan.start.deposits, *(() if tx is None else (tx,))):
            hint = load_for(sure, world, plan.coinbase, spec)
        missing.fetch()
        builder = BlockBuilder(spec, engine, plan, world, block_hash, irregular, ecrecover_answers=answers).begin()
        if oracle is not None:
            builder.ask_oracle(oracle, head.header.timestamp)
        if shown is not None:
            builder.state = shown.state.fork()
        if tx is not None:
            with suppress(InvalidTransaction, EngineFault):
                builder.run(tx, hint)

    return fetch


def prefetch_for_pool(chain: ChainTip, unsealed: BlockBuilder | None) -> None:
    """See to it that what waits can be executed, before anything is changed; ``unsealed`` is the
    open block. Raises ``StateUnavailable``.
    """
    builder = chain.begin_next(chain.window)
    if unsealed is not None:
        builder.state = unsealed.state.fork()
    try:
        fill_to_look(builder, chain)
    except PrefetchNeeded as missing:
        world, waiting, rest = chain.head.world, chain.pool.transactions(), missing.fetch

        def fetch() -> None:
            if isinstance(world, ForkWorld):
                targets = [tx.to for tx in waiting if tx.to is not None]
                load(world.base, [*(tx.sender for tx in waiting), *targets])
            rest()

        raise PrefetchNeeded("state for the transactions in the txpool", fetch) from None
