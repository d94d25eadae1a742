"""Data availability: how a batcher transaction carries frames, and how they are got back from it.

May import what ``rollup`` may. ``blobs`` packs frames into EIP-4844 blobs; ``commitments`` names data that lies
elsewhere; ``store`` is our own elsewhere, and what may be wrong with it. Calldata needs no module: the data is the
transaction's. All of it is pure: HTTP and files are in ``server`` and ``cli``.

Why one kind is a value (``DaKind``) and not a class each: what differs is how much one piece may hold and what is done
with the pieces, and both are said in a line; a channel is cut and posted the same way.
"""

from __future__ import annotations

from enum import Enum

from megadev.rollup.channel import MAX_FRAME_DATA
from megadev.rollup.da.blobs import BLOB_CAPACITY

CALLDATA_SIZE = 130_672
"""Bytes of calldata that fit into an L1 transaction: nodes pass on no transaction of more than 128 KiB."""


class DaKind(Enum):
    """The location of a batcher transaction's frames."""

    CALLDATA = "calldata"
    BLOBS = "blobs"
    EXTERNAL = "external"

    @property
    def frame_size(self) -> int:
        """The most bytes that one frame may have, with its overhead, so that it fits behind a version byte."""
        return _PIECE[self] - 1


_PIECE = {
    DaKind.CALLDATA: CALLDATA_SIZE,
    DaKind.BLOBS: BLOB_CAPACITY,
    DaKind.EXTERNAL: MAX_FRAME_DATA,
}
