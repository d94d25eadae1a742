"""Headers, sealed blocks, and the ways a caller may name a block; how they are encoded, hashed and measured.

Why the header's encoding is written out: one is made for every transaction in instant mode, and most of its fields have
a fixed width, so their RLP prefixes are constants.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from megadev.chain.receipts import Receipt
from megadev.chain.transactions import Transaction
from megadev.primitives import rlp
from megadev.primitives.keccak import keccak
from megadev.primitives.suggestions import either
from megadev.primitives.trie import ordered_root
from megadev.primitives.types import (
    EMPTY_OMMERS_HASH,
    EMPTY_REQUESTS_HASH,
    EMPTY_TRIE_ROOT,
    ZERO_ADDRESS,
    ZERO_HASH,
    Address,
    Hash32,
    Wei,
)

if TYPE_CHECKING:
    from megadev.chain.spec import ChainSpec
    from megadev.state.diff import StateDiff as StateDiff
    from megadev.state.world import World as World  # type only: a block remembers its state, it does not compute it


HEADER_SIZES = (16, 17, 20, 21)
"""How many fields a header has had, from London, Shanghai, Cancun and Prague on (``Hardfork.header_fields``)."""
MINIMUM_DIFFICULTY = 131_072
"""What a block of before the merge has here: the least that Ethereum's had (yellow paper, D_0)."""


class Tag(Enum):
    """The named blocks of the execution API."""

    EARLIEST = "earliest"
    FINALIZED = "finalized"
    SAFE = "safe"
    LATEST = "latest"
    PENDING = "pending"


BlockRef: TypeAlias = Tag | int | Hash32
"""A tag, a number, or a 32-byte hash."""


