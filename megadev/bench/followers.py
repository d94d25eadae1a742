"""The rows of followers in ``megadev bench``: how long others take for a chain that a node has built, as a multiple of
the time in which the node's own code decodes, executes and seals the same blocks. In one process, without sockets, each
in turn with the others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from megadev.bench.client import Measure, seconds_of

if TYPE_CHECKING:
    from megadev.devnet import Devnet

TIMES = "x"
PRESETS = ("dev", "megaeth")
FOLLOWER_ROWS = tuple(
    Measure(f"follow-{who}-{preset}", f"{what}, of the node's own execution ({preset})", TIMES)
    for preset in PRESETS
    for who, what in (
        ("verifier", "a verifier's time"),
        ("witness", "stateless execution's time"),
        ("replica", "a replica's time"),
    )
)
ROUNDS = 5
PER_BLOCK = 100
"""Transactions of each block."""


def ratios(net: Devnet, preset: str) -> dict[str, list[float]]:
    """The figures of the rows of one preset, of the chain that ``net`` has built."""
    from functools import partial

    from megadev.chain.transactions import DEPOSIT, decode_transaction
    from megadev.config.settings import DevnetConfig
    from megadev.evm.engines import open_engine
    from megadev.inspect.stateless import StatelessBlock, run_stateless
    from megadev.inspect.witness import execution_witness
    from megadev.node.node import Node
    from megadev.node.replica import Replica, beginning_of_replica
    from megadev.node.replication import Updates, block_update
    from megadev.rollup.derivation.config import config_of_json
    from megadev.rollup.derivation.l1_source import ChainL1
    from megadev.rollup.derivation.pipeline import Derived, L1Read
    from megadev.rollup.verifier import FollowedChain, Verifier
    from megadev.sequencer.block_builder import BlockBuilder, BlockPlan, BlockStart

    node = net.node
    net.rpc("megadev_batcher_flush")
    l1, l2 = node.l1, node.l2
    assert l1 is not None
    config = config_of_json(net.rpc("optimism_rollupConfig"))
    store, first = l2.store, l2.store.genesis.number
    blocks = store.blocks(first + 1, store.head.number).made
    told = [
        StatelessBlock(block.header, block.hash, [tx.encoded for tx in block.transactions], block.system_call)
        for block in blocks
    ]
    witnesses = [execution_witness(l2, block) for block in blocks]
    encode, decode = msgspec.json.Encoder().encode, msgspec.json.Decoder(Updates).decode
    streamed = [encode(Updates(0, 0, False, (block_update(l2, block),))) for block in (store.genesis, *blocks)]
    settings = DevnetConfig(no_l1=True, no_mining=True, accounts=0, chain_id=l2.spec.chain_id)

    def execute() -> None:
        parent = store.genesis
        for block in told:
            plan = BlockPlan.of(block.header, l2.spec, BlockStart(block.system_call))
            builder = BlockBuilder(l2.spec, l2.engine, plan, parent.world, store.block_hash).begin()
            for raw in block.transactions:
                tx = decode_transaction(raw)
                if tx.type != DEPOSIT:
                    builder.check_room(tx)
                builder.append(tx, builder.execute(tx))
            parent = builder.seal()
        assert parent.hash == store.head.hash

    def derive(follower: Node) -> None:
        followed = FollowedChain(follower.l2.sequencer, config, lambda change: change())
        verifier = Verifier(config, ChainL1(lambda: l1.store, l1.spec), followed, node.da_store)
        while isinstance(verifier.step(), Derived | L1Read):
            pass
        assert followed.newest.hash == store.head.hash

    def run_witnesses() -> None:
        for block, witness in zip(told, witnesses, strict=True):
            run_stateless(block, witness, l2.spec, partial(open_engine, l2.engine.info.name))

    def replicate(follower: Node) -> None:
        copy = follower.l2
        replica = Replica(copy, lambda change: change(), lambda number: l2.signers.at(number).address)
        for encoded in streamed[1:]:
            for update in decode(encoded).blocks:
                replica.take(update)
        assert copy.head.hash == store.head.hash

    found: dict[str, list[float]] = {each.label: [] for each in FOLLOWER_ROWS if each.label.endswith(preset)}
    (genesis,) = decode(streamed[0]).blocks
    for _ in range(ROUNDS):
        own = seconds_of(execute)
        runs: tuple[Callable[[], object], ...] = (
            partial(derive, Node(settings, beginning=l2.beginning)),
            run_witnesses,
            partial(replicate, Node(settings, beginning=beginning_of_replica(genesis))),
        )
        for label, run in zip(found, runs, strict=True):
            found[label].append(seconds_of(run) / own)
    return found
