"""The rows of batches in ``megadev bench``: what a transaction takes on L1 and costs there, how fast L2 is derived, and
what posting takes of the sequencer's throughput.

All but the last are measured in a process of their own, on chains without timers: bytes and wei are the same on every
machine. The last needs nodes as they run: two of them, alike but for ``--no-batch``, are sent the same transactions in
turn.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
from collections import deque
from collections.abc import Collection, Sequence
from functools import partial
from itertools import product
from typing import Any

from megadev.bench.client import Measure, Samples, in_a_process
from megadev.bench.followers import FOLLOWER_ROWS, PER_BLOCK, PRESETS, ratios

KINDS = ("transfer", "erc20", "swap")
FORMATS, COMPRESSIONS, PLACES = ("span", "singular"), ("brotli", "zlib"), ("calldata", "blobs", "external")
COUNTS = (1, 10, 100, 10_000)
PER_BATCH = 1_000
"""Transactions of a batch whose size is measured."""
BYTES, WEI, RATE, SHARE = "B/tx", "gwei/tx", "tx/s", "%"
_KIND_WORDS = {"transfer": "transfer", "erc20": "ERC-20 transfer", "swap": "swap (router's call data)"}


def _measures() -> list[Measure]:
    rows = []
    for kind, format, compression in product(KINDS, FORMATS, COMPRESSIONS):
        title = f"batch bytes: {_KIND_WORDS[kind]}, {format} batches, {compression}"
        rows.append(Measure(f"batch-bytes-{kind}-{format}-{compression}", title, BYTES))
    for place, count in product(PLACES, COUNTS):
        title = f"L1 cost in {place} at {count:,} transfer{'s' * (count > 1)} per batch"
        rows.append(Measure(f"batch-cost-{place}-{count}", title, WEI))
    rows.append(Measure("derive-execute", "derivation from L1 alone, executing", RATE))
    rows.append(Measure("derive-compare", "derivation beside the sequencer, comparing", RATE))
    rows += FOLLOWER_ROWS
    rows.append(Measure("batch-throughput", "throughput that posting and deriving take", SHARE))
    return rows


BATCH_ROWS = tuple(_measures())


def measured(chosen: Collection[str], quick: bool) -> Samples:
    """The chosen rows of this Python's megadev. Raises ``MegadevError`` where its process fails."""
    wanted = [each.label for each in BATCH_ROWS if each.label in chosen and each.label != "batch-throughput"]
    return in_a_process(__name__, wanted, quick)


def share_of(with_batches: Sequence[float], without: Sequence[float]) -> float:
    """By how many percent the first rate lies below the second, at their medians."""
    return 100 * (1 - statistics.median(with_batches) / statistics.median(without))


# ---- in the process of its own


def _figures(wanted: Collection[str], quick: bool) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    sizes = [each for each in wanted if each.startswith("batch-bytes")]
    if sizes:
        found |= _sizes(sizes)
    costs = [each for each in wanted if each.startswith("batch-cost")]
    if costs:
        found |= _costs(costs)
    rates = [each for each in wanted if each.startswith("derive")]
    if rates:
        found |= {name: each for name, each in _rates(200 if quick else 3_000).items() if name in rates}
    followers = [each for each in wanted if each.startswith("follow")]
    if followers:
        for preset in PRESETS:
            chain = BenchedChain(preset)
            chain.fill_mixed(300 if quick else 900, PER_BLOCK)
            figures = ratios(chain.net, preset)
            chain.net.close()
            found |= {name: each for name, each in figures.items() if name in followers}
    return found


