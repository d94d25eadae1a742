"""Posts L2's blocks to L1: closes channels, and sends them in ordinary transactions of the batcher's account.

What is still to be posted it reads off L1 each time: it is what lies behind the newest block that L1's whole chain says
(``Consolidator.derived``). So a revert, a reset, a reorganisation of either chain, a restart and a change of the
batcher's key need nothing of it: what L1 does not say, or no longer, is posted again.

It reads sealed blocks only. A channel is closed once its batches have so many bytes before compression, or its first
block is so many seconds old, or L1 has grown by so many blocks since that one's L1 origin (``ChannelBounds``).

Why building is a function of its own (``build``): compressing takes a second for each megabyte, and commitments to
blobs take their time too. That is done where it keeps nobody waiting; what comes of it is sent if the blocks are still
there and still next.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from typing import Protocol

import msgspec

from megadev.chain.blobs import BlobSidecar, sidecar_of, versioned_hash
from megadev.chain.blocks import SealedBlock
from megadev.chain.fees import blob_base_fee, next_excess_blob_gas
from megadev.chain.transactions import BLOB, DYNAMIC_FEE, UnsignedTransaction, sign_transaction
from megadev.errors import InvalidTransaction, MegadevError
from megadev.events import BatchPosted
from megadev.primitives.keccak import keccak
from megadev.primitives.types import ZERO_HASH, Address, Hash32
from megadev.rollup.aside import Aside, at_once
from megadev.rollup.batches import SPAN_TYPES, InvalidBatch, SingularBatch, encode_batch, span_of
from megadev.rollup.channel import CHANNEL_ID_SIZE, Compression, compress, encode_frames, split
from megadev.rollup.consolidator import Consolidator
from megadev.rollup.da import DaKind
from megadev.rollup.da.blobs import encode_blob
from megadev.rollup.da.commitments import COMMITMENT_VERSION, Certificate, encode_commitment
from megadev.rollup.derivation.batch_queue import L2Block
from megadev.rollup.derivation.config import RollupConfig
from megadev.rollup.derivation.consolidation import batch_of, batched
from megadev.rollup.derivation.l1_origin import L1Origin, origin_told
from megadev.rollup.faults import BadBatch, spoiled
from megadev.rollup.system_config import config_at
from megadev.sequencer.sequencer import Sequencer

_LOG = logging.getLogger("megadev.batcher")

BLOBS_PER_TRANSACTION = 6
"""The most that a transaction may carry (EIP-7594), and that fit into a block of any fork with blobs."""
PATIENCE = 60
"""Seconds until something that did not count, or could not be posted, is posted again."""
_BLOCK_OVERHEAD = 80
"""Bytes of a singular batch beside its transactions."""
_INTRINSIC, _BYTE = 21_000, 40
"""Gas of a transaction, and of each byte of its data at most (EIP-7623)."""


class BatchFormat(Enum):
    """The encoding of blocks: each by itself (version 0), or evenly spaced ones together (version 1)."""

    SINGULAR = "singular"
    SPAN = "span"


class ChannelBounds(msgspec.Struct, frozen=True):
    """The limits that close a channel: ``size`` in bytes before compression, ``l1_blocks``, ``seconds``."""

    size: int = 1_000_000
    l1_blocks: int = 100
    seconds: int = 6


class BatcherSettings(msgspec.Struct, frozen=True):
    """The batcher's settings, from the next channel on. ``is_stopped``: it posts nothing. ``spoils``: what is wrong
    with what it posts.
    """

    da: DaKind = DaKind.CALLDATA
    format: BatchFormat = BatchFormat.SPAN
    compression: Compression = Compression.BROTLI
    bounds: ChannelBounds = ChannelBounds()
    is_stopped: bool = False
    spoils: BadBatch | None = None


class DataSink(Protocol):
    """A store for data beside L1."""

    def put(self, data: bytes) -> Certificate:
        """Keep ``data``; what certifies that."""
        ...


class Channel(msgspec.Struct, frozen=True):
    """L2 blocks that are to be posted together, after ``parent``; ``first`` and ``last`` are the hashes of the oldest
    and the newest. ``apart``: parents of batches that begin a span: a span names one parent, that of its first block,
    so a block that came about by hand has a span of its own, and who derives L2 finds by the next one that it differs.
    """

    parent: L2Block
    first: Hash32
    last: Hash32
    batches: tuple[SingularBatch, ...]
    settings: BatcherSettings
    apart: frozenset[Hash32] = frozenset()


class Sent(msgspec.Struct, frozen=True):
    """The last posted batch: L2's blocks after ``parent`` up to the one with the hash ``last``, in these L1
    transactions.
    """

    parent: L2Block
    last: Hash32
    transactions: tuple[Hash32, ...]


class Piece(msgspec.Struct, frozen=True):
    """The content of one L1 transaction; ``size``: bytes of frames, wherever they are."""

    data: bytes
    size: int
    sidecar: BlobSidecar | None = None


class Batcher:
    """The batcher of one pair of chains. It posts as whoever L1's SystemConfig says, where ``key_of`` knows the private
    key (32 bytes) of that address. All methods run on the writer thread.
    """

    def __init__(
        self,
        l1: Sequencer,
        l2: Sequencer,
        consolidator: Consolidator,
        key_of: Callable[[Address], bytes | None],
        store: DataSink,
        aside: Aside = at_once,
    ) -> None:
        self.due: int | None = None
        """When, in seconds of L1's time, a channel will be old enough if neither chain changes before."""
        self._l1 = l1
        self._l2 = l2
        self._consolidator = consolidator
        self._key_of = key_of
        self._unknown: Address | None = None
        self._store = store
        self._aside = aside
        self._building: Channel | None = None
        self._measured: tuple[Hash32, SealedBlock, int] = (bytes(32), l2.store.head, 0)
        self.newest: Sent | None = None
        """What was posted last."""
        self._refused: tuple[Hash32, int] | None = None

    @property
    def address(self) -> Address:
        """The address whose frames count."""
        l1 = self._l1.store
        return config_at(l1, l1.head, self._consolidator.config.system_config_address).batcher

    def start_over(self) -> None:
        """The chains have become others."""
        self.due = self.newest = self._refused = self._building = None

    def try_again(self) -> None:
        """Posts the rejected data again at once, because the batcher's settings have changed."""
        self.newest = self._refused = None

    def give_up(self) -> None:
        """Nothing is built aside any more."""
        self._building = None

    @property
    def rests(self) -> bool:
        """True if it has nothing to do until a chain or how it posts is another, or until ``due``."""
        return self._building is None and not self._is_on_its_way()

    def act(self, settings: BatcherSettings) -> bool:
        """Post the next channel as ``settings`` say, where one is full or old; False where there is nothing to do now.
        What is built aside is sent once it is.
        """
        self.due = None
        if settings.is_stopped or self._building is not None:
            return False
        safe, first = self._next()
        if safe is None or first is None or not self._is_closed(settings.bounds, safe, first):
            return False
        if self._is_on_its_way() or self._is_refused(safe, first):
            return False
        self._building = channel = self._next_channel(safe, settings)
        config, store, height = self._consolidator.config, self._store, self._l1.store.head.number
        self._aside(lambda: _outcome(channel, config, store), lambda outcome: self._take(channel, outcome))
        return self._l1.store.head.number > height

    def post_now(self, settings: BatcherSettings) -> bool:
        """Build and post the next channel here, full or not; False where there is nothing to post."""
        safe, first = self._next()
        if safe is None or first is None or self._is_on_its_way() or self._was_sent(safe):
            return False
        self._building = channel = self._next_channel(safe, settings)
        return self._take(channel, _outcome(channel, self._consolidator.config, self._store))

    def _next(self) -> tuple[L2Block | None, SealedBlock | None]:
        """The newest block that L1 says and the one that is to be posted next; None where there is none, or that is not
        known yet.
        """
        consolidator, store = self._consolidator, self._l2.store
        safe = consolidator.derived
        if store.head.number <= safe.number or not consolidator.is_caught_up:
            return None, None
        first = store.by_number(safe.number + 1)
        return (None, None) if first is None or first.header.parent_hash != safe.hash else (safe, first)

    def _is_on_its_way(self) -> bool:
        """True if something that was posted waits for an L1 block."""
        return self._l1.pool.holds_any_of(self.address)

    def _was_sent(self, safe: L2Block) -> bool:
        """True if L1 says what comes after ``safe``, and derivation does not take it."""
        sent = self.newest
        if sent is None or sent.parent.hash != safe.hash:
            return False
        l1, l2 = self._l1.store, self._l2.store
        return l2.by_hash(sent.last) is not None and all(l1.transaction(each) is not None for each in sent.transactions)

    def _is_refused(self, safe: L2Block, first: SealedBlock) -> bool:
        """True if posting has not helped, or failed, a moment ago: then it is tried again later."""
        now = self._l1.time.now()
        if self._was_sent(safe):
            self.newest = None
            self._refuse(first.hash)
            _LOG.warning("the batch of L2 block %d is ignored: derivation rejects it", first.number)
        refused = self._refused
        if refused is None or refused[0] != first.hash or now >= refused[1]:
            return False
        self.due = refused[1]
        return True

    def _refuse(self, first: Hash32) -> None:
        self._refused = (first, self._l1.time.now() + PATIENCE)

    def _is_closed(self, bounds: ChannelBounds, safe: L2Block, first: SealedBlock) -> bool:
        now = self._l1.time.now()
        end = first.timestamp + bounds.seconds
        if now >= end or self._size_after(safe, first) >= bounds.size:
            return True
        origin = origin_told(first) or safe.origin
        if self._l1.store.head.number - origin.number >= bounds.l1_blocks:
            return True
        self.due = end
        return False

    def _size_after(self, safe: L2Block, first: SealedBlock) -> int:
        """Bytes of what is not posted, before compression."""
        since, last, size = self._measured
        store = self._l2.store
        if since != safe.hash or store.by_number(last.number) is not last:
            last, size = first, _size_of(first)
        for block in store.blocks(last.number + 1, store.head.number):
            size += _size_of(block)
        self._measured = (safe.hash, store.head, size)
        return size

    def _next_channel(self, safe: L2Block, settings: BatcherSettings) -> Channel:
        """As many of the blocks after ``safe`` as fill a channel, one at least."""
        store, origin, size = self._l2.store, safe.origin, 0
        batches: list[SingularBatch] = []
        apart: set[Hash32] = set()
        first = last = safe.hash
        for block in store.blocks(safe.number + 1, store.head.number):
            size += _size_of(block)
            if batches and size > settings.bounds.size:
                break
            origin = self._named(origin_told(block) or origin)
            first = block.hash if not batches else first
            batches.append(batch_of(block, origin))
            if block.irregular is not None:
                apart |= {block.header.parent_hash, block.hash}
            last = block.hash
        return Channel(safe, first, last, tuple(batches), settings, frozenset(apart))

    def _named(self, origin: L1Origin) -> L1Origin:
        """``origin``; where L2 was told of none yet, the L1 block that has its number."""
        found = self._l1.store.by_number(origin.number) if origin.hash == ZERO_HASH else None
        return origin if found is None else origin._replace(hash=found.hash)

    def _take(self, channel: Channel, outcome: list[Piece] | Exception) -> bool:
        """Send what was built, if it still is what comes next."""
        if self._building is not channel:
            return False
        self._building = None
        if isinstance(outcome, Exception):
            _LOG.error("the batcher could not build a channel: %s", outcome)
            self._refuse(channel.first)
            return False
        if self._consolidator.derived.hash != channel.parent.hash or self._l2.store.by_hash(channel.last) is None:
            return False
        address, sent = self.address, list[Hash32]()
        key = self._key_of(address)
        if key is None:
            if address != self._unknown:
                _LOG.warning(
                    "nothing is posted: on L1 the batcher is 0x%s, and this node does not have its key", address.hex()
                )
            self._unknown = address
            self._refuse(channel.first)
            return False
        for piece in outcome:
            tx_hash = self._send(piece, address, key)
            if tx_hash is None:
                break
            sent.append(tx_hash)
        self.newest = Sent(channel.parent, channel.last, tuple(sent))
        if len(sent) == len(outcome):
            first, batches = channel.parent.number + 1, channel.batches
            self._l2.publish(
                BatchPosted(
                    first,
                    first + len(batches) - 1,
                    sum(len(batch.transactions) for batch in batches),
                    sum(piece.size for piece in outcome),
                    channel.settings.da.value,
                )
            )
        return bool(sent)

    def _send(self, piece: Piece, address: Address, key: bytes) -> Hash32 | None:
        """Send a transaction to the inbox; None where L1 refuses it: then all of its channel is sent again."""
        l1, sidecar = self._l1, piece.sidecar
        fees = l1.spec.fees
        excess = next_excess_blob_gas(l1.store.head.header, l1.spec)
        tx = UnsignedTransaction(
            type=DYNAMIC_FEE if sidecar is None else BLOB,
            chain_id=l1.spec.chain_id,
            nonce=l1.pool.pending_nonce(address, l1.next_nonce(address)),
            gas_limit=min(_INTRINSIC + _BYTE * len(piece.data), l1.blocks.gas_limit),
            to=self._consolidator.config.batch_inbox,
            data=piece.data,
            max_fee_per_gas=10 * l1.next_base_fee() + fees.minimum_tip,
            max_priority_fee_per_gas=fees.minimum_tip,
            max_fee_per_blob_gas=0 if sidecar is None else 10 * blob_base_fee(excess, l1.spec),
            blob_versioned_hashes=() if sidecar is None else tuple(map(versioned_hash, sidecar.commitments)),
            sidecar=sidecar,
        )
        signed = sign_transaction(tx, key)
        try:
            l1.submit(signed)
        except InvalidTransaction as error:
            _LOG.warning("L1 refused a transaction of the batcher: %s", error)
            return None
        l1.settle()
        return signed.hash


