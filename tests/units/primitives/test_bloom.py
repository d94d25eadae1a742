"""Log filters against eth-bloom."""

from __future__ import annotations

from eth_bloom import BloomFilter
from hypothesis import given
from hypothesis import strategies as st

from megadev.chain.receipts import Log
from megadev.primitives.bloom import EMPTY_BLOOM, bloom_may_contain, join_blooms, logs_bloom

WORDS = st.binary(min_size=32, max_size=32)
LOGS = st.lists(
    st.builds(Log, st.binary(min_size=20, max_size=20), st.lists(WORDS, max_size=4).map(tuple), st.binary(max_size=8)),
    max_size=6,
)


@given(LOGS)
def test_a_bloom_matches_the_oracle_and_has_no_false_negatives(logs: list[Log]) -> None:
    bloom = logs_bloom(logs)
    oracle = BloomFilter()
    for log in logs:
        for item in (log.address, *log.topics):
            oracle.add(item)
            assert bloom_may_contain(bloom, item)
    assert bloom == int(oracle).to_bytes(256, "big")


@given(LOGS, LOGS)
def test_a_blocks_filter_is_its_receipts_joined(first: list[Log], second: list[Log]) -> None:
    assert join_blooms([logs_bloom(first), logs_bloom(second)]) == logs_bloom(first + second)


def test_an_absent_item_is_denied() -> None:
    assert not bloom_may_contain(logs_bloom([Log(b"\x01" * 20, (), b"")]), b"\x02" * 20)
    assert not bloom_may_contain(EMPTY_BLOOM, b"")
    assert logs_bloom([]) is join_blooms([]) is EMPTY_BLOOM
