"""The chain's memory: sealed blocks in order, and the indices that find them. Append-only but for ``truncate``.

One writer (the sequencer) appends and truncates; any thread may read at any time, without a lock:

- a block becomes visible by the last step of ``append``, when every index knows it already;
- ``truncate`` does not shorten the list of blocks but puts a shorter copy in its place, so a reader that took the list
  before sees the old chain to its end;
- an index may therefore know more than the list a reader holds, never less, and what lies beyond that list is ignored.

Rows of empty blocks (``spans``) stand in the chain without being in the list: each between two blocks that are.

Why logs are indexed by address and first topic: a frontend polls eth_getLogs over all of history for its few
contracts, and looking at 10,000 blooms each time costs milliseconds. Posting lists of block numbers (8 bytes an entry)
lead straight to the blocks that matter; blooms still spare the receipts where a query asks for later topics only.

Memory of the indices: about 130 bytes for a block with one transaction and one log, of which 16 are postings (8 for
each address and each first topic among a block's logs). Blocks, receipts and transactions themselves come on top.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import chain, groupby
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from megadev.chain.blocks import BlockRef, SealedBlock, Tag
from megadev.chain.kept_blocks import KeptBlocks, PartlyKept, in_memory, indexed
from megadev.chain.mini_blocks import MiniBlock, PlacedBlock, count_logs
from megadev.chain.packed_blocks import PackedBlocks
from megadev.chain.receipts import Log, Receipt
from megadev.chain.spans import Piece, Row, Span
from megadev.errors import TooManyLogs, UnknownBlock
from megadev.primitives.bloom import bloom_mask
from megadev.primitives.hexcodec import to_data
from megadev.primitives.types import ZERO_HASH, Address, Hash32

if TYPE_CHECKING:
    from megadev.chain.blocks import World

TopicFilter: TypeAlias = Sequence[Collection[Hash32] | None]
"""What eth_getLogs asks of topics: per position the alternatives; None or nothing there takes any."""

_INDEX_BITS = 24
"""Bits of a transaction's index in a packed location."""


class LocatedLog(msgspec.Struct, frozen=True):
    """A log with where it stands. ``log_index`` counts within the block."""

    log: Log
    block: PlacedBlock
    transaction_index: int
    log_index: int


