"""A histogram of latencies: a count for each of many narrow ranges, so that percentiles of millions of them take little
memory and those of several processes can be added up.

Ranges are log-linear, as in HdrHistogram: 128 to each power of two, which makes any value at most 1 % wrong. Why none
of its libraries: what is needed of one is these few lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

_BITS = 7
_LINEAR = 1 << (_BITS + 1)
"""Values below this have a range each."""


def _range_of(value: int) -> int:
    if value < _LINEAR:
        return value
    shift = value.bit_length() - _BITS - 1
    return (shift << _BITS) + (value >> shift)


def _end_of(number: int) -> int:
    """The largest value in a range."""
    if number < _LINEAR:
        return number
    shift = (number >> _BITS) - 1
    return (((number - (shift << _BITS)) + 1) << shift) - 1


@dataclass
class Histogram:
    """Counts of whole numbers from 0 on (nanoseconds, say)."""

    counts: dict[int, int] = field(default_factory=dict)
    """By the number of the range."""
    largest: int = 0
    sum: int = 0

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def mean(self) -> float:
        """0 where there is nothing."""
        return self.sum / self.total if self.counts else 0.0

    def record(self, value: int, times: int = 1) -> None:
        """Count ``value``. Below 0 is taken as 0."""
        value = max(value, 0)
        number = _range_of(value)
        self.counts[number] = self.counts.get(number, 0) + times
        self.sum += value * times
        self.largest = max(self.largest, value)

    def add(self, counts: Mapping[int, int], largest: int, sum: int) -> None:
        """Count what another one did."""
        for number, times in counts.items():
            self.counts[number] = self.counts.get(number, 0) + times
        self.largest = max(self.largest, largest)
        self.sum += sum

    def percentile(self, percent: float) -> int:
        """The value that so many percent are not above, 1 % too high at most; 0 where there is nothing."""
        needed, seen = self.total * percent / 100, 0
        for number in sorted(self.counts):
            seen += self.counts[number]
            if seen >= needed:
                return min(_end_of(number), self.largest)
        return self.largest

    def bars(self, most: int) -> Iterator[tuple[int, int]]:
        """At most ``most`` ranges that grow evenly, from the least value to the largest: the end of each (the largest
        value in it) and its count.
        """
        if not self.counts:
            return
        ends = {_end_of(number): times for number, times in self.counts.items()}
        least = max(min(ends), 1)
        most = min(most, len(ends))
        factor = (max(ends) / least) ** (1 / most)
        edge, count, shown = least * factor, 0, 1
        for end in sorted(ends):
            while end > edge and shown < most:
                yield round(edge), count
                count, edge, shown = 0, edge * factor, shown + 1
            count += ends[end]
        yield self.largest, count
