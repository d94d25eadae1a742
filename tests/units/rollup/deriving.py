"""A rollup made of values: an L1 whose blocks a test writes, and an L2 that hashes what it is told instead of executing
it. So each rule of derivation can be met by itself, and thousands of blocks take a moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from megadev.chain.receipts import Log
from megadev.chain.transactions import Transaction
from megadev.primitives import rlp
from megadev.primitives.keccak import keccak
from megadev.primitives.types import Address, Hash32
from megadev.rollup.batches import SingularBatch, SpanBatch, encode_batch, span_of
from megadev.rollup.channel import FRAME_OVERHEAD, Compression, Frame, compress, encode_frames, split
from megadev.rollup.da.store import DataSource
from megadev.rollup.deposits import DEPOSITED_TOPIC
from megadev.rollup.derivation.attributes import Attributes, attributes_after
from megadev.rollup.derivation.batch_queue import L2Block, NextBlock
from megadev.rollup.derivation.config import CONFIG_UPDATE_TOPIC, BlockId, Pace, RollupConfig, SystemConfig
from megadev.rollup.derivation.l1_source import IndexedLog, L1Block, L1Source, L1Unavailable
from megadev.rollup.derivation.pipeline import (
    Derived,
    InvalidAttributes,
    L1Read,
    Pipeline,
    epoch_of,
    genesis_block,
    system_config_after,
)

BATCHER, STRANGER, INBOX = b"\xba" * 20, b"\x57" * 20, b"\x1b" * 20
PORTAL, SYSTEM_CONFIG = b"\x60" * 20, b"\x5c" * 20
L2_CHAIN_ID = 31337
GENESIS_TIME = 1_000
L1_TIME = 12
BLOCK_TIME = 2
REFUSED = rlp.encode([7, 1, 21_000, bytes(20), 0, b"refused", 27, 1, 1])
"""A transaction that the fake L2 cannot include."""


class Posted(msgspec.Struct, frozen=True):
    """A transaction to the inbox."""

    data: bytes = b""
    sender: Address = BATCHER
    to: Address | None = INBOX
    type: int = 2
    blob_versioned_hashes: tuple[Hash32, ...] = ()


class FakeL1(L1Source):
    """Blocks 12 seconds apart, the first of them L1's genesis."""

    def __init__(self) -> None:
        self.blocks: list[L1Block] = []
        self.kept_blobs: dict[Hash32, bytes] = {}
        self.salt = b""
        """Blocks made under another salt have other hashes."""
        self.add()

    def add(self, *transactions: Posted | bytes, logs: Sequence[Log] = (), seconds: int = L1_TIME) -> L1Block:
        """The next block, with what is given posted by the batcher."""
        number = len(self.blocks)
        parent = self.blocks[-1] if self.blocks else None
        posted = tuple(tx if isinstance(tx, Posted) else Posted(tx) for tx in transactions)
        content = repr((number, parent.hash if parent else b"", posted, logs)).encode() + self.salt
        block = L1Block(
            number=number,
            hash=keccak(content),
            parent_hash=parent.hash if parent else bytes(32),
            timestamp=parent.timestamp + seconds if parent else GENESIS_TIME,
            base_fee=7,
            blob_base_fee=1,
            transactions=posted,
            logs=[IndexedLog(log, position) for position, log in enumerate(logs)],
        )
        self.blocks.append(block)
        return block

    def add_many(self, count: int) -> None:
        for _ in range(count):
            self.add()

    def block(self, number: int) -> L1Block | None:
        return self.blocks[number] if number < len(self.blocks) else None

    def block_hash(self, number: int) -> Hash32 | None:
        block = self.block(number)
        return None if block is None else block.hash

    def blobs(self, block: L1Block, hashes: Sequence[Hash32]) -> list[bytes]:
        if missing := [each for each in hashes if each not in self.kept_blobs]:
            raise L1Unavailable(f"blob 0x{missing[0].hex()} is no longer available")
        return [self.kept_blobs[each] for each in hashes]

    def config_logs(self, system_config: Address, first: int, last: int) -> list[Log]:
        blocks = self.blocks[first : last + 1]
        return [each.log for block in blocks for each in block.logs if each.log.address == system_config]


