"""megadev_getBatches, megadev_batcher_* and megadev_da_*: what stands on L1 of L2's blocks, how it is posted, and the
store beside L1. Both chains' endpoints give the same answers.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Annotated, Any, TypeAlias, TypeVar

import msgspec

from megadev.chain.documents import JsonObject
from megadev.errors import InvalidParams, MethodUnavailable
from megadev.node.faults import set_store_faults
from megadev.primitives.hexcodec import to_data
from megadev.primitives.types import Hash32
from megadev.rollup.batcher import Batcher, BatcherSettings, BatchFormat
from megadev.rollup.channel import Compression
from megadev.rollup.consolidator import Consolidator
from megadev.rollup.da import DaKind
from megadev.rollup.da.store import StoreFaults
from megadev.rollup.driver import Driver
from megadev.rollup.posted import PostedChannel, posted_channels
from megadev.rpc.codec import BoolParam, Decode, HashParam, Uint64Param, decoder_for
from megadev.rpc.dispatch import method
from megadev.rpc.node import RpcNode, bridge

DEFAULT_LIMIT = 20
MAX_LIMIT = 1_000

DATA = "/da"
"""Where the store is on each chain's port."""

_Word = TypeVar("_Word", bound=Enum)


def _one_of(kind: type[_Word]) -> Callable[[Any], _Word]:
    def decode(value: Any) -> _Word:
        try:
            return kind(value)
        except ValueError:
            words = " or ".join(str(each.value) for each in kind)
            raise InvalidParams(f"expected {words}, got {value!r}") from None

    return decode


DaParam: TypeAlias = Annotated[DaKind, Decode(_one_of(DaKind))]
FormatParam: TypeAlias = Annotated[BatchFormat, Decode(_one_of(BatchFormat))]
CompressionParam: TypeAlias = Annotated[Compression, Decode(_one_of(Compression))]


def _decode_withheld(value: Any) -> frozenset[Hash32] | None:
    if type(value) is bool:
        return frozenset() if value else None
    if type(value) is not list:
        raise InvalidParams(f"expected true, false or hashes of data, got {value!r}")
    return frozenset(map(_decode_hash, value)) or None


_decode_hash = decoder_for(HashParam)
WithheldParam: TypeAlias = Annotated[frozenset[Hash32] | None, Decode(_decode_withheld)]


class BatcherOptions(msgspec.Struct, frozen=True, rename="camel"):
    """Settings of the batcher from the next channel on; omitted ones do not change. ``bytes``, ``seconds`` and
    ``blocks``: when a channel is closed.
    """

    da: DaParam | None = None
    format: FormatParam | None = None
    compression: CompressionParam | None = None
    bytes: Uint64Param | None = None
    seconds: Uint64Param | None = None
    blocks: Uint64Param | None = None


class FlushOptions(msgspec.Struct, frozen=True, rename="camel"):
    """Settings that differ for the channel posted now."""

    da: DaParam | None = None
    format: FormatParam | None = None
    compression: CompressionParam | None = None


class StoreOptions(msgspec.Struct, frozen=True, rename="camel"):
    """Faults of the store: the data that it withholds (true: all), the seconds for which new data is not available, and
    whether it returns other bytes.
    """

    withhold: WithheldParam = None
    delay: Uint64Param = 0
    corrupt: BoolParam = False


_AS_USUAL, _BEHAVES = FlushOptions(), StoreOptions()


@method("megadev_getBatches")
def megadev_getBatches(node: RpcNode, limit: Uint64Param = DEFAULT_LIMIT) -> JsonObject:
    """The newest channels on L1, as they are read from there, with what they cost, and how far behind the heads are."""
    driver, consolidator, _ = _posting(node)
    if not 1 <= limit <= MAX_LIMIT:
        raise InvalidParams(f"limit must be between 1 and {MAX_LIMIT}, not {limit}")
    l1, l2 = driver.l1.store, driver.l2.store
    safe, finalized = driver.heads()
    by_hand = consolidator.first_by_hand
    return {
        "unsafe": hex(l2.head.number),
        "safe": hex(safe),
        "finalized": hex(finalized),
        "stalled": consolidator.stalled,
        "underivable": None
        if by_hand is None
        else {"blockNumber": hex(by_hand.number), "blockHash": to_data(by_hand.hash), "reason": by_hand.reason},
        "batches": [_format(each) for each in posted_channels(l1, l2, consolidator.config, node.node.da_store, limit)],
    }


@method("megadev_batcher_status")
def megadev_batcher_status(node: RpcNode) -> JsonObject:
    """Returns the batcher's status: whether it runs, how it posts, and the blocks not yet posted."""
    driver, consolidator, batcher = _posting(node)
    settings, head, derived = driver.progress.batching, driver.l2.store.head, consolidator.derived
    return {
        "running": not settings.is_stopped,
        "address": to_data(batcher.address),
        "inbox": to_data(consolidator.config.batch_inbox),
        "da": settings.da.value,
        "format": settings.format.value,
        "compression": settings.compression.value,
        "bytes": hex(settings.bounds.size),
        "seconds": hex(settings.bounds.seconds),
        "blocks": hex(settings.bounds.l1_blocks),
        "unposted": hex(max(head.number - derived.number, 0)),
        "stalled": consolidator.stalled,
    }