class Header(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A block header as of Prague, in its RLP order. Timestamps in seconds, fees in wei.

    ``fields``: how many of them it has (``Hardfork.header_fields``); the others were not there yet.
    """

    parent_hash: Hash32
    ommers_hash: Hash32 = EMPTY_OMMERS_HASH
    coinbase: Address = ZERO_ADDRESS
    state_root: Hash32 = EMPTY_TRIE_ROOT
    transactions_root: Hash32 = EMPTY_TRIE_ROOT
    receipts_root: Hash32 = EMPTY_TRIE_ROOT
    logs_bloom: bytes = bytes(256)
    difficulty: int = 0
    number: int = 0
    gas_limit: int = 30_000_000
    gas_used: int = 0
    timestamp: int = 0
    extra_data: bytes = b""
    prev_randao: Hash32 = ZERO_HASH
    nonce: bytes = bytes(8)
    base_fee: Wei = 0
    withdrawals_root: Hash32 = EMPTY_TRIE_ROOT
    blob_gas_used: int = 0
    excess_blob_gas: int = 0
    parent_beacon_root: Hash32 = ZERO_HASH
    requests_hash: Hash32 = EMPTY_REQUESTS_HASH
    fields: int = 21

    @property
    def randomness(self) -> Hash32:
        """The result of opcode 0x44: PREVRANDAO, or the difficulty, which is non-zero only before the merge
        (EIP-4399).
        """
        return self.difficulty.to_bytes(32, "big") if self.difficulty else self.prev_randao


class Cut(msgspec.Struct, frozen=True, gc=False):
    """The end of a mini-block within a block: before the transaction number ``end``, at ``timestamp``
    (microseconds).
    """

    end: int
    timestamp: int


class SystemCall(msgspec.Struct, frozen=True, gc=False):
    """A call that the protocol makes at the start of a block: ``sender`` calls ``to``, for nothing."""

    sender: Address
    to: Address
    data: bytes


class SealedBlock(msgspec.Struct, frozen=True, kw_only=True):
    """A block that will not change: its header and hash, what it holds, and the world after it.

    ``size`` is the length in bytes of the block's RLP. ``irregular`` is state that was changed outside any block just
    before this one (cheats), already part of ``world``: a replay applies it first, and then makes ``system_call``, if
    the block began with one besides those of every block. ``spec`` and ``ecrecover_answers``
    are the rules that it was built under, and the signatures whose recovery was decided beforehand (see ``Rules``);
    a block that came from elsewhere does not know its ``spec``, and runs under the present one. ``tx_offset`` and
    ``mini_block_offset`` say how many transactions and mini-blocks stand before it in the chain, ``cuts`` how its own
    transactions were divided into mini-blocks (see ``mini_blocks``).
    """

    header: Header
    hash: Hash32
    transactions: tuple[Transaction, ...]
    receipts: tuple[Receipt, ...]
    world: World
    size: int
    irregular: StateDiff | None = None
    spec: ChainSpec | None = None
    ecrecover_answers: tuple[tuple[bytes, Address], ...] = ()
    tx_offset: int = 0
    mini_block_offset: int = 0
    cuts: tuple[Cut, ...] = ()
    system_call: SystemCall | None = None

    @property
    def number(self) -> int:
        return self.header.number

    @property
    def timestamp(self) -> int:
        """In seconds."""
        return self.header.timestamp


_WORD, _ADDRESS, _BLOOM, _NONCE = b"\xa0", b"\x94", b"\xb9\x01\x00", b"\x88"
"""RLP prefixes of strings of 32, 20, 256 and 8 bytes."""


def encode_header(header: Header) -> bytes:
    """The header's RLP. Fields of fixed width must have it: a hash 32 bytes, an address 20, bloom 256, nonce 8."""
    number = rlp.encode_int
    payload = b"".join(
        (
            _WORD,
            header.parent_hash,
            _WORD,
            header.ommers_hash,
            _ADDRESS,
            header.coinbase,
            _WORD,
            header.state_root,
            _WORD,
            header.transactions_root,
            _WORD,
            header.receipts_root,
            _BLOOM,
            header.logs_bloom,
            number(header.difficulty),
            number(header.number),
            number(header.gas_limit),
            number(header.gas_used),
            number(header.timestamp),
            rlp.encode_bytes(header.extra_data),
            _WORD,
            header.prev_randao,
            _NONCE,
            header.nonce,
            number(header.base_fee),
        )
    )
    fields = header.fields
    if fields > 16:
        payload += _WORD + header.withdrawals_root
    if fields > 17:
        payload += b"".join(
            (number(header.blob_gas_used), number(header.excess_blob_gas), _WORD, header.parent_beacon_root)
        )
    if fields > 20:
        payload += _WORD + header.requests_hash
    return rlp.list_prefix(len(payload)) + payload


def header_hash(header: Header) -> Hash32:
    """The block's hash: keccak256 of its header's RLP."""
    return keccak(encode_header(header))


def transactions_root(transactions: Sequence[Transaction]) -> Hash32:
    """The root of the trie of a block's transactions, keyed by their index."""
    return ordered_root([transaction.encoded for transaction in transactions])


def block_size(header: Header, transactions: Sequence[Transaction]) -> int:
    """The length in bytes of the RLP of the block (with empty lists of ommers and withdrawals)."""
    return _size_around(header, len(encode_header(header)), transactions)


def encode_block(header: Header, transactions: Sequence[Transaction]) -> bytes:
    """The RLP of the block: header, transactions (typed ones as strings), no ommers, no withdrawals (EIP-4895)."""
    body = b"".join([tx.encoded if tx.type == 0 else rlp.encode_bytes(tx.encoded) for tx in transactions])
    nothing = b"\xc0\xc0" if header.fields > 16 else b"\xc0"
    payload = encode_header(header) + rlp.list_prefix(len(body)) + body + nothing
    return rlp.list_prefix(len(payload)) + payload


def decode_block(encoded: bytes) -> tuple[Header, list[bytes]]:
    """Decodes the output of ``encode_block``: a header, and its transactions as EIP-2718 bytes.

    Raises ``ValueError`` for anything else: also for ommers and withdrawals, and for headers of before London.
    """
    block = rlp.decode(encoded)
    if type(block) is not list or len(block) < 3 or type(block[0]) is not list or type(block[1]) is not list:
        raise ValueError("a block is a list of header, transactions, ommers and withdrawals")
    header = _header_of(block[0])
    if len(block) != (4 if header.fields > 16 else 3):
        raise ValueError("a block is a list of header, transactions, ommers and, since Shanghai, withdrawals")
    if any(part != [] for part in block[2:]):
        raise ValueError("blocks with ommers or withdrawals are not supported")
    transactions = [rlp.encode(item) if type(item) is list else item for item in block[1]]
    return header, [raw for raw in transactions if type(raw) is bytes]


def decode_header(encoded: bytes) -> Header:
    """Decodes the output of ``encode_header``. Raises ``ValueError`` for anything else, also for headers of before
    London.
    """
    fields = rlp.decode(encoded)
    if type(fields) is not list:
        raise ValueError("a header is a list")
    return _header_of(fields)


def _header_of(fields: list[rlp.Decoded]) -> Header:
    if len(fields) not in HEADER_SIZES:
        raise ValueError(f"a header must have {either(tuple(map(str, HEADER_SIZES)))} fields, got {len(fields)}")
    names = Header.__struct_fields__[: len(fields)]
    values: dict[str, bytes | int] = {"fields": len(fields)}
    for name, item in zip(names, fields, strict=True):
        if type(item) is not bytes:
            raise ValueError(f"{name} must not be a list")
        width = _WIDTHS.get(name)
        if width is not None and len(item) != width:
            raise ValueError(f"{name} must have {width} bytes, got {len(item)}")
        if name in _NUMBERS:
            if item[:1] == b"\0" or len(item) > 32:
                raise ValueError(f"{name} must be a number of at most 256 bits without leading zeros")
            values[name] = int.from_bytes(item, "big")
        else:
            values[name] = item
    return Header(**values)  # type: ignore[arg-type]


_NUMBERS = frozenset(
    {"difficulty", "number", "gas_limit", "gas_used", "timestamp", "base_fee", "blob_gas_used", "excess_blob_gas"}
)
_WIDTHS = {
    "parent_hash": 32,
    "ommers_hash": 32,
    "coinbase": 20,
    "state_root": 32,
    "transactions_root": 32,
    "receipts_root": 32,
    "logs_bloom": 256,
    "prev_randao": 32,
    "nonce": 8,
    "withdrawals_root": 32,
    "parent_beacon_root": 32,
    "requests_hash": 32,
}
"""Header fields that are numbers, and those of a fixed width in bytes; ``extra_data`` is neither."""


def seal_block(
    header: Header,
    transactions: Sequence[Transaction],
    receipts: Sequence[Receipt],
    world: World,
    irregular: StateDiff | None = None,
    spec: ChainSpec | None = None,
    ecrecover_answers: tuple[tuple[bytes, Address], ...] = (),
    *,
    tx_offset: int = 0,
    mini_block_offset: int = 0,
    cuts: tuple[Cut, ...] | None = None,
    system_call: SystemCall | None = None,
) -> SealedBlock:
    """The block as it goes into the store: hashed and measured, its header encoded once for both.

    Where no ``cuts`` are given all its transactions are one mini-block, made as the block was.
    """
    if cuts is None:
        cuts = (Cut(len(transactions), header.timestamp * 1_000_000),) if transactions else ()
    encoded = encode_header(header)
    return SealedBlock(
        header=header,
        hash=keccak(encoded),
        transactions=tuple(transactions),
        receipts=tuple(receipts),
        world=world,
        size=_size_around(header, len(encoded), transactions),
        irregular=irregular,
        spec=spec,
        ecrecover_answers=ecrecover_answers,
        tx_offset=tx_offset,
        mini_block_offset=mini_block_offset,
        cuts=cuts,
        system_call=system_call,
    )


def _size_around(header: Header, header_size: int, transactions: Sequence[Transaction]) -> int:
    body = 0
    for tx in transactions:
        size = len(tx.encoded)
        body += size if tx.type == 0 else size + _prefix_size(size)
    payload = header_size + _prefix_size(body) + body + (2 if header.fields > 16 else 1)
    return _prefix_size(payload) + payload


def _prefix_size(size: int) -> int:
    """Returns the size of the RLP prefix of a payload with ``size`` bytes (never a single small byte here)."""
    return 1 if size < 56 else 1 + ((size.bit_length() + 7) >> 3)
