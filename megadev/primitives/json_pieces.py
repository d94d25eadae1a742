"""JSON of large results, encoded piece by piece: an encoder written in C lets no other thread run until it has
returned, and neither does CPython when it frees a large structure at once.

Also for values nested more deeply than the encoder follows: calls within calls, 1,024 of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from io import BytesIO
from sys import getrefcount
from typing import Any

import msgspec

MOST = 1_000
"""Values that are encoded at once, as a rule: a fraction of a millisecond."""

_PIECE = 1 << 18
"""Bytes that are written as digits at once."""
_encode = msgspec.json.Encoder().encode


class LargeData(msgspec.Struct, frozen=True):
    """Bytes as a result: 0x and their digits, in JSON."""

    data: bytes


class _Text(bytes):
    """JSON already: no result contains any."""


_BRACKETS: dict[type, tuple[_Text, _Text]] = {
    list: (_Text(b"["), _Text(b"]")),
    tuple: (_Text(b"["), _Text(b"]")),
    dict: (_Text(b"{"), _Text(b"}")),
}
_COMMA = _Text(b",")


def pieces(waiting: list[object]) -> Iterator[bytes]:
    """The text of the only value in ``waiting``, which is taken out; lists and objects in it that nobody else holds are
    empty afterwards. Raises what the encoder raises when it is no JSON.
    """
    large = _large(waiting[0])
    while waiting:
        value = waiting.pop()
        if type(value) is _Text:
            yield value
        elif type(value) is LargeData:
            yield from _digits(value.data)
        elif id(value) not in large:
            yield _encode(value)
        else:
            is_alone = getrefcount(value) == _ALONE
            begin, end = _BRACKETS[type(value)]
            waiting.append(end)
            waiting += _opened_object(value, large) if type(value) is dict else _opened_list(value, large)  # type: ignore[arg-type]
            waiting.append(begin)
            if is_alone and type(value) is not tuple:  # what was in it is freed as it is written
                value.clear()  # type: ignore[attr-defined]


def _digits(data: bytes) -> Iterator[bytes]:
    yield b'"0x'
    for start in range(0, len(data), _PIECE):
        yield data[start : start + _PIECE].hex().encode()
    yield b'"'


def joined(parts: Iterable[bytes]) -> bytes:
    """All of ``parts``, without a moment in which all of it is copied: as they come they are moved to their place."""
    whole = BytesIO()
    for part in parts:
        whole.write(part)
    return whole.getvalue()


def _large(result: object) -> dict[int, int]:
    """Returns the number of values in each list and object, by its ``id``: those with more than ``MOST``."""
    if type(result) not in _BRACKETS:
        return {}
    found: list[Any] = [result]
    parents = [-1]
    weights: list[int] = []
    for place, each in enumerate(found):  # it grows meanwhile: what is inside comes after what it is in
        weights.append(len(each) + 1)
        for one in each.values() if type(each) is dict else each:
            if type(one) in _BRACKETS:
                found.append(one)
                parents.append(place)
    for place in range(len(found) - 1, 0, -1):
        weights[parents[place]] += weights[place]
    return {id(each): weight for each, weight in zip(found, weights, strict=True) if weight > MOST}


def _opened_list(members: list[object] | tuple[object, ...], large: dict[int, int]) -> list[object]:
    """The members, last first, with what stands between them; small ones together."""
    together = max(1, len(members) * MOST // large[id(members)])
    opened: list[object] = []
    group: list[object] = []
    for member in members:
        is_large = id(member) in large
        if group and (is_large or len(group) == together):
            opened += (_Text(_encode(group)[1:-1]), _COMMA)
            group = []
        if is_large:
            opened += (member, _COMMA)
        else:
            group.append(member)
    if group:
        opened += (_Text(_encode(group)[1:-1]), _COMMA)
    opened.pop()
    opened.reverse()
    return opened


def _opened_object(members: dict[str, object], large: dict[int, int]) -> list[object]:
    """The same of an object."""
    opened: list[object] = []
    for key, member in members.items():
        opened.append(_Text(_encode({key: None})[1:-5]))
        opened += (member if id(member) in large else _Text(_encode(member)), _COMMA)
    opened.pop()
    opened.reverse()
    return opened


def _references_of_one_alone() -> int:
    """Returns ``getrefcount`` in ``pieces`` of a value that only its variable refers to: interpreters differ."""
    waiting: list[object] = [[]]
    while waiting:
        value = waiting.pop()
        return getrefcount(value)
    raise AssertionError


_ALONE = _references_of_one_alone()
