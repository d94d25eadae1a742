"""A memory of results that is bounded by the bytes they take, not by how many there are.

Why not ``lru_cache``: its entries count the same however large they are, and whoever may send a megabyte of code may
have it remembered 256 times.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class _Entry(Generic[Value]):
    __slots__ = ("value", "was_used", "weight")

    def __init__(self, value: Value, weight: int) -> None:
        self.value = value
        self.weight = weight
        self.was_used = False


class ByteCache(Generic[Key, Value]):
    """Remembers what ``make`` gave for a key, as long as all of it together takes at most ``budget`` bytes; ``weigh``
    says how many a result and its key take. What takes more than a quarter of the budget is not remembered at all.

    What goes first is what was not asked for since it was last looked at (the "clock" rule): a hit costs no lock.
    """

    def __init__(
        self, make: Callable[[Key], Value], weigh: Callable[[Key, Value], int], budget: int = 64 * 1024 * 1024
    ) -> None:
        self._make = make
        self._weigh = weigh
        self.budget = budget
        self.weight = 0
        """Bytes that what is remembered takes."""
        self._entries: dict[Key, _Entry[Value]] = {}
        self._changing = threading.Lock()

    def __call__(self, key: Key) -> Value:
        """Returns the value of ``key``, remembered or made."""
        entry = self._entries.get(key)
        if entry is not None:
            entry.was_used = True
            return entry.value
        value = self._make(key)
        weight = self._weigh(key, value)
        if weight <= self.budget // 4:
            with self._changing:
                self._keep(key, _Entry(value, weight))
        return value

    def __len__(self) -> int:
        return len(self._entries)

    def _keep(self, key: Key, entry: _Entry[Value]) -> None:
        former = self._entries.pop(key, None)
        if former is not None:  # another thread made it meanwhile
            self.weight -= former.weight
        self._entries[key] = entry
        self.weight += entry.weight
        while self.weight > self.budget:
            oldest, looked_at = next(iter(self._entries.items()))
            del self._entries[oldest]
            if looked_at.was_used:
                looked_at.was_used = False
                self._entries[oldest] = looked_at
            else:
                self.weight -= looked_at.weight
