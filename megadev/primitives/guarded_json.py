"""JSON that others wrote: the one way in, guarded against what no decoder should follow.

Requests, dumps, upstream's answers, compilers' output, bundles, genesis and ready files are all decoded here. Whatever
is wrong with one is a ``DecodeError``: not JSON, cut short, not UTF-8, nested too deeply, a number beyond all bounds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import Any, TypeVar, overload

import msgspec

T = TypeVar("T")

DecodeError = msgspec.DecodeError

MAX_NESTING = 512
"""How deep arrays and objects may stand in each other. Requests need five levels, syntax trees some dozens."""

_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\Z)', re.DOTALL)
"""A string, or the beginning of one that goes on in the next piece."""
_ALL_BUT_BRACKETS = bytes(set(range(256)).difference(b"[]{}"))
_PASSES = 8
_STEP = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_PIECE = 1 << 16
LARGE = 1 << 18
"""Bytes that are decoded at once, a millisecond or two: no other thread runs meanwhile."""


class NestedTooDeeply(msgspec.DecodeError):
    """JSON nested more deeply than is allowed."""


def check_nesting(text: bytes, most: int = MAX_NESTING) -> None:
    """Raises ``NestedTooDeeply`` for JSON nested more than ``most`` deep, which a decoder had better not follow down.

    Why not left to the decoder: it is written in C, calls itself for each level, and asks only the interpreter's
    recursion limit, which a program that embeds us may have raised beyond what its threads' stacks carry.
    """
    if text.count(b"[") + text.count(b"{") <= most:
        return
    brackets = b"".join(_brackets(text))
    for _ in range(_PASSES):  # each takes away the innermost level: enough for most
        if brackets.count(b"[") + brackets.count(b"{") <= most:
            return
        brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
    depth = 0
    for start in range(0, len(brackets), _PIECE):
        depths = list(accumulate((_STEP[one] for one in brackets[start : start + _PIECE]), initial=depth))
        if max(depths) > most:
            raise NestedTooDeeply("JSON is nested too deeply")
        depth = depths[-1]


def _brackets(text: bytes) -> Iterator[bytes]:
    """The brackets of ``text`` that stand in no string, a piece at a time."""
    carried = b""
    for start in range(0, len(text), LARGE):
        piece = carried + text[start : start + LARGE].replace(b"\0", b" ")
        outside = _STRING.sub(b"", piece + b"\0")  # the mark at the end is in a string only where that goes on
        carried = b""
        if outside[-1:] != b"\0":
            escapes = len(piece) - len(piece.rstrip(b"\\"))
            carried = b'"\\' if escapes % 2 else b'"'
        yield outside.translate(None, _ALL_BUT_BRACKETS)


@overload
def decode_json(document: bytes | str | msgspec.Raw) -> Any: ...


@overload
def decode_json(document: bytes | str | msgspec.Raw, kind: type[T]) -> T: ...


def decode_json(document: bytes | str | msgspec.Raw, kind: Any = Any) -> Any:
    """Decodes ``document``, as ``kind`` if given. Raises ``DecodeError``."""
    return decode_guarded(document, msgspec.json.Decoder(kind))


def decode_guarded(document: bytes | str | msgspec.Raw, decoder: msgspec.json.Decoder[T]) -> T:
    """As ``decode_json``, with a decoder that was made before."""
    try:
        text = document.encode() if isinstance(document, str) else bytes(document)
        check_nesting(text)
        return decoder.decode(text)
    except (UnicodeError, RecursionError) as problem:
        raise msgspec.DecodeError(str(problem)) from None


def decode_large(document: bytes) -> Any:
    """As ``decode_json``, a piece at a time, so that other threads run meanwhile. Raises ``DecodeError``."""
    try:
        check_nesting(document)
        return _opened(document.lstrip(), LARGE)
    except (UnicodeError, RecursionError) as problem:
        raise msgspec.DecodeError(str(problem)) from None


def decode_deep(document: bytes) -> Any:
    """Decodes a node's answer, nested to any depth: a trace of 1,024 nested calls is one. Raises ``DecodeError``."""
    try:
        try:
            return msgspec.json.decode(document)
        except RecursionError:
            return _opened(document.lstrip(), 0)
    except (UnicodeError, RecursionError) as problem:
        raise msgspec.DecodeError(str(problem)) from None


def _opened(document: bytes, most: int) -> Any:
    """Decodes ``document``. Objects and arrays of more than ``most`` bytes are opened here, and only what is in them
    goes to the decoder.
    """
    holder: list[Any] = [None]
    waiting: list[tuple[Any, Any, bytes]] = [(holder, 0, document)]
    while waiting:
        container, key, text = waiting.pop()
        opened: Any
        if text[:1] == b"{":
            members: dict[str, msgspec.Raw] = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
            opened = dict.fromkeys(members)
            inside: Iterable[tuple[Any, msgspec.Raw]] = members.items()
        elif text[:1] == b"[":
            items: list[msgspec.Raw] = msgspec.json.decode(text, type=list[msgspec.Raw])
            opened = [None] * len(items)
            inside = enumerate(items)
        else:
            container[key] = msgspec.json.decode(text)
            continue
        container[key] = opened
        for place, member in inside:
            if len(bytes(member)) > most:
                waiting.append((opened, place, bytes(member)))
            else:
                opened[place] = msgspec.json.decode(member)
    return holder[0]


def let_go(document: Any) -> None:
    """Empty a large ``document`` that nobody else holds, a piece at a time: to free it at once keeps all others
    waiting.
    """
    waiting = [document]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            waiting += [one for one in each.values() if isinstance(one, dict | list) and len(one) > 64]
            while each:
                each.popitem()
        elif isinstance(each, list):
            while each:
                del each[-1_024:]