def _outcome(channel: Channel, config: RollupConfig, store: DataSink) -> list[Piece] | Exception:
    """Returns the data to post, or the reason why it cannot be built."""
    try:
        return build(channel, config, store)
    except (MegadevError, ValueError, OSError) as problem:
        return problem


def _size_of(block: SealedBlock) -> int:
    """Bytes of what a batch says of ``block``."""
    return _BLOCK_OVERHEAD + sum(len(tx.encoded) for tx in batched(block))


# --- building: pure but for what is put into the store ----------------------------------------------------------------


def build(channel: Channel, config: RollupConfig, store: DataSink) -> list[Piece]:
    """Returns the contents of the L1 transactions that post ``channel``. On any thread.

    Raises ``MegadevError`` where the store does not take what lies there.
    """
    settings = channel.settings
    batches, format = channel.batches, settings.format
    if settings.spoils is not None:
        batches, format = spoiled(batches, settings.spoils), BatchFormat.SINGULAR  # spans cannot say all that
    plain = encoded_batches(batches, channel.parent, config, format, channel.apart)
    compressed = compress(plain, settings.compression)
    if settings.spoils is BadBatch.GARBAGE:
        compressed = keccak(compressed)
    channel_id = keccak(channel.parent.hash + channel.last)[:CHANNEL_ID_SIZE]
    payloads = [encode_frames((frame,)) for frame in split(channel_id, compressed, settings.da.frame_size)]
    match settings.da:
        case DaKind.CALLDATA:
            return [Piece(each, len(each)) for each in payloads]
        case DaKind.EXTERNAL:
            version = bytes((COMMITMENT_VERSION,))
            return [Piece(version + encode_commitment(store.put(each)), len(each)) for each in payloads]
        case DaKind.BLOBS:
            starts = range(0, len(payloads), BLOBS_PER_TRANSACTION)
            return [_in_blobs(payloads[at : at + BLOBS_PER_TRANSACTION]) for at in starts]


