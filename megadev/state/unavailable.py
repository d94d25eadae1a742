"""The state after a block of which only the block is known."""

from __future__ import annotations

from typing import Any, NoReturn

from megadev.errors import StateUnavailable
from megadev.primitives.types import ZERO_HASH, Address, Hash32
from megadev.state.reader import PrefetchHint
from megadev.state.world import World

NOT_IN_DUMP = (
    "was loaded from a dump without its state; ask at latest, or dump with historical states "
    "(--preserve-historical-states)"
)
OLDER_ON_FORK = (
    "was loaded on a fork without its state; ask at latest, or keep the fork in a directory (--state DIRECTORY/), "
    "which has all states"
)
NOT_KEPT = "is older than the states that this node keeps; ask at latest, or start it with a larger --keep-blocks"
PRUNED = "is older than the states that this node keeps; ask at latest, or start it with a larger --prune-history"


class UnavailableWorld(World):
    """The state after block ``number``, which is not here: ``why`` says the reason and the remedy. Every question
    raises ``StateUnavailable``.
    """

    __slots__ = ("number", "why")

    def __init__(self, number: int, why: str = NOT_IN_DUMP) -> None:
        # not World's: there is one for each of many blocks, and what is empty need not be made for each
        self.number = number
        self.why = why

    def _refuse(self, *_: object) -> NoReturn:
        raise StateUnavailable(f"state unavailable: block {self.number} {self.why}")

    # whatever the arguments: the signatures stay those of World
    account: Any = _refuse
    storage: Any = _refuse
    code: Any = _refuse
    accounts: Any = _refuse
    storage_of: Any = _refuse
    whole_storage: Any = _refuse
    has_storage: Any = _refuse
    apply: Any = _refuse
    changes_since: Any = _refuse
    storage_root: Any = _refuse
    prove_account: Any = _refuse
    prove_storage: Any = _refuse
    account_trie: Any = _refuse
    storage_trie: Any = _refuse
    storage_with_trie: Any = _refuse
    storages: Any = _refuse

    def with_hint(self, hint: PrefetchHint) -> UnavailableWorld:
        """See ``Prefetches``: there is nothing to fetch."""
        return self

    is_whole = True
    """Nobody is to look for a fork behind it."""
    is_known = False
    must_be_asked = True

    def block_hash(self, number: int) -> Hash32:
        """None is known of a block from before the first one, as on any chain."""
        return ZERO_HASH

    def written_since(self, earlier: World, steps: int) -> None:
        """Nobody knows."""

    def diffs_since(self, earlier: World, steps: int) -> None:
        """Nobody knows."""

    def shares(self, other: World, address: Address) -> bool:
        """Nobody knows."""
        return False

    def forget_how_it_was_made(self) -> None:
        """There is nothing to forget."""

    def __len__(self) -> int:
        self._refuse()

    @property
    def state_root(self) -> Hash32:
        self._refuse()
