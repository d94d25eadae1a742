"""A world over another's state: it reads like one that holds everything, and its root tells changes apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from megadev.errors import StateUnavailable
from megadev.state.account import Account
from megadev.state.diff import Cause, StateDiff
from megadev.state.fork_world import ForkWorld
from megadev.state.world import World, WorldView

ADDRESSES = [bytes([index]) * 20 for index in range(1, 5)]
ROOT = b"\x07" * 32

accounts = st.one_of(st.none(), st.builds(Account, nonce=st.integers(1, 9), balance=st.integers(0, 9)))
diffs = st.builds(
    lambda accounts, storage, cleared: StateDiff(Cause.CHEAT, accounts, storage, cleared),
    st.dictionaries(st.sampled_from(ADDRESSES), accounts, max_size=3),
    st.dictionaries(
        st.sampled_from(ADDRESSES), st.dictionaries(st.integers(0, 3), st.integers(0, 3), max_size=3), max_size=3
    ),
    st.sets(st.sampled_from(ADDRESSES), max_size=2),
)


def base_world() -> World:
    diff = StateDiff(Cause.GENESIS)
    for number, address in enumerate(ADDRESSES[:3], 1):
        diff.accounts[address] = Account(number, number * 100)
        diff.storage[address] = {0: number, 1: 7}
    return World().apply(diff)


@given(changes=st.lists(diffs, max_size=5))
def test_a_fork_world_reads_like_a_world_that_holds_everything(changes: list[StateDiff]) -> None:
    base = base_world()
    whole, fork = base, ForkWorld(WorldView(base), ROOT)
    for diff in changes:
        before = [fork.account(address) for address in ADDRESSES]
        whole, after = whole.apply(diff), fork.apply(diff)
        assert [fork.account(address) for address in ADDRESSES] == before, "the one before stays as it was"
        fork = after
    for address in ADDRESSES:
        assert fork.account(address) == whole.account(address)
        assert [fork.storage(address, slot) for slot in range(4)] == [whole.storage(address, slot) for slot in range(4)]


@given(first=diffs, second=diffs)
def test_the_fork_root_depends_on_changes_only(first: StateDiff, second: StateDiff) -> None:
    fork = ForkWorld(WorldView(base_world()), ROOT)
    assert fork.state_root == ROOT
    for address in ADDRESSES:
        fork.account(address)
    one = fork.apply(first).apply(second)
    assert one.state_root == ForkWorld(WorldView(base_world()), ROOT).apply(first).apply(second).state_root
    if any(value is not None for value in first.accounts.values()):
        assert fork.apply(first).state_root != ROOT


def test_deleting_what_upstream_has_changes_the_root() -> None:
    fork = ForkWorld(WorldView(base_world()), ROOT)
    emptied = fork.apply(StateDiff(Cause.CHEAT, storage={ADDRESSES[0]: {0: 0}}))
    gone = fork.apply(StateDiff(Cause.CHEAT, accounts={ADDRESSES[0]: None}))
    assert len({fork.state_root, emptied.state_root, gone.state_root}) == 3


def test_queries_of_the_whole_state_are_refused() -> None:
    fork = ForkWorld(WorldView(base_world()), ROOT)
    for ask in (fork.storage_root, fork.storage_trie, fork.prove_account):
        with pytest.raises(StateUnavailable, match="fork"):
            ask(ADDRESSES[0])
    with pytest.raises(StateUnavailable):
        fork.prove_storage(ADDRESSES[0], 0)
    with pytest.raises(StateUnavailable):
        _ = fork.account_trie