class ChainStore:
    """Every sealed block of one chain, from its genesis (whose number need not be 0) to its head."""

    def __init__(self, genesis: SealedBlock) -> None:
        self._first = genesis.number
        self._cut: int | None = None
        self._recent: list[SealedBlock] = []
        """The newest of the blocks, or all of them: the list that grows."""
        self._kept: KeptBlocks | None = None
        """Where the others are, once some are not in memory."""
        self._line = Span(self._first, self._recent)
        """The blocks: their list grows, and it is replaced as a whole where a row joins it or blocks leave it."""
        self._number_of: dict[Hash32, int] = {}
        self._located: dict[Hash32, int] = {}
        # a nonce that a cheat set back lets the same transaction in again; the last one is the one found
        self._shadowed: dict[Hash32, list[int]] = {}
        self._with_logs = array("Q")
        self._by_address: dict[Address, array[int]] = {}
        self._by_topic: dict[Hash32, array[int]] = {}
        self.append(genesis)

    # --- writing: the sequencer only ---

    def append(self, block: SealedBlock, after: Row | None = None) -> None:
        """Make ``block`` the head; ``after``: a row between it and the present one. Raises ValueError unless it
        follows.
        """
        number = block.number
        line = self._line
        expected = line.made[-1].number + 1 if line.made else self._first
        if after is not None:
            if after.first != expected:
                raise ValueError(f"row {after.first} does not follow block {expected - 1}")
            expected = after.last + 1
        if number != expected:
            raise ValueError(f"block {number} does not follow block {expected - 1}")
        self._index(block)
        # last: from here on readers see it
        if after is None:
            self._recent.append(block)
        else:  # whoever has the line without the row must not see what comes after it
            self._set_line(line.made, [*self._recent, block], (*line.rows, after))

    def _index(self, block: SealedBlock) -> None:
        self._index_hashes(block)
        self._index_logs(block.number, block.receipts)

    def _index_hashes(self, block: SealedBlock) -> None:
        number = block.number
        self._number_of[block.hash] = number
        for index, tx in enumerate(block.transactions):
            earlier = self._located.get(tx.hash)
            if earlier is not None:
                self._shadowed.setdefault(tx.hash, []).append(earlier)
            self._located[tx.hash] = number << _INDEX_BITS | index

    def _set_line(self, before: Sequence[SealedBlock], recent: list[SealedBlock], rows: Sequence[Row]) -> None:
        """Have the line be what is not in memory of ``before``, then ``recent``."""
        self._recent = recent
        if isinstance(before, PartlyKept):
            self._line = Span(self._first, PartlyKept(before.source, before.first, before.kept, recent), rows)
        else:
            self._line = Span(self._first, recent, rows)

    def leave_to(self, kept: KeptBlocks, last: int) -> None:
        """Let go of the blocks up to number ``last``, but for the first: ``kept`` has them. The newest stays."""
        line = self._line
        made, last = line.made, min(last, line.made[-1].number - 1)
        if isinstance(made, PartlyKept):
            first, ranges, recent = made.first, list(made.kept), made.recent
        else:
            first, ranges, recent = [made[0]], [], self._recent[1:]
        count = bisect_right(recent, last, key=lambda block: block.number)
        gone, left = recent[:count], recent[count:]
        if not gone:
            return
        self._kept = kept
        self._set_line(PartlyKept(kept, first, _joined(ranges, gone), left), left, line.rows)
        for block in gone:
            self._forget_hashes(block)
            self._forget_logs(block)

    def pack(self, last: int, most: int | None = None) -> None:
        """Pack the blocks up to number ``last`` that are in memory as they are, but for the first, the newest, and what
        is beyond the ``most`` oldest.
        """
        line = self._line
        made = line.made
        if isinstance(made, PartlyKept):
            first, ranges, recent = made.first, made.kept, made.recent
        else:
            first, ranges, recent = [made[0]], (), self._recent[1:]
        count = min(bisect_right(recent, last, key=lambda block: block.number), len(recent) - 1)
        count = count if most is None else min(count, most)
        if count <= 0:
            return
        gone, left = recent[:count], recent[count:]
        packed = self._kept
        if not isinstance(packed, PackedBlocks):
            packed = PackedBlocks(packed if ranges else None)
        packed.add(gone)
        self._kept = packed
        self._set_line(PartlyKept(packed, first, _joined(ranges, gone), left), left, line.rows)
        for block in gone:
            self._forget_hashes(block)

    def _forget_hashes(self, block: SealedBlock) -> None:
        """Whoever keeps ``block`` finds it, and its transactions."""
        del self._number_of[block.hash]
        for index, tx in enumerate(block.transactions):
            self._forget_place(tx.hash, block.number << _INDEX_BITS | index)

    def begin_with_kept(self, kept: KeptBlocks, ranges: Sequence[range], rows: Sequence[Row] = ()) -> None:
        """Have the blocks in ``ranges`` behind the first, which is the only one so far, and ``rows`` between them:
        ``kept`` has them.
        """
        self._kept = kept
        recent: list[SealedBlock] = []
        self._set_line(PartlyKept(kept, [self.genesis], ranges, recent), recent, rows)

    def bring_back(self) -> None:
        """Have all blocks in memory again: ``leave_to`` undone."""
        line = self._line
        if not isinstance(line.made, PartlyKept) or self._kept is None or not self._kept.is_elsewhere:
            return
        blocks = list(self._given_back(line.made))
        again = ChainStore(blocks[0])
        for block in blocks[1:]:
            again._index(block)
        self._number_of, self._located, self._shadowed = again._number_of, again._located, again._shadowed
        self._with_logs, self._by_address, self._by_topic = again._with_logs, again._by_address, again._by_topic
        self._set_line(blocks, blocks, line.rows)
        self._kept = None

    def brought_back(self, first: int, last: int) -> tuple[Piece, ...]:
        """The blocks from number ``first`` to ``last`` in memory."""
        pieces = tuple(self._line.between(first, last).pieces())
        blocks = self._given_back(piece for piece in pieces if isinstance(piece, SealedBlock))
        return tuple(next(blocks) if isinstance(piece, SealedBlock) else piece for piece in pieces)

    def _given_back(self, blocks: Iterable[SealedBlock]) -> Iterator[SealedBlock]:
        """``blocks``, oldest first, as they are when nobody keeps them any more."""
        kept = self._kept
        if kept is None:
            yield from blocks
            return
        for is_kept, group in groupby(blocks, lambda block: self._is_kept(block.number)):
            if is_kept:
                yield from kept.given_back(group)
            else:
                yield from group

    def _forget_place(self, tx_hash: Hash32, place: int) -> None:
        earlier = self._shadowed.get(tx_hash)
        if self._located.get(tx_hash) == place:
            del self._located[tx_hash]
        if earlier is not None and place in earlier:
            earlier.remove(place)
            if not earlier:
                del self._shadowed[tx_hash]

    def _forget_logs(self, block: SealedBlock) -> None:
        """The oldest of the blocks in memory holds no logs any more."""
        number, found = block.number, False
        for receipt in block.receipts:
            for log in receipt.logs:
                found = True
                _unpost_oldest(self._by_address, log.address, number)
                if log.topics:
                    _unpost_oldest(self._by_topic, log.topics[0], number)
        if found and self._with_logs and self._with_logs[0] == number:
            del self._with_logs[0]

    def truncate(self, number: int) -> Span:
        """Make block ``number`` the head again and return what came after it.

        Raises ``UnknownBlock`` for a number outside the chain; then nothing changed.
        """
        line = self._line
        head = line.made[-1].number
        if not self._first <= number <= head:
            raise UnknownBlock(f"unknown block: number {number}; this chain has {self._first} to {head}")
        if number == head:
            return Span(head + 1, [])
        removed, stays = line.between(number + 1, head), line.between(self._first, number)
        end = None
        if line.place(number)[0] is not None or self._is_kept(number):  # the head is a block that is there
            end = line.at(number)
            stays = line.between(self._first, number - 1)
        recent = stays.made.recent if isinstance(stays.made, PartlyKept) else list(stays.made)
        gone = tuple(indexed(removed.made))
        self._cut = number if self._cut is None else min(self._cut, number)
        # first: readers must not be led beyond the new head by indices being trimmed
        kept = None if self._kept is None else self._kept.up_to(number if end is None else number - 1)
        before: Sequence[SealedBlock] = stays.made
        if kept is not None and isinstance(before, PartlyKept):
            before = PartlyKept(kept, before.first, before.kept, before.recent)
        self._set_line(before, recent if end is None else [*recent, end], stays.rows)
        self._kept = kept
        if end is not None:
            self._index_hashes(end)
        for block in reversed(gone):
            self._unindex_logs(block.number, block.receipts)
            if self._number_of.get(block.hash) != block.number:
                continue  # it was packed
            del self._number_of[block.hash]
            for tx in reversed(block.transactions):
                earlier = self._shadowed.get(tx.hash)
                if earlier is None:
                    del self._located[tx.hash]
                    continue
                self._located[tx.hash] = earlier.pop()
                if not earlier:
                    del self._shadowed[tx.hash]
        if end is not None and (not self._with_logs or self._with_logs[-1] < number):
            self._index_logs(number, end.receipts)
        return removed

    def _index_logs(self, number: int, receipts: Iterable[Receipt]) -> None:
        found = False
        for receipt in receipts:
            for log in receipt.logs:
                found = True
                _post(self._by_address, log.address, number)
                if log.topics:
                    _post(self._by_topic, log.topics[0], number)
        if found:
            self._with_logs.append(number)

    def _unindex_logs(self, number: int, receipts: Iterable[Receipt]) -> None:
        for receipt in receipts:
            for log in receipt.logs:
                _unpost(self._by_address, log.address, number)
                if log.topics:
                    _unpost(self._by_topic, log.topics[0], number)
        if self._with_logs and self._with_logs[-1] == number:
            self._with_logs.pop()

    # --- reading: any thread ---

    @property
    def head(self) -> SealedBlock:
        return self._line.made[-1]

    @property
    def intact(self) -> int:
        """The number of the newest block up to which none was ever removed."""
        return self.head.number if self._cut is None else self._cut

    @property
    def genesis(self) -> SealedBlock:
        return self._line.made[0]

    @property
    def rows(self) -> Sequence[Row]:
        """Its rows of empty blocks, oldest first."""
        return self._line.rows

    def __len__(self) -> int:
        return self.head.number - self._first + 1

    def by_number(self, number: int) -> SealedBlock | None:
        """The block with that number, or None."""
        line, position = self._line, number - self._first
        blocks = line.made
        if not line.rows:
            return blocks[position] if 0 <= position < len(blocks) else None
        return line.at(number) if self._first <= number <= blocks[-1].number else None

    def _row_with(self, number: int) -> Row | None:
        """The row that has the block with that number; None where it is there as it is, or not at all."""
        line = self._line
        return line.place(number)[0] if line.rows else None

    def _is_kept(self, number: int) -> bool:
        """True if that block, which is in the chain and in no row, is not in memory."""
        made = self._line.made
        return isinstance(made, PartlyKept) and self._first < number <= made.end

    def in_memory(self, first: int, last: int) -> Iterable[SealedBlock]:
        """Returns those of the blocks from number ``first`` to ``last`` that need neither be made nor read."""
        return in_memory(self._line.between(first, last).made)

    def has_state(self, number: int) -> bool:
        """True if the state after that block, which is in the chain, is known."""
        row = self._row_with(number)
        if row is not None:
            return row.is_known
        if self._kept is not None and self._is_kept(number):
            return self._kept.has_state(number)
        block = self.by_number(number)
        return block is not None and block.world.is_known

    @property
    def oldest_state(self) -> int:
        """The number of the first block from which on all states are known."""
        line = self._line
        end = line.made[-1].number + 1
        for row in reversed(line.rows):
            if not self.has_state(row.last + 1):
                return self._first_known(row.last + 1, end)
            if not row.is_known:
                return row.last + 1
            end = row.first
        return self._first_known(self._first, end)

    def _first_known(self, first: int, end: int) -> int:
        """The same among blocks that are there as they are, from ``first`` to before ``end``."""
        return first + bisect_left(range(first, end), True, key=self.has_state)

    def world_after(self, number: int) -> World:
        """The state after that block, which is in the chain, without the block being made. Raises ``UnknownBlock``."""
        row = self._row_with(number)
        return self.resolve(number).world if row is None else row.world(number)

    def by_hash(self, block_hash: Hash32) -> SealedBlock | None:
        """The block with that hash, or None."""
        number = self._number_of.get(block_hash)
        if number is None and self._kept is not None:
            number = self._kept.number_of(block_hash)
        if number is None:
            return self._in_row(lambda row: row.number_of(block_hash)) if self._line.rows else None
        block = self.by_number(number)
        return block if block is not None and block.hash == block_hash else None

    def _in_row(self, find: Callable[[Row], int | None]) -> SealedBlock | None:
        """The block that ``find`` finds in one of the rows."""
        for row in reversed(self._line.rows):
            number = find(row)
            if number is not None:
                return row.block(number)
        return None

    def transaction(self, tx_hash: Hash32) -> tuple[SealedBlock, int] | None:
        """The block that holds the transaction with that hash and its index there, or None. In a row (``spans``) it is
        found once its block was looked at.
        """
        location = self._located.get(tx_hash)
        if location is None and self._kept is not None and (place := self._kept.located(tx_hash)) is not None:
            location = place[0] << _INDEX_BITS | place[1]
        if location is None:
            found = self._in_row(lambda row: row.transaction(tx_hash)) if self._line.rows else None
            return None if found is None else (found, 0)
        block, index = self.by_number(location >> _INDEX_BITS), location & ((1 << _INDEX_BITS) - 1)
        if block is None or index >= len(block.transactions) or block.transactions[index].hash != tx_hash:
            return None  # being appended or removed at this moment
        return block, index

    def by_mini_block(self, number: int) -> SealedBlock | None:
        """The block that holds the mini-block with that number (counted along the chain), or None."""
        line = self._line
        blocks = line.made.recent if isinstance(line.made, PartlyKept) else line.made
        position = bisect_right(blocks, number, key=lambda block: block.mini_block_offset) - 1
        if position >= 0 and number < blocks[position].mini_block_offset + len(blocks[position].cuts):
            return blocks[position]
        if position < 0 and self._kept is not None and (kept := self._kept.with_mini_block(number)) is not None:
            return self.by_number(kept)
        return self._in_row(lambda row: row.with_mini_block(number)) if line.rows else None

    def resolve(self, ref: BlockRef, *, safe: int | None = None, finalized: int | None = None) -> SealedBlock:
        """The block ``ref`` names. ``safe`` and ``finalized`` are those heads' numbers, the head's where not given.

        The pending block is not in any store: ``Tag.PENDING`` gives the head it will be built on.

        Raises ``UnknownBlock`` for a number or hash that is not in this chain.
        """
        line = self._line
        head = line.made[-1]
        if isinstance(ref, Tag):
            if ref is Tag.EARLIEST:
                return line.made[0]
            number = safe if ref is Tag.SAFE else finalized if ref is Tag.FINALIZED else None
            if number is None:
                return head
            # a head that lags behind a young or just reverted chain is at its nearest end
            return line.at(min(max(number, self._first), head.number))
        block = self.by_number(ref) if isinstance(ref, int) else self.by_hash(ref)
        if block is None:
            named = str(ref) if isinstance(ref, int) else f"{to_data(ref)}"
            raise UnknownBlock(f"header not found: no block {named}, the chain's head is block {head.number}")
        return block

    def block_hash(self, number: int) -> Hash32:
        """The hash of block ``number``, 32 zero bytes where there is none. BLOCKHASH's window is the engine's rule.

        What came before the first block, where that is a fork's, its world knows.
        """
        row = self._row_with(number)
        if row is not None:
            return row.hash_of(number)
        if self._kept is not None and self._is_kept(number):
            return self._kept.hash_of(number)
        block = self.by_number(number)
        if block is not None:
            return block.hash
        return self.genesis.world.block_hash(number) if number < self._first else ZERO_HASH

    def blocks(self, first: int, last: int) -> Span:
        """The blocks from number ``first`` to ``last``, both included, as far as they exist."""
        return self._line.between(first, last)

    def logs(
        self,
        first: int,
        last: int,
        addresses: Collection[Address] = (),
        topics: TopicFilter = (),
        *,
        limit: int | None = None,
    ) -> list[LocatedLog]:
        """The logs in blocks ``first`` to ``last`` (both included) from any of ``addresses`` that match ``topics``.

        No address stands for any. In order of block, transaction and log. Raises ``TooManyLogs`` where more than
        ``limit`` match in several blocks.
        """
        while True:
            line = self._line
            low, high = max(first, self._first), min(last, line.made[-1].number)
            end = line.made.end if isinstance(line.made, PartlyKept) else -1
            numbers = self._candidates(low, high, addresses, topics)
            if self._kept is not None and low <= end:
                first_topics = topics[0] if topics and topics[0] else ()
                older = self._kept.numbers_with_logs(low, min(high, end), addresses, first_topics)
                if older:
                    numbers = sorted({*older, *numbers})
            if line is self._line:
                break
            # truncated while we looked: what the indices said may be half of the old chain and half of the new
        found: list[LocatedLog] = []
        matcher = LogMatcher(addresses, topics, indexed=True)
        for number in numbers:
            found += matcher.in_block(line.at(number))
            if limit is not None and len(found) > limit and low < high:
                raise TooManyLogs(limit, low, max(low, number - 1))
        return found

    def _candidates(self, low: int, high: int, addresses: Collection[Address], topics: TopicFilter) -> Sequence[int]:
        """Numbers of the blocks from ``low`` to ``high`` that can hold a match, in order."""
        if low > high:
            return ()
        if addresses:
            postings = [self._by_address.get(address) for address in addresses]
        elif topics and topics[0]:
            postings = [self._by_topic.get(topic) for topic in topics[0]]
        else:
            postings = [self._with_logs]
        ranges = [_between(posting, low, high) for posting in postings if posting is not None]
        if len(ranges) == 1:
            return ranges[0]
        return sorted(set(chain.from_iterable(ranges)))


