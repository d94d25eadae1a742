"""The older blocks of a chain in memory, packed: a tenth of what they take as objects, and made again when somebody
looks at them, an equal block each time.

Blocks are packed in ``Chunk``s of some dozens. What is asked of many at once stays unpacked beside them: hashes, places
of mini-blocks, worlds (which are thin by then, see ``state/thin``). Blocks with much in them stay as they are.

Never changed but for being added to at its end: a chain that becomes shorter goes on with ``up_to``, and whoever still
reads the longer one sees all of it.
"""

from __future__ import annotations

import zlib
from array import array
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Sequence
from threading import Lock
from typing import TYPE_CHECKING

import msgspec

from megadev.chain.blocks import Cut, Header, SealedBlock, SystemCall
from megadev.chain.receipts import Receipt
from megadev.chain.transactions import DEPOSIT, Transaction, decode_transaction
from megadev.primitives.types import ZERO_HASH, Address, Hash32

if TYPE_CHECKING:
    from megadev.chain.blocks import World
    from megadev.chain.kept_blocks import KeptBlocks
    from megadev.chain.spec import ChainSpec

AT_ONCE = 64
"""Blocks of a chunk."""
MOST_TRANSACTIONS, MOST_BYTES = 8, 16_384
"""What a block holds at most that is packed: packing more takes longer than requests should wait."""
UNPACKED = 8
"""Chunks that are remembered once they were unpacked: whoever asks once asks again."""
_KEY = 8
"""Bytes of a hash by which it is looked for."""
_LONGEST_RUN = 65_536
_INDEX_BITS = 24
"""Bits of a transaction's index in its block, in what it is found by."""


class _Packed(msgspec.Struct, frozen=True, kw_only=True):
    """What is packed of a block. ``header`` is without the parent's hash, ``spec`` says which of the chunk's.

    Of deposits there is only their encoding: nothing need be recovered to decode them.
    """

    header: Header
    parent_hash: Hash32 | None
    transactions: tuple[Transaction | bytes, ...]
    receipts: tuple[Receipt, ...]
    size: int
    spec: int | None
    ecrecover_answers: tuple[tuple[bytes, Address], ...]
    tx_offset: int
    cuts: tuple[Cut, ...]
    system_call: SystemCall | None


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(list[_Packed]).decode


class Chunk:
    """Some blocks of a chain, in order."""

    __slots__ = ("_packed", "_specs", "hashes", "loose", "mini_block_offsets", "numbers", "with_logs", "worlds")

    def __init__(self, blocks: Sequence[SealedBlock]) -> None:
        self.numbers = array("Q", [block.number for block in blocks])
        self.hashes = b"".join([block.hash for block in blocks])
        self.mini_block_offsets = array("Q", [block.mini_block_offset for block in blocks])
        self.worlds: tuple[World, ...] = tuple([block.world for block in blocks])
        self.with_logs = tuple([block.number for block in blocks if any(receipt.logs for receipt in block.receipts)])
        self.loose = {block.number: block for block in blocks if _holds_much(block)}
        self._specs: list[ChainSpec] = []
        packed: list[_Packed] = []
        before: Hash32 | None = None
        for block in blocks:
            if block.number not in self.loose:
                packed.append(self._pack(block, before))
            before = block.hash
        self._packed = zlib.compress(_encode(packed), 1)

    def _pack(self, block: SealedBlock, before: Hash32 | None) -> _Packed:
        spec = None
        if block.spec is not None:
            spec = next((at for at, known in enumerate(self._specs) if known is block.spec), None)
            if spec is None:
                spec = len(self._specs)
                self._specs.append(block.spec)
        parent = block.header.parent_hash
        return _Packed(
            header=msgspec.structs.replace(block.header, parent_hash=ZERO_HASH),
            parent_hash=None if parent == before else parent,
            transactions=tuple(map(_short, block.transactions)),
            receipts=block.receipts,
            size=block.size,
            spec=spec,
            ecrecover_answers=block.ecrecover_answers,
            tx_offset=block.tx_offset,
            cuts=block.cuts,
            system_call=block.system_call,
        )

    def blocks(self) -> list[SealedBlock]:
        """All of them."""
        packed = iter(_decode(zlib.decompress(self._packed)))
        found: list[SealedBlock] = []
        for at, number in enumerate(self.numbers):
            loose = self.loose.get(number)
            found.append(self._made(at, next(packed)) if loose is None else loose)
        return found

    def _made(self, at: int, packed: _Packed) -> SealedBlock:
        parent = self.hash_at(at - 1) if packed.parent_hash is None else packed.parent_hash
        return SealedBlock(
            header=msgspec.structs.replace(packed.header, parent_hash=parent),
            hash=self.hash_at(at),
            transactions=tuple(map(_long, packed.transactions)),
            receipts=packed.receipts,
            world=self.worlds[at],
            size=packed.size,
            spec=None if packed.spec is None else self._specs[packed.spec],
            ecrecover_answers=packed.ecrecover_answers,
            tx_offset=packed.tx_offset,
            mini_block_offset=self.mini_block_offsets[at],
            cuts=packed.cuts,
            system_call=packed.system_call,
        )

    def hash_at(self, at: int) -> Hash32:
        """The hash of the block at a place."""
        return self.hashes[32 * at : 32 * at + 32]

    def place(self, number: int) -> int | None:
        """The place of the block with that number; None where it is none of these."""
        at = bisect_left(self.numbers, number)
        return at if at < len(self.numbers) and self.numbers[at] == number else None


