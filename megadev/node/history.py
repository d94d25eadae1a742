"""The history before a chain's own blocks: nothing, or the blocks of the chain that it forks.

Whoever reads blocks asks ``ChainHistory`` and does not need to know which: ``OwnHistory`` is that of a chain which
begins with its first block, ``fork.ForkHistory`` that of a fork.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, NoReturn, Protocol, TypeAlias

from megadev.chain.blocks import BlockRef, SealedBlock
from megadev.chain.spec import ChainSpec
from megadev.chain.store import ChainStore
from megadev.chain.transactions import AccessList
from megadev.errors import UnknownBlock
from megadev.primitives.hexcodec import to_data
from megadev.primitives.types import Address, Hash32, Wei
from megadev.state.reader import Keys, Slot, StateReader

CallFields: TypeAlias = tuple[Address | None, Address | None, Wei, bytes]
"""Of a call: sender, target, value and data."""


class ChainHistory(Protocol):
    """Blocks that a chain has besides those in its store, and the state after each."""

    @property
    def is_remote(self) -> bool:
        """True if somebody else is asked, which takes time."""
        ...

    @property
    def last(self) -> int:
        """The number of the last block told of here; -1 where there is none."""
        ...

    def first(self, own: int) -> int:
        """The number of the first block there is, where the chain's own begin with ``own``."""
        ...

    def older(self, ref: BlockRef, store: ChainStore) -> int | Hash32 | None:
        """The number or hash of the block that ``ref`` names where it is told of here; None: ``store`` has it."""
        ...

    def header(self, ref: int | Hash32) -> SealedBlock:
        """The block with that number or hash, without its transactions. Raises ``UnknownBlock``."""
        ...

    def block(self, ref: int | Hash32, spec: ChainSpec) -> SealedBlock:
        """The same with transactions and receipts, read under the rules of ``spec``. Raises ``UnknownBlock``."""
        ...

    def blocks(self, first: int, last: int, spec: ChainSpec, *, full: bool) -> list[SealedBlock]:
        """Several in a row, as ``block`` (``full``) or ``header`` gives them. Raises ``UnknownBlock``."""
        ...

    def whole(self, block: SealedBlock, spec: ChainSpec) -> SealedBlock:
        """``block`` of the store with its transactions, also where it is the one that was forked."""
        ...

    def find(self, tx_hash: Hash32, spec: ChainSpec) -> tuple[SealedBlock, int] | None:
        """The block told of here that holds a transaction, and its index there; None if there is none."""
        ...

    def query(self, key: str, method: str, *params: Any, keep: Callable[[Any], bool] = ...) -> Any:
        """The other chain's own answer to a question about its blocks, kept under ``key``. Raises as ``Source.query``,
        and ``UnknownBlock`` where there is no other chain.
        """
        ...

    def is_funded(self, address: Address) -> bool:
        """True if the account's balance after the last block is not what it was there."""
        ...

    def reader_of_call(
        self,
        state: StateReader,
        number: int,
        coinbase: Address,
        call: tuple[Address | None, Address | None, Wei, bytes],
        slots: AccessList,
    ) -> StateReader:
        """``state``, which is that of block ``number``, for a ``call`` whose access list is
        ``slots``: what it asks for is fetched at once, as far as that can be known.
        """
        ...

    def touched_by(self, state: Any, block: SealedBlock, stop: int | None) -> Keys:
        """Returns the state that one of these blocks' transactions (before number ``stop``) read, as far as it is
        known.
        """
        ...

    def prefetch(self, accounts: Iterable[Address], slots: Iterable[Slot] = ()) -> None:
        """On a thread that may wait: fetch at once what is about to be asked for of the state after the last block."""
        ...

    def prefetch_or_raise(self, accounts: Iterable[Address], slots: Iterable[Slot] = ()) -> None:
        """As ``prefetch``; on a thread that may not wait it raises ``PrefetchNeeded``, once for all of it."""
        ...


class OwnHistory:
    """Of a chain that begins with its own first block: there is nothing before it."""

    is_remote: Final = False
    last: Final = -1

    def first(self, own: int) -> int:
        return own

    def older(self, ref: BlockRef, store: ChainStore) -> None:
        return None

    def header(self, ref: int | Hash32) -> NoReturn:
        raise UnknownBlock(f"unknown block: {ref if isinstance(ref, int) else to_data(ref)}")

    def block(self, ref: int | Hash32, spec: ChainSpec) -> NoReturn:
        self.header(ref)

    def blocks(self, first: int, last: int, spec: ChainSpec, *, full: bool) -> NoReturn:
        self.header(first)

    def whole(self, block: SealedBlock, spec: ChainSpec) -> SealedBlock:
        return block

    def find(self, tx_hash: Hash32, spec: ChainSpec) -> None:
        return None

    def query(self, key: str, method: str, *params: Any, keep: Callable[[Any], bool] = lambda result: True) -> NoReturn:
        raise UnknownBlock(f"unknown block: this chain forks no other that {method} could be asked of")

    def is_funded(self, address: Address) -> bool:
        return False

    def reader_of_call(
        self,
        state: StateReader,
        number: int,
        coinbase: Address,
        call: tuple[Address | None, Address | None, Wei, bytes],
        slots: AccessList,
    ) -> StateReader:
        return state

    def touched_by(self, state: Any, block: SealedBlock, stop: int | None) -> Keys:
        return (), ()

    def prefetch(self, accounts: Iterable[Address], slots: Iterable[Slot] = ()) -> None:
        """Nothing is to be fetched."""

    def prefetch_or_raise(self, accounts: Iterable[Address], slots: Iterable[Slot] = ()) -> None:
        """Nothing is to be fetched."""


OWN_HISTORY = OwnHistory()
"""It knows nothing, so one does for all chains."""