class FakeL2:
    """Remembers attributes, and refuses the one transaction that it cannot include."""

    def __init__(self, config: RollupConfig) -> None:
        self.made: list[L2Block] = [genesis_block(config)]
        self.attributes: list[Attributes | None] = [None]
        self.refuses = True

    def execute(self, attributes: Attributes) -> L2Block:
        assert attributes.parent == self.made[attributes.parent.number]
        if self.refuses and REFUSED in attributes.transactions:
            raise InvalidAttributes("refused")
        block = next_block(attributes)
        del self.made[block.number :], self.attributes[block.number :]
        self.made.append(block)
        self.attributes.append(attributes)
        return block

    def block(self, number: int) -> L2Block | None:
        return self.made[number] if 0 <= number < len(self.made) else None


def next_block(attributes: Attributes) -> L2Block:
    """What the fake L2 makes of attributes: all that is in them is in the hash."""
    forced = [tx.encoded for tx in attributes.start.transactions]
    start, made_of = attributes.start, (attributes.timestamp, attributes.origin, attributes.transactions)
    content = repr((attributes.parent.hash, made_of, forced, start.system_call, attributes.gas_limit))
    return L2Block(attributes.number, keccak(content.encode()), attributes.timestamp, attributes.origin)


class Rollup:
    """An L1, a pipeline over it, and an honest sequencer that builds as the rules have it and posts what it is told to.

    ``built`` are the sequencer's blocks, as batches; the first has number 1.
    """

    def __init__(self, store: DataSource | None = None, **changes: Any) -> None:
        self.l1 = FakeL1()
        self.config = config_for(self.l1, **changes)
        self.store = store
        self.l2 = FakeL2(self.config)
        self.sequencer = FakeL2(self.config)
        self.pipeline = Pipeline(self.config, self.l1, self.l2, store)
        self.built: list[SingularBatch] = []
        self.channels = 0

    # the sequencer

    def build(self, count: int = 1, *, txs: Sequence[bytes] = (), origin: int | None = None) -> list[SingularBatch]:
        """The next blocks: each takes the L1 block after its parent's origin as soon as its time allows it, or stays
        at ``origin``. What they hash to is what an honest derivation makes of them.
        """
        made = []
        for _ in range(count):
            made.append(self._build(tuple(txs), origin))
        return made

    def _build(self, txs: tuple[bytes, ...], origin: int | None) -> SingularBatch:
        parent = self.sequencer.made[-1]
        time = parent.timestamp + BLOCK_TIME
        if origin is None:
            following = self.l1.block(parent.origin.number + 1)
            advances = following is not None and following.timestamp <= time
            origin = parent.origin.number + advances
        return self.build_at(BLOCK_TIME, origin, txs)

    def build_at(self, seconds: int, origin: int, txs: tuple[bytes, ...] = ()) -> SingularBatch:
        """A block that follows the last one after so many seconds."""
        parent = self.sequencer.made[-1]
        batch = SingularBatch(parent.hash, origin, self.l1.blocks[origin].hash, parent.timestamp + seconds, txs)
        self.sequencer.execute(honest_attributes(self, parent, batch))
        self.built.append(batch)
        return batch

    def catch_up(self) -> list[SingularBatch]:
        """Build until the sequencer has got to L1's newest block."""
        made = []
        while self.sequencer.made[-1].origin.number < len(self.l1.blocks) - 1:
            made += self.build()
        return made

    def span(self, batches: Sequence[SingularBatch]) -> SpanBatch:
        first = self.built.index(batches[0])
        before = self.built[first - 1].epoch_number if first else 0
        return span_of(
            batches,
            genesis_time=GENESIS_TIME,
            block_time=BLOCK_TIME,
            changes_origin=batches[0].epoch_number != before,
        )

    # posting

    def frames(
        self,
        batches: Iterable[SingularBatch | SpanBatch | bytes],
        size: int = 100_000,
        method: Compression = Compression.BROTLI,
    ) -> list[Frame]:
        """A channel with ``batches``."""
        self.channels += 1
        encoded = [each if isinstance(each, bytes) else encode_batch(each, L2_CHAIN_ID) for each in batches]
        return split(self.channels.to_bytes(16, "big"), compress(encoded, method), size)

    def pieces(
        self, batches: Iterable[SingularBatch | SpanBatch], count: int, method: Compression = Compression.BROTLI
    ) -> list[bytes]:
        """A channel with ``batches``, in so many transactions of one frame each."""
        (whole,) = self.frames(batches, method=method)
        made = split(whole.channel_id, whole.data, -(-len(whole.data) // count) + FRAME_OVERHEAD)
        assert len(made) == count
        return [encode_frames([frame]) for frame in made]

    def post(self, *batches: SingularBatch | SpanBatch | bytes) -> None:
        """An L1 block with a channel in one frame."""
        self.l1.add(encode_frames(self.frames(batches)))

    # deriving

    def derive(self) -> list[L2Block]:
        """Read L1 to its end; the blocks that were derived on the way."""
        return [step.block for step in self.steps() if isinstance(step, Derived)]

    def steps(self) -> list[Derived | L1Read]:
        return list(self.pipeline.run())

    @property
    def safe(self) -> int:
        return self.pipeline.safe.number

    def agrees(self) -> bool:
        """Whether what was derived is what the sequencer built, as far as it goes."""
        return self.l2.made == self.sequencer.made[: len(self.l2.made)]


def config_for(l1: FakeL1, **changes: Any) -> RollupConfig:
    genesis = l1.blocks[0]
    settings: dict[str, Any] = {
        "l2_chain_id": L2_CHAIN_ID,
        "l1_chain_id": 900,
        "l1_genesis": BlockId(0, genesis.hash),
        "l2_genesis": BlockId(0, keccak(b"genesis")),
        "genesis_time": GENESIS_TIME,
        "system_config": SystemConfig(batcher=BATCHER),
        "batch_inbox": INBOX,
        "portal": PORTAL,
        "system_config_address": SYSTEM_CONFIG,
        "block_time": BLOCK_TIME,
        "sequencing_window": 10,
        "max_drift": 600,
        "channel_timeout": 5,
        "pace": Pace.STRICT,
    }
    return RollupConfig(**settings | changes)


def honest_attributes(rollup: Rollup, parent: L2Block, batch: SingularBatch) -> Attributes:
    """What an honest sequencer makes of its own block: as derivation will, if it is right."""
    system, config = rollup.config.system_config, rollup.config
    deposits: tuple[Transaction, ...] = ()
    epoch = epoch_of(rollup.l1.blocks[0], system, config)
    for block in rollup.l1.blocks[1 : batch.epoch_number + 1]:
        system = system_config_after(system, block, config)
        epoch = epoch_of(block, system, config)
        if epoch.number > parent.origin.number:
            deposits += epoch.deposits
    return attributes_after(parent, NextBlock(batch.timestamp, epoch, batch.transactions, deposits), config)


def deposit_log(value: int = 0) -> Log:
    """What the portal logs for a deposit of ``value`` without data."""
    opaque = value.to_bytes(32, "big") * 2 + (100_000).to_bytes(8, "big") + b"\0"
    data = (32).to_bytes(32, "big") + len(opaque).to_bytes(32, "big") + opaque.ljust(96, b"\0")
    person = STRANGER.rjust(32, b"\0")
    return Log(PORTAL, (DEPOSITED_TOPIC, person, person, bytes(32)), data)


def config_log(kind: int, *words: int, address: Address = SYSTEM_CONFIG) -> Log:
    """What SystemConfig logs for an update."""
    payload = b"".join(word.to_bytes(32, "big") for word in words)
    data = (32).to_bytes(32, "big") + len(payload).to_bytes(32, "big") + payload
    return Log(address, (CONFIG_UPDATE_TOPIC, bytes(32), kind.to_bytes(32, "big")), data)


def batcher_log(batcher: Address) -> Log:
    return config_log(0, int.from_bytes(batcher, "big"))
