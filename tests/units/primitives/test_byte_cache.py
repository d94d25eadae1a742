"""A memory that is bounded by bytes."""

from __future__ import annotations

import random

from megadev.primitives.byte_cache import ByteCache


def test_the_cache_keeps_recent_values_within_its_budget() -> None:
    made: list[int] = []

    def make(key: int) -> int:
        made.append(key)
        return key

    cache: ByteCache[int, int] = ByteCache(make, lambda key, value: 10, budget=100)
    for key in range(10):
        assert cache(key) == key
    assert cache(0) == 0 and made == list(range(10)), "remembered"
    for key in range(10, 19):
        cache(key)
    assert len(cache) == 10 and cache.weight == 100
    cache(0)
    assert made.count(0) == 1, "what was asked for again stays"
    cache(1)
    assert made.count(1) == 2, "what was not is gone"


def test_too_large_values_are_not_cached() -> None:
    cache: ByteCache[int, int] = ByteCache(lambda key: key, lambda key, value: key, budget=100)
    cache(26)
    assert len(cache) == 0
    cache(25)
    assert len(cache) == 1


def test_the_weight_equals_the_sum_of_the_entries() -> None:
    chance = random.Random(1)
    cache: ByteCache[int, int] = ByteCache(lambda key: key, lambda key, value: 1 + key % 30, budget=200)
    for _ in range(5_000):
        key = chance.randrange(60)
        assert cache(key) == key
        assert cache.weight == sum(1 + held % 30 for held in cache._entries) <= 200
