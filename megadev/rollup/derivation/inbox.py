"""From an L1 block to frames: which of its transactions are the batcher's, what data they carry, and which frames of
that data may follow each other.

A transaction counts if it goes to the batch inbox and the batcher of that L1 block sent it; whether it succeeded does
not matter. Its data is its calldata, or each of its blobs, or what a commitment in either stands for. Data that cannot
be had now stops derivation at its L1 block; data that is not what it should be is passed over.
"""

from __future__ import annotations

from collections.abc import Sequence

from megadev.chain.transactions import BLOB
from megadev.primitives.hexcodec import to_data
from megadev.primitives.types import Address
from megadev.rollup.channel import FRAMES_VERSION, Frame, InvalidFrame, decode_frames
from megadev.rollup.da.blobs import InvalidBlob, decode_blob
from megadev.rollup.da.commitments import COMMITMENT_VERSION, InvalidCommitment, decode_commitment
from megadev.rollup.da.store import DataSource
from megadev.rollup.derivation.config import RollupConfig
from megadev.rollup.derivation.l1_source import L1Block, L1Source, L1Unavailable


def batcher_data(
    block: L1Block, config: RollupConfig, batcher: Address, l1: L1Source, store: DataSource | None
) -> list[bytes]:
    """Returns the data that ``batcher`` posted in ``block``, in order, a version byte first. ``store`` has what lies
    beside L1.

    Raises ``L1Unavailable`` where some of it cannot be had.
    """
    posted: list[bytes] = []
    for tx in block.transactions:
        if tx.to != config.batch_inbox or tx.sender != batcher:
            continue
        if tx.type != BLOB:
            posted.append(tx.data)
            continue
        for blob in l1.blobs(block, tx.blob_versioned_hashes):
            try:
                posted.append(decode_blob(blob))
            except InvalidBlob:
                continue
    return [data for each in posted if (data := _resolved(each, config, store)) is not None]


def _resolved(data: bytes, config: RollupConfig, store: DataSource | None) -> bytes | None:
    """``data``, or what it commits to; None where it is neither frames nor a commitment that counts."""
    version = data[0] if data else None
    if version == FRAMES_VERSION:
        return data
    if version != COMMITMENT_VERSION or config.da_stores is None:
        return None
    try:
        certificate = decode_commitment(data[1:])
    except InvalidCommitment:
        return None
    if config.da_stores and certificate.signer not in config.da_stores:
        return None
    kept = None if store is None else store.get(certificate.hash)
    if kept is None:
        raise L1Unavailable(f"data {to_data(certificate.hash)} is withheld: the DA store does not serve it")
    if not certificate.fits(kept):
        raise L1Unavailable(f"data {to_data(certificate.hash)} is wrong: the DA store serves other bytes")
    return kept if kept[:1] == bytes((FRAMES_VERSION,)) else None


def frames_in(data: bytes) -> list[Frame]:
    """The frames of one transaction or blob in order; empty if any is malformed."""
    try:
        return ordered_frames(decode_frames(data))
    except InvalidFrame:
        return []


def ordered_frames(frames: Sequence[Frame]) -> list[Frame]:
    """``frames`` without those that Holocene drops at once: a frame that does not follow the one before it in its
    channel, one that does not begin a channel where another is open, and an open channel where another begins.
    """
    kept: list[Frame] = []
    for frame in frames:
        while kept and kept[-1].channel_id != frame.channel_id and frame.number == 0 and not kept[-1].is_last:
            kept.pop()
        if kept:
            last = kept[-1]
            if last.channel_id == frame.channel_id:
                if last.is_last or frame.number != last.number + 1:
                    continue
            elif frame.number != 0:
                continue
        kept.append(frame)
    return kept