@method("megadev_batcher_start")
def megadev_batcher_start(node: RpcNode) -> JsonObject:
    """Post again, what was left out first."""
    return _set(node, lambda settings: msgspec.structs.replace(settings, is_stopped=False))


@method("megadev_batcher_stop")
def megadev_batcher_stop(node: RpcNode) -> JsonObject:
    """Post nothing until it is started again."""
    return _set(node, lambda settings: msgspec.structs.replace(settings, is_stopped=True))


@method("megadev_batcher_set")
def megadev_batcher_set(node: RpcNode, options: BatcherOptions) -> JsonObject:
    """Post otherwise from the next channel on."""

    def changed(settings: BatcherSettings) -> BatcherSettings:
        bounds = {"size": options.bytes, "seconds": options.seconds, "l1_blocks": options.blocks}
        said = {name: value for name, value in bounds.items() if value is not None}
        if said.get("size") == 0 or said.get("l1_blocks") == 0:
            raise InvalidParams("bytes and blocks must be at least 1")
        how = {"da": options.da, "format": options.format, "compression": options.compression}
        return msgspec.structs.replace(
            settings,
            bounds=msgspec.structs.replace(settings.bounds, **said),
            **{name: value for name, value in how.items() if value is not None},
        )

    return _set(node, changed)


@method("megadev_batcher_flush")
def megadev_batcher_flush(node: RpcNode, options: FlushOptions = _AS_USUAL) -> JsonObject:
    """Post all sealed blocks that are not on L1 yet, at once, and derive them."""
    driver, _, _ = _posting(node)
    how = {"da": options.da, "format": options.format, "compression": options.compression}
    driver.flush({name: value for name, value in how.items() if value is not None})
    return megadev_batcher_status(node)


@method("megadev_da_status")
def megadev_da_status(node: RpcNode) -> JsonObject:
    """The store beside L1: where it is, who signs for it, what it does wrong."""
    store, faults, l1 = node.node.da_store, node.node.da_store.faults, node.node.l1
    withheld: bool | list[str] = False
    if faults.withheld is not None:
        withheld = [to_data(each) for each in sorted(faults.withheld)] or True
    return {
        "url": None if l1 is None or not l1.urls else l1.urls[0] + DATA,
        "signer": to_data(store.address),
        "kept": hex(len(store)),
        "withhold": withheld,
        "delay": hex(int(faults.delay)),
        "corrupt": faults.corrupts,
    }


@method("megadev_da_misbehave")
def megadev_da_misbehave(node: RpcNode, options: StoreOptions = _BEHAVES) -> JsonObject:
    """Make the store withhold, delay or falsify data; without options, clear its faults."""
    set_store_faults(node.node, StoreFaults(options.withhold, options.delay, options.corrupt))
    return megadev_da_status(node)


def _posting(node: RpcNode) -> tuple[Driver, Consolidator, Batcher]:
    """Returns the batcher and derivation. Raises ``MethodUnavailable`` where nothing does."""
    _, _, driver = bridge(node)
    if driver.consolidator is None or driver.batcher is None:
        raise MethodUnavailable(
            "the method does not exist/is not available: no batches are posted here; start the node with --batch"
        )
    return driver, driver.consolidator, driver.batcher


def _set(node: RpcNode, change: Callable[[BatcherSettings], BatcherSettings]) -> JsonObject:
    driver, _, _ = _posting(node)
    driver.progress = msgspec.structs.replace(driver.progress, batching=change(driver.progress.batching))
    return megadev_batcher_status(node)


def _format(channel: PostedChannel) -> JsonObject:
    def quantity(value: int | None) -> str | None:
        return None if value is None else hex(value)

    size, compressed = channel.size, channel.compressed
    return {
        "channel": to_data(channel.channel_id) if channel.channel_id else None,
        "complete": channel.is_complete,
        "firstBlock": quantity(channel.first),
        "lastBlock": quantity(channel.last),
        "blocks": quantity(channel.blocks),
        "transactions": quantity(channel.transactions),
        "spans": quantity(channel.spans),
        "bytes": quantity(size),
        "compressedBytes": quantity(compressed),
        "ratio": None if not size or compressed is None else round(compressed / size, 4),
        "compression": None if channel.compression is None else channel.compression.value,
        "da": channel.da.value,
        "l1Block": hex(channel.l1_block),
        "l1Transactions": [to_data(each) for each in channel.sent],
        "l1Gas": hex(channel.l1_gas),
        "blobGas": hex(channel.blob_gas),
        "cost": hex(channel.cost),
        "costPerTransaction": quantity(channel.cost_per_transaction),
        "payer": to_data(channel.payer),
    }
