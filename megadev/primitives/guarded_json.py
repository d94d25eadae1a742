"""JSON that others wrote: the one way in, guarded against what no decoder should follow.

Requests, dumps, upstream's answers, compilers' output, bundles, genesis and ready files are all decoded here. Whatever
is wrong with one is a ``DecodeError``: not JSON, cut short, not UTF-8, nested too deeply, a number beyond all bounds.
"""

from __future__ import annotations

import re
from itertools import accumulate
from typing import Any, TypeVar, overload

import msgspec

T = TypeVar("T")

DecodeError = msgspec.DecodeError

MAX_NESTING = 512
"""How deep arrays and objects may stand in each other. Requests need five levels, syntax trees some dozens."""

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_ALL_BUT_BRACKETS = bytes(set(range(256)).difference(b"[]{}"))
_PASSES = 8
_STEP = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_PIECE = 1 << 16


class NestedTooDeeply(msgspec.DecodeError):
    """JSON nested more than ``MAX_NESTING`` deep."""


def check_nesting(text: bytes) -> None:
    """Raises ``NestedTooDeeply`` for JSON that a decoder had better not follow all the way down.

    Why not left to the decoder: it is written in C, calls itself for each level, and asks only the interpreter's
    recursion limit, which a program that embeds us may have raised beyond what its threads' stacks carry.
    """
    if text.count(b"[") + text.count(b"{") <= MAX_NESTING:
        return
    brackets = _STRING.sub(b"", text).translate(None, _ALL_BUT_BRACKETS)
    for _ in range(_PASSES):  # each takes away the innermost level: enough for most
        if brackets.count(b"[") + brackets.count(b"{") <= MAX_NESTING:
            return
        brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
    depth = 0
    for start in range(0, len(brackets), _PIECE):
        depths = list(accumulate((_STEP[one] for one in brackets[start : start + _PIECE]), initial=depth))
        if max(depths) > MAX_NESTING:
            raise NestedTooDeeply("JSON is nested too deeply")
        depth = depths[-1]


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


def decode_deep(document: bytes) -> Any:
    """Decodes our own ``document``, nested to any depth: a trace of 1,024 nested calls is one."""
    try:
        return msgspec.json.decode(document)
    except RecursionError:
        pass
    holder: list[Any] = [None]
    waiting: list[tuple[Any, Any, bytes]] = [(holder, 0, document)]
    while waiting:
        container, key, text = waiting.pop()
        if text[:1] == b"{":
            members: dict[str, msgspec.Raw] = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
            container[key] = dict.fromkeys(members)
            waiting += [(container[key], name, bytes(member)) for name, member in members.items()]
        elif text[:1] == b"[":
            items: list[msgspec.Raw] = msgspec.json.decode(text, type=list[msgspec.Raw])
            container[key] = [None] * len(items)
            waiting += [(container[key], place, bytes(item)) for place, item in enumerate(items)]
        else:
            container[key] = msgspec.json.decode(text)
    return holder[0]