def _in_blobs(payloads: Sequence[bytes]) -> Piece:
    return Piece(b"", sum(map(len, payloads)), sidecar_of([encode_blob(each) for each in payloads], 0))


def encoded_batches(
    batches: Sequence[SingularBatch],
    parent: L2Block,
    config: RollupConfig,
    format: BatchFormat,
    apart: frozenset[Hash32] = frozenset(),
) -> list[bytes]:
    """``batches``, which follow ``parent``, as a channel holds them; for ``apart`` see ``Channel``."""
    if format is BatchFormat.SINGULAR:
        return [encode_batch(each, config.l2_chain_id) for each in batches]
    found: list[bytes] = []
    origin = parent.origin
    for row in rows(batches, config.block_time, apart):
        try:
            span = span_of(
                row,
                genesis_time=config.genesis_time,
                block_time=config.block_time,
                changes_origin=row[0].epoch_hash != origin.hash,
            )
            found.append(encode_batch(span, config.l2_chain_id))
        except InvalidBatch:  # a row of one that no span can say, as of a transaction of the protocol's
            found += [encode_batch(each, config.l2_chain_id) for each in row]
        origin = L1Origin(row[-1].epoch_number, row[-1].epoch_hash, 0)
    return found


def rows(
    batches: Sequence[SingularBatch], block_time: int, apart: frozenset[Hash32] = frozenset()
) -> Iterator[list[SingularBatch]]:
    """``batches`` cut into rows that a span batch can say: even in time, origins that go on by one at most, and
    transactions of types that it knows; a batch whose parent is in ``apart`` begins a row.
    """
    row: list[SingularBatch] = []
    for batch in batches:
        if row and not (
            batch.parent_hash not in apart
            and batch.timestamp == row[-1].timestamp + block_time
            and 0 <= batch.epoch_number - row[-1].epoch_number <= 1
            and _is_sayable(batch)
            and _is_sayable(row[-1])
        ):
            yield row
            row = []
        row.append(batch)
    if row:
        yield row


def _is_sayable(batch: SingularBatch) -> bool:
    """True if a span batch knows the types of its transactions, and none of them is unsigned."""
    return all(
        (0 if raw[0] >= 0xC0 else raw[0]) in SPAN_TYPES and not raw.endswith(b"\x80\x80\x80")
        for raw in batch.transactions
    )
