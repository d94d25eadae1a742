"""Buckets that grow with what is stored: counted on from block to block as if counted anew."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from megadev.chain.spec import Salt
from megadev.evm import salt_buckets
from megadev.evm.salt_buckets import capacities, entries, follow
from megadev.primitives.types import Address
from megadev.state.account import Account
from megadev.state.diff import Cause, StateDiff
from megadev.state.world import World

ADDRESSES = [bytes([n]) * 20 for n in range(1, 5)]
_slots = st.dictionaries(st.integers(0, 5), st.integers(0, 2), max_size=4)
_diffs = st.builds(
    lambda accounts, storage, cleared: StateDiff(Cause.CHEAT, accounts=accounts, storage=storage, cleared=cleared),
    st.dictionaries(st.sampled_from(ADDRESSES), st.one_of(st.none(), st.builds(Account)), max_size=3),
    st.dictionaries(st.sampled_from(ADDRESSES), _slots, max_size=3),
    st.sets(st.sampled_from(ADDRESSES), max_size=1),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(_diffs, max_size=6))
def test_counting_on_is_counting_anew(diffs: list[StateDiff]) -> None:
    world = World()
    for diff in diffs:
        for address in diff.storage:  # slots are an account's
            if world.account(address) is None or diff.accounts.get(address, world) is None:
                diff.accounts[address] = Account()
        after = world.apply(diff)
        follow(world, diff, after)
        world = after
    followed = dict(entries(world))
    salt_buckets._counted.clear()
    assert {bucket: count for bucket, count in followed.items() if count} == dict(entries(world))


def test_a_bucket_doubles_when_it_is_more_than_four_fifths_full() -> None:
    address: Address = ADDRESSES[0]
    diff = StateDiff(Cause.CHEAT, accounts={address: Account()})
    world = World().apply(diff)
    (bucket,) = entries(world)
    salt_buckets._remember(world, entries(world).insert(bucket, 204))
    capacity = capacities(Salt(live=True), world)
    assert capacity is not None
    assert capacity(bucket) == 256
    salt_buckets._remember(world, entries(world).insert(bucket, 205))
    capacity = capacities(Salt(live=True), world)
    assert capacity is not None
    assert (capacity(bucket), capacity(bucket + 1)) == (512, 256)
    assert capacities(Salt(), world) is None
