"""L2's blocks on L1: channels read back from the batcher's transactions, with their cost. Pure.

Nothing here is what the batcher remembers: it is found as anybody would find it who has L1 and the DA store. So it is
the same after a restart, and covers what another batcher posted.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

import msgspec

from megadev.chain.blocks import SealedBlock
from megadev.chain.store import ChainStore
from megadev.chain.transactions import BLOB, Transaction, blobs_of
from megadev.primitives.types import Address, Hash32, Wei
from megadev.rollup.batches import CHECK_SIZE, InvalidBatch, SingularBatch, SpanBatch, decode_batch
from megadev.rollup.channel import FRAMES_VERSION, Compression, Frame, InvalidFrame, decode_frames, read_batches
from megadev.rollup.da import DaKind
from megadev.rollup.da.blobs import InvalidBlob, decode_blob
from megadev.rollup.da.commitments import COMMITMENT_VERSION, InvalidCommitment, decode_commitment
from megadev.rollup.da.store import DataSource
from megadev.rollup.derivation.config import CONFIG_UPDATE_TOPIC, RollupConfig

_OPEN_CHANNELS = 64
"""Channels that are put together at once, going back; frames of older ones are given up."""


class PostedChannel(msgspec.Struct, frozen=True, kw_only=True):
    """A channel on L1. ``first`` and ``last`` are the L2 blocks it says, None where L2 has no such blocks (it lost
    them, or never had them). ``size`` is in bytes before compression, ``compressed`` after; both, ``spans``,
    ``transactions`` and ``compression`` are None where its data cannot be had. ``l1_gas`` and ``blob_gas`` were used,
    ``cost`` is what ``payer`` paid for both, in wei. ``l1_block`` holds the last of its L1 ``sent`` transactions.
    """

    channel_id: bytes
    da: DaKind
    l1_block: int
    sent: tuple[Hash32, ...]
    payer: Address
    l1_gas: int
    blob_gas: int
    cost: Wei
    is_complete: bool
    compressed: int | None = None
    size: int | None = None
    compression: Compression | None = None
    spans: int | None = None
    blocks: int | None = None
    transactions: int | None = None
    first: int | None = None
    last: int | None = None

    @property
    def cost_per_transaction(self) -> Wei | None:
        """The cost per transaction, in wei, rounded down; None if it has none, or that is not known."""
        return self.cost // self.transactions if self.transactions else None


def posted_channels(
    l1: ChainStore, l2: ChainStore, config: RollupConfig, data: DataSource | None, limit: int, until: int | None = None
) -> list[PostedChannel]:
    """The newest ``limit`` channels on ``l1``, the newest first, of those that were completed up to its block ``until``
    (its head). Reads the store for what lies beside L1; what that does not give out is not known.
    """
    batchers = _Batchers(l1, config)
    found: list[PostedChannel] = []
    open_channels: dict[bytes, _Parts] = {}
    newest = l1.head.number if until is None else until
    first = max(l1.genesis.number, config.l1_genesis.number) + 1
    for block in reversed(l1.blocks(first, newest).made):  # rows of empty blocks hold nothing
        number = block.number
        for index in range(len(block.transactions) - 1, -1, -1):
            tx = block.transactions[index]
            if tx.to != config.batch_inbox or tx.sender != batchers.at(number):
                continue
            part = _Part(block, index, tx)
            for frame in reversed(_frames_of(part, config, data)):
                parts = open_channels.get(frame.channel_id)
                if parts is None:
                    parts = open_channels[frame.channel_id] = _Parts(frame.channel_id)
                parts.add(frame, part)
                if frame.number == 0:
                    del open_channels[frame.channel_id]
                    found.append(parts.read(l2, config))
            if part.da is None:  # what it committed to is withheld
                found.append(_unknown(part))
            if len(found) >= limit:
                return found[:limit]
        while len(open_channels) > _OPEN_CHANNELS:
            del open_channels[next(iter(open_channels))]
    return found


class _Batchers:
    """The valid batcher at each L1 block."""

    def __init__(self, l1: ChainStore, config: RollupConfig) -> None:
        system, self._from, self._who = config.system_config, [0], [config.system_config.batcher]
        for located in l1.logs(
            l1.genesis.number, l1.head.number, (config.system_config_address,), ((CONFIG_UPDATE_TOPIC,),)
        ):
            system = system.after(located.log)
            self._from.append(located.block.number)
            self._who.append(system.batcher)

    def at(self, number: int) -> Address:
        return self._who[max(bisect_left(self._from, number + 1) - 1, 0)]


class _Part:
    """A transaction of the batcher."""

    def __init__(self, block: SealedBlock, index: int, tx: Transaction) -> None:
        self.block = block
        self.index = index
        self.tx = tx
        self.da: DaKind | None = DaKind.BLOBS if tx.type == BLOB else DaKind.CALLDATA

    @property
    def cost(self) -> Wei:
        receipt = self.block.receipts[self.index]
        return receipt.gas_used * receipt.effective_gas_price + receipt.blob_gas_used * receipt.blob_gas_price


def _frames_of(part: _Part, config: RollupConfig, data: DataSource | None) -> list[Frame]:
    """The frames that a transaction carries; none where it carries none. ``part.da`` is told which kind it is, and
    None where that cannot be had.
    """
    tx = part.tx
    payloads = [tx.data]
    if tx.type == BLOB:
        payloads = []
        for _, blob in blobs_of((tx,)):
            try:
                payloads.append(decode_blob(blob))
            except InvalidBlob:
                continue
    frames: list[Frame] = []
    for payload in payloads:
        version = payload[0] if payload else None
        if version == COMMITMENT_VERSION:
            part.da = DaKind.EXTERNAL
            try:
                certificate = decode_commitment(payload[1:])
            except InvalidCommitment:
                continue
            kept = None if data is None else data.get(certificate.hash)
            if kept is None or not certificate.fits(kept):
                part.da = None
                continue
            payload = kept
        elif version != FRAMES_VERSION:
            continue
        try:
            frames += decode_frames(payload)
        except InvalidFrame:
            continue
    return frames


class _Parts:
    """A channel that is put together, its last frame first."""

    def __init__(self, channel_id: bytes) -> None:
        self._channel_id = channel_id
        self._frames: dict[int, Frame] = {}
        self._parts: list[_Part] = []

    def add(self, frame: Frame, part: _Part) -> None:
        self._frames[frame.number] = frame
        if not self._parts or self._parts[-1] is not part:
            self._parts.append(part)

    def read(self, l2: ChainStore, config: RollupConfig) -> PostedChannel:
        """The channel, once its first frame was met."""
        frames = [self._frames[number] for number in sorted(self._frames)]
        is_complete = frames[-1].is_last and [frame.number for frame in frames] == list(range(len(frames)))
        newest, parts = self._parts[0], self._parts[::-1]
        receipts = [part.block.receipts[part.index] for part in parts]
        channel = PostedChannel(
            channel_id=self._channel_id,
            da=newest.da or DaKind.EXTERNAL,
            l1_block=newest.block.number,
            sent=tuple(part.tx.hash for part in parts),
            payer=newest.tx.sender,
            l1_gas=sum(receipt.gas_used for receipt in receipts),
            blob_gas=sum(receipt.blob_gas_used for receipt in receipts),
            cost=sum(part.cost for part in parts),
            is_complete=is_complete,
        )
        if not is_complete:
            return channel
        compressed = b"".join(frame.data for frame in frames)
        return msgspec.structs.replace(channel, **_content(compressed, l2, config))


def _content(compressed: bytes, l2: ChainStore, config: RollupConfig) -> dict[str, object]:
    """Returns the content of a channel."""
    size = spans = blocks = transactions = 0
    first: int | None = None
    last: int | None = None
    for raw in read_batches(compressed, config.max_channel_bytes):
        size += len(raw)
        try:
            batch = decode_batch(raw, config.l2_chain_id)
        except InvalidBatch:
            break
        count = len(batch) if isinstance(batch, SpanBatch) else 1
        spans += isinstance(batch, SpanBatch)
        blocks += count
        transactions += len(batch.transactions)
        start = _first_block(batch, l2, config)
        if start is not None:
            first, last = start if first is None else first, start + count - 1
    return {
        "compressed": len(compressed),
        "size": size,
        "compression": Compression.BROTLI if compressed[:1] == b"\x01" else Compression.ZLIB,
        "spans": spans,
        "blocks": blocks,
        "transactions": transactions,
        "first": first,
        "last": last,
    }


def _first_block(batch: SingularBatch | SpanBatch, l2: ChainStore, config: RollupConfig) -> int | None:
    """The number of the L2 block that a batch says first, as far as L2 has it."""
    if isinstance(batch, SingularBatch):
        parent = l2.by_hash(batch.parent_hash)
        return None if parent is None else parent.number + 1
    time = config.genesis_time + batch.relative_timestamp
    for block in _at(l2, time):
        if block.header.parent_hash[:CHECK_SIZE] == batch.parent_check:
            return block.number
    return None


def _at(l2: ChainStore, time: int) -> Iterator[SealedBlock]:
    """The blocks with that timestamp."""
    numbers = range(l2.genesis.number, l2.head.number + 1)
    at = bisect_left(numbers, time, key=lambda number: l2.resolve(number).timestamp)
    while at < len(numbers) and (block := l2.resolve(numbers[at])).timestamp == time:
        yield block
        at += 1


def _unknown(part: _Part) -> PostedChannel:
    receipt = part.block.receipts[part.index]
    return PostedChannel(
        channel_id=b"",
        da=DaKind.EXTERNAL,
        l1_block=part.block.number,
        sent=(part.tx.hash,),
        payer=part.tx.sender,
        l1_gas=receipt.gas_used,
        blob_gas=receipt.blob_gas_used,
        cost=part.cost,
        is_complete=False,
    )