def _short(tx: Transaction) -> Transaction | bytes:
    return tx.encoded if tx.type == DEPOSIT else tx


def _long(tx: Transaction | bytes) -> Transaction:
    return decode_transaction(tx) if isinstance(tx, bytes) else tx


def _holds_much(block: SealedBlock) -> bool:
    if len(block.transactions) > MOST_TRANSACTIONS or block.irregular is not None:
        return True
    size = sum([len(tx.encoded) for tx in block.transactions])
    for receipt in block.receipts:
        size += len(receipt.output) + sum([200 + len(log.data) for log in receipt.logs])
        size += sum([len(call.data) for call in receipt.console])
    return size > MOST_BYTES or any(tx.sidecar is not None for tx in block.transactions)


class PackedBlocks:
    """See the module. ``below`` has the blocks that are older (``KeptBlocks``), where there are any."""

    def __init__(self, below: KeptBlocks | None = None) -> None:
        self.below = below
        self._chunks: list[Chunk] = []
        self._begins: list[int] = []
        """The first number of each chunk."""
        self._by_hash, self._by_tx = _Index(), _Index()
        self._made: OrderedDict[int, tuple[Chunk, list[SealedBlock]]] = OrderedDict()
        self._lock = Lock()

    def add(self, blocks: Sequence[SealedBlock]) -> None:
        """Pack some blocks, which come after all that are packed. By one writer."""
        for start in range(0, len(blocks), AT_ONCE):
            part = blocks[start : start + AT_ONCE]
            self._by_hash.add([(_key(block.hash), block.number) for block in part])
            self._by_tx.add(
                [
                    (_key(tx.hash), block.number << _INDEX_BITS | index)
                    for block in part
                    for index, tx in enumerate(block.transactions)
                ]
            )
            self._chunks.append(Chunk(part))
            self._begins.append(part[0].number)

    def up_to(self, number: int) -> PackedBlocks:
        """The same without the blocks above ``number``."""
        count = bisect_right(self._begins, number)
        left = PackedBlocks(None if self.below is None else self.below.up_to(number))
        # what else they lead to is looked at before it is believed
        left._by_hash, left._by_tx = self._by_hash.copy(), self._by_tx.copy()
        left._chunks, left._begins = self._chunks[:count], self._begins[:count]
        if count and left._chunks[-1].numbers[-1] > number:
            cut = left._chunks[-1]
            left._chunks[-1] = Chunk([block for block in cut.blocks() if block.number <= number])
        return left

    @property
    def is_elsewhere(self) -> bool:
        """See ``KeptBlocks``."""
        return self.below is not None and self.below.is_elsewhere

    def _chunk(self, number: int) -> tuple[Chunk, int] | None:
        """The chunk that has the block with that number, and its place there."""
        index = bisect_right(self._begins, number) - 1
        if index < 0:
            return None
        chunk = self._chunks[index]
        place = chunk.place(number)
        return None if place is None else (chunk, place)

    def _below(self) -> KeptBlocks:
        if self.below is None:
            raise LookupError("a block that was never packed")
        return self.below

    def block(self, number: int) -> SealedBlock:
        """See ``KeptBlocks``."""
        found = self._chunk(number)
        if found is None:
            return self._below().block(number)
        chunk, place = found
        return chunk.loose[number] if number in chunk.loose else self._unpacked(chunk)[place]

    def _unpacked(self, chunk: Chunk) -> list[SealedBlock]:
        begin = chunk.numbers[0]
        with self._lock:
            made = self._made.get(begin)
            if made is not None and made[0] is chunk:
                self._made.move_to_end(begin)
                return made[1]
        blocks = chunk.blocks()
        with self._lock:
            self._made[begin] = chunk, blocks
            self._made.move_to_end(begin)
            while len(self._made) > UNPACKED:
                self._made.popitem(last=False)
        return blocks

    def given_back(self, blocks: Iterable[SealedBlock]) -> Iterator[SealedBlock]:
        """See ``KeptBlocks``."""
        first = self._begins[0] if self._begins else None
        older: list[SealedBlock] = []
        for block in blocks:
            if self.below is not None and (first is None or block.number < first):
                older.append(block)
                continue
            if older:
                yield from self._below().given_back(older)
                older = []
            yield block
        if older:
            yield from self._below().given_back(older)

    def with_logs(self, numbers: range) -> Iterator[SealedBlock]:
        """See ``KeptBlocks``."""
        if not numbers:
            return
        for chunk in self._chunks[max(bisect_right(self._begins, numbers[0]) - 1, 0) :]:
            if chunk.numbers[0] > numbers[-1]:
                return
            yield from [self.block(number) for number in chunk.with_logs if number in numbers]

    def hash_of(self, number: int) -> Hash32:
        """See ``KeptBlocks``."""
        found = self._chunk(number)
        return self._below().hash_of(number) if found is None else found[0].hash_at(found[1])

    def has_state(self, number: int) -> bool:
        """See ``KeptBlocks``."""
        found = self._chunk(number)
        return self._below().has_state(number) if found is None else found[0].worlds[found[1]].is_known

    def number_of(self, block_hash: Hash32) -> int | None:
        """See ``KeptBlocks``."""
        for number in self._by_hash.find(_key(block_hash)):
            found = self._chunk(number)
            if found is not None and found[0].hash_at(found[1]) == block_hash:
                return number
        return None if self.below is None else self.below.number_of(block_hash)

    def located(self, tx_hash: Hash32) -> tuple[int, int] | None:
        """See ``KeptBlocks``."""
        for location in sorted(self._by_tx.find(_key(tx_hash)), reverse=True):
            number, index = location >> _INDEX_BITS, location & ((1 << _INDEX_BITS) - 1)
            if self._chunk(number) is None:
                continue
            transactions = self.block(number).transactions
            if index < len(transactions) and transactions[index].hash == tx_hash:
                return number, index
        return None if self.below is None else self.below.located(tx_hash)

    def with_mini_block(self, number: int) -> int | None:
        """See ``KeptBlocks``."""
        chunks = self._chunks
        index = bisect_right(chunks, number, key=lambda chunk: chunk.mini_block_offsets[0]) - 1
        if index < 0:
            return None if self.below is None else self.below.with_mini_block(number)
        chunk = chunks[index]
        found = chunk.numbers[bisect_right(chunk.mini_block_offsets, number) - 1]
        block = self.block(found)
        return found if number < block.mini_block_offset + len(block.cuts) else None

    def numbers_with_logs(
        self, low: int, high: int, addresses: Collection[Address], topics: Collection[Hash32]
    ) -> list[int]:
        """See ``KeptBlocks``. Of those that are packed the chain itself remembers where logs are."""
        return [] if self.below is None else self.below.numbers_with_logs(low, high, addresses, topics)


class _Index:
    """Numbers by the beginnings of hashes, 16 bytes for each: sorted runs, of which short ones become longer ones."""

    def __init__(self) -> None:
        self._runs: tuple[tuple[array[int], array[int]], ...] = ()

    def copy(self) -> _Index:
        """An independent copy."""
        copy = _Index()
        copy._runs = self._runs
        return copy

    def add(self, entries: Iterable[tuple[int, int]]) -> None:
        """Remember some more."""
        added = sorted(entries)
        if not added:
            return
        runs = list(self._runs)
        while runs and len(runs[-1][0]) <= len(added) and len(added) < _LONGEST_RUN:
            keys, numbers = runs.pop()
            added = sorted([*zip(keys, numbers, strict=True), *added])
        runs.append((array("Q", [key for key, _ in added]), array("Q", [number for _, number in added])))
        self._runs = tuple(runs)

    def find(self, key: int) -> Iterator[int]:
        """What was remembered by ``key``, newest run first. On any thread."""
        for keys, numbers in reversed(self._runs):
            at = bisect_left(keys, key)
            while at < len(keys) and keys[at] == key:
                yield numbers[at]
                at += 1


def _key(hash_: Hash32) -> int:
    return int.from_bytes(hash_[:_KEY], "big")
