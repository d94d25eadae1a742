"""Bodies that are nested deeper than a thread's stack: answered, not died of."""

from __future__ import annotations

import json
import subprocess
import sys
import weakref
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from megadev.primitives.json_pieces import pieces
from megadev.rpc import envelope

_HEAD = b'{"jsonrpc":"2.0","id":1,"method":"eth_call","params":'


@pytest.mark.parametrize(
    "body",
    [
        _HEAD + b"[" * 100_000,
        _HEAD + b"[" * 100_000 + b"]" * 100_000 + b"}",
        _HEAD + b'["]",' * 100_000,  # a closing bracket in a string closes nothing
        _HEAD + b'{"a":' * 100_000,
        _HEAD + b'["\\"]",' * 100_000,
        _HEAD + b"[" * 600 + b'"' + b'\\"' * 500_000,  # once looked through anew from each quote: for days
    ],
)
def test_deep_nesting_is_a_parse_error_at_any_recursion_limit(body: bytes) -> None:
    script = (
        "import sys; from megadev.rpc.envelope import *\n"
        "sys.setrecursionlimit(1_000_000)\n"
        "body = sys.stdin.buffer.read()\n"
        "for decode, given in ((decode_request, body), (decode_members, b'[' + body)):\n"
        "    try: decode(given)\n"
        "    except Malformed as malformed: print(malformed.failure.code, malformed.failure.message)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], input=body, capture_output=True, timeout=60, check=True)
    assert done.stdout.decode().splitlines() == ["-32700 parse error: nested too deeply"] * 2


def test_brackets_in_strings_do_not_count_as_nesting() -> None:
    params = [{"a": [[["[" * 600]]]}] * 5_000
    body = _HEAD + json.dumps(params).encode() + b"}"
    assert envelope.decode_request(body).params == params
    assert len(envelope.decode_members(b"[" + b",".join([body] * 3) + b"]")) == 3


def test_deeply_nested_answers_are_encoded() -> None:
    script = (
        "import sys; from megadev.rpc.envelope import write_result\n"
        "value = {'error': 'x\\\"', 'calls': []}\n"
        "for _ in range(5_000): value = {'n': 1, 'calls': [value, {}, [], None], 'to': '0x'}\n"
        "sys.stdout.buffer.write(write_result(b'1', value))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=60, check=True)
    innermost = b'{"error":"x\\"","calls":[]}'
    assert done.stdout == (
        b'{"jsonrpc":"2.0","id":1,"result":'
        + b'{"n":1,"calls":[' * 5_000
        + innermost
        + b',{},[],null],"to":"0x"}' * 5_000
        + b"}"
    )


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=4),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    )
)
def test_deep_answers_are_written_like_others(value: object) -> None:
    assert b"".join(pieces([value])) == envelope._encode(value)


def _call(number: int, *calls: object) -> dict[str, object]:
    return {"type": "CALL", "gas": hex(number), "é": 'x"y', **({"calls": list(calls)} if calls else {})}


def _chain(depth: int) -> dict[str, object]:
    value = _call(0)
    for number in range(depth):
        value = _call(number, value, {}, [])
    return value


@pytest.mark.parametrize(
    "make",
    [
        lambda: "0x" + "00" * 5_000,
        list,
        lambda: [[]] * 5_000,
        lambda: [_call(number) for number in range(5_000)],
        lambda: [_call(1, *map(_call, range(3_000))), 5, None, "x"] * 3,
        lambda: [_chain(200) for _ in range(20)],
        lambda: {1: 2, 3: [5] * 2_000, "a": (1, 2, {"c": [{}] * 3_000, "d": ()})},
        lambda: [msgspec.Raw(b'{"a":1}')] * 3_000,
    ],
)
def test_large_results_are_written_in_small_pieces(make: Callable[[], object]) -> None:
    whole = msgspec.json.encode(make())
    written = list(pieces([make()]))
    assert b"".join(written) == whole
    assert len(written) == 1 or max(map(len, written)) < 100_000
    kept = make()
    assert envelope.write_large_result(b"7", [kept]) == b'{"jsonrpc":"2.0","id":7,"result":' + whole + b"}"
    assert msgspec.json.encode(kept) == whole, "what somebody else holds stays as it is"


def test_parts_of_a_large_result_are_freed_once_they_are_written() -> None:
    class Seen(msgspec.Struct, weakref=True):
        number: int

    calls = [[Seen(number) for number in range(2_000)] for _ in range(5)]
    first = weakref.ref(calls[0][0])
    writing = pieces([{"calls": calls}])
    del calls
    for _ in range(10):
        next(writing)
    assert first() is None