class LogMatcher:
    """One log query: what it asks, and the bloom bits that go with it.

    ``indexed`` says that the blocks were found by address, or by first topic where no address is asked for, so that
    asking their blooms for those again would be in vain.
    """

    def __init__(self, addresses: Collection[Address], topics: TopicFilter, *, indexed: bool = False) -> None:
        self._addresses = frozenset(addresses)
        self._topics = [frozenset(choice) if choice else None for choice in topics]
        later = self._topics if addresses else self._topics[1:]
        choices = [choice for choice in (later if indexed else [self._addresses, *self._topics]) if choice]
        self._required = 0
        self._alternatives: list[list[int]] = []
        for choice in choices:
            masks = [bloom_mask(item) for item in choice]
            if len(masks) == 1:
                self._required |= masks[0]
            else:
                self._alternatives.append(masks)
        self._asks_blooms = bool(choices)

    def in_block(self, block: SealedBlock) -> list[LocatedLog]:
        """The matching logs of ``block``."""
        found: list[LocatedLog] = []
        if self._asks_blooms and not self._may_be_in(block.header.logs_bloom):
            return found
        look_closer = self._asks_blooms and len(block.receipts) > 1
        log_index = 0
        for transaction_index, receipt in enumerate(block.receipts):
            if look_closer and receipt.logs and not self._may_be_in(receipt.bloom):
                log_index += len(receipt.logs)
                continue
            for log in receipt.logs:
                if self._matches(log):
                    found.append(LocatedLog(log, block, transaction_index, log_index))
                log_index += 1
        return found

    def in_mini_block(self, mini_block: MiniBlock) -> list[tuple[Log, int, int]]:
        """The matching logs of ``mini_block``, each with its transaction's index and its own, both in the block."""
        return self.in_receipts(mini_block.receipts, mini_block.tx_offset, mini_block.log_offset)

    def in_receipts(
        self, receipts: Iterable[Receipt], tx_index: int = 0, log_index: int = 0
    ) -> list[tuple[Log, int, int]]:
        """The same among ``receipts``, the first of which is that of transaction ``tx_index`` and begins with log
        ``log_index``.
        """
        found: list[tuple[Log, int, int]] = []
        for transaction_index, receipt in enumerate(receipts, tx_index):
            for log in receipt.logs:
                if self._matches(log):
                    found.append((log, transaction_index, log_index))
                log_index += 1
        return found

    def _may_be_in(self, bloom: bytes) -> bool:
        bits = int.from_bytes(bloom, "big")
        if bits & self._required != self._required:
            return False
        return all(any(bits & mask == mask for mask in choice) for choice in self._alternatives)

    def _matches(self, log: Log) -> bool:
        if self._addresses and log.address not in self._addresses:
            return False
        if not self._topics:
            return True
        if len(self._topics) > len(log.topics):
            return False
        return all(choice is None or topic in choice for choice, topic in zip(self._topics, log.topics, strict=False))


