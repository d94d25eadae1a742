"""How much data would be once compressed, as the Fjord rules estimate it."""

from __future__ import annotations

LOWEST_SIZE = 100_000_000
"""In millionths of a byte: no transaction counts as less."""


def fastlz_length(data: bytes) -> int:
    """The length of ``data`` compressed by FastLZ at level 1, counted from the matches that it finds.

    The compressor looks at each position's three bytes from the third on, and matches with where their hash was seen
    last, up to 8,191 bytes back; it stops 13 bytes before the end.
    """

    def literals(count: int) -> int:
        whole, rest = divmod(count, 32)
        return 33 * whole + (rest + 1 if rest else 0)

    def bucket(position: int) -> int:
        return (int.from_bytes(data[position : position + 3], "little") * 2654435769 % 2**32) >> 19

    last_search = len(data) - 13
    seen: dict[int, int] = {}
    size, done, position = 0, 0, 2
    while position < last_search - 1:
        earlier = seen.get(bucket(position), 0)
        seen[bucket(position)] = position
        if position - earlier > 8191 or data[earlier : earlier + 3] != data[position : position + 3]:
            position += 1
            continue
        size += literals(position - done)
        end = position + 3
        while end < last_search + 8 and data[end] == data[earlier + end - position]:
            end += 1
        long, rest = divmod(end - position - 3, 262)
        size += 3 * long + (3 if rest >= 6 else 2)
        for inserted in (end - 2, end - 1):
            seen[bucket(inserted)] = inserted
        done = position = end
    return size + literals(len(data) - done)


def estimated_size(compressed: int) -> int:
    return max(LOWEST_SIZE, 836_500 * compressed - 42_585_600)