class BenchedChain:
    """A devnet whose blocks are made when asked for, and signed transactions for it."""

    def __init__(self, preset: str = "megaeth") -> None:
        from megadev.devnet import Devnet

        self.net = Devnet(
            preset=preset,
            batch=True,
            block_time=None,
            mini_block_time=None,
            no_mining=True,
            manual_clock=True,
            timestamp=1_800_000_000,
            channel_seconds=10**6,
            channel_bytes=50_000_000,
        )
        self.keys = [account.raw_key for account in self.net.node.accounts.keyed]
        self._nonces = [0] * len(self.keys)
        self._random = random.Random(7)
        self._sent = 0

    def signed(self, kind: str) -> Any:
        from megadev.primitives.abi import encode_call

        sender = self._sent % len(self.keys)
        self._sent += 1
        draw = self._random
        to, amount = draw.randbytes(20), draw.randrange(1, 10**20)
        data, value = b"", amount % 10**12
        if kind == "erc20":
            data, to, value = encode_call("transfer(address,uint256)", to, amount), b"\x70" * 20, 0
        elif kind == "swap":
            arguments = amount, amount * 99 // 100, [b"\x70" * 20, b"\x71" * 20], to, 1_800_001_200
            data = encode_call("swapExactTokensForTokens(uint256,uint256,address[],address,uint256)", *arguments)
            to, value = b"\x7a" * 20, 0
        return self.sign(sender, to, data, value)

    def sign(self, sender: int, to: bytes | None, data: bytes, value: int = 0, gas: int = 200_000) -> Any:
        """The next transaction of the account with that index."""
        from megadev.chain.transactions import DYNAMIC_FEE, UnsignedTransaction, sign_transaction

        tx = UnsignedTransaction(
            type=DYNAMIC_FEE,
            chain_id=self.net.node.l2.spec.chain_id,
            nonce=self._nonces[sender],
            gas_limit=gas,
            to=to,
            value=value,
            data=data,
            max_fee_per_gas=2 * 10**9,
            max_priority_fee_per_gas=10**6,
        )
        self._nonces[sender] += 1
        return sign_transaction(tx, self.keys[sender])

    def fill_mixed(self, count: int, per_block: int) -> None:
        """The same with transfers, a token's and swaps in turn, of contracts that are deployed first."""
        from megadev.bench.contracts import load
        from megadev.primitives.abi import encode_call

        l2, created = self.net.node.l2, []
        sequencer = l2.sequencer
        for name in ("BenchToken", "BenchExchange"):
            most = min(l2.spec.gas_limit, 100_000_000)
            sequencer.submit(self.sign(0, None, load(name).creation, gas=most - most // 10))
            self.net.rpc("evm_mine")
            created.append(l2.head.receipts[-1].created)
        token, exchange = created
        for index in range(count):
            to = self._random.randbytes(20)
            if index % 3 == 0:
                tx = self.sign(1, to, b"", 10**9)
            elif index % 3 == 1:
                tx = self.sign(0, token, encode_call("transfer(address,uint256)", to, 5))
            else:
                tx = self.sign(0, exchange, encode_call("swaps(uint256,uint256)", 1, 10**18), gas=1_000_000)
            sequencer.submit(tx)
            if index % per_block == per_block - 1 or index == count - 1:
                self.net.rpc("evm_mine")
        assert all(receipt.succeeded for receipt in self.net.node.l2.head.receipts), "every one of them works"

    def fill(self, count: int, kind: str = "transfer", per_block: int = 1_000) -> None:
        """Have so many transactions in blocks."""
        sequencer = self.net.node.l2.sequencer
        for index in range(count):
            sequencer.submit(self.signed(kind))
            if index % per_block == per_block - 1 or index == count - 1:
                self.net.rpc("evm_mine")


def _sizes(wanted: Sequence[str]) -> dict[str, list[float]]:
    found = {}
    for kind in KINDS:
        rows = [each for each in wanted if each.split("-")[2] == kind]
        if not rows:
            continue
        chain = BenchedChain()
        chain.fill(PER_BATCH, kind, per_block=100)
        for each in rows:
            _, _, _, format, compression = each.split("-")
            snapshot = chain.net.rpc("evm_snapshot")
            chain.net.rpc("megadev_batcher_flush", {"format": format, "compression": compression})
            (batch,) = chain.net.rpc("megadev_getBatches")["batches"]
            found[each] = [int(batch["compressedBytes"], 16) / PER_BATCH]
            chain.net.rpc("evm_revert", snapshot)
        chain.net.close()
    return found


def _costs(wanted: Sequence[str]) -> dict[str, list[float]]:
    found = {}
    for count in COUNTS:
        rows = [each for each in wanted if each.endswith(f"-{count}")]
        if not rows:
            continue
        chain = BenchedChain()
        chain.fill(count)
        for each in rows:
            snapshot = chain.net.rpc("evm_snapshot")
            chain.net.rpc("megadev_batcher_flush", {"da": each.split("-")[2]})
            batches = chain.net.rpc("megadev_getBatches")["batches"]
            found[each] = [sum(int(batch["cost"], 16) for batch in batches) / 10**9 / count]
            chain.net.rpc("evm_revert", snapshot)
        chain.net.close()
    return found


def _rates(count: int) -> dict[str, list[float]]:
    from megadev.bench.client import seconds_of
    from megadev.rollup.derivation.config import config_of_json
    from megadev.rollup.derivation.execution import DerivedChain
    from megadev.rollup.derivation.l1_source import ChainL1
    from megadev.rollup.derivation.pipeline import Pipeline

    chain = BenchedChain()
    chain.fill(count, per_block=100)
    node = chain.net.node
    chain.net.rpc("megadev_batcher_flush")
    l1, l2 = node.l1, node.l2
    assert l1 is not None and node.driver is not None and node.driver.consolidator is not None
    config = config_of_json(chain.net.rpc("optimism_rollupConfig"))
    found: dict[str, list[float]] = {"derive-execute": [], "derive-compare": []}
    consolidator, source = node.driver.consolidator, ChainL1(lambda: l1.store, l1.spec)
    for _ in range(3):
        derived = DerivedChain(config, l2.store.genesis, l2.spec, l2.engine)
        found["derive-execute"].append(count / seconds_of(partial(deque, Pipeline(config, source, derived).run(), 0)))
        consolidator.start_over()
        found["derive-compare"].append(count / seconds_of(partial(consolidator.follow, here=True)))
        assert derived.store.head.hash == l2.store.head.hash
    chain.net.close()
    return found


if __name__ == "__main__":
    print(json.dumps(_figures(json.loads(sys.argv[1]), json.loads(sys.argv[2]))))