def first_log_index(block: PlacedBlock, transaction_index: int) -> int:
    """Returns the number of logs in ``block`` before those of the transaction at ``transaction_index``."""
    return count_logs(block.receipts[:transaction_index])


def _post(postings: dict[bytes, array[int]], key: bytes, number: int) -> None:
    posting = postings.get(key)
    if posting is None:
        postings[key] = array("Q", (number,))
    elif posting[-1] != number:
        posting.append(number)


def _unpost(postings: dict[bytes, array[int]], key: bytes, number: int) -> None:
    posting = postings.get(key)
    if posting is None or posting[-1] != number:
        return  # taken out with an earlier log of the same block
    if len(posting) == 1:
        del postings[key]
    else:
        posting.pop()


def _unpost_oldest(postings: dict[bytes, array[int]], key: bytes, number: int) -> None:
    posting = postings.get(key)
    if posting is None or posting[0] != number:
        return  # taken out with an earlier log of the same block
    if len(posting) == 1:
        del postings[key]
    else:
        postings[key] = posting[1:]


def _joined(ranges: Iterable[range], blocks: Iterable[SealedBlock]) -> list[range]:
    """``ranges`` of numbers, and those of ``blocks`` after them."""
    joined = list(ranges)
    for block in blocks:
        number = block.number
        if joined and joined[-1].stop == number:
            joined[-1] = range(joined[-1].start, number + 1)
        else:
            joined.append(range(number, number + 1))
    return joined


def _between(posting: array[int], low: int, high: int) -> array[int]:
    """The numbers in ``posting`` from ``low`` to ``high``."""
    return posting[bisect_left(posting, low) : bisect_right(posting, high)]
